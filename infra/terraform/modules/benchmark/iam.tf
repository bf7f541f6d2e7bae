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

# Execution role: ECS pulls images, writes logs and reads secrets for a task.
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
    # This action has no resources: the token is for all repositories that the role may pull from.
    resources = ["*"]
  }
  dynamic "statement" {
    for_each = length(local.repository_arns) == 0 ? [] : [1]
    content {
      sid       = "Image"
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = local.repository_arns
    }
  }
  dynamic "statement" {
    for_each = length(local.secrets) == 0 ? [] : [1]
    content {
      sid     = "Secrets"
      actions = ["ssm:GetParameters", "secretsmanager:GetSecretValue"]
      # A reference to one key of a secret has a suffix (:key:stage:version) that is not part of the secret's ARN.
      resources = distinct([for arn in values(local.secrets) : join(":", slice(split(":", arn), 0, min(7, length(split(":", arn)))))])
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

# Task role: the benchmark queries Amazon Managed Prometheus and CloudWatch; the Alloy sidecar writes to it; ECS Exec opens its channels.
resource "aws_iam_role" "task" {
  name_prefix        = "${var.name}-benchmark-task-"
  assume_role_policy = data.aws_iam_policy_document.by_tasks.json
  tags               = local.tags
}

data "aws_iam_policy_document" "task" {
  count = local.uses_prometheus || local.reads_cloudwatch || var.enable_execute_command ? 1 : 0
  dynamic "statement" {
    for_each = local.uses_prometheus ? [1] : []
    content {
      sid       = "QueryPrometheus"
      actions   = ["aps:QueryMetrics", "aps:GetMetricMetadata", "aps:GetSeries", "aps:GetLabels"]
      resources = [var.prometheus_workspace_arn]
    }
  }
  dynamic "statement" {
    for_each = local.uses_alloy ? [1] : []
    content {
      sid       = "WritePrometheus"
      actions   = ["aps:RemoteWrite"]
      resources = [var.prometheus_workspace_arn]
    }
  }
  dynamic "statement" {
    for_each = local.reads_cloudwatch ? [1] : []
    content {
      sid     = "ReadDatabaseMetrics"
      actions = ["cloudwatch:GetMetricData"]
      # This action has no resources.
      resources = ["*"]
    }
  }
  dynamic "statement" {
    for_each = var.enable_execute_command ? [1] : []
    content {
      sid     = "ExecuteCommand"
      actions = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"]
      # These actions have no resources.
      resources = ["*"]
    }
  }
}

resource "aws_iam_role_policy" "task" {
  count       = local.uses_prometheus || local.reads_cloudwatch || var.enable_execute_command ? 1 : 0
  name_prefix = "task-"
  role        = aws_iam_role.task.id
  policy      = data.aws_iam_policy_document.task[0].json
}

# Instance role: the ECS agent.
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
