"""A second function counts records by status each night, with its own role, log group, schedule and
alarm; a third function has no caller yet."""

from tests.pipelines.compliance import Change, Edit

_CODE = '''\
"""How many records have which status."""

import os

import boto3


def count(event: dict, context: object) -> int:
    table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    found = table.query(
        IndexName="StatusIndex",
        Select="COUNT",
        KeyConditionExpression=boto3.dynamodb.conditions.Key("Status").eq("ERROR"),
    )
    return found["Count"]
'''
_STACK = """\
locals {
  others = toset(["census", "spare"])
  logs   = { for name in local.others : name => "/aws/lambda/video-${name}-${var.environment_suffix}" }
}

data "archive_file" "census" {
  type        = "zip"
  source_file = "${path.module}/../lambda/census.py"
  output_path = "${path.module}/.build/census-${var.environment_suffix}.zip"
}

data "archive_file" "spare" {
  type        = "zip"
  source_file = "${path.module}/../lambda/spare.py"
  output_path = "${path.module}/.build/spare-${var.environment_suffix}.zip"
}

resource "aws_lambda_function" "other" {
  for_each = local.others

  function_name    = "video-${each.key}-${var.environment_suffix}"
  role             = aws_iam_role.other[each.key].arn
  runtime          = "python3.12"
  handler          = "${each.key}.count"
  filename         = { census = data.archive_file.census.output_path, spare = data.archive_file.spare.output_path }[each.key]
  source_code_hash = each.key == "spare" ? data.archive_file.spare.output_base64sha256 : data.archive_file.census.output_base64sha256
  timeout          = 60

  environment {
    variables = { TABLE = aws_dynamodb_table.assets.name }
  }

  depends_on = [aws_cloudwatch_log_group.other, aws_iam_role_policy.other]
}

resource "aws_cloudwatch_log_group" "other" {
  for_each = local.logs

  name              = each.value
  retention_in_days = 14
  kms_key_id        = aws_kms_key.media.arn
}

resource "aws_iam_role" "other" {
  for_each = local.others

  name = "video-${each.key}-${var.aws_region}-${var.environment_suffix}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "other" {
  for_each = local.others

  name = "work"
  role = aws_iam_role.other[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.other[each.key].arn}:*"
        },
      ],
      [
        for statement in local.counting : statement if each.key == "census"
      ],
    )
  })
}

locals {
  counting = [
        {
          Effect   = "Allow"
          Action   = ["dynamodb:Query"]
          Resource = ["${aws_dynamodb_table.assets.arn}/index/StatusIndex"]
        },
        {
          Effect    = "Allow"
          Action    = ["kms:Decrypt"]
          Resource  = [aws_kms_key.media.arn]
          Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${var.aws_region}.amazonaws.com" } }
        },
  ]
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "video-census-${var.environment_suffix}"
  schedule_expression = "cron(0 3 * * ? *)"
}

resource "aws_cloudwatch_event_target" "nightly" {
  rule = aws_cloudwatch_event_rule.nightly.name
  arn  = aws_lambda_function.other["census"].arn

  depends_on = [aws_lambda_permission.nightly]
}

resource "aws_lambda_permission" "nightly" {
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.other["census"].function_name
  principal      = "events.amazonaws.com"
  source_arn     = aws_cloudwatch_event_rule.nightly.arn
  source_account = data.aws_caller_identity.current.account_id
}

resource "aws_cloudwatch_metric_alarm" "census" {
  alarm_name          = "video-census-errors-${var.environment_suffix}"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.other["census"].function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
"""
_PREFIX = "arn:${data.aws_partition.current.partition}:logs:${var.aws_region}:${data.aws_caller_identity.current.account_id}:log-group:"

EDITS: tuple[Change, ...] = (
    Edit("lambda/census.py", "", _CODE),
    Edit("lambda/spare.py", "", 'def count(event, context):\n    """Nothing yet."""\n'),
    Edit("terraform/census.tf", "", _STACK),
    Edit(
        "terraform/encryption.tf",
        "= local.function_log_group_arn }",
        f'= concat([local.function_log_group_arn], [for name in values(local.logs) : "{_PREFIX}${{name}}"]) }}',
    ),
    Edit("terraform/function.tf", '"tests/**"]', '"tests/**", "census.py", "spare.py"]'),
)
