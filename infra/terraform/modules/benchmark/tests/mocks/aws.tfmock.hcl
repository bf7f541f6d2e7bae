mock_data "aws_iam_policy_document" {
  defaults = { json = "{}" }
}
mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}
mock_data "aws_partition" {
  defaults = { partition = "aws" }
}
mock_data "aws_ec2_instance_type" {
  defaults = {
    default_vcpus              = 2
    memory_size                = 8192
    maximum_network_interfaces = 3
    supported_architectures    = ["arm64"]
  }
}
