# What a first apply, an upgrade, other addresses and the options of the module require.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                       = "staging"
  region                     = "eu-west-1"
  vpc_id                     = "vpc-1"
  subnet_ids                 = ["subnet-1", "subnet-2"]
  image                      = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/temporal-benchmark:v1"
  service_connect_namespace  = "temporal"
  frontend_security_group_id = "sg-frontend"
  prometheus_workspace_arn   = "arn:aws:aps:eu-west-1:123456789012:workspace/ws-1"
}

run "own_cluster_by_default" {
  command = apply
  assert {
    condition     = aws_ecs_cluster.benchmark[0].name == "staging-benchmark" && output.deployment.cluster == "staging-benchmark"
    error_message = "without cluster_name, the benchmark must have its own cluster"
  }
  assert {
    condition     = aws_ecs_cluster_capacity_providers.cluster[0].cluster_name == "staging-benchmark" && aws_ecs_cluster_capacity_providers.cluster[0].capacity_providers == toset([aws_ecs_capacity_provider.nodes.name])
    error_message = "the module must associate the capacity provider with its own cluster in the same apply"
  }
  assert {
    condition     = alltrue([for service in aws_ecs_service.workers : service.cluster == "staging-benchmark"])
    error_message = "the services must run in the benchmark's own cluster"
  }
}

run "existing_cluster_with_own_association" {
  command = apply
  variables {
    cluster_name                  = "temporal"
    capacity_provider_association = "temporal"
  }
  assert {
    condition     = length(aws_ecs_cluster_capacity_providers.cluster) == 0 && length(aws_ecs_cluster.benchmark) == 0
    error_message = "the module must not touch the capacity providers of an existing cluster unless asked"
  }
  assert {
    condition     = terraform_data.association.output == "temporal"
    error_message = "the services must wait for the association by way of its ID"
  }
}

run "existing_cluster_managed_by_the_module" {
  command = apply
  variables {
    cluster_name = "temporal"
    existing_cluster_capacity_providers = {
      others           = ["FARGATE", "temporal-nodes"]
      default_strategy = [{ capacity_provider = "temporal-nodes" }]
    }
  }
  assert {
    condition     = aws_ecs_cluster_capacity_providers.cluster[0].cluster_name == "temporal" && aws_ecs_cluster_capacity_providers.cluster[0].capacity_providers == toset(["FARGATE", "temporal-nodes", "staging-benchmark"])
    error_message = "the other capacity providers must stay"
  }
  assert {
    condition     = one(aws_ecs_cluster_capacity_providers.cluster[0].default_capacity_provider_strategy).capacity_provider == "temporal-nodes"
    error_message = "the default strategy of the cluster must stay"
  }
}

run "rejects_an_existing_cluster_without_association" {
  command = plan
  variables {
    cluster_name = "temporal"
  }
  expect_failures = [aws_autoscaling_group.nodes]
}

run "reaches_other_addresses" {
  command = apply
  assert {
    condition     = aws_vpc_security_group_egress_rule.target["0.0.0.0/0"].from_port == 7233 && aws_vpc_security_group_egress_rule.target["0.0.0.0/0"].to_port == 7233
    error_message = "run-benchmark --address must reach targets outside the frontend's security group"
  }
}

run "embedded_control_keeps_long_polls" {
  command = apply
  variables {
    control = "embedded"
  }
  assert {
    condition     = !can(jsondecode(aws_ecs_task_definition.control_server[0].container_definitions)[0].portMappings[0].appProtocol) && aws_ecs_service.control_server[0].service_connect_configuration[0].service[0].timeout[0].idle_timeout_seconds == 0
    error_message = "the proxy must treat the control server as TCP without timeouts"
  }
  assert {
    condition     = aws_ecs_service.control_server[0].desired_count == 0 && aws_ecs_service.control_server[0].deployment_maximum_percent == 100
    error_message = "the control server must start from zero, and two must not open one database"
  }
  assert {
    condition     = { for entry in jsondecode(aws_ecs_task_definition.roles["control"].container_definitions)[0].environment : entry.name => entry.value }["BENCHMARK_CONTROL_ADDRESS"] == "staging-benchmark-control:7233"
    error_message = "workers must use the alias of the control server"
  }
}

run "deployments_fit_on_full_instances" {
  command = apply
  assert {
    condition     = alltrue([for service in aws_ecs_service.workers : service.deployment_minimum_healthy_percent == 0 && service.deployment_maximum_percent == 100])
    error_message = "a deployment must stop old tasks before it starts new ones"
  }
  assert {
    condition     = alltrue([for service in aws_ecs_service.workers : one(service.deployment_circuit_breaker).enable && !one(service.deployment_circuit_breaker).rollback && service.availability_zone_rebalancing == "DISABLED"])
    error_message = "deployments must fail early, without rollback and rebalancing"
  }
}

