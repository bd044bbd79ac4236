variable "name" { type = string }
variable "key_arn" { type = string }
variable "events" { type = list(string) }
variable "topic_arn" {
  type = string
  validation {
    condition     = length(split(":", var.topic_arn)) == 6 && split(":", var.topic_arn)[2] == "sns"
    error_message = "topic_arn must be the ARN of a topic"
  }
}

locals {
  topic_name = element(split(":", var.topic_arn), 5)
  region     = split(":", var.topic_arn)[3]
  account    = split(":", var.topic_arn)[4]
}

resource "aws_sqs_queue" "dead" {
  name_prefix       = "${local.topic_name}-${var.name}-dead-"
  kms_master_key_id = var.key_arn
}

resource "aws_sqs_queue" "this" {
  name              = "${local.topic_name}-${var.name}"
  kms_master_key_id = var.key_arn
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.this.arn]
  })
}

data "aws_iam_policy_document" "this" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.this.arn]
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [var.topic_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.url
  policy    = data.aws_iam_policy_document.this.json
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn            = var.topic_arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.this.arn
  raw_message_delivery = true
  filter_policy        = length(var.events) > 0 ? jsonencode({ event = var.events }) : null
}

output "url" { value = aws_sqs_queue.this.url }
output "dead_letter_name" { value = aws_sqs_queue.dead.name }
output "endpoint" { value = "https://sqs.${local.region}.amazonaws.com" }
