resource "aws_kms_key" "k" {}
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_iam_role" "r" {
  name               = "acme"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })
  lifecycle {
    postcondition {
      condition     = self.arn == "arn:aws:iam::123456789012:role/acme"
      error_message = "Another ARN."
    }
  }
}
data "aws_region" "here" {
  lifecycle {
    postcondition {
      condition     = self.name == "us-east-1"
      error_message = "Another Region."
    }
  }
}
data "aws_partition" "p" {
  lifecycle {
    postcondition {
      condition     = self.partition == "aws" && self.dns_suffix == "amazonaws.com"
      error_message = "Another partition."
    }
  }
}
data "aws_caller_identity" "me" {
  lifecycle {
    postcondition {
      condition     = can(regex("^[0-9]{12}$", self.account_id))
      error_message = "No account."
    }
  }
}
check "vpc" {
  assert {
    condition     = startswith(aws_vpc.v.id, "vpc-")
    error_message = "No VPC."
  }
}
module "queue" {
  source = "./queue"
  key    = aws_kms_key.k.arn
  vpc    = aws_vpc.v.id
  role   = aws_iam_role.r.arn
  topics = [aws_sns_topic.t.arn]
}
resource "aws_sns_topic" "t" { name = "acme-t" }
