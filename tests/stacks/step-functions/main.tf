# A state machine that calls functions and tells a topic about failures.

provider "aws" {
  region = "ca-central-1"
}

variable "tasks" {
  type    = set(string)
  default = ["validate", "charge", "ship"]
}

data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  name         = "fulfilment"
  machine_name = element(split(":", aws_sfn_state_machine.this.arn), 6)
  definition = templatefile("${path.module}/definitions/order.asl.json", {
    functions = { for task, function in aws_lambda_function.task : task => function.arn }
    topic     = aws_sns_topic.failures.arn
    queue     = aws_sqs_queue.review.url
  })
}

data "archive_file" "tasks" {
  type        = "zip"
  source_dir  = "${path.module}/functions/tasks"
  output_path = "${path.module}/tasks.zip"
}

resource "aws_iam_role" "task" {
  name = "${local.name}-task"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_lambda_function" "task" {
  for_each         = var.tasks
  function_name    = "${local.name}-${each.key}"
  role             = aws_iam_role.task.arn
  runtime          = "python3.12"
  handler          = "tasks.${each.key}"
  filename         = data.archive_file.tasks.output_path
  source_code_hash = data.archive_file.tasks.output_base64sha256
}

resource "aws_kms_key" "topic" {
  description = "messages of ${local.name}"
}

resource "aws_kms_alias" "topic" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.topic.key_id
}

resource "aws_sns_topic" "failures" {
  name              = "${local.name}-failures"
  kms_master_key_id = aws_kms_alias.topic.name
}

resource "aws_sqs_queue" "review" {
  name_prefix               = "${local.name}-review-"
  message_retention_seconds = 1209600
  kms_master_key_id         = aws_kms_key.topic.arn
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["states.${data.aws_region.this.name}.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

data "aws_iam_policy_document" "machine" {
  statement {
    sid       = "Functions"
    actions   = ["lambda:InvokeFunction"]
    resources = flatten([for function in aws_lambda_function.task : [function.arn, "${function.arn}:*"]])
  }
  statement {
    sid       = "Messages"
    actions   = ["sns:Publish", "sqs:SendMessage"]
    resources = [aws_sns_topic.failures.arn, aws_sqs_queue.review.arn]
  }
  statement {
    sid       = "Key"
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [aws_kms_alias.topic.target_key_arn]
  }
}

resource "aws_iam_role" "machine" {
  name_prefix        = "${local.name}-"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "machine" {
  role   = aws_iam_role.machine.id
  policy = data.aws_iam_policy_document.machine.json
}

resource "aws_cloudwatch_log_group" "machine" {
  name = "/aws/vendedlogs/states/${local.name}"
}

resource "aws_sfn_state_machine" "this" {
  name       = local.name
  role_arn   = aws_iam_role.machine.arn
  definition = local.definition
  publish    = true
  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.machine.arn}:*"
  }
}

resource "aws_sfn_alias" "live" {
  name = "live"
  routing_configuration {
    state_machine_version_arn = aws_sfn_state_machine.this.state_machine_version_arn
    weight                    = 100
  }
}

resource "aws_cloudwatch_event_rule" "failed" {
  name = "${local.name}-failed"
  event_pattern = jsonencode({
    source      = ["aws.states"]
    detail-type = ["Step Functions Execution Status Change"]
    detail      = { status = ["FAILED", "TIMED_OUT"], stateMachineArn = [aws_sfn_state_machine.this.id] }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  rule = aws_cloudwatch_event_rule.failed.name
  arn  = aws_sns_topic.failures.id
  input_transformer {
    input_paths    = { name = "$.detail.name" }
    input_template = "\"${local.machine_name} failed: <name>\""
  }
}

data "aws_iam_policy_document" "failures" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.failures.arn]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.failed.arn]
    }
  }
}

resource "aws_sns_topic_policy" "failures" {
  arn    = aws_sns_topic.failures.arn
  policy = data.aws_iam_policy_document.failures.json
}

check "machine" {
  assert {
    condition     = length(regexall(":stateMachine:${local.name}$", aws_sfn_state_machine.this.arn)) == 1
    error_message = "the ARN does not end with the name"
  }
}
