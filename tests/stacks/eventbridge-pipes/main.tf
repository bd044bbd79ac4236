# An event bus with an archive and a registry, a pipe from a queue, and schedules.

provider "aws" {
  region = "ap-south-1"
}

data "aws_caller_identity" "this" {}
data "aws_region" "this" {}

variable "schedules" {
  type = map(object({ expression = string, zone = optional(string, "UTC") }))
  default = {
    nightly = { expression = "cron(0 3 * * ? *)", zone = "Asia/Kolkata" }
    hourly  = { expression = "rate(1 hour)" }
  }
}

locals {
  name     = "inventory"
  bus_name = element(split("/", aws_cloudwatch_event_bus.this.arn), 1)
  targets  = { log = aws_cloudwatch_log_group.events.arn, queue = aws_sqs_queue.events.arn }
}

resource "aws_cloudwatch_event_bus" "this" {
  name = local.name
}

data "aws_iam_policy_document" "bus" {
  statement {
    sid       = "OtherAccount"
    actions   = ["events:PutEvents"]
    resources = [aws_cloudwatch_event_bus.this.arn]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
  }
}

resource "aws_cloudwatch_event_bus_policy" "this" {
  event_bus_name = aws_cloudwatch_event_bus.this.name
  policy         = data.aws_iam_policy_document.bus.json
}

resource "aws_cloudwatch_event_archive" "this" {
  name             = local.name
  event_source_arn = aws_cloudwatch_event_bus.this.arn
  retention_days   = 30
}

resource "aws_schemas_registry" "this" {
  name = local.name
}

resource "aws_cloudwatch_log_group" "events" {
  name              = "/aws/events/${local.name}"
  retention_in_days = 5
}

resource "aws_sqs_queue" "events" {
  name                    = "${local.name}-events"
  sqs_managed_sse_enabled = true
}

resource "aws_sqs_queue" "source" {
  name                    = "${local.name}-source.fifo"
  fifo_queue              = true
  sqs_managed_sse_enabled = true
}

resource "aws_cloudwatch_event_rule" "stock" {
  name           = "${local.name}-stock"
  event_bus_name = aws_cloudwatch_event_bus.this.name
  event_pattern  = jsonencode({ source = ["shop.stock"], account = [data.aws_caller_identity.this.account_id] })
}

resource "aws_cloudwatch_event_target" "stock" {
  for_each       = local.targets
  rule           = aws_cloudwatch_event_rule.stock.name
  event_bus_name = aws_cloudwatch_event_rule.stock.event_bus_name
  target_id      = each.key
  arn            = each.value
}

data "aws_iam_policy_document" "queue" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.events.arn]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.stock.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.id
  policy    = data.aws_iam_policy_document.queue.json
}

data "aws_iam_policy_document" "trust" {
  for_each = toset(["pipes", "scheduler"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each           = data.aws_iam_policy_document.trust
  name               = "${local.name}-${each.key}"
  assume_role_policy = each.value.json
}

resource "aws_iam_role_policy" "pipe" {
  role = aws_iam_role.this["pipes"].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource = aws_sqs_queue.source.arn },
      { Effect = "Allow", Action = "events:PutEvents", Resource = aws_cloudwatch_event_bus.this.arn },
    ]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  role = aws_iam_role.this["scheduler"].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.source.arn }]
  })
}

resource "aws_pipes_pipe" "this" {
  name     = local.name
  role_arn = aws_iam_role.this["pipes"].arn
  source   = aws_sqs_queue.source.arn
  target   = aws_cloudwatch_event_bus.this.arn
  source_parameters {
    sqs_queue_parameters { batch_size = 1 }
    filter_criteria {
      filter { pattern = jsonencode({ body = { kind = ["stock"] } }) }
    }
  }
  target_parameters {
    eventbridge_event_bus_parameters {
      detail_type = "Stock"
      source      = "shop.stock"
    }
  }
}

resource "aws_scheduler_schedule_group" "this" {
  name_prefix = "${local.name}-"
}

resource "aws_scheduler_schedule" "this" {
  for_each                     = var.schedules
  name                         = each.key
  group_name                   = aws_scheduler_schedule_group.this.name
  schedule_expression          = each.value.expression
  schedule_expression_timezone = each.value.zone
  flexible_time_window { mode = "OFF" }
  target {
    arn      = aws_sqs_queue.source.arn
    role_arn = aws_iam_role.this["scheduler"].arn
    input    = jsonencode({ kind = each.key, queue = aws_sqs_queue.source.url })
    sqs_parameters { message_group_id = each.key }
  }
}

output "bus" { value = local.bus_name }
output "pipe" { value = regex("pipe/(.+)", aws_pipes_pipe.this.arn)[0] }
output "region" { value = data.aws_region.this.description }
