# Where clips are dropped and where they are delivered, and the key to all of it.

resource "aws_s3_bucket" "clips" {
  for_each = toset(["dropped", "delivered"])

  bucket        = "clips-${each.key}-${local.account}-${var.aws_region}-${var.stage}"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "clips" {
  for_each = aws_s3_bucket.clips

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "clips" {
  for_each = aws_s3_bucket.clips

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "clips" {
  for_each = aws_s3_bucket_versioning.clips

  bucket = each.value.bucket

  rule {
    id     = "leftovers"
    status = "Enabled"

    filter {
      prefix = ""
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 3
    }

    noncurrent_version_expiration {
      noncurrent_days = 14
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "clips" {
  for_each = aws_s3_bucket.clips

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "clips" {
  for_each = aws_s3_bucket.clips

  bucket = each.value.bucket

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.newsroom.arn
    }
  }
}

data "aws_iam_policy_document" "encrypted_transport" {
  for_each = aws_s3_bucket.clips

  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value.arn, "${each.value.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "clips" {
  for_each = aws_s3_bucket.clips

  bucket = each.value.id
  policy = data.aws_iam_policy_document.encrypted_transport[each.key].json

  depends_on = [aws_s3_bucket_public_access_block.clips]
}

resource "aws_s3_bucket_notification" "dropped" {
  bucket = aws_s3_bucket.clips["dropped"].id

  queue {
    queue_arn = module.arrivals.arn
    events    = ["s3:ObjectCreated:*"]
  }
}

data "aws_iam_policy_document" "key" {
  statement {
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.aws}:iam::${local.account}:root"]
    }
  }

  dynamic "statement" {
    for_each = {
      "s3.amazonaws.com"     = aws_s3_bucket.clips["dropped"].arn
      "events.amazonaws.com" = aws_cloudwatch_event_rule.outcome.arn
    }

    content {
      actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = [statement.key]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [statement.value]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
    }
  }

  statement {
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.${local.domain}"]
    }

    condition {
      test     = "ArnEquals"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.aws}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${local.desk}"]
    }
  }
}

resource "aws_kms_key" "newsroom" {
  description             = "Clips of the newsroom ${var.stage}"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.key.json
}
