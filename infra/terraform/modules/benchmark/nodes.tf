# Dedicated instances: none while no benchmark runs, up to max_instances during a run.

data "aws_ssm_parameter" "ami" {
  name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id"
}

resource "aws_launch_template" "nodes" {
  name_prefix            = "${var.name}-benchmark-"
  image_id               = coalesce(var.ami_id, data.aws_ssm_parameter.ami.value)
  instance_type          = var.instance_type
  vpc_security_group_ids = [aws_security_group.nodes.id]
  update_default_version = true
  user_data = base64encode(<<-TEXT
    #!/bin/bash
    cat >> /etc/ecs/ecs.config <<'CONFIG'
    ECS_CLUSTER=${local.cluster_name}
    ECS_INSTANCE_ATTRIBUTES={"${local.attribute}":"benchmark"}
    ECS_ENABLE_TASK_IAM_ROLE=true
    ECS_AWSVPC_BLOCK_IMDS=true
    ECS_ENABLE_CONTAINER_METADATA=true
    ECS_CONTAINER_STOP_TIMEOUT=${var.stop_timeout}s
    CONFIG
  TEXT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.nodes.arn
  }

  # Tasks cannot reach the instance metadata, and so not the role of the instance.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      encrypted             = true
      volume_type           = "gp3"
      volume_size           = var.volume_size
      iops                  = var.volume_iops
      throughput            = var.volume_throughput
      delete_on_termination = true
    }
  }

  monitoring {
    enabled = true
  }

  tag_specifications {
    resource_type = "instance"
    tags          = merge(local.tags, { Name = "${var.name}-benchmark" })
  }

  tags = local.tags
}

resource "aws_autoscaling_group" "nodes" {
  name_prefix           = "${var.name}-benchmark-"
  min_size              = 0
  max_size              = var.max_instances
  vpc_zone_identifier   = length(var.node_subnet_ids) == 0 ? var.subnet_ids : var.node_subnet_ids
  protect_from_scale_in = true

  launch_template {
    id      = aws_launch_template.nodes.id
    version = aws_launch_template.nodes.latest_version
  }

  tag {
    key                 = "AmazonECSManaged"
    value               = "true"
    propagate_at_launch = true
  }

  lifecycle {
    # The capacity provider sets it.
    ignore_changes = [desired_capacity]
    precondition {
      condition     = contains(data.aws_ec2_instance_type.nodes.supported_architectures, "arm64")
      error_message = "instance_type: ${var.instance_type} is not an ARM64 (Graviton) type; use for example m7g.large or c8g.xlarge."
    }
    precondition {
      condition     = local.tasks_per_instance >= 1
      error_message = "task_memory, task_cpu: a task of this size does not fit on a ${var.instance_type}."
    }
    precondition {
      condition     = local.instances_needed <= var.max_instances
      error_message = "max_instances: ${local.tasks} tasks (load_task_count, the control worker and its server) need ${local.instances_needed} instances with ${local.tasks_per_instance} tasks each, but max_instances is ${var.max_instances}."
    }
    precondition {
      condition     = (var.control == "external") == (var.control_address != "")
      error_message = "control_address: control = \"external\" requires it, and other values of control do not accept it."
    }
    precondition {
      condition     = var.control != "embedded" || local.uses_service_connect
      error_message = "control = \"embedded\" requires service_connect_namespace, because workers find the control server by Service Connect."
    }
    precondition {
      condition     = !local.uses_alloy || local.uses_prometheus
      error_message = "alloy_image requires prometheus_workspace_arn, the workspace that Alloy writes to."
    }
    precondition {
      condition     = local.owns_cluster ? var.existing_cluster_capacity_providers == null && var.capacity_provider_association == "" : (var.existing_cluster_capacity_providers == null) != (var.capacity_provider_association == "")
      error_message = "cluster_name: an existing cluster requires either existing_cluster_capacity_providers or capacity_provider_association; without cluster_name, give neither."
    }
  }
}

resource "aws_ecs_capacity_provider" "nodes" {
  name = "${var.name}-benchmark"

  auto_scaling_group_provider {
    auto_scaling_group_arn         = aws_autoscaling_group.nodes.arn
    managed_termination_protection = "ENABLED"
    managed_draining               = "ENABLED"

    managed_scaling {
      status                    = "ENABLED"
      target_capacity           = 100
      minimum_scaling_step_size = 1
      maximum_scaling_step_size = var.max_instances
      instance_warmup_period    = 60
    }
  }

  tags = local.tags
}
