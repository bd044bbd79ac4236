"""The stack has unrelated resources: a topic, a table, a parameter, a log group, a bucket, a queue, a
secret, a policy without a principal, and a role without permissions."""

from tests.pipelines.compliance import Change, Edit

_STAFF = """\
resource "aws_sns_topic" "news" {
  name              = "newsletter-${var.environment_suffix}"
  kms_master_key_id = aws_kms_key.media.id
}

resource "aws_sns_topic" "jobs" {
  name         = "vacancies-${var.environment_suffix}"
  display_name = "Vacancies"
}

resource "aws_dynamodb_table" "menu" {
  name         = "canteen-menu-${var.environment_suffix}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "Day"

  attribute {
    name = "Day"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.media.arn
  }
}

resource "aws_ssm_parameter" "menu" {
  name   = "/canteen/${var.environment_suffix}/menu"
  type   = "SecureString"
  value  = "soup"
  key_id = aws_kms_key.media.arn
}

resource "aws_ssm_parameter" "table" {
  name  = "/canteen/${var.environment_suffix}/table"
  type  = "String"
  value = aws_dynamodb_table.menu.name
}

resource "aws_secretsmanager_secret" "till" {
  name_prefix             = "canteen-till-${var.environment_suffix}-"
  recovery_window_in_days = 0
  kms_key_id              = aws_kms_key.media.arn
}

resource "aws_s3_bucket" "photos" {
  bucket_prefix = "canteen-${var.environment_suffix}-"
  force_destroy = true
}

resource "aws_s3_bucket_ownership_controls" "photos" {
  bucket = aws_s3_bucket.photos.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "photos" {
  bucket = aws_s3_bucket.photos.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "photos" {
  bucket = aws_s3_bucket.photos.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.media.arn
    }
  }
}

resource "aws_s3_bucket_versioning" "photos" {
  bucket = aws_s3_bucket.photos.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "photos" {
  bucket = aws_s3_bucket.photos.id

  rule {
    id     = "tidy"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }

  depends_on = [aws_s3_bucket_versioning.photos]
}

resource "aws_s3_bucket_policy" "photos" {
  bucket = aws_s3_bucket.photos.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.photos.arn, "${aws_s3_bucket.photos.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = false } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.photos]
}

resource "aws_sqs_queue" "orders" {
  name              = "canteen-orders-${var.environment_suffix}"
  kms_master_key_id = aws_kms_key.media.id

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.leftovers.arn
    maxReceiveCount     = 3
  })
}

resource "aws_sqs_queue" "leftovers" {
  name                      = "canteen-leftovers-${var.environment_suffix}"
  message_retention_seconds = 1209600
  kms_master_key_id         = aws_kms_key.media.id
}

resource "aws_sqs_queue_redrive_allow_policy" "leftovers" {
  queue_url = aws_sqs_queue.leftovers.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.orders.arn]
  })
}

resource "aws_sqs_queue_policy" "canteen" {
  for_each = { orders = aws_sqs_queue.orders, leftovers = aws_sqs_queue.leftovers }

  queue_url = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = each.value.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_iam_role" "cook" {
  name = "canteen-cook-${var.aws_region}-${var.environment_suffix}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = data.aws_caller_identity.current.account_id }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_policy" "cook" {
  name = "canteen-cook-${var.aws_region}-${var.environment_suffix}"

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "dynamodb:PutItem", Resource = aws_dynamodb_table.menu.arn }]
  })
}

resource "aws_cloudwatch_log_group" "canteen" {
  name              = "/canteen/${var.environment_suffix}"
  retention_in_days = 30
  kms_key_id        = aws_kms_key.media.arn
}
"""
_LOGS = "arn:${data.aws_partition.current.partition}:logs:${var.aws_region}:${data.aws_caller_identity.current.account_id}:log-group"

EDITS: tuple[Change, ...] = (
    Edit("terraform/canteen.tf", "", _STAFF),
    Edit(
        "terraform/encryption.tf",
        "= local.function_log_group_arn }",
        f'= [local.function_log_group_arn, "{_LOGS}:/canteen/${{var.environment_suffix}}"] }}',
    ),
)
