"""Buckets, queues, their policies and mappings use for_each, dead-letter queues use count, and the
rules of a bucket are dynamic blocks."""

from tests.pipelines.changes import Block, Everywhere, Remove
from tests.pipelines.compliance import Change, Edit

_QUEUES = """\
locals {
  visibility_timeout_seconds = 6 * var.function_timeout_seconds

  queues = {
    processing = { service = "s3.amazonaws.com", source = aws_s3_bucket.video["input"].arn }
    status     = { service = "events.amazonaws.com", source = aws_cloudwatch_event_rule.job_state.arn }
  }
  names = keys(local.queues)
}

resource "aws_sqs_queue" "work" {
  for_each = toset(["processing", "status"])

  name                       = "video-${each.key}-${var.environment_suffix}"
  visibility_timeout_seconds = local.visibility_timeout_seconds
  message_retention_seconds  = 345600
  receive_wait_time_seconds  = 20
  kms_master_key_id          = aws_kms_key.media[0].id

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter[index(local.names, each.key)].arn
    maxReceiveCount     = var.max_receive_count
  })
}

resource "aws_sqs_queue" "dead_letter" {
  count = length(["processing", "status"])

  name                      = "video-dead-letter-${count.index}-${var.environment_suffix}"
  message_retention_seconds = 1209600
  kms_master_key_id         = aws_kms_key.media[0].id
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letter" {
  count = 2

  queue_url = aws_sqs_queue.dead_letter[count.index].id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.work[local.names[count.index]].arn]
  })
}

resource "aws_sqs_queue_policy" "work" {
  for_each = local.queues

  queue_url = aws_sqs_queue.work[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect    = "Allow"
          Principal = { Service = each.value.service }
          Action    = "sqs:SendMessage"
          Resource  = aws_sqs_queue.work[each.key].arn
          Condition = {
            ArnEquals    = { "aws:SourceArn" = each.value.source }
            StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
          }
        },
      ],
      [
        for arn in [aws_sqs_queue.work[each.key].arn] : {
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = arn
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        }
      ],
    )
  })
}

resource "aws_sqs_queue_policy" "dead_letter" {
  count = 2

  queue_url = aws_sqs_queue.dead_letter[count.index].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.dead_letter[count.index].arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
"""
_STORAGE = """\
locals {
  expiry = { abort-incomplete-uploads = [7], expire-old-versions = [] }
}

resource "aws_s3_bucket" "video" {
  for_each = { for name in ["input", "output"] : name => "video-${name}" }

  bucket        = "${each.value}-${data.aws_caller_identity.current.account_id}-${var.aws_region}-${var.environment_suffix}"
  force_destroy = true
}

resource "aws_s3_bucket_ownership_controls" "video" {
  for_each = aws_s3_bucket.video

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "video" {
  for_each = aws_s3_bucket.video

  bucket = each.value.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "video" {
  for_each = aws_s3_bucket.video

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "video" {
  for_each = aws_s3_bucket.video

  bucket = each.value.id

  rule {
    bucket_key_enabled = true

    dynamic "apply_server_side_encryption_by_default" {
      for_each = [aws_kms_key.media[0].arn]

      content {
        sse_algorithm     = "aws:kms"
        kms_master_key_id = apply_server_side_encryption_by_default.value
      }
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "video" {
  for_each = aws_s3_bucket_versioning.video

  bucket = each.value.bucket

  dynamic "rule" {
    for_each = local.expiry

    content {
      id     = rule.key
      status = "Enabled"

      filter {}

      dynamic "abort_incomplete_multipart_upload" {
        for_each = rule.value

        content {
          days_after_initiation = abort_incomplete_multipart_upload.value
        }
      }

      dynamic "noncurrent_version_expiration" {
        for_each = length(rule.value) == 0 ? [var.noncurrent_version_days] : []
        iterator = days

        content {
          noncurrent_days = days.value
        }
      }

      dynamic "expiration" {
        for_each = length(rule.value) == 0 ? [true] : []

        content {
          expired_object_delete_marker = expiration.value
        }
      }
    }
  }
}

resource "aws_s3_bucket_policy" "video" {
  for_each = aws_s3_bucket_public_access_block.video

  bucket = each.value.bucket

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for on in [aws_s3_bucket.video[each.key].arn, "${aws_s3_bucket.video[each.key].arn}/*"] : {
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = on
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_bucket_notification" "video" {
  bucket = aws_s3_bucket.video["input"].id

  dynamic "queue" {
    for_each = [aws_sqs_queue.work["processing"].arn]

    content {
      queue_arn = queue.value
      events    = ["s3:ObjectCreated:*"]
    }
  }

  depends_on = [aws_sqs_queue_policy.work]
}
"""
_MAPPINGS = """\
resource "aws_lambda_event_source_mapping" "work" {
  for_each = aws_sqs_queue.work

  event_source_arn        = each.value.arn
  function_name           = aws_lambda_function.processor.arn
  batch_size              = var.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = each.key == "status" ? local.status_maximum_concurrency : local.processing_maximum_concurrency
  }

  depends_on = [
    aws_iam_role_policy_attachment.function,
    aws_iam_role_policy_attachment.mediaconvert,
  ]
}
"""

EDITS: tuple[Change, ...] = (
    Remove("terraform/storage.tf"),
    Edit("terraform/storage.tf", "", _STORAGE),
    Remove("terraform/queues.tf"),
    Edit("terraform/queues.tf", "", _QUEUES),
    Block(
        "terraform/function.tf",
        'resource "aws_lambda_event_source_mapping" "processing"',
        _MAPPINGS,
    ),
    Block("terraform/function.tf", 'resource "aws_lambda_event_source_mapping" "status"'),
    Everywhere("terraform/*.tf", r"aws_s3_bucket\.(input|output)\b", r'aws_s3_bucket.video["\1"]'),
    Everywhere(
        "terraform/*.tf", r"aws_sqs_queue\.(processing|status)\b", r'aws_sqs_queue.work["\1"]'
    ),
    Everywhere(
        "terraform/*.tf", r"aws_sqs_queue\.processing_dead_letter", "aws_sqs_queue.dead_letter[0]"
    ),
    Everywhere(
        "terraform/*.tf", r"aws_sqs_queue\.status_dead_letter", "aws_sqs_queue.dead_letter[1]"
    ),
    Everywhere("terraform/events.tf", r"aws_sqs_queue_policy\.status", "aws_sqs_queue_policy.work"),
    Everywhere(
        "terraform/encryption.tf",
        r'^resource "aws_kms_key" "media" \{\n',
        'resource "aws_kms_key" "media" {\n  count = 1\n\n',
    ),
    Everywhere("terraform/[!qs]*.tf", r"aws_kms_key\.media\.", "aws_kms_key.media[0]."),
)
