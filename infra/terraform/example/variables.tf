# The variables of the module, except image. A null value selects the default of the module.

variable "image_tag" {
  description = "Tag of the image. The image may be pushed after the first apply, because no task runs before the first benchmark."
  type        = string
}

variable "name" {
  description = "Name of the environment and prefix of all resources."
  type        = string
}

variable "region" {
  description = "AWS region of all resources."
  type        = string
}

variable "cluster_name" {
  description = "Existing ECS cluster to use. Default: the module creates a cluster for the benchmark."
  type        = string
  default     = null
}

variable "existing_cluster_capacity_providers" {
  description = "All other capacity providers and the default strategy of the existing cluster. The module then manages this list for the whole cluster, and terraform destroy removes it. Requires cluster_name."
  type = object({
    others = list(string)
    default_strategy = list(object({
      capacity_provider = string
      weight            = optional(number, 1)
      base              = optional(number, 0)
    }))
  })
  default = null
}

variable "capacity_provider_association" {
  description = "ID of the aws_ecs_cluster_capacity_providers resource that associates the output capacity_provider_name with the existing cluster, if you manage that list yourself. Requires cluster_name."
  type        = string
  default     = null
}

variable "vpc_id" {
  description = "VPC of the Temporal services."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets of the tasks, with a NAT gateway or VPC endpoints for ECS, ECR, S3 (gateway endpoint, image layers) and CloudWatch Logs."
  type        = list(string)
}

variable "node_subnet_ids" {
  description = "Private subnets of the instances. Default: subnet_ids."
  type        = list(string)
  default     = null
}

variable "instance_type" {
  description = "Type of the dedicated instances: ARM64 (Graviton)."
  type        = string
  default     = null
}

variable "ami_id" {
  description = "ARM64 ECS-optimized AMI. Default: the latest one, which may change with every plan."
  type        = string
  default     = null
}

variable "volume_size" {
  description = "Size of an instance's volume, GiB."
  type        = number
  default     = null
}

variable "volume_iops" {
  description = "IOPS of an instance's gp3 volume. Default: those of AWS, 3000."
  type        = number
  default     = null
}

variable "volume_throughput" {
  description = "Throughput of an instance's gp3 volume, MiB/s. Default: that of AWS, 125."
  type        = number
  default     = null
}

variable "max_instances" {
  description = "Most instances during a run. None exist while no benchmark runs."
  type        = number
  default     = null
}

variable "task_limit_per_instance" {
  description = "Most awsvpc tasks per instance, if ENI trunking is on for the account: see AWS's table for the instance type. Default: the network interfaces of the type minus one."
  type        = number
  default     = null
}

variable "load_task_count" {
  description = "Most load worker tasks of a run. max_instances instances must hold them and the control worker."
  type        = number
  default     = null
}

variable "generators_per_task" {
  description = "Generator processes per load worker task. Each runs one lane."
  type        = number
  default     = null
}

variable "task_cpu" {
  description = "CPU limit of a task with its sidecars, in CPU units (1024 = 1 vCPU). With the whole CPU of an instance, each task has its own instance."
  type        = number
  default     = null
}

variable "task_memory" {
  description = "Memory limit of a task with its sidecars, MiB."
  type        = number
  default     = null
}

variable "temporal_address" {
  description = "host:port of the target. With Service Connect, the alias of the frontend."
  type        = string
  default     = null
}

variable "service_connect_namespace" {
  description = "Name or ARN of the Cloud Map namespace of the Temporal services' Service Connect. Empty if temporal_address resolves without it."
  type        = string
  default     = null
}

variable "frontend_security_group_id" {
  description = "Security group of the Temporal frontend. It gets an ingress rule for port 7233 from the benchmark. Empty for Temporal Cloud."
  type        = string
  default     = null
}

variable "target_cidr_blocks" {
  description = "Networks that tasks may reach on port 7233 besides the frontend's security group: for run-benchmark --address, an NLB or Temporal Cloud."
  type        = list(string)
  default     = null
}

variable "server_metrics_security_group_ids" {
  description = "Security groups of Temporal services whose metrics the benchmark reads directly (BENCHMARK_SERVER_METRICS). Each gets an ingress rule."
  type        = list(string)
  default     = null
}

variable "server_metrics_port" {
  description = "Port of these metrics."
  type        = number
  default     = null
}

variable "collector_security_group_id" {
  description = "Security group of the metrics collector. Only it can reach the benchmark's metrics on port 9090. Empty without a collector."
  type        = string
  default     = null
}

variable "control" {
  description = "Control cluster: target, embedded or external."
  type        = string
  default     = null
}

variable "control_address" {
  description = "host:port of the control cluster, with control = \"external\" only."
  type        = string
  default     = null
}

variable "control_image" {
  description = "Image with the Temporal CLI for control = \"embedded\". Docker Hub limits anonymous pulls; an ECR copy or pull-through cache avoids that."
  type        = string
  default     = null
}

variable "secrets" {
  description = "Secret environment variables of the containers (TEMPORAL_API_KEY, BENCHMARK_CONTROL_TLS_CLIENT_KEY_DATA, …): variable name and ARN of an SSM parameter or a Secrets Manager secret, with an optional :key:stage:version."
  type        = map(string)
  default     = null
}

variable "environment" {
  description = "Other environment variables of the containers, for example TEMPORAL_TLS. Not for secrets."
  type        = map(string)
  default     = null
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the secrets. Empty for the AWS-managed key."
  type        = string
  default     = null
}

variable "prometheus_workspace_arn" {
  description = "Amazon Managed Prometheus workspace with the metrics of the Temporal services, which the run queries. Empty without one."
  type        = string
  default     = null
}

variable "dsql_cluster_id" {
  description = "Id of the Aurora DSQL cluster of the target, the first part of its endpoint. If set, the run reads its metrics from CloudWatch after the load."
  type        = string
  default     = ""
  nullable    = false
}

variable "alloy_image" {
  description = "Image of Grafana Alloy. If set, each task has an Alloy sidecar that writes the benchmark's metrics to prometheus_workspace_arn, and no collector is needed."
  type        = string
  default     = null
}

variable "enable_execute_command" {
  description = "Allow ECS Exec (a shell in a container). Makes the root file system writable."
  type        = bool
  default     = null
}

variable "log_retention_days" {
  description = "Retention of the logs and the results in them, days."
  type        = number
  default     = null
}

variable "log_kms_key_arn" {
  description = "KMS key that encrypts the log group. Empty for the default encryption."
  type        = string
  default     = null
}

variable "stop_timeout" {
  description = "Seconds between SIGTERM and SIGKILL, for drain and report. ECS allows up to 120."
  type        = number
  default     = null
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = null
}
