# One topic, many queues: filters, dead letters, and a policy for each queue.

provider "aws" {
  region = "sa-east-1"
  default_tags {
    tags = { Domain = "orders" }
  }
}

variable "subscribers" {
  type = map(object({ events = optional(list(string), []), fifo = optional(bool, false) }))
  default = {
    billing   = { events = ["created", "refunded"] }
    shipping  = { events = ["created"] }
    analytics = {}
  }
}

data "aws_caller_identity" "this" {}

resource "aws_kms_key" "this" {
  description             = "messages of orders"
  deletion_window_in_days = 7
  policy                  = data.aws_iam_policy_document.key.json
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Administration"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.this.account_id}:root"]
    }
  }
  statement {
    sid       = "Topic"
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
  }
}

resource "aws_sns_topic" "orders" {
  name              = "orders"
  kms_master_key_id = aws_kms_key.this.id
}

data "aws_iam_policy_document" "topic" {
  statement {
    actions   = ["SNS:Publish"]
    resources = [aws_sns_topic.orders.arn]
    principals {
      type        = "AWS"
      identifiers = [for role in aws_iam_role.publisher : role.arn]
    }
  }
}

resource "aws_sns_topic_policy" "orders" {
  arn    = aws_sns_topic.orders.arn
  policy = data.aws_iam_policy_document.topic.json
}

resource "aws_iam_role" "publisher" {
  for_each = toset(["shop", "backoffice"])
  name     = "publisher-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

module "subscriber" {
  source    = "./modules/subscriber"
  for_each  = var.subscribers
  name      = each.key
  topic_arn = aws_sns_topic.orders.arn
  key_arn   = aws_kms_key.this.arn
  events    = each.value.events
}

resource "aws_cloudwatch_metric_alarm" "dead" {
  for_each            = module.subscriber
  alarm_name          = "dead-letters-${each.key}"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  dimensions          = { QueueName = each.value.dead_letter_name }
}

output "queues" {
  value = zipmap(keys(module.subscriber), values(module.subscriber)[*].url)
}
