# The one key for everything the stack keeps, and which services may use it for what.

locals {
  # Built from its name: the log group needs the key, so the key cannot wait for the log group.
  function_log_group_arn = "arn:${data.aws_partition.current.partition}:logs:${var.aws_region}:${data.aws_caller_identity.current.account_id}:log-group:${local.function_log_group_name}"
}

resource "aws_kms_key" "media" {
  description             = "Videos, messages, asset records and logs of the video pipeline ${var.environment_suffix}"
  enable_key_rotation     = true
  deletion_window_in_days = 7

  # In a key policy, Resource "*" is this key and nothing else.
  # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Without it nobody could manage the key, and the IAM policies of the two roles would grant nothing.
        Sid       = "AccountAdministration"
        Effect    = "Allow"
        Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "InputBucketToEncryptedQueue"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = "*"
        Condition = {
          ArnEquals    = { "aws:SourceArn" = aws_s3_bucket.input.arn }
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        }
      },
      {
        Sid       = "JobStateRuleToEncryptedQueue"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = "*"
        Condition = {
          ArnEquals    = { "aws:SourceArn" = aws_cloudwatch_event_rule.job_state.arn }
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        }
      },
      {
        Sid       = "FunctionLogGroup"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.aws_region}.${data.aws_partition.current.dns_suffix}" }
        Action = [
          "kms:Decrypt",
          "kms:DescribeKey",
          "kms:Encrypt",
          "kms:GenerateDataKey",
          "kms:GenerateDataKeyWithoutPlaintext",
          "kms:ReEncryptFrom",
          "kms:ReEncryptTo",
        ]
        Resource  = "*"
        Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = local.function_log_group_arn } }
      },
    ]
  })
}

resource "aws_kms_alias" "media" {
  name          = "alias/video-pipeline-${var.environment_suffix}"
  target_key_id = aws_kms_key.media.key_id
}
