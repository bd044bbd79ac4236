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

resource "aws_iam_role" "other" {}

resource "aws_iam_policy" "pass" {
  policy = jsonencode({
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

# The module's argument is judged.
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
    Statement = [{ Effect = "Allow", Action = "iam:PassRole", Resource = aws_iam_role.other.arn }]
  })
}

resource "aws_iam_policy" "fail_document" {
  policy = data.aws_iam_policy_document.wide.json
}

resource "aws_iam_role" "fail_inline" {
  inline_policy {
    name   = "administrator"
    policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
  }
}

resource "aws_iam_policy" "fail_not_resource" {
  policy = jsonencode({
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
    Statement = [{
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = aws_iam_role.other.arn
      Condition = { StringNotEquals = { "iam:PassedToService" = "ec2.amazonaws.com" } }
    }]
  })
}

resource "aws_iam_policy" "fail_name" {
  policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = aws_iam_role.other.name
      Condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
    }]
  })
}

resource "aws_iam_policy" "fail_no_service" {
  policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = aws_iam_role.other.arn
      Condition = { StringEquals = { "iam:PassedToService" = "MediaConvert" } }
    }]
  })
}

resource "aws_iam_policy" "unknown_role" {
  policy = jsonencode({
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
    Statement = [{ Effect = "Allow", Action = var.actions, Resource = "*" }]
  })
}

resource "aws_iam_policy" "unknown_whole" {
  policy = file("${path.module}/policy.json")
}

resource "aws_iam_policy" "other_action" {
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "iam:GetRole", Resource = "*" }]
  })
}

resource "aws_iam_policy" "other_denied" {
  policy = jsonencode({
    Statement = [{ Effect = "Deny", Action = "iam:PassRole", Resource = "*" }]
  })
}

# From a template file.
resource "aws_iam_policy" "pass_template" {
  policy = templatefile("${path.module}/pass_role.json.tftpl", { role = aws_iam_role.mediaconvert.arn })
}

resource "aws_iam_policy" "fail_template" {
  policy = templatefile("${path.module}/pass_role.json.tftpl", { role = "*" })
}

# Through a module that creates one policy per entry of a map.
module "pass_map" {
  source = "./policies"

  documents = {
    work = templatefile("${path.module}/pass_role.json.tftpl", { role = aws_iam_role.mediaconvert.arn })
  }
}

module "fail_map" {
  source = "./policies"

  documents = {
    work = templatefile("${path.module}/pass_role.json.tftpl", { role = aws_iam_role.mediaconvert.arn })
    more = templatefile("${path.module}/pass_role.json.tftpl", { role = "*" })
  }
}

module "unknown_map" {
  source = "./policies"

  documents = var.documents
}
