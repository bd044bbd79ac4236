# The function at the desk: reads both mailboxes, orders transcoding, keeps the ledger.

locals {
  desk = "clip-desk-${var.stage}"
}

module "arrivals" {
  source = "./mailbox"

  name   = "clip-arrivals-${var.stage}"
  key    = aws_kms_key.newsroom.id
  sender = { service = "s3.amazonaws.com", arn = aws_s3_bucket.clips["dropped"].arn, account = local.account }
}

module "outcomes" {
  source = "./mailbox"

  name   = "clip-outcomes-${var.stage}"
  key    = aws_kms_key.newsroom.id
  sender = { service = "events.amazonaws.com", arn = aws_cloudwatch_event_rule.outcome.arn, account = local.account }
}

data "archive_file" "desk" {
  type        = "zip"
  source_file = "${path.module}/../desk/desk.py"
  output_path = "${path.module}/.terraform/desk.zip"
}

resource "aws_cloudwatch_log_group" "desk" {
  name              = "/aws/lambda/${local.desk}"
  retention_in_days = 14
  kms_key_id        = aws_kms_key.newsroom.arn
}

resource "aws_lambda_function" "desk" {
  function_name    = local.desk
  role             = aws_iam_role.desk.arn
  filename         = data.archive_file.desk.output_path
  source_code_hash = data.archive_file.desk.output_base64sha256
  handler          = "desk.read_mail"
  runtime          = "python3.12"
  timeout          = 90

  environment {
    variables = {
      DELIVERED         = aws_s3_bucket.clips["delivered"].id
      DROPPED           = aws_s3_bucket.clips["dropped"].id
      LEDGER            = aws_dynamodb_table.ledger.id
      MEDIACONVERT_ROLE = aws_iam_role.transcoder.arn
      TRANSCODING_QUEUE = aws_media_convert_queue.clips.arn
    }
  }

  depends_on = [aws_cloudwatch_log_group.desk, aws_iam_role_policy.desk]
}

resource "aws_lambda_event_source_mapping" "mail" {
  for_each = { arrivals = module.arrivals.arn, outcomes = module.outcomes.arn }

  event_source_arn        = each.value
  function_name           = aws_lambda_function.desk.function_name
  function_response_types = ["ReportBatchItemFailures"]

  depends_on = [aws_iam_role_policy.desk, aws_iam_role_policy.transcoder]
}
