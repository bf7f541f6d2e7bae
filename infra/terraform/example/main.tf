# A benchmark beside Temporal services that run on ECS already. What it needs of them is looked up or given.
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

data "aws_ecs_cluster" "temporal" {
  cluster_name = var.cluster_name
}

data "aws_service_discovery_http_namespace" "temporal" {
  name = var.service_connect_namespace
}

resource "aws_ecr_repository" "benchmark" {
  name                 = "temporal-benchmark"
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
}

module "benchmark" {
  source = "../modules/benchmark"

  name                        = var.name
  region                      = var.region
  cluster_name                = data.aws_ecs_cluster.temporal.cluster_name
  vpc_id                      = var.vpc_id
  subnet_ids                  = var.subnet_ids
  image                       = "${aws_ecr_repository.benchmark.repository_url}:${var.image_tag}"
  service_connect_namespace   = data.aws_service_discovery_http_namespace.temporal.arn
  frontend_security_group_id  = var.frontend_security_group_id
  collector_security_group_id = var.collector_security_group_id
  prometheus_workspace_arn    = var.prometheus_workspace_arn
  max_instances               = var.max_instances
  load_task_count                = var.load_task_count
}

# A cluster has one list of capacity providers: those it has already go in front.
resource "aws_ecs_cluster_capacity_providers" "temporal" {
  cluster_name       = data.aws_ecs_cluster.temporal.cluster_name
  capacity_providers = concat(var.other_capacity_providers, [module.benchmark.capacity_provider_name])
}

output "deployment" {
  description = "For scripts/run-benchmark and its neighbours."
  value       = module.benchmark.deployment
}

output "repository" {
  description = "Where scripts/build-image --push sends the image."
  value       = aws_ecr_repository.benchmark.repository_url
}
