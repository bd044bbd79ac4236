variable "aws_region" {
  type    = string
  default = "us-east-1"
}

locals {
  home = "us-east-1"
}

data "aws_region" "pass" {}

data "aws_availability_zones" "pass" {
  state = "available"
}

data "aws_region" "fail" {
  name = "eu-west-3"
}

resource "aws_cloudwatch_dashboard" "pass" {
  dashboard_body = jsonencode({
    widgets = [{ properties = { region = var.aws_region } }]
  })
}

# No region: a product, a date and a hyphenated word.
resource "aws_sqs_queue" "pass" {
  name = "video-north-wing-1-in-north-1-2024-01-01"
}

module "pass" {
  source = "./dashboard"
  region = var.aws_region
}

module "fail" {
  source = "./dashboard"
  region = "us-east-1"
}

resource "aws_cloudwatch_dashboard" "fail" {
  dashboard_body = jsonencode({
    widgets = [{ properties = { region = "us-east-1" } }]
  })
}

resource "aws_cloudwatch_dashboard" "fail_local" {
  dashboard_body = jsonencode({
    widgets = [{ properties = { region = local.home } }]
  })
}

resource "aws_cloudwatch_dashboard" "fail_heredoc" {
  dashboard_body = <<-EOT
    {"widgets": [{"properties": {"region": "us-gov-west-1"}}]}
  EOT
}

resource "aws_iam_role_policy" "fail_arn" {
  role = "videos"

  policy = jsonencode({
    Statement = [for name in ["a"] : {
      Effect   = "Allow"
      Action   = "sqs:SendMessage"
      Resource = "arn:aws:sqs:ap-northeast-1:111122223333:${name}"
    }]
  })
}

resource "aws_s3_bucket" "fail_nested" {
  replication_configuration {
    role = "arn:aws:iam::111122223333:role/replication"

    rules {
      id     = "ca-central-1"
      status = "Enabled"
    }
  }
}

resource "aws_ebs_volume" "fail_zone" {
  availability_zone = "us-east-1a"
  size              = 1
}
