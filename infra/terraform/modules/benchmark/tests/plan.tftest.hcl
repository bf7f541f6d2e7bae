mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  name                        = "staging"
  region                      = "eu-west-1"
  cluster_name                = "temporal"
  vpc_id                      = "vpc-1"
  subnet_ids                  = ["subnet-1", "subnet-2"]
  image                       = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/temporal-benchmark:v1"
  service_connect_namespace   = "arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-1"
  frontend_security_group_id  = "sg-frontend"
  collector_security_group_id = "sg-collector"
  prometheus_workspace_arn    = "arn:aws:aps:eu-west-1:123456789012:workspace/ws-1"
  max_instances               = 4
  load_task_count                = 4
}

run "r4_1_nodes_from_zero_and_back" {
  command = plan
  assert {
    condition     = data.aws_ssm_parameter.ami.name == "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id"
    error_message = "the ARM64 AMI of ECS comes from its SSM parameter"
  }
  assert {
    condition     = aws_launch_template.nodes.instance_type == "m7g.large"
    error_message = "m7g.large by default"
  }
  assert {
    condition     = aws_autoscaling_group.nodes.min_size == 0 && aws_autoscaling_group.nodes.max_size == 4
    error_message = "from none to max_instances"
  }
  assert {
    condition     = aws_autoscaling_group.nodes.protect_from_scale_in
    error_message = "what runs on a node is not cut off"
  }
  assert {
    condition     = strcontains(base64decode(aws_launch_template.nodes.user_data), "ECS_INSTANCE_ATTRIBUTES={\"workload\":\"benchmark\"}")
    error_message = "the attribute by which tasks find the nodes"
  }
  assert {
    condition     = strcontains(base64decode(aws_launch_template.nodes.user_data), "ECS_CLUSTER=temporal\n")
    error_message = "nodes join the cluster"
  }
  assert {
    condition     = aws_launch_template.nodes.metadata_options[0].http_tokens == "required"
    error_message = "IMDSv2 only"
  }
  assert {
    condition     = aws_launch_template.nodes.block_device_mappings[0].ebs[0].encrypted == "true"
    error_message = "an encrypted volume"
  }
}

run "r4_2_capacity_provider" {
  command = apply
  assert {
    condition     = aws_ecs_capacity_provider.nodes.auto_scaling_group_provider[0].auto_scaling_group_arn == aws_autoscaling_group.nodes.arn
    error_message = "it scales that group"
  }
  assert {
    condition     = aws_ecs_capacity_provider.nodes.auto_scaling_group_provider[0].managed_scaling[0].status == "ENABLED"
    error_message = "managed scaling"
  }
  assert {
    condition     = aws_ecs_capacity_provider.nodes.auto_scaling_group_provider[0].managed_termination_protection == "ENABLED"
    error_message = "a node with a run is not taken away"
  }
  assert {
    condition     = alltrue([for service in aws_ecs_service.workers : one(service.capacity_provider_strategy).capacity_provider == aws_ecs_capacity_provider.nodes.name])
    error_message = "the services use it"
  }
}

run "r4_3_task_definitions" {
  command = plan
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.roles : task.runtime_platform[0].cpu_architecture == "ARM64" && task.network_mode == "awsvpc"])
    error_message = "ARM64, awsvpc"
  }
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.roles : one(task.placement_constraints).expression == "attribute:workload == benchmark"])
    error_message = "on the dedicated nodes only"
  }
  assert {
    condition     = toset(keys(aws_ecs_task_definition.roles)) == toset(["load", "control", "run"])
    error_message = "one for each role"
  }
}

run "r4_3_containers" {
  command = apply
  assert {
    condition = alltrue([for task in aws_ecs_task_definition.roles :
      jsondecode(task.container_definitions)[0].portMappings[0].containerPort == 9090 && jsondecode(task.container_definitions)[0].portMappings[0].name == "metrics"
    ])
    error_message = "port 9090, named"
  }
  assert {
    condition = alltrue([for task in aws_ecs_task_definition.roles :
      jsondecode(task.container_definitions)[0].stopTimeout >= 60 && jsondecode(task.container_definitions)[0].readonlyRootFilesystem
    ])
    error_message = "time to drain, a root that is not written to"
  }
  assert {
    condition     = { for entry in jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].environment : entry.name => entry.value }["TEMPORAL_ADDRESS"] == "temporal-frontend:7233"
    error_message = "the frontend by its alias"
  }
  assert {
    condition     = { for entry in jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].environment : entry.name => entry.value }["BENCHMARK_ROLES"] == "generator,host"
    error_message = "load workers generate and host"
  }
  assert {
    condition     = !contains([for entry in jsondecode(aws_ecs_task_definition.roles["run"].container_definitions)[0].environment : entry.name], "TEMPORAL_ADDRESS")
    error_message = "a run by hand has no alias, and has to be given an address"
  }
  assert {
    condition     = { for entry in jsondecode(aws_ecs_task_definition.roles["control"].container_definitions)[0].environment : entry.name => entry.value }["BENCHMARK_SERVER_PROMETHEUS"] == "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1"
    error_message = "the control worker asks the workspace"
  }
  assert {
    condition     = aws_cloudwatch_log_group.benchmark.retention_in_days == 30
    error_message = "logs are kept for a while, not for ever"
  }
}

