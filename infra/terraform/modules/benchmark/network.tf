resource "aws_security_group" "tasks" {
  name_prefix = "${var.name}-benchmark-tasks-"
  description = "Tasks of the benchmark"
  vpc_id      = var.vpc_id
  tags        = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "nodes" {
  name_prefix = "${var.name}-benchmark-nodes-"
  description = "Instances of the benchmark. Tasks have separate network interfaces"
  vpc_id      = var.vpc_id
  tags        = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "metrics" {
  count                        = var.collector_security_group_id == "" ? 0 : 1
  security_group_id            = aws_security_group.tasks.id
  description                  = "Metrics, from the collector only"
  referenced_security_group_id = var.collector_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.metrics_port
  to_port                      = local.metrics_port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "control" {
  count                        = var.control == "embedded" ? 1 : 0
  security_group_id            = aws_security_group.tasks.id
  description                  = "Control server, from tasks of the benchmark only"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = local.frontend_port
  to_port                      = local.frontend_port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "frontend" {
  count                        = var.frontend_security_group_id == "" ? 0 : 1
  security_group_id            = var.frontend_security_group_id
  description                  = "Load of the benchmark"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = local.frontend_port
  to_port                      = local.frontend_port
  tags                         = local.tags
}

# Security group rules allow traffic if any rule matches, so this rule keeps working if target_cidr_blocks is empty.
resource "aws_vpc_security_group_egress_rule" "frontend" {
  count                        = var.frontend_security_group_id == "" ? 0 : 1
  security_group_id            = aws_security_group.tasks.id
  description                  = "Temporal frontend"
  referenced_security_group_id = var.frontend_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.frontend_port
  to_port                      = local.frontend_port
  tags                         = local.tags
}

# For run-benchmark --address, and for targets without a security group in this VPC, such as an NLB or Temporal Cloud.
resource "aws_vpc_security_group_egress_rule" "target" {
  for_each          = toset(var.target_cidr_blocks)
  security_group_id = aws_security_group.tasks.id
  description       = "Targets by address"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = local.frontend_port
  to_port           = local.frontend_port
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "control" {
  count                        = var.control == "target" ? 0 : 1
  security_group_id            = aws_security_group.tasks.id
  description                  = "Control server"
  referenced_security_group_id = var.control == "embedded" ? aws_security_group.tasks.id : null
  cidr_ipv4                    = var.control == "embedded" ? null : "0.0.0.0/0"
  ip_protocol                  = "tcp"
  from_port                    = local.control_port
  to_port                      = local.control_port
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "server_metrics" {
  for_each                     = toset(var.server_metrics_security_group_ids)
  security_group_id            = aws_security_group.tasks.id
  description                  = "Metrics of the Temporal services"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = var.server_metrics_port
  to_port                      = var.server_metrics_port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "server_metrics" {
  for_each                     = toset(var.server_metrics_security_group_ids)
  security_group_id            = each.value
  description                  = "Metrics, for the benchmark"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = var.server_metrics_port
  to_port                      = var.server_metrics_port
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each          = { tasks = aws_security_group.tasks.id, nodes = aws_security_group.nodes.id }
  security_group_id = each.value
  description       = "AWS APIs: images, logs, secrets, Amazon Managed Prometheus"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "dns" {
  for_each = {
    for pair in setproduct(["tasks", "nodes"], ["tcp", "udp"]) : join("-", pair) => {
      group    = pair[0] == "tasks" ? aws_security_group.tasks.id : aws_security_group.nodes.id
      protocol = pair[1]
    }
  }
  security_group_id = each.value.group
  description       = "DNS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = each.value.protocol
  from_port         = 53
  to_port           = 53
  tags              = local.tags
}
