output "deployment" {
  description = "What scripts/run-benchmark, get-benchmark-results and scale-workers need to know, as one object."
  value = {
    region                 = var.region
    cluster                = var.cluster_name
    capacity_provider      = aws_ecs_capacity_provider.nodes.name
    auto_scaling_group     = aws_autoscaling_group.nodes.name
    load_service           = aws_ecs_service.workers["load"].name
    control_service        = aws_ecs_service.workers["control"].name
    control_server_service = var.control == "embedded" ? aws_ecs_service.control_server[0].name : null
    run_task_definition    = aws_ecs_task_definition.roles["run"].family
    container              = "benchmark"
    subnets                = var.subnet_ids
    security_group         = aws_security_group.tasks.id
    log_group              = aws_cloudwatch_log_group.benchmark.name
    load_task_count           = var.load_task_count
    generators_per_task  = var.generators_per_task
    tasks_per_instance     = local.tasks_per_instance
    max_instances          = var.max_instances
  }
}

output "security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.tasks.id
}

output "capacity_provider_name" {
  description = "To be associated with the ECS cluster (aws_ecs_cluster_capacity_providers), beside those it has."
  value       = aws_ecs_capacity_provider.nodes.name
}

output "task_role_arn" {
  description = "Role of the tasks."
  value       = aws_iam_role.task.arn
}
