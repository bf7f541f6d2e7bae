resource "aws_cloudwatch_log_group" "benchmark" {
  name              = "/ecs/${var.name}-benchmark"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn == "" ? null : var.log_kms_key_arn
  tags              = local.tags
}

locals {
  log = {
    for stream in ["load", "control", "run", "control-server", "alloy"] : stream => {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.benchmark.name
        awslogs-region        = var.region
        awslogs-stream-prefix = stream
      }
    }
  }

  # The environment that selects the role. scripts/run-benchmark adds the settings of a run.
  roles = {
    load    = { BENCHMARK_COMMAND = "worker", BENCHMARK_ROLES = "generator,host", BENCHMARK_GENERATORS = tostring(var.generators_per_task) }
    control = { BENCHMARK_COMMAND = "worker", BENCHMARK_ROLES = "control" }
    run     = { BENCHMARK_COMMAND = "run", BENCHMARK_WITH_WORKER = "true" }
  }

  container = {
    name         = "benchmark"
    image        = var.image
    essential    = true
    cpu          = var.task_cpu - local.proxy_cpu - local.alloy_cpu
    memory       = var.task_memory - local.proxy_memory - local.alloy_memory
    user         = "1000:1000"
    stopTimeout  = var.stop_timeout
    portMappings = [{ name = "metrics", containerPort = local.metrics_port, protocol = "tcp" }]
    secrets      = [for name, arn in local.secrets : { name = name, valueFrom = arn }]
    mountPoints  = [{ sourceVolume = "data", containerPath = "/data", readOnly = false }]
    ulimits      = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
    # The benchmark writes to /data only. The agent of ECS Exec writes to the root file system.
    readonlyRootFilesystem = !var.enable_execute_command
    healthCheck = {
      command     = ["CMD", "benchmark-health"]
      interval    = 30
      timeout     = 6
      retries     = 3
      startPeriod = 120
    }
  }

  # Scrapes the benchmark in the same task and writes to Amazon Managed Prometheus.
  alloy = {
    for role in keys(local.roles) : role => {
      name             = "alloy"
      image            = var.alloy_image
      essential        = false
      cpu              = local.alloy_cpu
      memory           = local.alloy_memory
      entryPoint       = ["/bin/sh", "-c"]
      command          = ["printf '%s' \"$ALLOY_CONFIG\" >/tmp/config.alloy && exec /bin/alloy run --storage.path=/tmp/alloy --disable-reporting /tmp/config.alloy"]
      logConfiguration = local.log["alloy"]
      environment = [{
        name = "ALLOY_CONFIG"
        value = templatefile("${path.module}/config.alloy.tftpl", {
          environment      = var.name
          task_role        = role
          instance_type    = var.instance_type
          metrics_port     = local.metrics_port
          region           = var.region
          remote_write_url = "${local.prometheus_url}/api/v1/remote_write"
        })
      }]
    }
  }
}

# One task definition per role. Load workers and the control worker are services; run-benchmark --address starts a run as a task.
resource "aws_ecs_task_definition" "roles" {
  for_each                 = local.roles
  family                   = "${var.name}-benchmark-${each.key}"
  requires_compatibilities = ["EC2"]
  network_mode             = "awsvpc"
  # Hard limits of all containers of the task, so that tasks on one instance do not share CPU time.
  cpu                = var.task_cpu
  memory             = var.task_memory
  execution_role_arn = aws_iam_role.execution.arn
  task_role_arn      = aws_iam_role.task.arn
  tags               = local.tags

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

  container_definitions = jsonencode(concat(
    [merge(local.container, {
      logConfiguration = local.log[each.key]
      environment = [
        # A task outside a service has no Service Connect, so no alias resolves there. run-benchmark --address gives the address.
        for name, value in merge(each.key == "run" ? { for k, v in local.environment : k => v if !contains(["TEMPORAL_ADDRESS", "BENCHMARK_CONTROL_ADDRESS"], k) } : local.environment, each.value) :
        { name = name, value = value }
      ]
    })],
    local.uses_alloy ? [local.alloy[each.key]] : [],
  ))
}

# Control server with its database on the volume of its instance.
resource "aws_ecs_task_definition" "control_server" {
  count                    = var.control == "embedded" ? 1 : 0
  family                   = "${var.name}-benchmark-control-server"
  requires_compatibilities = ["EC2"]
  network_mode             = "awsvpc"
  cpu                      = var.task_cpu
  memory                   = var.task_memory
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
    cpu              = var.task_cpu - local.proxy_cpu
    memory           = var.task_memory - local.proxy_memory
    entryPoint       = ["temporal"]
    command          = ["server", "start-dev", "--headless", "--ip", "0.0.0.0", "--port", tostring(local.frontend_port), "--db-filename", "/data/control.db"]
    user             = "0:0"
    portMappings     = [{ name = "control", containerPort = local.frontend_port, protocol = "tcp" }]
    mountPoints      = [{ sourceVolume = "control", containerPath = "/data", readOnly = false }]
    logConfiguration = local.log["control-server"]
  }])
}
