variable "policy" {
  type = string
}

variable "keep" {
  type = bool
}

data "aws_iam_policy_document" "tls_only" {
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = [false]
    }
  }
}

resource "aws_s3_bucket" "pass" {}

resource "aws_s3_bucket_policy" "of_pass" {
  bucket = aws_s3_bucket.pass.id

  policy = jsonencode({
    Statement = [{
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.pass.arn, "${aws_s3_bucket.pass.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_bucket" "pass_each" {
  for_each = toset(["input", "output"])
}

resource "aws_s3_bucket_policy" "of_pass_each" {
  for_each = toset(["input", "output"])

  bucket = aws_s3_bucket.pass_each[each.key].id
  policy = data.aws_iam_policy_document.tls_only.json
}

# One document and one policy for each bucket.
resource "aws_s3_bucket" "pass_chained" {
  for_each = toset(["input", "output"])
}

data "aws_iam_policy_document" "chained" {
  for_each = aws_s3_bucket.pass_chained

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

resource "aws_s3_bucket_policy" "of_pass_chained" {
  for_each = aws_s3_bucket.pass_chained

  bucket = each.value.id
  policy = data.aws_iam_policy_document.chained[each.key].json
}

resource "aws_s3_bucket" "pass_inline" {
  policy = <<-EOT
    {
      "Statement": {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": false}}
      }
    }
  EOT
}

resource "aws_s3_bucket" "fail" {}

resource "aws_s3_bucket" "fail_allow" {}

resource "aws_s3_bucket_policy" "of_fail_allow" {
  bucket = aws_s3_bucket.fail_allow.id

  policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:*"
      Resource  = "*"
      Condition = { Bool = { "aws:SecureTransport" = "true" } }
    }]
  })
}

# Only writes without TLS are denied.
resource "aws_s3_bucket" "fail_one_action" {}

resource "aws_s3_bucket_policy" "of_fail_one_action" {
  bucket = aws_s3_bucket.fail_one_action.id

  policy = jsonencode({
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = "*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

# Objects can be read and written without TLS.
resource "aws_s3_bucket" "fail_objects_left_out" {}

resource "aws_s3_bucket_policy" "of_fail_objects_left_out" {
  bucket = aws_s3_bucket.fail_objects_left_out.id

  policy = jsonencode({
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = aws_s3_bucket.fail_objects_left_out.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

# The policy is that of another instance.
resource "aws_s3_bucket" "fail_each" {
  for_each = toset(["output"])
}

resource "aws_s3_bucket_policy" "of_fail_each" {
  bucket = aws_s3_bucket.fail_each["input"].id
  policy = data.aws_iam_policy_document.tls_only.json
}

resource "aws_s3_bucket" "unknown" {}

resource "aws_s3_bucket_policy" "of_unknown" {
  bucket = aws_s3_bucket.unknown.id
  policy = var.policy
}

resource "aws_s3_bucket" "unknown_resource" {}

resource "aws_s3_bucket_policy" "of_unknown_resource" {
  bucket = aws_s3_bucket.unknown_resource.id

  policy = jsonencode({
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = var.policy
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_bucket" "pass_by_name" {
  bucket = "videos"
}

resource "aws_s3_bucket_policy" "of_pass_by_name" {
  bucket = "videos"
  policy = data.aws_iam_policy_document.tls_only.json
}

# The policy refers to the bucket through another resource of it.
resource "aws_s3_bucket" "pass_by_way" {
  for_each = toset(["input", "output"])
}

resource "aws_s3_bucket_public_access_block" "of_pass_by_way" {
  for_each = aws_s3_bucket.pass_by_way

  bucket = each.value.id
}

resource "aws_s3_bucket_policy" "of_pass_by_way" {
  for_each = aws_s3_bucket_public_access_block.of_pass_by_way

  bucket = each.value.bucket
  policy = data.aws_iam_policy_document.tls_only.json
}

# Through a resource of another bucket.
resource "aws_s3_bucket" "fail_by_way" {}

resource "aws_s3_bucket" "pass_instead" {}

resource "aws_s3_bucket_public_access_block" "of_fail_by_way" {
  bucket = aws_s3_bucket.pass_instead.id
}

resource "aws_s3_bucket_policy" "of_fail_by_way" {
  bucket = aws_s3_bucket_public_access_block.of_fail_by_way.bucket
  policy = data.aws_iam_policy_document.tls_only.json
}

# One statement for the bucket, another for its objects.
resource "aws_s3_bucket" "pass_two_statements" {}

resource "aws_s3_bucket_policy" "of_pass_two_statements" {
  bucket = aws_s3_bucket.pass_two_statements.id

  policy = jsonencode({
    Statement = [
      {
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = aws_s3_bucket.pass_two_statements.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = "${aws_s3_bucket.pass_two_statements.arn}/*"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# Only the one for the bucket denies plain HTTP.
resource "aws_s3_bucket" "fail_two_statements" {}

resource "aws_s3_bucket_policy" "of_fail_two_statements" {
  bucket = aws_s3_bucket.fail_two_statements.id

  policy = jsonencode({
    Statement = [
      {
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = aws_s3_bucket.fail_two_statements.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = "${aws_s3_bucket.fail_two_statements.arn}/*"
        Condition = { Bool = { "aws:SecureTransport" = "true" } }
      },
    ]
  })
}

# No instance of the policy is created.
resource "aws_s3_bucket" "fail_no_instance" {}

resource "aws_s3_bucket_policy" "of_fail_no_instance" {
  count = 0

  bucket = aws_s3_bucket.fail_no_instance.id
  policy = data.aws_iam_policy_document.tls_only.json
}

# The policy is created conditionally, the bucket always.
resource "aws_s3_bucket" "unknown_condition" {}

resource "aws_s3_bucket_policy" "of_unknown_condition" {
  count = var.keep ? 1 : 0

  bucket = aws_s3_bucket.unknown_condition.id
  policy = data.aws_iam_policy_document.tls_only.json
}

# The same condition decides both.
resource "aws_s3_bucket" "pass_condition" {
  count = var.keep ? 1 : 0
}

resource "aws_s3_bucket_policy" "of_pass_condition" {
  count = var.keep ? 1 : 0

  bucket = one(aws_s3_bucket.pass_condition[*].id)
  policy = data.aws_iam_policy_document.tls_only.json
}

# S3 keeps the policy that is set last; their order is undefined.
resource "aws_s3_bucket" "unknown_two_policies" {}

resource "aws_s3_bucket_policy" "of_unknown_two_policies" {
  bucket = aws_s3_bucket.unknown_two_policies.id
  policy = data.aws_iam_policy_document.tls_only.json
}

resource "aws_s3_bucket_policy" "more_of_unknown_two_policies" {
  bucket = aws_s3_bucket.unknown_two_policies.id
  policy = jsonencode({ Statement = [] })
}