run "upgrade_names_the_new_task_definitions" {
  command = apply
  assert {
    condition     = output.deployment.load_task_definition == aws_ecs_task_definition.roles["load"].arn && output.deployment.control_task_definition == aws_ecs_task_definition.roles["control"].arn && output.deployment.run_task_definition == aws_ecs_task_definition.roles["run"].arn
    error_message = "the scripts need the ARNs of Terraform's revisions, not of the latest revision"
  }
}

run "no_execute_command_by_default" {
  command = plan
  assert {
    condition     = alltrue([for service in aws_ecs_service.workers : !service.enable_execute_command])
    error_message = "ECS Exec must be off by default"
  }
}

run "execute_command" {
  command = apply
  variables {
    enable_execute_command = true
  }
  assert {
    condition     = alltrue([for service in aws_ecs_service.workers : service.enable_execute_command]) && !jsondecode(aws_ecs_task_definition.roles["control"].container_definitions)[0].readonlyRootFilesystem
    error_message = "ECS Exec requires a writable root file system"
  }
  assert {
    condition     = contains(flatten([for statement in data.aws_iam_policy_document.task[0].statement : tolist(statement.actions)]), "ssmmessages:OpenDataChannel")
    error_message = "ECS Exec requires ssmmessages in the task role"
  }
  assert {
    condition     = contains(flatten([for statement in data.aws_iam_policy_document.operator.statement : tolist(statement.actions)]), "ecs:ExecuteCommand")
    error_message = "the operator must be allowed to use ECS Exec"
  }
}

run "reads_server_metrics" {
  command = apply
  variables {
    server_metrics_security_group_ids = ["sg-history"]
    server_metrics_port               = 9091
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.server_metrics["sg-history"].from_port == 9091 && aws_vpc_security_group_ingress_rule.server_metrics["sg-history"].security_group_id == "sg-history"
    error_message = "tasks must reach the metrics of the Temporal services"
  }
}

run "operator_policy" {
  command = apply
  assert {
    condition     = alltrue([for statement in data.aws_iam_policy_document.operator.statement : !contains(statement.resources, "*") || statement.sid == "RegisterRevisions"])
    error_message = "only actions without resource-level permissions may have all resources"
  }
  assert {
    condition     = contains(one([for statement in data.aws_iam_policy_document.operator.statement : statement if statement.sid == "Scale"]).resources, "arn:aws:ecs:eu-west-1:123456789012:service/staging-benchmark/staging-benchmark-load")
    error_message = "the operator must be allowed to scale the load service"
  }
  assert {
    condition     = one(one([for statement in data.aws_iam_policy_document.operator.statement : statement if statement.sid == "PassRoles"]).condition).values == tolist(["ecs-tasks.amazonaws.com"])
    error_message = "roles may only be passed to ECS tasks"
  }
}

run "accepts_the_longest_name" {
  command = plan
  variables {
    name = "abcdefghijklmnopqrstuv"
  }
  assert {
    condition     = length(aws_iam_role.execution.name_prefix) <= 38
    error_message = "AWS limits the name prefix of a role to 38 characters"
  }
}

run "rejects_a_longer_name" {
  command = plan
  variables {
    name = "abcdefghijklmnopqrstuvw"
  }
  expect_failures = [var.name]
}

run "rejects_a_reserved_name" {
  command = plan
  variables {
    name = "ecs-prod"
  }
  expect_failures = [var.name]
}

run "instance_facts_from_aws" {
  command = apply
  override_data {
    target = data.aws_ec2_instance_type.nodes
    values = { default_vcpus = 16, memory_size = 65536, maximum_network_interfaces = 8, supported_architectures = ["arm64"] }
  }
  variables {
    instance_type = "m8g.4xlarge"
  }
  assert {
    condition     = output.deployment.tasks_per_instance == 7 && aws_launch_template.nodes.instance_type == "m8g.4xlarge"
    error_message = "the capacity of an instance must come from AWS's description of its type"
  }
}

run "eni_trunking" {
  command = plan
  override_data {
    target = data.aws_ec2_instance_type.nodes
    values = { default_vcpus = 16, memory_size = 65536, maximum_network_interfaces = 8, supported_architectures = ["arm64"] }
  }
  variables {
    task_limit_per_instance = 60
  }
  assert {
    condition     = output.deployment.tasks_per_instance == 16
    error_message = "with ENI trunking, CPU and memory must limit the tasks"
  }
}

run "rejects_an_x86_instance_type" {
  command = plan
  override_data {
    target = data.aws_ec2_instance_type.nodes
    values = { default_vcpus = 2, memory_size = 8192, maximum_network_interfaces = 3, supported_architectures = ["x86_64"] }
  }
  variables {
    instance_type = "m7i.large"
  }
  expect_failures = [aws_autoscaling_group.nodes]
}

run "tasks_do_not_share_cpu" {
  command = apply
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.roles : task.cpu == "1024" && task.memory == "3072"])
    error_message = "a task must have a CPU and a memory limit"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].cpu == 768 && jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].memory == 3008
    error_message = "256 CPU units and 64 MiB must be left for the Service Connect proxy"
  }
}

