terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "home" { type = string }
variable "trail_arn" {
  type = string
  validation {
    condition     = can(regex("^arn:aws:cloudtrail:[a-z0-9-]+:\\d{12}:trail/", var.trail_arn))
    error_message = "trail_arn must be the ARN of a trail"
  }
}

data "aws_region" "this" {}

locals {
  is_home = data.aws_region.this.name == var.home
}

resource "aws_guardduty_detector" "this" {
  enable                       = true
  finding_publishing_frequency = local.is_home ? "FIFTEEN_MINUTES" : "SIX_HOURS"
}

resource "aws_accessanalyzer_analyzer" "this" {
  analyzer_name = "account-${data.aws_region.this.name}"
}

resource "aws_ebs_encryption_by_default" "this" {}

resource "aws_sns_topic" "findings" {
  count = local.is_home ? 1 : 0
  name  = "findings-of-${element(split("/", var.trail_arn), 1)}"
}

output "detector_arn" { value = aws_guardduty_detector.this.arn }
output "topic_arn" { value = one(aws_sns_topic.findings[*].arn) }
