resource "aws_cloudwatch_log_group" "benchmark" {
  name              = "/ecs/${var.name}-benchmark"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

locals {
  container = {
    image        = var.image
    essential    = true
    cpu          = var.task_cpu
    memory       = var.task_memory
    user         = "1000:1000"
    stopTimeout  = var.stop_timeout
    portMappings = [{ name = "metrics", containerPort = local.metrics_port, protocol = "tcp" }]
    secrets      = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    mountPoints  = [{ sourceVolume = "data", containerPath = "/data", readOnly = false }]
    ulimits      = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
    # The root file system is not written to; what is, goes to /data.
    readonlyRootFilesystem = true
    healthCheck = {
      command     = ["CMD", "node", "/app/dist/machine/metrics/health.js"]
      interval    = 15
      timeout     = 6
      retries     = 3
      startPeriod = 120
    }
  }
  log = {
    for role in ["load", "control", "run", "control-server"] : role => {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.benchmark.name
        awslogs-region        = var.region
        awslogs-stream-prefix = role
      }
    }
  }
  # Each role with its command; what a run is given comes on top, from scripts/run-benchmark.
  roles = {
    load    = { BENCHMARK_COMMAND = "worker", BENCHMARK_ROLES = "generator,host", BENCHMARK_GENERATORS = tostring(var.generators_per_task) }
    control = { BENCHMARK_COMMAND = "worker", BENCHMARK_ROLES = "control" }
    run     = { BENCHMARK_COMMAND = "run", BENCHMARK_WITH_WORKER = "true" }
  }
}

# One for each role: load workers and the control worker are services, the run is started by hand.
resource "aws_ecs_task_definition" "roles" {
  for_each                 = local.roles
  family                   = "${var.name}-benchmark-${each.key}"
  requires_compatibilities = ["EC2"]
  network_mode             = "awsvpc"
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  tags                     = local.tags

  runtime_platform {
    cpu_architecture        = "ARM64"
    operating_system_family = "LINUX"
  }

  placement_constraints {
    type       = "memberOf"
    expression = "attribute:${local.attribute} == benchmark"
  }

  volume {
    name = "data"
    docker_volume_configuration {
      scope  = "task"
      driver = "local"
    }
  }

  container_definitions = jsonencode([merge(local.container, {
    name             = "benchmark"
    logConfiguration = local.log[each.key]
    environment = [
      # A run that is started by hand is given its target there: it has no Service Connect, so an alias means nothing to it.
      for name, value in merge(each.key == "run" ? { for k, v in local.environment : k => v if !contains(["TEMPORAL_ADDRESS", "BENCHMARK_CONTROL_ADDRESS"], k) } : local.environment, each.value) :
      { name = name, value = value }
    ]
  })])
}

# The control server, where it is one of the benchmark's own; its database is on the volume of its node.
resource "aws_ecs_task_definition" "control_server" {
  count                    = var.control == "embedded" ? 1 : 0
  family                   = "${var.name}-benchmark-control-server"
  requires_compatibilities = ["EC2"]
  network_mode             = "awsvpc"
  execution_role_arn       = aws_iam_role.execution.arn
  tags                     = local.tags

  runtime_platform {
    cpu_architecture        = "ARM64"
    operating_system_family = "LINUX"
  }

  placement_constraints {
    type       = "memberOf"
    expression = "attribute:${local.attribute} == benchmark"
  }

  volume {
    name = "control"
    docker_volume_configuration {
      scope         = "shared"
      autoprovision = true
      driver        = "local"
    }
  }

  container_definitions = jsonencode([{
    name             = "control-server"
    image            = var.control_image
    essential        = true
    cpu              = 256
    memory           = 768
    command          = ["server", "start-dev", "--headless", "--ip", "0.0.0.0", "--port", tostring(local.control_port), "--db-filename", "/data/control.db"]
    user             = "0:0"
    portMappings     = [{ name = "control", containerPort = local.control_port, protocol = "tcp", appProtocol = "grpc" }]
    mountPoints      = [{ sourceVolume = "control", containerPath = "/data", readOnly = false }]
    logConfiguration = local.log["control-server"]
  }])
}
