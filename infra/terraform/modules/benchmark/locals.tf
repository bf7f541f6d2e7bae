locals {
  # Network interfaces (without trunking; one is the instance's own) and memory, MiB, by AWS's tables of instance types.
  instances = {
    "c7g.large"   = { interfaces = 3, memory = 4096, cpu = 2048 }
    "c7g.xlarge"  = { interfaces = 4, memory = 8192, cpu = 4096 }
    "c7g.2xlarge" = { interfaces = 4, memory = 16384, cpu = 8192 }
    "c7g.4xlarge" = { interfaces = 8, memory = 32768, cpu = 16384 }
    "m7g.large"   = { interfaces = 3, memory = 8192, cpu = 2048 }
    "m7g.xlarge"  = { interfaces = 4, memory = 16384, cpu = 4096 }
    "m7g.2xlarge" = { interfaces = 4, memory = 32768, cpu = 8192 }
    "m7g.4xlarge" = { interfaces = 8, memory = 65536, cpu = 16384 }
    "r7g.large"   = { interfaces = 3, memory = 16384, cpu = 2048 }
    "r7g.xlarge"  = { interfaces = 4, memory = 32768, cpu = 4096 }
    "r7g.2xlarge" = { interfaces = 4, memory = 65536, cpu = 8192 }
    "r7g.4xlarge" = { interfaces = 8, memory = 131072, cpu = 16384 }
  }
  instance = local.instances[var.instance_type]

  # An instance of ECS offers about an eighth of its memory less than it has.
  tasks_by_interfaces = local.instance.interfaces - 1
  tasks_by_memory     = floor(local.instance.memory * 0.875 / var.task_memory)
  tasks_by_cpu        = floor(local.instance.cpu / var.task_cpu)
  tasks_per_instance  = min(local.tasks_by_interfaces, local.tasks_by_memory, local.tasks_by_cpu)

  # Load workers, the control worker, and where it is embedded the control server's.
  tasks            = var.load_task_count + 1 + (var.control == "embedded" ? 1 : 0)
  instances_needed = local.tasks_per_instance < 1 ? 0 : ceil(local.tasks / local.tasks_per_instance)

  control_port = 7233
  control_address = {
    target   = var.temporal_address
    embedded = "${var.name}-benchmark-control:${local.control_port}"
    external = var.control_address
  }[var.control]

  uses_service_connect = var.service_connect_namespace != ""
  queries_prometheus   = var.prometheus_workspace_arn != ""
  metrics_port         = 9090
  attribute            = "workload"

  prometheus_environment = local.queries_prometheus ? {
    BENCHMARK_SERVER_PROMETHEUS = "https://aps-workspaces.${var.region}.amazonaws.com/workspaces/${element(split("/", var.prometheus_workspace_arn), 1)}"
  } : {}
  environment = merge(
    {
      TEMPORAL_ADDRESS          = var.temporal_address
      BENCHMARK_CONTROL_ADDRESS = local.control_address
      BENCHMARK_METRICS_ADDRESS = "0.0.0.0:${local.metrics_port}"
    },
    local.prometheus_environment,
    var.environment,
  )

  tags = merge({ Project = "temporal-benchmark" }, var.tags)
}
