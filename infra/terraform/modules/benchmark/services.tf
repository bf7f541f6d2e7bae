# Only tasks of a service have Service Connect, and with it the alias of the frontend. The services have no tasks while no benchmark
# runs: scripts/run-benchmark scales them up and, after the run, to zero.
#
# A deployment may stop all old tasks before it starts new ones (0 % and 100 %), because a full instance has no room for both, and
# because two control workers must not execute one run. The scripts set the task definition and the desired count, so Terraform
# ignores both, and an apply never restarts tasks of a run.
resource "aws_ecs_service" "workers" {
  for_each               = { for role in ["load", "control"] : role => aws_ecs_task_definition.roles[role].arn }
  name                   = "${var.name}-benchmark-${each.key}"
  cluster                = local.cluster_name
  task_definition        = each.value
  desired_count          = 0
  propagate_tags         = "SERVICE"
  enable_execute_command = var.enable_execute_command
  wait_for_steady_state  = false
  tags                   = local.tags

  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100
  # Spreading over instances excludes rebalancing over availability zones, which would stop tasks during a run.
  availability_zone_rebalancing = "DISABLED"

  # No rollback: the previous task definition can be that of another run.
  deployment_circuit_breaker {
    enable   = true
    rollback = false
  }

  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.nodes.name
    weight            = 1
  }

  network_configuration {
    subnets         = var.subnet_ids
    security_groups = [aws_security_group.tasks.id]
  }

  ordered_placement_strategy {
    type  = each.key == "load" ? "spread" : "binpack"
    field = each.key == "load" ? "instanceId" : "memory"
  }

  # Client mode: the tasks reach the aliases of other services and have none.
  dynamic "service_connect_configuration" {
    for_each = local.uses_service_connect ? [1] : []
    content {
      enabled   = true
      namespace = var.service_connect_namespace
    }
  }

  lifecycle {
    ignore_changes = [desired_count, task_definition]
  }

  # Tasks resolve only the aliases that existed when they started.
  depends_on = [terraform_data.association, aws_ecs_service.control_server]
}

resource "aws_ecs_service" "control_server" {
  count                 = var.control == "embedded" ? 1 : 0
  name                  = "${var.name}-benchmark-control-server"
  cluster               = local.cluster_name
  task_definition       = aws_ecs_task_definition.control_server[0].arn
  desired_count         = 0
  propagate_tags        = "SERVICE"
  wait_for_steady_state = false
  tags                  = local.tags

  # Two servers must not open one database.
  deployment_maximum_percent         = 100
  deployment_minimum_healthy_percent = 0
  availability_zone_rebalancing      = "DISABLED"

  deployment_circuit_breaker {
    enable   = true
    rollback = false
  }

  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.nodes.name
    weight            = 1
  }

  network_configuration {
    subnets         = var.subnet_ids
    security_groups = [aws_security_group.tasks.id]
  }

  service_connect_configuration {
    enabled   = true
    namespace = var.service_connect_namespace
    service {
      port_name = "control"
      client_alias {
        dns_name = "${var.name}-benchmark-control"
        port     = local.frontend_port
      }
      # The port has no appProtocol, so the proxy treats it as TCP and has no request timeout, which would end long polls.
      timeout {
        idle_timeout_seconds = 0
      }
    }
  }

  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [terraform_data.association]
}
