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
  description = "Nodes of the benchmark; their tasks have interfaces of their own"
  vpc_id      = var.vpc_id
  tags        = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "metrics" {
  count                        = var.collector_security_group_id == "" ? 0 : 1
  security_group_id            = aws_security_group.tasks.id
  description                  = "Metrics, for the collector only"
  referenced_security_group_id = var.collector_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.metrics_port
  to_port                      = local.metrics_port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "control" {
  count                        = var.control == "embedded" ? 1 : 0
  security_group_id            = aws_security_group.tasks.id
  description                  = "The embedded control server, for tasks of the benchmark only"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = local.control_port
  to_port                      = local.control_port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "frontend" {
  count                        = var.frontend_security_group_id == "" ? 0 : 1
  security_group_id            = var.frontend_security_group_id
  description                  = "Load of the benchmark"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 7233
  to_port                      = 7233
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "frontend" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "To the frontend; to anywhere where it has no security group of ours (Temporal Cloud, an NLB)"
  referenced_security_group_id = var.frontend_security_group_id == "" ? null : var.frontend_security_group_id
  cidr_ipv4                    = var.frontend_security_group_id == "" ? "0.0.0.0/0" : null
  ip_protocol                  = "tcp"
  from_port                    = 7233
  to_port                      = 7233
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "control" {
  count                        = var.control == "target" ? 0 : 1
  security_group_id            = aws_security_group.tasks.id
  description                  = "To the control server"
  referenced_security_group_id = var.control == "embedded" ? aws_security_group.tasks.id : null
  cidr_ipv4                    = var.control == "embedded" ? null : "0.0.0.0/0"
  ip_protocol                  = "tcp"
  from_port                    = var.control == "embedded" ? local.control_port : tonumber(element(split(":", "${var.control_address}:7233"), 1))
  to_port                      = var.control == "embedded" ? local.control_port : tonumber(element(split(":", "${var.control_address}:7233"), 1))
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each          = { tasks = aws_security_group.tasks.id, nodes = aws_security_group.nodes.id }
  security_group_id = each.value
  description       = "Images, logs, secrets, Amazon Managed Prometheus"
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
