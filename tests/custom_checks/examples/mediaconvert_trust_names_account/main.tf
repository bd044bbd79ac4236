variable "services" {
  type    = list(string)
  default = ["lambda.amazonaws.com"]
}

variable "conditions" {
  type    = map(map(string))
  default = {}
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "limited" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["mediaconvert.${data.aws_partition.current.dns_suffix}"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

data "aws_iam_policy_document" "open" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com", "mediaconvert.${data.aws_partition.current.dns_suffix}"]
    }
  }
}

# One document per instance key.
data "aws_iam_policy_document" "each" {
  for_each = {
    limited = { service = "mediaconvert", accounts = [data.aws_caller_identity.current.account_id] }
    open    = { service = "mediaconvert", accounts = [] }
    lambda  = { service = "lambda", accounts = [] }
  }

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.value.service}.amazonaws.com"]
    }

    dynamic "condition" {
      for_each = each.value.accounts

      content {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "pass" {
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "mediaconvert.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role" "pass_queue" {
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["mediaconvert.amazonaws.com"] }
      Condition = { ArnLike = { "AWS:SourceArn" = aws_media_convert_queue.videos.arn } }
    }]
  })
}

resource "aws_iam_role" "pass_document" {
  assume_role_policy = data.aws_iam_policy_document.limited.json
}

resource "aws_iam_role" "pass_document_instance" {
  assume_role_policy = data.aws_iam_policy_document.each["limited"].json
}

resource "aws_iam_role" "fail" {
  assume_role_policy = jsonencode({
    Statement = [{
      Sid       = "MediaConvert"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "mediaconvert.amazonaws.com" }
    }]
  })
}

# A condition that does not limit the source.
resource "aws_iam_role" "fail_other_condition" {
  assume_role_policy = <<-EOT
    {
      "Statement": {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "mediaconvert.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}
      }
    }
  EOT
}

# A request without a source account is allowed.
resource "aws_iam_role" "fail_if_exists" {
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "mediaconvert.amazonaws.com" }
      Condition = { StringEqualsIfExists = { "aws:SourceAccount" = "111122223333" } }
    }]
  })
}

# Every principal includes MediaConvert.
resource "aws_iam_role" "fail_everybody" {
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = "*" }]
  })
}

# The second statement allows every principal, regardless of the first.
resource "aws_iam_role" "fail_second_statement" {
  assume_role_policy = jsonencode({
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "mediaconvert.amazonaws.com" }
        Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } }
      },
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "mediaconvert.amazonaws.com" }
      },
    ]
  })
}

resource "aws_iam_role" "fail_document" {
  assume_role_policy = data.aws_iam_policy_document.open.json
}

resource "aws_iam_role" "fail_document_instance" {
  assume_role_policy = data.aws_iam_policy_document.each["open"].json
}

resource "aws_iam_role" "unknown_service" {
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = var.services } }]
  })
}

resource "aws_iam_role" "unknown_condition" {
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "mediaconvert.amazonaws.com" }
      Condition = var.conditions
    }]
  })
}

resource "aws_iam_role" "unknown_file" {
  assume_role_policy = file("${path.module}/trust.json")
}

resource "aws_iam_role" "other_service" {
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["lambda.amazonaws.com", "logs.${data.aws_partition.current.dns_suffix}"] }
    }]
  })
}

resource "aws_iam_role" "other_action" {
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:TagSession"
      Principal = { Service = "mediaconvert.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role" "other_document_instance" {
  assume_role_policy = data.aws_iam_policy_document.each["lambda"].json
}