run "r4_4_security_groups" {
  command = apply
  assert {
    condition     = one(aws_vpc_security_group_ingress_rule.metrics).referenced_security_group_id == "sg-collector" && one(aws_vpc_security_group_ingress_rule.metrics).from_port == 9090 && one(aws_vpc_security_group_ingress_rule.metrics).to_port == 9090
    error_message = "9090 from the collector"
  }
  assert {
    condition     = one(aws_vpc_security_group_ingress_rule.frontend).security_group_id == "sg-frontend" && one(aws_vpc_security_group_ingress_rule.frontend).from_port == 7233 && one(aws_vpc_security_group_ingress_rule.frontend).referenced_security_group_id == aws_security_group.tasks.id
    error_message = "7233 of the frontend from the benchmark"
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.frontend.from_port == 7233 && aws_vpc_security_group_egress_rule.frontend.referenced_security_group_id == "sg-frontend"
    error_message = "out to the frontend"
  }
  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.https : rule.from_port == 443]) && alltrue([for rule in aws_vpc_security_group_egress_rule.dns : rule.from_port == 53]) && length(aws_vpc_security_group_egress_rule.dns) == 4
    error_message = "HTTPS and DNS"
  }
}

run "r4_5_services_from_zero" {
  command = apply
  assert {
    condition     = alltrue([for service in aws_ecs_service.workers : service.desired_count == 0])
    error_message = "no task while no benchmark runs"
  }
  assert {
    condition     = alltrue([for service in aws_ecs_service.workers : service.service_connect_configuration[0].enabled && length(service.service_connect_configuration[0].service) == 0])
    error_message = "Service Connect as a client: without a server part"
  }
  assert {
    condition     = output.deployment.load_service == "staging-benchmark-load" && output.deployment.tasks_per_instance == 2
    error_message = "what the scripts need; two tasks with interfaces of their own on an m7g.large"
  }
}

run "least_privilege" {
  command = plan
  assert {
    condition     = alltrue([for statement in data.aws_iam_policy_document.execution.statement : !contains(statement.resources, "*") || statement.sid == "Token"])
    error_message = "no wildcard but for the token, which AWS has no narrower resource for"
  }
  assert {
    condition     = alltrue(flatten([for statement in data.aws_iam_policy_document.execution.statement : [for action in statement.actions : !strcontains(action, "*")]]))
    error_message = "no action is a wildcard"
  }
  assert {
    condition     = toset(one(data.aws_iam_policy_document.task[0].statement).actions) == toset(["aps:QueryMetrics", "aps:GetMetricMetadata", "aps:GetSeries", "aps:GetLabels"])
    error_message = "the task asks Prometheus and does nothing else"
  }
  assert {
    condition     = one(one(data.aws_iam_policy_document.task[0].statement).resources) == var.prometheus_workspace_arn
    error_message = "that workspace only"
  }
}

run "secrets_are_never_plain" {
  command = apply
  variables {
    secrets = { TEMPORAL_API_KEY = "arn:aws:ssm:eu-west-1:123456789012:parameter/key" }
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].secrets == [{ name = "TEMPORAL_API_KEY", valueFrom = "arn:aws:ssm:eu-west-1:123456789012:parameter/key" }]
    error_message = "a secret is named by its ARN"
  }
  assert {
    condition     = !contains([for entry in jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].environment : entry.name], "TEMPORAL_API_KEY")
    error_message = "and is not in the environment"
  }
}

run "refuses_a_secret_in_the_environment" {
  command = plan
  variables {
    environment = { TEMPORAL_API_KEY = "planted" }
  }
  expect_failures = [var.environment]
}

run "refuses_latest" {
  command = plan
  variables {
    image = "temporal-benchmark:latest"
  }
  expect_failures = [var.image]
}

run "refuses_an_unknown_instance_type" {
  command = plan
  variables {
    instance_type = "m5.large"
  }
  expect_failures = [var.instance_type]
}

run "refuses_more_workers_than_fit" {
  command = plan
  variables {
    load_task_count = 20
  }
  expect_failures = [aws_autoscaling_group.nodes]
}

run "refuses_an_external_control_without_its_address" {
  command = plan
  variables {
    control = "external"
  }
  expect_failures = [aws_autoscaling_group.nodes]
}

run "embedded_control" {
  command = apply
  variables {
    control = "embedded"
  }
  assert {
    condition     = aws_ecs_service.control_server[0].desired_count == 0 && aws_ecs_service.control_server[0].deployment_maximum_percent == 100
    error_message = "a control server from zero, and never two on one database"
  }
  assert {
    condition     = { for entry in jsondecode(aws_ecs_task_definition.roles["control"].container_definitions)[0].environment : entry.name => entry.value }["BENCHMARK_CONTROL_ADDRESS"] == "staging-benchmark-control:7233"
    error_message = "workers find it by its alias"
  }
}
