"""A stack with loops, modules, two regions, documents, and unknown values."""

VERSIONS = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
"""

VARIABLES = """
variable "region" {
  default = "us-east-1"
}
variable "suffix" {
  default = "dev"
}
variable "small" {
  default = 1
  validation {
    condition     = var.small < 5
    error_message = "small must be below 5."
  }
}
variable "backup" {
  default = false
}
variable "names" {
  default = ["in", "out"]
}
variable "workers" {
  default = { one = 1, "two.2" = 2 }
}
variable "secret" {
  sensitive = true
  default   = "correct-horse-battery"
}
variable "nothing" {
  type    = string
  default = null
}
"""

MAIN = """
provider "aws" {
  region = var.region
}
provider "aws" {
  alias  = "west"
  region = "eu-west-1"
}
locals {
  rest   = aws_api_gateway_rest_api.api
  root   = upper(aws_api_gateway_rest_api.api.root_resource_id)
  prefix = "jobs-${var.suffix}"
}
data "aws_caller_identity" "me" {}

resource "aws_api_gateway_rest_api" "api" {
  name = "api"
}
resource "aws_sqs_queue" "dead" {
  name = "${local.prefix}-dead"
  kms_data_key_reuse_period_seconds = var.nothing == null ? null : 60
}
resource "aws_sqs_queue" "counted" {
  count          = 2
  name           = "${local.prefix}-${count.index}"
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 3 })
}
resource "aws_sqs_queue" "backup" {
  count = var.backup ? 1 : 0
  name  = "${local.prefix}-backup"
}
resource "aws_s3_bucket" "media" {
  for_each = toset(var.names)
  bucket   = "${each.key}-${var.suffix}"
}
resource "aws_sqs_queue" "west" {
  provider = aws.west
  name     = "west"
}
resource "aws_s3_bucket" "west" {
  provider = aws.west
  bucket   = "west"
}
resource "aws_iam_role" "role" {
  name_prefix        = "role-"
  path               = "/media/"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_sqs_queue.dead.arn]
    }
  }
}
data "aws_iam_policy_document" "send" {
  dynamic "statement" {
    for_each = aws_s3_bucket.media
    content {
      sid       = statement.key
      actions   = ["s3:GetObject"]
      resources = ["${statement.value.arn}/*"]
    }
  }
  statement {
    actions   = ["sqs:SendMessage"]
    resources = concat(["arn:aws:sqs:*:*:zzz"], aws_sqs_queue.counted[*].arn)
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.me.account_id]
    }
  }
}
resource "aws_iam_role_policy" "send" {
  role   = aws_iam_role.role.id
  policy = data.aws_iam_policy_document.send.json
}
resource "aws_lambda_function" "plain" {
  function_name = "plain-${var.suffix}"
  role          = aws_iam_role.role.arn
  handler       = "x.y"
  runtime       = "python3.12"
  filename      = "/dev/null"
}
resource "aws_lambda_function" "function" {
  function_name                  = "function-${var.suffix}"
  role                           = aws_iam_role.role.arn
  handler                        = "x.y"
  runtime                        = "python3.12"
  filename                       = "/dev/null"
  reserved_concurrent_executions = aws_lambda_function.plain.source_code_size
  layers                         = aws_lambda_function.plain.architectures
  description                    = local.root
  environment {
    variables = {
      QUEUE  = aws_sqs_queue.counted[0].id
      SECRET = "token-${var.secret}"
      REST   = local.rest.root_resource_id
      SIZE   = aws_lambda_function.plain.source_code_size
      HASH   = sha1(aws_sqs_queue.dead.arn)
      LEVEL  = "INFO"
    }
  }
}
module "worker" {
  source    = "./modules/worker"
  for_each  = var.workers
  providers = { aws = aws.west }
  queue     = aws_sqs_queue.counted[1].arn
  size      = aws_lambda_function.plain.source_code_size
  key       = each.key
}
output "secret" {
  value     = var.secret
  sensitive = true
}
"""

WORKER = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "queue" {}
variable "size" {}
variable "key" {}
resource "aws_sqs_queue" "work" {
  name           = "work-${replace(var.key, ".", "-")}"
  delay_seconds  = var.size
  redrive_policy = jsonencode({ deadLetterTargetArn = var.queue, maxReceiveCount = 3 })
  tags           = { Size = "${var.size} bytes", Key = var.key }
}
output "arn" {
  value = aws_sqs_queue.work.arn
}
"""

FILES = {
    "stack/versions.tf": VERSIONS,
    "stack/variables.tf": VARIABLES,
    "stack/main.tf": MAIN,
    "stack/modules/worker/main.tf": WORKER,
}
