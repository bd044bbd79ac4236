# Each module is a case; test_cases.py judges it on its own.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { Env = "dev" }
  }
}
module "two_blocks" { source = "./two_blocks" }
module "text_functions" { source = "./text_functions" }
module "made_up_arns" { source = "./made_up_arns" }
module "write_only" { source = "./write_only" }
module "unset" { source = "./unset" }
module "provider_in_module" { source = "./provider_in_module" }
module "waiting" { source = "./waiting" }
module "import_block" { source = "./import_block" }
module "validation_of_arn" { source = "./validation_of_arn" }
module "terraform_data" { source = "./terraform_data" }
module "tags" { source = "./tags" }
module "expressions" { source = "./expressions" }

import {
  to = module.import_block.aws_sqs_queue.q
  id = "https://sqs.us-east-1.amazonaws.com/123456789012/orders"
}
import {
  to = module.import_block.aws_s3_bucket.each["b"]
  id = "acme-b"
}
import {
  for_each = toset(["x", "y"])
  to       = module.import_block.aws_sns_topic.t[each.key]
  id       = "arn:aws:sns:us-east-1:123456789012:acme-${each.key}"
}
