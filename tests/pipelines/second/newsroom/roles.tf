# Two roles, each with one inline policy.

data "aws_iam_policy_document" "trust" {
  for_each = { desk = "lambda.amazonaws.com", transcoder = "mediaconvert.amazonaws.com" }

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [each.value]
    }

    dynamic "condition" {
      for_each = each.key == "transcoder" ? [local.account] : []

      content {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "desk" {
  name               = "clip-desk-${local.region}-${var.stage}"
  assume_role_policy = data.aws_iam_policy_document.trust["desk"].json
}

resource "aws_iam_role" "transcoder" {
  name               = "clip-transcoder-${local.region}-${var.stage}"
  assume_role_policy = data.aws_iam_policy_document.trust["transcoder"].json
}

data "aws_iam_policy_document" "desk" {
  statement {
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    resources = [module.arrivals.arn, module.outcomes.arn]
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.ledger.arn]
  }

  statement {
    actions   = ["mediaconvert:CreateJob", "mediaconvert:ListJobs"]
    resources = [aws_media_convert_queue.clips.arn]
  }

  statement {
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.transcoder.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["mediaconvert.amazonaws.com"]
    }
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.newsroom.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for service in ["dynamodb", "sqs"] : "${service}.${local.region}.${local.domain}"]
    }
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.desk.arn}:*"]
  }
}

resource "aws_iam_role_policy" "desk" {
  name   = "desk"
  role   = aws_iam_role.desk.id
  policy = data.aws_iam_policy_document.desk.json
}

data "aws_iam_policy_document" "transcoder" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.clips["dropped"].arn}/*"]
  }

  statement {
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.clips["delivered"].arn}/*"]
  }

  statement {
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.newsroom.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.domain}"]
    }
  }
}

resource "aws_iam_role_policy" "transcoder" {
  name   = "transcoder"
  role   = aws_iam_role.transcoder.id
  policy = data.aws_iam_policy_document.transcoder.json
}
