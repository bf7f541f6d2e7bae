# Dedicated nodes that cost nothing while no benchmark runs: from 0 to max_instances and back.

data "aws_ssm_parameter" "ami" {
  name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id"
}

resource "aws_launch_template" "nodes" {
  name_prefix            = "${var.name}-benchmark-"
  image_id               = data.aws_ssm_parameter.ami.value
  instance_type          = var.instance_type
  vpc_security_group_ids = [aws_security_group.nodes.id]
  update_default_version = true
  user_data = base64encode(<<-TEXT
    #!/bin/bash
    cat >> /etc/ecs/ecs.config <<'CONFIG'
    ECS_CLUSTER=${var.cluster_name}
    ECS_INSTANCE_ATTRIBUTES={"${local.attribute}":"benchmark"}
    ECS_ENABLE_TASK_IAM_ROLE=true
    ECS_CONTAINER_STOP_TIMEOUT=${var.stop_timeout}s
    CONFIG
  TEXT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.nodes.arn
  }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # The container asks for the type of the instance.
    http_put_response_hop_limit = 2
  }

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      encrypted             = true
      volume_type           = "gp3"
      volume_size           = 30
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
  vpc_zone_identifier   = var.subnet_ids
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
    # The capacity provider decides.
    ignore_changes = [desired_capacity]
    precondition {
      condition     = local.tasks_per_instance >= 1
      error_message = "task_memory, task_cpu: no task of this size fits a ${var.instance_type}."
    }
    precondition {
      condition     = local.instances_needed <= var.max_instances
      error_message = "max_instances: ${local.tasks} tasks (load_task_count, the control worker and what it needs) take ${local.instances_needed} nodes of ${local.tasks_per_instance} tasks each, and ${var.max_instances} are allowed."
    }
    precondition {
      condition     = (var.control == "external") == (var.control_address != "")
      error_message = "control_address: it belongs to control = \"external\", which needs it."
    }
    precondition {
      condition     = var.control != "embedded" || local.uses_service_connect
      error_message = "control: embedded is found by Service Connect; give service_connect_namespace."
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
