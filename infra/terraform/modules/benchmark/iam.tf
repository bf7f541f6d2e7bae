data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_iam_policy_document" "by_tasks" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

data "aws_iam_policy_document" "by_instances" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

# What ECS does for a task: its image, its log, its secrets.
resource "aws_iam_role" "execution" {
  name_prefix        = "${var.name}-benchmark-exec-"
  assume_role_policy = data.aws_iam_policy_document.by_tasks.json
  tags               = local.tags
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.benchmark.arn}:*"]
  }
  statement {
    sid     = "Token"
    actions = ["ecr:GetAuthorizationToken"]
    # It is for all repositories of the account; AWS has no narrower resource for it.
    resources = ["*"]
  }
  statement {
    sid       = "Image"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["arn:${data.aws_partition.this.partition}:ecr:*:${data.aws_caller_identity.this.account_id}:repository/*"]
  }
  dynamic "statement" {
    for_each = length(var.secrets) == 0 ? [] : [1]
    content {
      sid       = "Secrets"
      actions   = ["ssm:GetParameters", "secretsmanager:GetSecretValue"]
      resources = distinct(values(var.secrets))
    }
  }
  dynamic "statement" {
    for_each = var.kms_key_arn == "" ? [] : [1]
    content {
      sid       = "Key"
      actions   = ["kms:Decrypt"]
      resources = [var.kms_key_arn]
    }
  }
}

resource "aws_iam_role_policy" "execution" {
  name_prefix = "execution-"
  role        = aws_iam_role.execution.id
  policy      = data.aws_iam_policy_document.execution.json
}

# What the benchmark itself does at AWS: ask Amazon Managed Prometheus what the cluster did, and nothing else.
resource "aws_iam_role" "task" {
  name_prefix        = "${var.name}-benchmark-task-"
  assume_role_policy = data.aws_iam_policy_document.by_tasks.json
  tags               = local.tags
}

data "aws_iam_policy_document" "task" {
  count = local.queries_prometheus ? 1 : 0
  statement {
    sid       = "AskPrometheus"
    actions   = ["aps:QueryMetrics", "aps:GetMetricMetadata", "aps:GetSeries", "aps:GetLabels"]
    resources = [var.prometheus_workspace_arn]
  }
}

resource "aws_iam_role_policy" "task" {
  count       = local.queries_prometheus ? 1 : 0
  name_prefix = "task-"
  role        = aws_iam_role.task.id
  policy      = data.aws_iam_policy_document.task[0].json
}

# What the agent of ECS does on a node.
resource "aws_iam_role" "nodes" {
  name_prefix        = "${var.name}-benchmark-node-"
  assume_role_policy = data.aws_iam_policy_document.by_instances.json
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "nodes" {
  role       = aws_iam_role.nodes.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
}

resource "aws_iam_instance_profile" "nodes" {
  name_prefix = "${var.name}-benchmark-"
  role        = aws_iam_role.nodes.name
  tags        = local.tags
}
