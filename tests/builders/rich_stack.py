"""A stack with loops, modules, two regions, documents, policies, and unknown values."""

from planproof.terraform.resolution.run import Variant

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
module "policies" {
  source    = "./modules/policies"
  providers = { aws = aws, aws.west = aws.west }
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

POLICIES = """
terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.west]
    }
  }
}
variable "none" {
  type    = string
  default = null
}
locals {
  pair = toset(["a", "b"])
  log  = { Effect = "Allow", Principal = { Service = "s3.amazonaws.com" }, Action = "logs:*" }
}
data "aws_iam_policy_document" "queue" {
  for_each = local.pair
  statement {
    sid       = "Send"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.q[each.key].arn]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}
resource "aws_sqs_queue" "q" {
  for_each = local.pair
  name     = "q-${each.key}"
  policy   = var.none
}
resource "aws_sqs_queue_policy" "q" {
  for_each  = local.pair
  queue_url = aws_sqs_queue.q[each.key].url
  policy    = data.aws_iam_policy_document.queue[each.key].json
}
resource "aws_sqs_queue" "bare" {
  count  = 2
  name   = "bare-${count.index}"
  policy = var.none
}
module "m" {
  source   = "./m"
  for_each = local.pair
  name     = each.key
  policy   = jsonencode({
    Statement = [
      { Effect = "Allow", Principal = "*", Action = "sns:Publish", Resource = "*" },
    ]
  })
}
resource "aws_kms_external_key" "k" {}
resource "aws_kms_grant" "g" {
  key_id            = aws_kms_external_key.k.id
  grantee_principal = "arn:aws:iam::111122223333:role/r"
  operations        = ["Decrypt", "DescribeKey"]
  constraints {
    encryption_context_equals = { app = "films" }
  }
}
resource "aws_cloudwatch_log_group" "g" {
  name = "/films"
}
resource "aws_cloudwatch_log_resource_policy" "here" {
  policy_name     = "p"
  policy_document = jsonencode({ Statement = [merge(local.log, { Resource = "*" })] })
}
resource "aws_cloudwatch_log_resource_policy" "west" {
  provider        = aws.west
  policy_name     = "p"
  policy_document = jsonencode({ Statement = [merge(local.log, { Resource = "*" })] })
}
resource "aws_dynamodb_table" "t" {
  name             = "t"
  hash_key         = "id"
  billing_mode     = "PAY_PER_REQUEST"
  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_dynamodb_resource_policy" "stream" {
  resource_arn = aws_dynamodb_table.t.stream_arn
  policy       = jsonencode({
    Statement = [{ Effect = "Allow", Principal = "*", Action = "dynamodb:*", Resource = "*" }]
  })
}
"""

TOPICS = """
variable "name" {}
variable "policy" {}
resource "aws_sns_topic" "t" {
  name = var.name
}
resource "aws_sns_topic_policy" "t" {
  arn    = aws_sns_topic.t.arn
  policy = var.policy
}
resource "aws_sns_topic" "default" {
  name = "${var.name}-default"
}
"""

FILES = {
    "stack/versions.tf": VERSIONS,
    "stack/variables.tf": VARIABLES,
    "stack/main.tf": MAIN,
    "stack/modules/worker/main.tf": WORKER,
    "stack/modules/policies/main.tf": POLICIES,
    "stack/modules/policies/m/main.tf": TOPICS,
}

VARIANTS = (
    Variant("another environment", {"suffix": "pr4711", "region": "ap-southeast-2"}),
    Variant("too big", {"small": 9}),
    Variant("other instances", {"backup": True, "names": ["in", "new"], "workers": {"three": 3}}),
)
