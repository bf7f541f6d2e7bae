# Requirements R4.1 to R4.5, roles and rejected values.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                        = "staging"
  region                      = "eu-west-1"
  vpc_id                      = "vpc-1"
  subnet_ids                  = ["subnet-1", "subnet-2"]
  image                       = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/temporal-benchmark:v1"
  service_connect_namespace   = "temporal"
  frontend_security_group_id  = "sg-frontend"
  collector_security_group_id = "sg-collector"
  prometheus_workspace_arn    = "arn:aws:aps:eu-west-1:123456789012:workspace/ws-1"
  max_instances               = 4
  load_task_count             = 4
}

run "r4_1_nodes_from_zero_and_back" {
  command = plan
  assert {
    condition     = data.aws_ssm_parameter.ami.name == "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id"
    error_message = "the AMI must be the ARM64 ECS-optimized one from SSM"
  }
  assert {
    condition     = aws_launch_template.nodes.instance_type == "m7g.large"
    error_message = "the default instance type must be m7g.large"
  }
  assert {
    condition     = aws_autoscaling_group.nodes.min_size == 0 && aws_autoscaling_group.nodes.max_size == 4
    error_message = "the group must scale from zero to max_instances"
  }
  assert {
    condition     = aws_autoscaling_group.nodes.protect_from_scale_in
    error_message = "scale-in must not terminate an instance with tasks"
  }
  assert {
    condition     = strcontains(base64decode(aws_launch_template.nodes.user_data), "ECS_INSTANCE_ATTRIBUTES={\"workload\":\"benchmark\"}")
    error_message = "instances must have the attribute of the placement constraint"
  }
  assert {
    condition     = strcontains(base64decode(aws_launch_template.nodes.user_data), "ECS_CLUSTER=staging-benchmark\n")
    error_message = "instances must join the cluster"
  }
  assert {
    condition     = aws_launch_template.nodes.metadata_options[0].http_tokens == "required"
    error_message = "instance metadata must require tokens (IMDSv2)"
  }
  assert {
    condition     = aws_launch_template.nodes.block_device_mappings[0].ebs[0].encrypted == "true"
    error_message = "the volume must be encrypted"
  }
}

run "r4_2_capacity_provider" {
  command = apply
  assert {
    condition     = aws_ecs_capacity_provider.nodes.auto_scaling_group_provider[0].auto_scaling_group_arn == aws_autoscaling_group.nodes.arn
    error_message = "the capacity provider must scale the group"
  }
  assert {
    condition     = aws_ecs_capacity_provider.nodes.auto_scaling_group_provider[0].managed_scaling[0].status == "ENABLED"
    error_message = "managed scaling must be on"
  }
  assert {
    condition     = aws_ecs_capacity_provider.nodes.auto_scaling_group_provider[0].managed_termination_protection == "ENABLED"
    error_message = "managed termination protection must be on"
  }
  assert {
    condition     = alltrue([for service in aws_ecs_service.workers : one(service.capacity_provider_strategy).capacity_provider == aws_ecs_capacity_provider.nodes.name])
    error_message = "the services must use the capacity provider"
  }
}

run "r4_3_task_definitions" {
  command = plan
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.roles : task.runtime_platform[0].cpu_architecture == "ARM64" && task.network_mode == "awsvpc"])
    error_message = "tasks must be ARM64 with awsvpc networking"
  }
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.roles : one(task.placement_constraints).expression == "attribute:workload == benchmark"])
    error_message = "tasks must run on the dedicated instances only"
  }
  assert {
    condition     = toset(keys(aws_ecs_task_definition.roles)) == toset(["load", "control", "run"])
    error_message = "each role must have a task definition"
  }
}

run "r4_3_containers" {
  command = apply
  assert {
    condition = alltrue([for task in aws_ecs_task_definition.roles :
      jsondecode(task.container_definitions)[0].portMappings[0].containerPort == 9090 && jsondecode(task.container_definitions)[0].portMappings[0].name == "metrics"
    ])
    error_message = "port 9090 must have the name metrics"
  }
  assert {
    condition = alltrue([for task in aws_ecs_task_definition.roles :
      jsondecode(task.container_definitions)[0].stopTimeout >= 60 && jsondecode(task.container_definitions)[0].readonlyRootFilesystem
    ])
    error_message = "containers need time to drain and a read-only root file system"
  }
  assert {
    condition     = { for entry in jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].environment : entry.name => entry.value }["TEMPORAL_ADDRESS"] == "temporal-frontend:7233"
    error_message = "load workers must use the alias of the frontend"
  }
  assert {
    condition     = { for entry in jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].environment : entry.name => entry.value }["BENCHMARK_ROLES"] == "generator,host"
    error_message = "load workers must run generators and hosts"
  }
  assert {
    condition     = !contains([for entry in jsondecode(aws_ecs_task_definition.roles["run"].container_definitions)[0].environment : entry.name], "TEMPORAL_ADDRESS")
    error_message = "a run as a task must get its address from run-benchmark"
  }
  assert {
    condition     = { for entry in jsondecode(aws_ecs_task_definition.roles["control"].container_definitions)[0].environment : entry.name => entry.value }["BENCHMARK_SERVER_PROMETHEUS"] == "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1"
    error_message = "the control worker must query the workspace"
  }
  assert {
    condition     = aws_cloudwatch_log_group.benchmark.retention_in_days == 30
    error_message = "logs must expire"
  }
}

