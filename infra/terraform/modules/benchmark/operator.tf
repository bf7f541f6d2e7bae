# Permissions of a person or a CI job that runs scripts/run-benchmark, get-benchmark-results and scale-workers.
data "aws_iam_policy_document" "operator" {
  statement {
    sid     = "Scale"
    actions = ["ecs:DescribeServices", "ecs:UpdateService"]
    resources = [
      for service in concat([for worker in aws_ecs_service.workers : worker.name], aws_ecs_service.control_server[*].name) :
      "${local.ecs_arn}:service/${local.cluster_name}/${service}"
    ]
  }
  statement {
    sid     = "RegisterRevisions"
    actions = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition", "ecs:DeregisterTaskDefinition"]
    # These actions do not support resource-level permissions.
    resources = ["*"]
  }
  statement {
    sid       = "TagRevisions"
    actions   = ["ecs:TagResource"]
    resources = ["${local.ecs_arn}:task-definition/${var.name}-benchmark-*:*", "${local.ecs_arn}:task/${local.cluster_name}/*"]
  }
  statement {
    sid       = "RunTask"
    actions   = ["ecs:RunTask"]
    resources = ["${local.ecs_arn}:task-definition/${var.name}-benchmark-run:*"]
  }
  statement {
    sid       = "FollowTasks"
    actions   = concat(["ecs:DescribeTasks", "ecs:StopTask"], var.enable_execute_command ? ["ecs:ExecuteCommand"] : [])
    resources = ["${local.ecs_arn}:task/${local.cluster_name}/*"]
  }
  statement {
    sid       = "ListTasks"
    actions   = ["ecs:ListTasks"]
    resources = ["${local.ecs_arn}:container-instance/${local.cluster_name}/*"]
  }
  statement {
    sid       = "PassRoles"
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.execution.arn, aws_iam_role.task.arn]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
  statement {
    sid       = "ReadLogs"
    actions   = ["logs:FilterLogEvents"]
    resources = ["${aws_cloudwatch_log_group.benchmark.arn}:*"]
  }
  dynamic "statement" {
    for_each = var.enable_execute_command ? [1] : []
    content {
      sid       = "ExecuteCommandOnCluster"
      actions   = ["ecs:ExecuteCommand"]
      resources = ["${local.ecs_arn}:cluster/${local.cluster_name}"]
    }
  }
  dynamic "statement" {
    for_each = local.uses_prometheus ? [1] : []
    content {
      sid       = "QueryPrometheus"
      actions   = ["aps:QueryMetrics"]
      resources = [var.prometheus_workspace_arn]
    }
  }
}

locals {
  ecs_arn = "arn:${data.aws_partition.this.partition}:ecs:${var.region}:${data.aws_caller_identity.this.account_id}"
}
