variable "name" {
  description = "Name of the environment and prefix of all resources."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,21}$", var.name)) && !can(regex("^(aws|ecs|fargate)", var.name))
    error_message = "name: use 2 to 22 lower-case letters, digits and dashes, starting with a letter, and not with aws, ecs or fargate, which capacity providers reserve."
  }
}

variable "region" {
  description = "AWS region of all resources."
  type        = string
}

variable "cluster_name" {
  description = "Existing ECS cluster to use. Default: the module creates a cluster for the benchmark."
  type        = string
  default     = ""
  nullable    = false
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
  default     = ""
  nullable    = false
}

variable "vpc_id" {
  description = "VPC of the Temporal services."
  type        = string
  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id: use the ID of a VPC (vpc-…)."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the tasks, with a NAT gateway or VPC endpoints for ECS, ECR, S3 (gateway endpoint, image layers) and CloudWatch Logs."
  type        = list(string)
  validation {
    condition     = length(var.subnet_ids) > 0 && alltrue([for id in var.subnet_ids : startswith(id, "subnet-")])
    error_message = "subnet_ids: use at least one ID of a subnet (subnet-…)."
  }
}

variable "node_subnet_ids" {
  description = "Private subnets of the instances. Default: subnet_ids."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "image" {
  description = "Image of the benchmark with tag or digest, as scripts/build-image prints it."
  type        = string
  validation {
    condition     = can(regex("^.+[:@].+$", var.image)) && !endswith(var.image, ":latest")
    error_message = "image: use a tag or digest other than latest, so that a result identifies the code that measured it."
  }
}

variable "instance_type" {
  description = "Type of the dedicated instances: ARM64 (Graviton)."
  type        = string
  default     = "m7g.large"
  nullable    = false
}

variable "ami_id" {
  description = "ARM64 ECS-optimized AMI. Default: the latest one, which may change with every plan."
  type        = string
  default     = ""
  nullable    = false
}

variable "volume_size" {
  description = "Size of an instance's volume, GiB."
  type        = number
  default     = 30
  nullable    = false
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
  default     = 4
  nullable    = false
  validation {
    condition     = var.max_instances >= 1 && var.max_instances <= 100 && floor(var.max_instances) == var.max_instances
    error_message = "max_instances: use a whole number from 1 to 100."
  }
}

variable "task_limit_per_instance" {
  description = "Most awsvpc tasks per instance, if ENI trunking is on for the account: see AWS's table for the instance type. Default: the network interfaces of the type minus one."
  type        = number
  default     = null
}

variable "load_task_count" {
  description = "Most load worker tasks of a run. max_instances instances must hold them and the control worker."
  type        = number
  default     = 4
  nullable    = false
  validation {
    condition     = var.load_task_count >= 1 && var.load_task_count <= 200 && floor(var.load_task_count) == var.load_task_count
    error_message = "load_task_count: use a whole number from 1 to 200."
  }
}

variable "generators_per_task" {
  description = "Generator processes per load worker task. Each runs one lane."
  type        = number
  default     = 1
  nullable    = false
  validation {
    condition     = var.generators_per_task >= 1 && var.generators_per_task <= 8 && floor(var.generators_per_task) == var.generators_per_task
    error_message = "generators_per_task: use a whole number from 1 to 8."
  }
}

variable "task_cpu" {
  description = "CPU limit of a task with its sidecars, in CPU units (1024 = 1 vCPU). With the whole CPU of an instance, each task has its own instance."
  type        = number
  default     = 1024
  nullable    = false
  validation {
    condition     = var.task_cpu >= 768
    error_message = "task_cpu: use at least 768; the Service Connect proxy and Alloy need 384 of it."
  }
}

variable "task_memory" {
  description = "Memory limit of a task with its sidecars, MiB."
  type        = number
  default     = 3072
  nullable    = false
  validation {
    condition     = var.task_memory >= 1024
    error_message = "task_memory: use at least 1024."
  }
}

variable "temporal_address" {
  description = "host:port of the target. With Service Connect, the alias of the frontend."
  type        = string
  default     = "temporal-frontend:7233"
  nullable    = false
  validation {
    condition     = can(regex("^[^\\s:/]+:[0-9]+$", var.temporal_address))
    error_message = "temporal_address: use host:port."
  }
}

variable "service_connect_namespace" {
  description = "Name or ARN of the Cloud Map namespace of the Temporal services' Service Connect. Empty if temporal_address resolves without it."
  type        = string
  default     = ""
  nullable    = false
}

variable "frontend_security_group_id" {
  description = "Security group of the Temporal frontend. It gets an ingress rule for port 7233 from the benchmark. Empty for Temporal Cloud."
  type        = string
  default     = ""
  nullable    = false
}

variable "target_cidr_blocks" {
  description = "Networks that tasks may reach on port 7233 besides the frontend's security group: for run-benchmark --address, an NLB or Temporal Cloud."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false
}

variable "server_metrics_security_group_ids" {
  description = "Security groups of Temporal services whose metrics the benchmark reads directly (BENCHMARK_SERVER_METRICS). Each gets an ingress rule."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "server_metrics_port" {
  description = "Port of these metrics."
  type        = number
  default     = 9090
  nullable    = false
}

variable "collector_security_group_id" {
  description = "Security group of the metrics collector. Only it can reach the benchmark's metrics on port 9090. Empty without a collector."
  type        = string
  default     = ""
  nullable    = false
}

variable "control" {
  description = <<-TEXT
    Control cluster: "target" (the cluster under test; for small runs, because its stalls also delay the benchmark's control),
    "embedded" (a Temporal development server, with its database on the volume of an instance), or "external" (another cluster
    or Temporal Cloud, at control_address).
  TEXT
  type        = string
  default     = "target"
  nullable    = false
  validation {
    condition     = contains(["target", "embedded", "external"], var.control)
    error_message = "control: use target, embedded or external."
  }
}

variable "control_address" {
  description = "host:port of the control cluster, with control = \"external\" only."
  type        = string
  default     = ""
  nullable    = false
}

variable "control_image" {
  description = "Image with the Temporal CLI for control = \"embedded\". Docker Hub limits anonymous pulls; an ECR copy or pull-through cache avoids that."
  type        = string
  default     = "docker.io/temporalio/temporal:1.9.1"
  nullable    = false
}

variable "secrets" {
  description = "Secret environment variables of the containers (TEMPORAL_API_KEY, BENCHMARK_CONTROL_TLS_CLIENT_KEY_DATA, …): variable name and ARN of an SSM parameter or a Secrets Manager secret, with an optional :key:stage:version."
  type        = map(string)
  default     = {}
  nullable    = false
  validation {
    condition     = alltrue([for name, arn in var.secrets : can(regex("^(TEMPORAL|BENCHMARK)_[A-Z0-9_]+$", name)) && can(regex("^arn:[a-z-]+:(ssm|secretsmanager):", arn))])
    error_message = "secrets: use TEMPORAL_… or BENCHMARK_… variables, each with the ARN of an SSM parameter or a secret."
  }
}

variable "environment" {
  description = "Other environment variables of the containers, for example TEMPORAL_TLS. Not for secrets."
  type        = map(string)
  default     = {}
  nullable    = false
  validation {
    condition     = alltrue([for name in keys(var.environment) : !can(regex("API_KEY|KEY_DATA|CERT_DATA|TOKEN|PASSWORD|SECRET", name))])
    error_message = "environment: move keys, certificates and tokens to secrets, as the ARN of an SSM parameter or a secret."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the secrets. Empty for the AWS-managed key."
  type        = string
  default     = ""
  nullable    = false
}

variable "prometheus_workspace_arn" {
  description = "Amazon Managed Prometheus workspace with the metrics of the Temporal services, which the run queries. Empty without one."
  type        = string
  default     = ""
  nullable    = false
}

variable "dsql_cluster_id" {
  description = "Id of the Aurora DSQL cluster of the target, the first part of its endpoint. If set, the run reads its metrics from CloudWatch after the load."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]*$", var.dsql_cluster_id))
    error_message = "dsql_cluster_id must be the id of a cluster, not its ARN or endpoint."
  }
}

variable "alloy_image" {
  description = "Image of Grafana Alloy. If set, each task has an Alloy sidecar that writes the benchmark's metrics to prometheus_workspace_arn, and no collector is needed."
  type        = string
  default     = ""
  nullable    = false
}

variable "enable_execute_command" {
  description = "Allow ECS Exec (a shell in a container). Makes the root file system writable."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "Retention of the logs and the results in them, days."
  type        = number
  default     = 30
  nullable    = false
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days: use a value that CloudWatch Logs supports: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731."
  }
}

variable "log_kms_key_arn" {
  description = "KMS key that encrypts the log group. Empty for the default encryption."
  type        = string
  default     = ""
  nullable    = false
}

variable "stop_timeout" {
  description = "Seconds between SIGTERM and SIGKILL, for drain and report. ECS allows up to 120."
  type        = number
  default     = 120
  nullable    = false
  validation {
    condition     = var.stop_timeout >= 60 && var.stop_timeout <= 120
    error_message = "stop_timeout: use 60 to 120; a worker needs up to 40 s to hand over its lanes, and a run needs longer to drain."
  }
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false
}
