# A newsroom's clips: what correspondents drop into one bucket is transcoded into another, and a ledger says what became
# of each. A second pipeline of the same kind as terraform/, built otherwise on purpose; see ../README.md.

terraform {
  required_version = ">= 1.7"

  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.4"
    }
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "aws_region" {
  description = "Region of the newsroom."
  type        = string
  default     = "eu-central-1"
}

variable "stage" {
  description = "Which newsroom this is: part of every name."
  type        = string
  default     = "test"
}

variable "alarm_topic_arns" {
  description = "SNS topics that hear of alarms."
  type        = set(string)
  default     = []
}

provider "aws" {
  region = var.aws_region
}

data "aws_caller_identity" "newsroom" {}
data "aws_partition" "newsroom" {}
data "aws_region" "newsroom" {}

locals {
  account = data.aws_caller_identity.newsroom.account_id
  aws     = data.aws_partition.newsroom.partition
  region  = data.aws_region.newsroom.name
  domain  = data.aws_partition.newsroom.dns_suffix
}

resource "aws_dynamodb_table" "ledger" {
  name         = "clip-ledger-${var.stage}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "Clip"

  attribute {
    name = "Clip"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.newsroom.arn
  }
}

resource "aws_media_convert_queue" "clips" {
  name = "clips-${var.stage}"
}

resource "aws_cloudwatch_event_rule" "outcome" {
  name = "clip-outcome-${var.stage}"

  event_pattern = jsonencode({
    source      = ["aws.mediaconvert"]
    detail-type = ["MediaConvert Job State Change"]
    detail      = { queue = [aws_media_convert_queue.clips.arn], status = ["COMPLETE", "ERROR", "CANCELED"] }
  })
}

resource "aws_cloudwatch_event_target" "outcome" {
  rule = aws_cloudwatch_event_rule.outcome.name
  arn  = module.outcomes.arn
}

resource "aws_cloudwatch_metric_alarm" "mail" {
  for_each = {
    unread   = { queue = module.arrivals.name, metric = "ApproximateAgeOfOldestMessage", above = 600 }
    unlisted = { queue = module.outcomes.name, metric = "ApproximateAgeOfOldestMessage", above = 600 }
    lost     = { queue = module.arrivals.dead_letters, metric = "ApproximateNumberOfMessagesVisible", above = 0 }
    unheeded = { queue = module.outcomes.dead_letters, metric = "ApproximateNumberOfMessagesVisible", above = 0 }
  }

  alarm_name          = "clips-${each.key}-${var.stage}"
  namespace           = "AWS/SQS"
  metric_name         = each.value.metric
  dimensions          = { QueueName = each.value.queue }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}

resource "aws_cloudwatch_metric_alarm" "work" {
  for_each = {
    broken     = { of = "Lambda", metric = "Errors", dimensions = { FunctionName = aws_lambda_function.desk.function_name } }
    held_back  = { of = "Lambda", metric = "Throttles", dimensions = { FunctionName = aws_lambda_function.desk.function_name } }
    spoilt     = { of = "MediaConvert", metric = "JobsErroredCount", dimensions = { Queue = aws_media_convert_queue.clips.arn } }
    unreported = { of = "Events", metric = "FailedInvocations", dimensions = { RuleName = aws_cloudwatch_event_rule.outcome.name } }
  }

  alarm_name          = "clips-${each.key}-${var.stage}"
  namespace           = "AWS/${each.value.of}"
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
