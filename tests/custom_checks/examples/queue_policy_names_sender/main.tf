variable "policy" {
  type = string
}

variable "condition" {
  type    = map(map(string))
  default = {}
}

data "aws_iam_policy_document" "limited" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.other_without_policy.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:aws:events:eu-west-1:111122223333:rule/job-state"]
    }
  }
}

resource "aws_sqs_queue" "other_without_policy" {}

resource "aws_sqs_queue_policy" "pass" {
  policy = jsonencode({
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.other_without_policy.arn
        Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:s3:::input" } }
      },
      {
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.other_without_policy.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sqs_queue_policy" "pass_document" {
  policy = data.aws_iam_policy_document.limited.json
}

resource "aws_sqs_queue" "pass" {
  policy = <<-EOT
    {
      "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {"ArnLike": {"aws:SourceArn": "${aws_s3_bucket.input.arn}"}}
      }
    }
  EOT
}

resource "aws_sqs_queue_policy" "fail" {
  policy = jsonencode({
    Statement = [{
      Sid       = "AnyBucketSends"
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.other_without_policy.arn
    }]
  })
}

resource "aws_sqs_queue" "fail_everybody" {
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Principal = "*", Action = "sqs:SendMessage", Resource = "*" }]
  })
}

resource "aws_sqs_queue" "fail_every_account" {
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Principal = { AWS = ["*"] }, Action = "sqs:*", Resource = "*" }]
  })
}

# Every principal except one account.
resource "aws_sqs_queue" "fail_not_principal" {
  policy = jsonencode({
    Statement = [{ Effect = "Allow", NotPrincipal = { AWS = "111122223333" }, Action = "sqs:*", Resource = "*" }]
  })
}

resource "aws_sqs_queue" "fail_no_source" {
  policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "*"
      Condition = { ArnLike = { "aws:SourceArn" = [] } }
    }]
  })
}

# AWS rejects a policy with a statement without an effect.
resource "aws_sqs_queue" "unknown_effect" {
  policy = jsonencode({
    Statement = [{ Principal = "*", Action = "sqs:SendMessage", Resource = "*" }]
  })
}

resource "aws_sqs_queue_policy" "unknown_variable" {
  policy = var.policy
}

resource "aws_sqs_queue_policy" "unknown_condition" {
  policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "*"
      Condition = var.condition
    }]
  })
}

resource "aws_sqs_queue_policy" "other_account" {
  policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.other_without_policy.arn
    }]
  })
}
