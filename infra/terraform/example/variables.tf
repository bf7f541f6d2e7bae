variable "name" {
  description = "Name of the environment."
  type        = string
}

variable "region" {
  description = "AWS region."
  type        = string
}

variable "cluster_name" {
  description = "ECS cluster of the Temporal services."
  type        = string
}

variable "service_connect_namespace" {
  description = "Name of the Cloud Map namespace of their Service Connect."
  type        = string
}

variable "vpc_id" {
  description = "VPC of the cluster."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets."
  type        = list(string)
}

variable "frontend_security_group_id" {
  description = "Security group of the Temporal frontend."
  type        = string
}

variable "collector_security_group_id" {
  description = "Security group of the ADOT collector; empty without one."
  type        = string
  default     = ""
}

variable "prometheus_workspace_arn" {
  description = "Amazon Managed Prometheus workspace; empty without one."
  type        = string
  default     = ""
}

variable "image_tag" {
  description = "Tag of the image that scripts/build-image pushed."
  type        = string
}

variable "other_capacity_providers" {
  description = "Capacity providers that the cluster has already."
  type        = list(string)
  default     = []
}

variable "max_instances" {
  description = "Nodes at the most."
  type        = number
  default     = 4
}

variable "load_task_count" {
  description = "Load workers at the most."
  type        = number
  default     = 4
}