run "r4_4_security_groups" {
  command = apply
  assert {
    condition     = one(aws_vpc_security_group_ingress_rule.metrics).referenced_security_group_id == "sg-collector" && one(aws_vpc_security_group_ingress_rule.metrics).from_port == 9090 && one(aws_vpc_security_group_ingress_rule.metrics).to_port == 9090
    error_message = "only the collector may reach port 9090"
  }
  assert {
    condition     = one(aws_vpc_security_group_ingress_rule.frontend).security_group_id == "sg-frontend" && one(aws_vpc_security_group_ingress_rule.frontend).from_port == 7233 && one(aws_vpc_security_group_ingress_rule.frontend).referenced_security_group_id == aws_security_group.tasks.id
    error_message = "the frontend must accept the benchmark on port 7233"
  }
  assert {
    condition     = one(aws_vpc_security_group_egress_rule.frontend).from_port == 7233 && one(aws_vpc_security_group_egress_rule.frontend).referenced_security_group_id == "sg-frontend"
    error_message = "tasks must reach the frontend"
  }
  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.https : rule.from_port == 443]) && alltrue([for rule in aws_vpc_security_group_egress_rule.dns : rule.from_port == 53]) && length(aws_vpc_security_group_egress_rule.dns) == 4
    error_message = "tasks and instances must reach HTTPS and DNS"
  }
}

run "r4_5_services_from_zero" {
  command = apply
  assert {
    condition     = alltrue([for service in aws_ecs_service.workers : service.desired_count == 0])
    error_message = "services must have no tasks while no benchmark runs"
  }
  assert {
    condition     = alltrue([for service in aws_ecs_service.workers : service.service_connect_configuration[0].enabled && length(service.service_connect_configuration[0].service) == 0])
    error_message = "services must use Service Connect as clients"
  }
  assert {
    condition     = output.deployment.load_service == "staging-benchmark-load" && output.deployment.tasks_per_instance == 2
    error_message = "an m7g.large must hold two tasks with their own network interfaces"
  }
}

run "least_privilege" {
  command = plan
  assert {
    condition     = alltrue([for statement in data.aws_iam_policy_document.execution.statement : !contains(statement.resources, "*") || statement.sid == "Token"])
    error_message = "only the registry token may have all resources"
  }
  assert {
    condition     = alltrue(flatten([for statement in data.aws_iam_policy_document.execution.statement : [for action in statement.actions : !strcontains(action, "*")]]))
    error_message = "no action may be a wildcard"
  }
  assert {
    condition     = toset(one(data.aws_iam_policy_document.task[0].statement).actions) == toset(["aps:QueryMetrics", "aps:GetMetricMetadata", "aps:GetSeries", "aps:GetLabels"])
    error_message = "tasks may only query Prometheus"
  }
  assert {
    condition     = one(one(data.aws_iam_policy_document.task[0].statement).resources) == var.prometheus_workspace_arn
    error_message = "tasks may only query their workspace"
  }
}

run "reads_the_metrics_of_the_database" {
  command = apply
  variables {
    dsql_cluster_id          = "abc123"
    prometheus_workspace_arn = ""
  }
  assert {
    condition     = { for entry in jsondecode(aws_ecs_task_definition.roles["control"].container_definitions)[0].environment : entry.name => entry.value }["BENCHMARK_SERVER_DSQL_CLUSTER"] == "abc123"
    error_message = "the control worker must know the cluster"
  }
  assert {
    condition     = data.aws_iam_policy_document.task[0].statement[*].actions == tolist([toset(["cloudwatch:GetMetricData"])])
    error_message = "the task role must be able to read CloudWatch, and nothing else"
  }
}

run "rejects_the_endpoint_of_a_database" {
  command = plan
  variables {
    dsql_cluster_id = "abc123.dsql.eu-west-1.on.aws"
  }
  expect_failures = [var.dsql_cluster_id]
}

run "secrets_are_never_plain" {
  command = apply
  variables {
    control = "embedded"
    secrets = { TEMPORAL_API_KEY = "arn:aws:ssm:eu-west-1:123456789012:parameter/key" }
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].secrets == [{ name = "TEMPORAL_API_KEY", valueFrom = "arn:aws:ssm:eu-west-1:123456789012:parameter/key" }]
    error_message = "a secret must be a reference to its ARN"
  }
  assert {
    condition     = !contains([for entry in jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].environment : entry.name], "TEMPORAL_API_KEY")
    error_message = "a secret must not be in the environment"
  }
}

run "rejects_a_secret_in_the_environment" {
  command = plan
  variables {
    environment = { TEMPORAL_API_KEY = "planted" }
  }
  expect_failures = [var.environment]
}

run "rejects_latest" {
  command = plan
  variables {
    image = "temporal-benchmark:latest"
  }
  expect_failures = [var.image]
}

run "rejects_more_tasks_than_fit" {
  command = plan
  variables {
    load_task_count = 20
  }
  expect_failures = [aws_autoscaling_group.nodes]
}

run "rejects_external_control_without_address" {
  command = plan
  variables {
    control = "external"
  }
  expect_failures = [aws_autoscaling_group.nodes]
}
