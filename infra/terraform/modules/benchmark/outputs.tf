output "deployment" {
  description = "Names and ARNs for scripts/run-benchmark, get-benchmark-results and scale-workers, as one object."
  value = {
    region                  = var.region
    cluster                 = local.cluster_name
    capacity_provider       = aws_ecs_capacity_provider.nodes.name
    auto_scaling_group      = aws_autoscaling_group.nodes.name
    load_service            = aws_ecs_service.workers["load"].name
    control_service         = aws_ecs_service.workers["control"].name
    control_server_service  = var.control == "embedded" ? aws_ecs_service.control_server[0].name : null
    load_task_definition    = aws_ecs_task_definition.roles["load"].arn
    control_task_definition = aws_ecs_task_definition.roles["control"].arn
    run_task_definition     = aws_ecs_task_definition.roles["run"].arn
    container               = "benchmark"
    sidecar                 = local.uses_alloy ? "alloy" : null
    enable_execute_command  = var.enable_execute_command
    subnets                 = var.subnet_ids
    security_group          = aws_security_group.tasks.id
    log_group               = aws_cloudwatch_log_group.benchmark.name
    load_task_count         = var.load_task_count
    generators_per_task     = var.generators_per_task
    tasks_per_instance      = local.tasks_per_instance
    max_instances           = var.max_instances
  }
}

output "security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.tasks.id
}

output "cluster_name" {
  description = "ECS cluster of the benchmark."
  value       = local.cluster_name
}

output "capacity_provider_name" {
  description = "Capacity provider of the instances. Associate it with an existing cluster yourself if capacity_provider_association is set."
  value       = aws_ecs_capacity_provider.nodes.name
}

output "task_role_arn" {
  description = "Role of the tasks."
  value       = aws_iam_role.task.arn
}

output "operator_policy_json" {
  description = "IAM policy with the permissions of the scripts, for a person or a CI job."
  value       = data.aws_iam_policy_document.operator.json
}

output "commands" {
  description = "Commands that run a benchmark, open a shell in a task (with enable_execute_command) and follow the log."
  value = {
    run   = "scripts/run-benchmark ${var.name} --rate 50 --duration 5m --wait"
    shell = "aws ecs execute-command --region ${var.region} --cluster ${local.cluster_name} --task TASK_ID --container benchmark --interactive --command /bin/bash"
    logs  = "aws logs tail --region ${var.region} --follow ${aws_cloudwatch_log_group.benchmark.name}"
  }
}
