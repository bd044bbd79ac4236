# The function, its package, its log, and the two queues that call it.

locals {
  function_name           = "video-processor-${var.environment_suffix}"
  function_log_group_name = "/aws/lambda/${local.function_name}"

  # Each mapping has a share of its own, so that a flood of uploads cannot keep the results of finished jobs waiting, and
  # the shares add up to the reserved concurrency, so that Lambda never takes messages it would have to throttle.
  concurrency                    = var.function_reserved_concurrency == -1 ? 10 : var.function_reserved_concurrency
  status_maximum_concurrency     = max(2, floor(local.concurrency * 0.4))
  processing_maximum_concurrency = local.concurrency - local.status_maximum_concurrency
}

data "archive_file" "function" {
  type             = "zip"
  source_dir       = "${path.module}/../lambda"
  output_path      = "${path.module}/.build/function-${var.environment_suffix}.zip"
  output_file_mode = "0644"
  excludes         = ["**/__pycache__/**", "**/*.pyc", "**/.?*", "tests/**"]
}

resource "aws_cloudwatch_log_group" "function" {
  name              = local.function_log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.media.arn
}

resource "aws_lambda_function" "processor" {
  function_name    = local.function_name
  description      = "Turns uploads into MediaConvert jobs, and job states into asset records"
  role             = aws_iam_role.function.arn
  runtime          = "python3.11"
  handler          = "lambda_function.handler"
  filename         = data.archive_file.function.output_path
  source_code_hash = data.archive_file.function.output_base64sha256

  timeout                        = var.function_timeout_seconds
  memory_size                    = var.function_memory_megabytes
  reserved_concurrent_executions = var.function_reserved_concurrency

  environment {
    variables = {
      ASSETS_TABLE      = aws_dynamodb_table.assets.name
      INPUT_BUCKET      = aws_s3_bucket.input.bucket
      LOG_LEVEL         = var.log_level
      MEDIACONVERT_ROLE = aws_iam_role.mediaconvert.arn
      OUTPUT_BUCKET     = aws_s3_bucket.output.bucket
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function.name

    # Lambda drops what is below this level; LOG_LEVEL decides the rest, since Lambda's names of levels are not Python's.
    application_log_level = var.log_level == "DEBUG" ? "DEBUG" : "INFO"
  }

  tracing_config {
    mode = "Active"
  }

  # Lambda would make the log group itself, unencrypted and kept for ever, were it called before Terraform made it.
  depends_on = [
    aws_cloudwatch_log_group.function,
    aws_iam_role_policy_attachment.function,
  ]
}

# Lambda refuses a mapping while the role may not yet read the queue, and the first message must not find a MediaConvert
# role that can read nothing.
resource "aws_lambda_event_source_mapping" "processing" {
  event_source_arn        = aws_sqs_queue.processing.arn
  function_name           = aws_lambda_function.processor.arn
  batch_size              = var.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = local.processing_maximum_concurrency
  }

  depends_on = [
    aws_iam_role_policy_attachment.function,
    aws_iam_role_policy_attachment.mediaconvert,
  ]
}

resource "aws_lambda_event_source_mapping" "status" {
  event_source_arn        = aws_sqs_queue.status.arn
  function_name           = aws_lambda_function.processor.arn
  batch_size              = var.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = local.status_maximum_concurrency
  }

  depends_on = [aws_iam_role_policy_attachment.function]
}
