# A benchmark beside Temporal services that run on ECS. Copy this folder to infra/terraform/ENV and write terraform.tfvars.
terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0, < 7.0"
    }
  }
}

provider "aws" {
  region = var.region
}

resource "aws_ecr_repository" "benchmark" {
  name                 = "${var.name}-temporal-benchmark"
  image_tag_mutability = "IMMUTABLE"
  # terraform destroy also deletes the images.
  force_delete = true
  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "benchmark" {
  repository = aws_ecr_repository.benchmark.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last 20 images"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 20 }
      action       = { type = "expire" }
    }]
  })
}

module "benchmark" {
  source = "../modules/benchmark"

  image                               = "${aws_ecr_repository.benchmark.repository_url}:${var.image_tag}"
  name                                = var.name
  region                              = var.region
  cluster_name                        = var.cluster_name
  existing_cluster_capacity_providers = var.existing_cluster_capacity_providers
  capacity_provider_association       = var.capacity_provider_association
  vpc_id                              = var.vpc_id
  subnet_ids                          = var.subnet_ids
  node_subnet_ids                     = var.node_subnet_ids
  instance_type                       = var.instance_type
  ami_id                              = var.ami_id
  volume_size                         = var.volume_size
  volume_iops                         = var.volume_iops
  volume_throughput                   = var.volume_throughput
  max_instances                       = var.max_instances
  task_limit_per_instance             = var.task_limit_per_instance
  load_task_count                     = var.load_task_count
  generators_per_task                 = var.generators_per_task
  task_cpu                            = var.task_cpu
  task_memory                         = var.task_memory
  temporal_address                    = var.temporal_address
  service_connect_namespace           = var.service_connect_namespace
  frontend_security_group_id          = var.frontend_security_group_id
  target_cidr_blocks                  = var.target_cidr_blocks
  server_metrics_security_group_ids   = var.server_metrics_security_group_ids
  server_metrics_port                 = var.server_metrics_port
  collector_security_group_id         = var.collector_security_group_id
  control                             = var.control
  control_address                     = var.control_address
  control_image                       = var.control_image
  secrets                             = var.secrets
  environment                         = var.environment
  kms_key_arn                         = var.kms_key_arn
  prometheus_workspace_arn            = var.prometheus_workspace_arn
  dsql_cluster_id                     = var.dsql_cluster_id
  alloy_image                         = var.alloy_image
  enable_execute_command              = var.enable_execute_command
  log_retention_days                  = var.log_retention_days
  log_kms_key_arn                     = var.log_kms_key_arn
  stop_timeout                        = var.stop_timeout
  tags                                = var.tags
}

# The permissions of the scripts, with those of scripts/build-image --push.
data "aws_iam_policy_document" "operator" {
  source_policy_documents = [module.benchmark.operator_policy_json]
  statement {
    sid       = "RegistryToken"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    sid = "PushImage"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = [aws_ecr_repository.benchmark.arn]
  }
}

output "deployment" {
  description = "Names and ARNs for scripts/run-benchmark, get-benchmark-results and scale-workers."
  value       = module.benchmark.deployment
}

output "repository" {
  description = "Repository for scripts/build-image --push."
  value       = aws_ecr_repository.benchmark.repository_url
}

output "capacity_provider_name" {
  description = "Capacity provider of the instances."
  value       = module.benchmark.capacity_provider_name
}

output "operator_policy_json" {
  description = "IAM policy for a person or a CI job that runs the scripts."
  value       = data.aws_iam_policy_document.operator.json
}

output "commands" {
  description = "Commands for a first run, a shell in a task and the log."
  value       = module.benchmark.commands
}
