# A small stack in which all names are written out, and values only pass through.

provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = [var.account]
}

variable "account" {
  type    = string
  default = "123456789012"
}

data "aws_region" "this" {}

locals {
  buckets = toset(["alpha-static-123456789012", "beta-static-123456789012"])
  topic   = "arn:aws:sns:eu-central-1:${var.account}:events"
  same    = aws_sns_topic.events.arn == local.topic
}

resource "aws_s3_bucket" "this" {
  for_each = local.buckets
  bucket   = each.key
  tags     = { Name = upper(element(split("-", each.key), 0)), Build = "7" }
}

resource "aws_sns_topic" "events" {
  name         = "events"
  display_name = title("all events")
}

resource "aws_sns_topic" "audit" {
  count = endswith(local.topic, ":events") ? 1 : 0
  name  = "audit.fifo"

  fifo_topic = true
}

resource "aws_sqs_queue" "jobs" {
  name   = "jobs"
  policy = file("${path.module}/policy.json")
}

resource "aws_dynamodb_table" "state" {
  name         = "state"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_iam_user" "robot" {
  name = "robot"
  path = "/machines/"
}

resource "aws_iam_user_policy" "robot" {
  name = "robot"
  user = aws_iam_user.robot.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = [for bucket in aws_s3_bucket.this : "${bucket.arn}/*"] },
      { Effect = "Allow", Action = "dynamodb:GetItem", Resource = aws_dynamodb_table.state.arn },
    ]
  })
}

resource "terraform_data" "release" {
  input            = { version = 3, names = sort(local.buckets) }
  triggers_replace = [aws_sns_topic.events.arn]
}

resource "aws_ssm_parameter" "release" {
  name  = "/release"
  type  = "String"
  value = jsonencode(terraform_data.release.output)
}

resource "aws_cloudwatch_log_group" "this" {
  name              = join("/", ["", "app", split(":", aws_sqs_queue.jobs.arn)[5]])
  retention_in_days = 1
}

output "upper" { value = upper(aws_sns_topic.events.arn) }
output "same" { value = local.same }
