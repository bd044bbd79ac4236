# Uploads and job states wait here for the function.

resource "aws_sqs_queue" "uploads" {
  name                       = "video-uploads"
  visibility_timeout_seconds = 360
  kms_master_key_id          = aws_kms_key.videos.arn

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.uploads_failed.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "uploads_failed" {
  name                      = "video-uploads-failed"
  message_retention_seconds = 1209600
  kms_master_key_id         = aws_kms_key.videos.id
}

resource "aws_sqs_queue_policy" "uploads" {
  queue_url = aws_sqs_queue.uploads.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "UploadsBucket"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.uploads.arn
        Condition = {
          ArnEquals    = { "aws:SourceArn" = aws_s3_bucket.uploads.arn }
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        }
      },
      {
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.uploads.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_cloudwatch_event_rule" "job_state" {
  name        = "video-job-state"
  description = "What becomes of MediaConvert jobs"

  event_pattern = jsonencode({
    source        = ["aws.mediaconvert"]
    "detail-type" = ["MediaConvert Job State Change"]
    detail        = { status = ["PROGRESSING", "COMPLETE", "ERROR", "CANCELED"] }
  })
}

resource "aws_cloudwatch_event_target" "job_states" {
  rule = aws_cloudwatch_event_rule.job_state.name
  arn  = aws_sqs_queue.job_states.arn

  depends_on = [aws_sqs_queue_policy.job_states]
}

resource "aws_sqs_queue" "job_states" {
  name                       = "video-job-states"
  visibility_timeout_seconds = 360
  kms_master_key_id          = aws_kms_key.videos.arn

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.job_states_failed.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "job_states_failed" {
  name                      = "video-job-states-failed"
  message_retention_seconds = 1209600
  kms_master_key_id         = aws_kms_key.videos.id
}

resource "aws_sqs_queue_policy" "job_states" {
  queue_url = aws_sqs_queue.job_states.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "JobStateRule"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.job_states.arn
        Condition = {
          ArnEquals    = { "aws:SourceArn" = aws_cloudwatch_event_rule.job_state.arn }
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        }
      },
      {
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.job_states.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# What could not be handled: each queue's own, and by nothing but HTTPS.

locals {
  failed = {
    uploads    = { from = aws_sqs_queue.uploads, to = aws_sqs_queue.uploads_failed }
    job-states = { from = aws_sqs_queue.job_states, to = aws_sqs_queue.job_states_failed }
  }
}

resource "aws_sqs_queue_redrive_allow_policy" "failed" {
  for_each = local.failed

  queue_url = each.value.to.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [each.value.from.arn]
  })
}

resource "aws_sqs_queue_policy" "failed" {
  for_each = local.failed

  queue_url = each.value.to.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = each.value.to.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
