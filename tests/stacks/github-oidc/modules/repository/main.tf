variable "repository" { type = string }
variable "environments" { type = set(string) }
variable "issuer" { type = string }
variable "max_session" { type = number }
variable "policy_arns" { type = list(string) }
variable "state_arn" { type = string }
variable "provider_arn" {
  type = string
  validation {
    condition     = can(regex("^arn:aws:iam::\\d{12}:oidc-provider/[a-z.]+$", var.provider_arn))
    error_message = "provider_arn must be the ARN of an OIDC provider"
  }
}
variable "boundary_arn" {
  type = string
  validation {
    condition     = can(regex("^arn:aws:iam::(\\d{12}|aws):policy/", var.boundary_arn))
    error_message = "boundary_arn must be the ARN of a policy"
  }
}

locals {
  owner = split("/", var.repository)[0]
  name  = split("/", var.repository)[1]
  pairs = { for pair in setproduct(var.environments, var.policy_arns) : "${pair[0]}/${basename(pair[1])}" => pair }
}

data "aws_iam_policy_document" "trust" {
  for_each = var.environments
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [var.provider_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "${var.issuer}:sub"
      values   = ["repo:${var.repository}:environment:${each.key}"]
    }
    condition {
      test     = "StringEquals"
      variable = "${var.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each             = var.environments
  name                 = "${local.name}-${each.key}"
  path                 = "/workflows/${local.owner}/"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  permissions_boundary = var.boundary_arn
  max_session_duration = var.max_session
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each   = local.pairs
  role       = aws_iam_role.this[each.value[0]].name
  policy_arn = each.value[1]
}

resource "aws_iam_role_policy" "state" {
  for_each = aws_iam_role.this
  name     = "state"
  role     = each.value.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "${var.state_arn}/${var.repository}/*" }]
  })
}

output "role_arns" { value = { for environment, role in aws_iam_role.this : "${var.repository}:${environment}" => role.arn } }
