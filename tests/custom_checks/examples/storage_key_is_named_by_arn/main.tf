variable "key" {
  type = string
}

data "aws_caller_identity" "current" {}

resource "aws_kms_key" "media" {}

resource "aws_s3_bucket_server_side_encryption_configuration" "pass" {
  rule {
    apply_server_side_encryption_by_default {
      kms_master_key_id = aws_kms_key.media.arn
    }
  }
}

resource "aws_dynamodb_table" "pass" {
  server_side_encryption {
    kms_key_arn = aws_kms_key.media.arn
  }
}

resource "aws_cloudwatch_log_group" "pass" {
  kms_key_id = "arn:aws:kms:eu-west-1:${data.aws_caller_identity.current.account_id}:key/1234abcd"
}

resource "aws_lambda_function" "pass" {
  kms_key_arn = aws_kms_key.media.arn
}

resource "aws_s3_bucket_server_side_encryption_configuration" "fail" {
  rule {
    apply_server_side_encryption_by_default {
      kms_master_key_id = aws_kms_key.media.id
    }
  }
}

resource "aws_s3_bucket" "fail_inline" {
  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        kms_master_key_id = aws_kms_key.media.key_id
      }
    }
  }
}

resource "aws_dynamodb_table" "fail" {
  server_side_encryption {
    kms_key_arn = aws_kms_key.media.id
  }
}

resource "aws_cloudwatch_log_group" "fail" {
  kms_key_id = aws_kms_key.media.key_id
}

resource "aws_cloudwatch_log_group" "fail_alias" {
  kms_key_id = "alias/media"
}

resource "aws_cloudwatch_log_group" "unknown" {
  kms_key_id = var.key
}

resource "aws_cloudwatch_log_group" "other" {}

resource "aws_s3_bucket_server_side_encryption_configuration" "other" {
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}