run "metadata_is_closed_to_tasks" {
  command = apply
  assert {
    condition     = aws_launch_template.nodes.metadata_options[0].http_put_response_hop_limit == 1 && strcontains(base64decode(aws_launch_template.nodes.user_data), "ECS_AWSVPC_BLOCK_IMDS=true\n")
    error_message = "tasks must not reach the role of the instance"
  }
  assert {
    condition     = { for entry in jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].environment : entry.name => entry.value }["BENCHMARK_INSTANCE_TYPE"] == "m7g.large"
    error_message = "tasks must get the instance type from their environment"
  }
  assert {
    condition     = strcontains(base64decode(aws_launch_template.nodes.user_data), "ECS_ENABLE_CONTAINER_METADATA=true\n")
    error_message = "tasks must be able to read the ID of their instance from a file"
  }
}

run "control_has_the_credentials_of_the_target" {
  command = apply
  variables {
    environment = { TEMPORAL_TLS = "true", TEMPORAL_NAMESPACE = "orders", BENCHMARK_CONTROL_TLS_SERVER_NAME = "control" }
    secrets     = { TEMPORAL_API_KEY = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:temporal-AbCdEf:key::" }
  }
  assert {
    condition = { for entry in jsondecode(aws_ecs_task_definition.roles["control"].container_definitions)[0].environment : entry.name => entry.value if startswith(entry.name, "BENCHMARK_CONTROL_") } == {
      BENCHMARK_CONTROL_ADDRESS         = "temporal-frontend:7233"
      BENCHMARK_CONTROL_TLS             = "true"
      BENCHMARK_CONTROL_TLS_SERVER_NAME = "control"
    }
    error_message = "the control connection must have the TLS settings of the target, but not its namespace"
  }
  assert {
    condition     = toset([for entry in jsondecode(aws_ecs_task_definition.roles["control"].container_definitions)[0].secrets : entry.name]) == toset(["TEMPORAL_API_KEY", "BENCHMARK_CONTROL_API_KEY"])
    error_message = "the control connection must have the credentials of the target"
  }
  assert {
    condition     = one([for statement in data.aws_iam_policy_document.execution.statement : statement if statement.sid == "Secrets"]).resources == toset(["arn:aws:secretsmanager:eu-west-1:123456789012:secret:temporal-AbCdEf"])
    error_message = "the role must name the secret without the JSON key"
  }
}

run "pulls_only_its_images" {
  command = apply
  variables {
    image         = "210987654321.dkr.ecr.us-east-1.amazonaws.com/shared/benchmark@sha256:0000"
    control       = "embedded"
    control_image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/docker-hub/temporalio/temporal:1.9.1"
  }
  assert {
    condition = one([for statement in data.aws_iam_policy_document.execution.statement : statement if statement.sid == "Image"]).resources == toset([
      "arn:aws:ecr:us-east-1:210987654321:repository/shared/benchmark",
      "arn:aws:ecr:eu-west-1:123456789012:repository/docker-hub/temporalio/temporal",
    ])
    error_message = "the role must name the repositories of its images, also in other accounts"
  }
}

run "alloy_sidecar" {
  command = apply
  variables {
    alloy_image = "docker.io/grafana/alloy:v1.11.0"
  }
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.roles : jsondecode(task.container_definitions)[1].name == "alloy" && !jsondecode(task.container_definitions)[1].essential])
    error_message = "each task must have an Alloy sidecar that cannot stop it"
  }
  assert {
    condition     = strcontains(one(jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[1].environment).value, "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write")
    error_message = "Alloy must write to the workspace"
  }
  assert {
    condition     = contains(flatten([for statement in data.aws_iam_policy_document.task[0].statement : tolist(statement.actions)]), "aps:RemoteWrite")
    error_message = "Alloy needs aps:RemoteWrite"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.roles["load"].container_definitions)[0].cpu == 640 && output.deployment.sidecar == "alloy"
    error_message = "the sidecar must have its share of the task"
  }
}

run "pins_and_encryption" {
  command = plan
  variables {
    ami_id          = "ami-0123456789abcdef0"
    node_subnet_ids = ["subnet-3"]
    volume_size     = 100
    volume_iops     = 6000
    log_kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
  }
  assert {
    condition     = aws_launch_template.nodes.image_id == "ami-0123456789abcdef0" && aws_launch_template.nodes.block_device_mappings[0].ebs[0].volume_size == 100 && aws_launch_template.nodes.block_device_mappings[0].ebs[0].iops == 6000
    error_message = "AMI and volume must be configurable"
  }
  assert {
    condition     = aws_autoscaling_group.nodes.vpc_zone_identifier == toset(["subnet-3"]) && one(aws_ecs_service.workers["load"].network_configuration).subnets == toset(["subnet-1", "subnet-2"])
    error_message = "instances and tasks must be able to have different subnets"
  }
  assert {
    condition     = aws_cloudwatch_log_group.benchmark.kms_key_id == "arn:aws:kms:eu-west-1:123456789012:key/1"
    error_message = "the log group must be encrypted with the key"
  }
}
