variable "environment_suffix" {
  type    = string
  default = "dev"
}

variable "aws_region" {
  type    = string
  default = "us-east-1"
}

data "aws_caller_identity" "current" {}

provider "aws" {
  region = var.aws_region
}

locals {
  name   = "videos-${var.environment_suffix}"
  fixed  = "videos"
  varied = { input = "input-${var.environment_suffix}", output = "output-${var.environment_suffix}" }
  same   = { input = "input", output = "output" }
}

resource "aws_s3_bucket" "pass" {
  bucket = "videos-${var.environment_suffix}"
}

resource "aws_sqs_queue" "pass_local" {
  name = "${local.name}-processing"
}

resource "aws_dynamodb_table" "pass_function" {
  name = format("assets-%s", var.environment_suffix)
}

resource "aws_cloudwatch_log_group" "pass_reference" {
  name = "/aws/lambda/${aws_lambda_function.pass_workspace.function_name}"
}

resource "aws_lambda_function" "pass_workspace" {
  function_name = "videos-${terraform.workspace}"
}

resource "aws_iam_role" "pass_generated" {}

resource "aws_iam_role" "pass_prefix" {
  name_prefix = "videos-"
}

resource "aws_s3_bucket" "pass_each" {
  for_each = local.varied

  bucket = each.value
}

module "pass" {
  source = "./queue"
  name   = "videos-${var.environment_suffix}"
}

module "fail" {
  source = "./queue"
  name   = "videos"
}

module "fail_each" {
  source   = "./queue"
  for_each = toset(["processing", "status"])
  name     = "videos-${each.key}"
}

resource "aws_s3_bucket" "fail" {
  bucket = "videos"
}

resource "aws_kms_alias" "fail" {
  name          = "alias/videos"
  target_key_id = "1234abcd-12ab-34cd-56ef-1234567890ab"
}

resource "aws_cloudwatch_dashboard" "fail_local" {
  dashboard_name = local.fixed
  dashboard_body = "{}"
}

resource "aws_cloudwatch_metric_alarm" "fail_count" {
  count = 2

  alarm_name          = "videos-${count.index}"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
}

# All environments of an account share its id, and all of a region share its name.
resource "aws_s3_bucket" "fail_account" {
  bucket = "videos-${data.aws_caller_identity.current.account_id}"
}

resource "aws_sqs_queue" "fail_region" {
  name = "videos-${var.aws_region}"
}

resource "aws_s3_bucket" "fail_each" {
  for_each = local.same

  bucket = each.value
}

resource "aws_sqs_queue" "unknown" {
  name = lower("Videos")
}
