variable "name" {
  description = "Prefix of everything that is made, e.g. the environment's name."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,23}$", var.name))
    error_message = "name: give 2 to 24 lower-case letters, digits and dashes, beginning with a letter."
  }
}

variable "region" {
  description = "AWS region of all resources; for logs and the query of Amazon Managed Prometheus."
  type        = string
}

variable "cluster_name" {
  description = "Name of the ECS cluster that the Temporal services run in, or of one of the benchmark's own."
  type        = string
}

variable "vpc_id" {
  description = "VPC of the cluster."
  type        = string
  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id: give the id of a VPC, vpc-…"
  }
}

variable "subnet_ids" {
  description = "Private subnets with a way out (NAT or endpoints) for images, logs and the metadata of ECS."
  type        = list(string)
  validation {
    condition     = length(var.subnet_ids) > 0 && alltrue([for id in var.subnet_ids : startswith(id, "subnet-")])
    error_message = "subnet_ids: give at least one id of a subnet, subnet-…"
  }
}

variable "image" {
  description = "Image of the benchmark with its tag, as scripts/build-image pushes it."
  type        = string
  validation {
    condition     = can(regex("^.+[:@].+$", var.image)) && !endswith(var.image, ":latest")
    error_message = "image: give an image with a tag or digest other than latest, so that a result says what measured it."
  }
}

variable "instance_type" {
  description = "Type of the dedicated nodes; ARM64 (Graviton)."
  type        = string
  default     = "m7g.large"
  validation {
    condition     = contains(keys(local.instances), var.instance_type)
    error_message = "instance_type: give one of the ARM64 types in locals.tf, whose network interfaces and memory are known: m7g, c7g or r7g, large to 4xlarge."
  }
}

variable "max_instances" {
  description = "Nodes at the most; there are none while no benchmark runs."
  type        = number
  default     = 4
  validation {
    condition     = var.max_instances >= 1 && var.max_instances <= 100 && floor(var.max_instances) == var.max_instances
    error_message = "max_instances: give a whole number from 1 to 100."
  }
}

variable "load_task_count" {
  description = "Load workers (tasks) that a run is meant to have at the most; checked against what max_instances nodes hold."
  type        = number
  default     = 4
  validation {
    condition     = var.load_task_count >= 1 && var.load_task_count <= 200 && floor(var.load_task_count) == var.load_task_count
    error_message = "load_task_count: give a whole number from 1 to 200."
  }
}

variable "generators_per_task" {
  description = "Generator processes of each load worker; each runs one lane of a run."
  type        = number
  default     = 1
  validation {
    condition     = var.generators_per_task >= 1 && var.generators_per_task <= 8
    error_message = "generators_per_task: give 1 to 8."
  }
}

variable "task_cpu" {
  description = "CPU units of a task, 1,024 to a vCPU."
  type        = number
  default     = 896
  validation {
    condition     = var.task_cpu >= 512
    error_message = "task_cpu: give at least 512; a generator without CPU measures itself."
  }
}

variable "task_memory" {
  description = "Memory of a task, MiB."
  type        = number
  default     = 3072
  validation {
    condition     = var.task_memory >= 1024
    error_message = "task_memory: give at least 1024."
  }
}

variable "temporal_address" {
  description = "The target as tasks of the services reach it: with Service Connect the alias of the frontend."
  type        = string
  default     = "temporal-frontend:7233"
  validation {
    condition     = can(regex("^[^:/ ]+:[0-9]+$", var.temporal_address))
    error_message = "temporal_address: give host:port."
  }
}

variable "service_connect_namespace" {
  description = "Cloud Map namespace (its ARN) of the cluster's Service Connect; empty where temporal_address is a plain name."
  type        = string
  default     = ""
}

variable "frontend_security_group_id" {
  description = "Security group of the Temporal frontend, which gets an ingress on 7233 from the benchmark; empty for Temporal Cloud."
  type        = string
  default     = ""
}

variable "collector_security_group_id" {
  description = "Security group of the collector, the only one that may reach the metrics on 9090; empty for none."
  type        = string
  default     = ""
}

variable "control" {
  description = <<-TEXT
    Where the control namespace is: "target" (the target's own cluster: nothing more to run, but its stalls are those of
    the control too; for small runs), "embedded" (a development server of its own with a database on the volume of an
    instance), or "external" (another cluster or Temporal Cloud, by control_address).
  TEXT
  type        = string
  default     = "target"
  validation {
    condition     = contains(["target", "embedded", "external"], var.control)
    error_message = "control: give target, embedded or external."
  }
}

variable "control_address" {
  description = "host:port of the control cluster; with control = \"external\" only."
  type        = string
  default     = ""
}

variable "control_image" {
  description = "Image of the Temporal CLI for control = \"embedded\"."
  type        = string
  default     = "docker.io/temporalio/temporal:1.9.1"
}

variable "secrets" {
  description = "Secret settings of the containers: the name of the variable (TEMPORAL_API_KEY, BENCHMARK_CONTROL_TLS_CLIENT_KEY_DATA, …) and the ARN of its SSM parameter or Secrets Manager secret. Never plain environment."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name, arn in var.secrets : can(regex("^(TEMPORAL|BENCHMARK)_[A-Z0-9_]+$", name)) && can(regex("^arn:[a-z-]+:(ssm|secretsmanager):", arn))])
    error_message = "secrets: give variables TEMPORAL_… or BENCHMARK_…, each with the ARN of an SSM parameter or a secret."
  }
}

variable "environment" {
  description = "Further settings of the containers that are no secret, e.g. TEMPORAL_TLS."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name in keys(var.environment) : !can(regex("API_KEY|KEY_DATA|CERT_DATA|TOKEN|PASSWORD|SECRET", name))])
    error_message = "environment: keys, certificates and tokens go into secrets, by the ARN of an SSM parameter or a secret."
  }
}

variable "kms_key_arn" {
  description = "KMS key of the secrets; empty where they use the AWS-managed one."
  type        = string
  default     = ""
}

variable "prometheus_workspace_arn" {
  description = "Amazon Managed Prometheus workspace that scrapes the Temporal services; empty where the run cannot ask one."
  type        = string
  default     = ""
}

variable "log_retention_days" {
  description = "Days that logs, and with them the results, are kept."
  type        = number
  default     = 30
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days: give one that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731."
  }
}

variable "stop_timeout" {
  description = "Seconds that a container has between SIGTERM and SIGKILL, for the drain and the report; ECS allows up to 120."
  type        = number
  default     = 120
  validation {
    condition     = var.stop_timeout >= 60 && var.stop_timeout <= 120
    error_message = "stop_timeout: give 60 to 120; a worker needs up to 40 s to hand its lanes over, a run longer to drain."
  }
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}
