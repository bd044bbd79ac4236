variable "role_arn" {
  type = string
}

variable "actions" {
  type    = list(string)
  default = []
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "narrow" {
  statement {
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.other.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["mediaconvert.${data.aws_partition.current.dns_suffix}"]
    }
  }
}

data "aws_iam_policy_document" "wide" {
  statement {
    actions   = ["iam:Pass*"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "other" {
  assume_role_policy = "{}"
}

resource "aws_iam_policy" "pass" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = aws_iam_role.other.arn
      Condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
    }]
  })
}

resource "aws_iam_policy" "pass_document" {
  policy = data.aws_iam_policy_document.narrow.json
}

resource "aws_iam_role_policy" "pass_arn" {
  role = aws_iam_role.other.id

  policy = <<-EOT
    {
      "Statement": {
        "Effect": "Allow",
        "Action": ["iam:PassRole"],
        "Resource": "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/media",
        "Condition": {"StringLike": {"iam:passedtoservice": "mediaconvert.amazonaws.com"}}
      }
    }
  EOT
}

# What the module is given is what is judged.
module "pass" {
  source   = "./policy"
  role_arn = aws_iam_role.other.arn
}

module "fail" {
  source   = "./policy"
  role_arn = "*"
}

resource "aws_iam_policy" "fail_any_role" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = "*"
      Condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
    }]
  })
}

resource "aws_iam_policy" "fail_every_role_of_account" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/*"
      Condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
    }]
  })
}

resource "aws_iam_policy" "fail_any_service" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "iam:PassRole", Resource = aws_iam_role.other.arn }]
  })
}

resource "aws_iam_policy" "fail_document" {
  policy = data.aws_iam_policy_document.wide.json
}

resource "aws_iam_role" "fail_inline" {
  assume_role_policy = "{}"

  inline_policy {
    name   = "administrator"
    policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
  }
}

resource "aws_iam_policy" "fail_not_resource" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect      = "Allow"
      Action      = "iam:PassRole"
      NotResource = aws_iam_role.other.arn
      Condition   = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
    }]
  })
}

resource "aws_iam_policy" "fail_service_wildcard" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = aws_iam_role.other.arn
      Condition = { StringLike = { "iam:PassedToService" = "*" } }
    }]
  })
}

# Every service but one.
resource "aws_iam_policy" "fail_negative_condition" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = aws_iam_role.other.arn
      Condition = { StringNotEquals = { "iam:PassedToService" = "ec2.amazonaws.com" } }
    }]
  })
}

resource "aws_iam_policy" "unknown_role" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = var.role_arn
      Condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
    }]
  })
}

resource "aws_iam_policy" "unknown_actions" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = var.actions, Resource = "*" }]
  })
}

resource "aws_iam_policy" "unknown_whole" {
  policy = file("${path.module}/policy.json")
}

resource "aws_iam_policy" "other_action" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "iam:GetRole", Resource = "*" }]
  })
}

resource "aws_iam_policy" "other_denied" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "iam:PassRole", Resource = "*" }]
  })
}
