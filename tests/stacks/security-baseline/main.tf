# A security baseline: one trail and recorder, and detection in eighteen regions.

variable "home" {
  type    = string
  default = "eu-west-1"
}

data "aws_caller_identity" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  trail_arn = "arn:aws:cloudtrail:${var.home}:${local.account}:trail/baseline"
}

resource "aws_s3_bucket" "trail" {
  bucket = "trail-${local.account}"
}

data "aws_iam_policy_document" "trail" {
  statement {
    actions   = ["s3:GetBucketAcl"]
    resources = [aws_s3_bucket.trail.arn]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.trail.arn}/AWSLogs/${local.account}/*"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }
  }
}

resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.trail.id
  policy = data.aws_iam_policy_document.trail.json
}

resource "aws_cloudwatch_log_group" "trail" {
  name              = "/aws/cloudtrail/baseline"
  retention_in_days = 365
}

resource "aws_iam_role" "service" {
  for_each = { trail = "cloudtrail", recorder = "config" }
  name     = "baseline-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "${each.value}.amazonaws.com" } }]
  })
}

resource "aws_cloudtrail" "this" {
  name                       = "baseline"
  s3_bucket_name             = aws_s3_bucket_policy.trail.bucket
  is_multi_region_trail      = true
  enable_log_file_validation = true
  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.trail.arn}:*"
  cloud_watch_logs_role_arn  = aws_iam_role.service["trail"].arn

  lifecycle {
    postcondition {
      condition     = self.arn == local.trail_arn && self.home_region == var.home
      error_message = "the policy of the bucket names another trail"
    }
  }
}

resource "aws_config_configuration_recorder" "this" {
  name     = "baseline"
  role_arn = aws_iam_role.service["recorder"].arn
  recording_group {
    all_supported                 = true
    include_global_resource_types = true
  }
}

resource "aws_config_delivery_channel" "this" {
  name           = "baseline"
  s3_bucket_name = aws_s3_bucket.trail.bucket
  depends_on     = [aws_config_configuration_recorder.this]
}

resource "aws_config_configuration_recorder_status" "this" {
  name       = aws_config_configuration_recorder.this.id
  is_enabled = true
  depends_on = [aws_config_delivery_channel.this]
}

resource "aws_config_config_rule" "managed" {
  for_each = toset(["ROOT_ACCOUNT_MFA_ENABLED", "ENCRYPTED_VOLUMES"])
  name     = lower(replace(each.key, "_", "-"))
  source {
    owner             = "AWS"
    source_identifier = each.key
  }
  depends_on = [aws_config_configuration_recorder.this]
}

resource "aws_iam_account_password_policy" "this" {
  minimum_password_length = 20
}

check "regions" {
  assert {
    condition     = alltrue([for region, m in local.regional : split(":", m.detector_arn)[3] == region])
    error_message = "a detector is in another region"
  }
}

output "detectors" {
  value = { for region, m in local.regional : region => m.detector_arn }
}
