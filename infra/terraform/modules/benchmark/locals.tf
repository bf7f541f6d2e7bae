data "aws_ec2_instance_type" "nodes" {
  instance_type = var.instance_type
}

locals {
  owns_cluster = var.cluster_name == ""
  cluster_name = local.owns_cluster ? aws_ecs_cluster.benchmark[0].name : var.cluster_name

  # ECS can use about 7/8 of an instance's memory. Without ENI trunking, each task needs one network interface, and the instance
  # itself needs one.
  tasks_by_interfaces = coalesce(var.task_limit_per_instance, data.aws_ec2_instance_type.nodes.maximum_network_interfaces - 1)
  tasks_by_memory     = floor(data.aws_ec2_instance_type.nodes.memory_size * 0.875 / var.task_memory)
  tasks_by_cpu        = floor(data.aws_ec2_instance_type.nodes.default_vcpus * 1024 / var.task_cpu)
  tasks_per_instance  = min(local.tasks_by_interfaces, local.tasks_by_memory, local.tasks_by_cpu)

  # Load worker tasks, the control worker and, if embedded, the control server.
  tasks            = var.load_task_count + 1 + (var.control == "embedded" ? 1 : 0)
  instances_needed = local.tasks_per_instance < 1 ? 0 : ceil(local.tasks / local.tasks_per_instance)

  frontend_port = 7233
  metrics_port  = 9090
  attribute     = "workload"

  control_address = {
    target   = var.temporal_address
    embedded = "${var.name}-benchmark-control:${local.frontend_port}"
    external = var.control_address
  }[var.control]
  control_port = tonumber(element(split(":", "${local.control_address}:${local.frontend_port}"), 1))

  uses_service_connect = var.service_connect_namespace != ""
  uses_prometheus      = var.prometheus_workspace_arn != ""
  reads_cloudwatch     = var.dsql_cluster_id != ""
  uses_alloy           = var.alloy_image != ""
  prometheus_url       = "https://aps-workspaces.${var.region}.amazonaws.com/workspaces/${element(split("/", var.prometheus_workspace_arn), 1)}"

  # With control = "target", the control connection has the same TLS and credential settings as the target.
  mirrors_target = var.control == "target"
  mirrored_environment = local.mirrors_target ? {
    for name, value in var.environment : replace(name, "/^TEMPORAL_/", "BENCHMARK_CONTROL_") => value
    if startswith(name, "TEMPORAL_") && name != "TEMPORAL_NAMESPACE"
  } : {}
  secrets = merge(
    local.mirrors_target ? { for name, arn in var.secrets : replace(name, "/^TEMPORAL_/", "BENCHMARK_CONTROL_") => arn if startswith(name, "TEMPORAL_") } : {},
    var.secrets,
  )
  environment = merge(
    {
      TEMPORAL_ADDRESS          = var.temporal_address
      BENCHMARK_CONTROL_ADDRESS = local.control_address
      BENCHMARK_METRICS_ADDRESS = "0.0.0.0:${local.metrics_port}"
      BENCHMARK_INSTANCE_TYPE   = var.instance_type
    },
    local.uses_prometheus ? { BENCHMARK_SERVER_PROMETHEUS = local.prometheus_url } : {},
    local.reads_cloudwatch ? { BENCHMARK_SERVER_DSQL_CLUSTER = var.dsql_cluster_id, BENCHMARK_SERVER_DSQL_REGION = var.region } : {},
    local.mirrored_environment,
    var.environment,
  )

  # Reserved for other containers of a task: AWS recommends 256 CPU units and 64 MiB for the Service Connect proxy.
  proxy_cpu    = local.uses_service_connect ? 256 : 0
  proxy_memory = local.uses_service_connect ? 64 : 0
  alloy_cpu    = local.uses_alloy ? 128 : 0
  alloy_memory = local.uses_alloy ? 256 : 0

  # Private ECR repositories that tasks pull from, in this or another account.
  images = concat([var.image], var.control == "embedded" ? [var.control_image] : [], local.uses_alloy ? [var.alloy_image] : [])
  repository_arns = distinct([
    for match in [for image in local.images : regex("^(?:([0-9]{12})\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com(?:\\.cn)?/([^:@]+))?", image)] :
    "arn:${data.aws_partition.this.partition}:ecr:${match[1]}:${match[0]}:repository/${match[2]}" if match[0] != null
  ])

  tags = merge({ Project = "temporal-benchmark" }, var.tags)
}
