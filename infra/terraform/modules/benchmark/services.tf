# Only tasks of a service get Service Connect, and with it the frontend's alias. So the workers are services, of no task
# while no benchmark runs; scripts/run-benchmark scales them up, waits, and scales them to zero again.
resource "aws_ecs_service" "workers" {
  for_each        = { for role in ["load", "control"] : role => aws_ecs_task_definition.roles[role].arn }
  name            = "${var.name}-benchmark-${each.key}"
  cluster         = var.cluster_name
  task_definition = each.value
  desired_count   = 0
  propagate_tags  = "SERVICE"
  tags            = local.tags

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

  # In client mode: it has an alias for nobody, and reaches those of others.
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
}

resource "aws_ecs_service" "control_server" {
  count           = var.control == "embedded" ? 1 : 0
  name            = "${var.name}-benchmark-control-server"
  cluster         = var.cluster_name
  task_definition = aws_ecs_task_definition.control_server[0].arn
  desired_count   = 0
  propagate_tags  = "SERVICE"
  tags            = local.tags

  # Never two on one database.
  deployment_maximum_percent         = 100
  deployment_minimum_healthy_percent = 0

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
        port     = local.control_port
      }
    }
  }

  lifecycle {
    ignore_changes = [desired_count]
  }
}
