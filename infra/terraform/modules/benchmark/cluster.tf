# By default the benchmark has its own ECS cluster. Service Connect namespaces work across clusters, so its tasks reach the Temporal
# services of another cluster by alias, and the capacity providers of that cluster stay untouched.
resource "aws_ecs_cluster" "benchmark" {
  count = local.owns_cluster ? 1 : 0
  name  = "${var.name}-benchmark"
  tags  = local.tags
}

# This resource sets the whole list of capacity providers and the default strategy of a cluster. It exists only for the benchmark's
# own cluster, or if existing_cluster_capacity_providers gives the complete list of an existing cluster.
resource "aws_ecs_cluster_capacity_providers" "cluster" {
  count        = local.owns_cluster || var.existing_cluster_capacity_providers != null ? 1 : 0
  cluster_name = local.cluster_name
  capacity_providers = concat(
    local.owns_cluster ? [] : var.existing_cluster_capacity_providers.others,
    [aws_ecs_capacity_provider.nodes.name],
  )

  dynamic "default_capacity_provider_strategy" {
    for_each = local.owns_cluster ? [] : var.existing_cluster_capacity_providers.default_strategy
    content {
      capacity_provider = default_capacity_provider_strategy.value.capacity_provider
      weight            = default_capacity_provider_strategy.value.weight
      base              = default_capacity_provider_strategy.value.base
    }
  }
}

# ECS rejects a service whose capacity provider is not associated with the cluster. Services depend on this resource, and so on the
# association above or on your own association, whose ID is in capacity_provider_association.
resource "terraform_data" "association" {
  input      = var.capacity_provider_association
  depends_on = [aws_ecs_cluster_capacity_providers.cluster]
}
