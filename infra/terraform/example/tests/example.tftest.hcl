# The example with the variables of terraform.tfvars.example only.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                       = "staging"
  region                     = "eu-west-1"
  image_tag                  = "v1"
  vpc_id                     = "vpc-0123456789abcdef0"
  subnet_ids                 = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  service_connect_namespace  = "temporal"
  frontend_security_group_id = "sg-0123456789abcdef0"
}

run "one_apply_from_nothing" {
  command = apply
  assert {
    condition     = output.deployment.cluster == "staging-benchmark" && output.deployment.load_task_count == 4
    error_message = "null variables must select the defaults of the module"
  }
}

run "destroy_deletes_images" {
  command = plan
  assert {
    condition     = aws_ecr_repository.benchmark.force_delete && aws_ecr_repository.benchmark.name == "staging-temporal-benchmark"
    error_message = "destroy must succeed with images, and each environment must have its own repository"
  }
  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.benchmark.policy).rules[0].action.type == "expire"
    error_message = "old images must expire"
  }
}
