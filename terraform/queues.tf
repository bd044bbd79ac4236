# The two queues the function works from, where messages go that it cannot handle, and who may send to them.

locals {
  # AWS asks for six times the function's timeout, so that a message is not delivered again while Lambda still retries it.
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  visibility_timeout_seconds = 6 * var.function_timeout_seconds

  # Dead letters are kept as long as SQS allows. Their age counts from the first sending, so it must exceed the queue's own.
  queue_retention_seconds       = 4 * 24 * 60 * 60
  dead_letter_retention_seconds = 14 * 24 * 60 * 60
}

# Uploads, from S3.

resource "aws_sqs_queue" "processing" {
  name                       = "video-processing-${var.environment_suffix}"
  visibility_timeout_seconds = local.visibility_timeout_seconds
  message_retention_seconds  = local.queue_retention_seconds
  receive_wait_time_seconds  = 20
  kms_master_key_id          = aws_kms_key.media.id

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.processing_dead_letter.arn
    maxReceiveCount     = var.max_receive_count
  })
}

resource "aws_sqs_queue" "processing_dead_letter" {
  name                      = "video-processing-dead-letter-${var.environment_suffix}"
  message_retention_seconds = local.dead_letter_retention_seconds
  kms_master_key_id         = aws_kms_key.media.id
}

resource "aws_sqs_queue_redrive_allow_policy" "processing_dead_letter" {
  queue_url = aws_sqs_queue.processing_dead_letter.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.processing.arn]
  })
}

resource "aws_sqs_queue_policy" "processing" {
  queue_url = aws_sqs_queue.processing.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "InputBucketSends"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.processing.arn
        Condition = {
          ArnEquals    = { "aws:SourceArn" = aws_s3_bucket.input.arn }
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        }
      },
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.processing.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sqs_queue_policy" "processing_dead_letter" {
  queue_url = aws_sqs_queue.processing_dead_letter.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.processing_dead_letter.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# State changes of jobs, from EventBridge.

resource "aws_sqs_queue" "status" {
  name                       = "video-status-${var.environment_suffix}"
  visibility_timeout_seconds = local.visibility_timeout_seconds
  message_retention_seconds  = local.queue_retention_seconds
  receive_wait_time_seconds  = 20
  kms_master_key_id          = aws_kms_key.media.id

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.status_dead_letter.arn
    maxReceiveCount     = var.max_receive_count
  })
}

resource "aws_sqs_queue" "status_dead_letter" {
  name                      = "video-status-dead-letter-${var.environment_suffix}"
  message_retention_seconds = local.dead_letter_retention_seconds
  kms_master_key_id         = aws_kms_key.media.id
}

resource "aws_sqs_queue_redrive_allow_policy" "status_dead_letter" {
  queue_url = aws_sqs_queue.status_dead_letter.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.status.arn]
  })
}

resource "aws_sqs_queue_policy" "status" {
  queue_url = aws_sqs_queue.status.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "JobStateRuleSends"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.status.arn
        Condition = {
          ArnEquals    = { "aws:SourceArn" = aws_cloudwatch_event_rule.job_state.arn }
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        }
      },
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.status.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sqs_queue_policy" "status_dead_letter" {
  queue_url = aws_sqs_queue.status_dead_letter.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.status_dead_letter.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
