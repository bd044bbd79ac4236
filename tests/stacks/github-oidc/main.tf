# Roles for workflows at GitHub, one for each repository and environment.

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["123456789012"]
}

variable "repositories" {
  type = map(object({
    environments = optional(list(string), ["production"])
    policies     = optional(list(string), [])
    max_session  = optional(number, 3600)
  }))
  default = {
    "example/site"  = { environments = ["production", "preview"] }
    "example/infra" = { policies = ["ReadOnlyAccess"], max_session = 7200 }
  }
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}

locals {
  host     = "token.actions.githubusercontent.com"
  provider = trimprefix(aws_iam_openid_connect_provider.github.url, "https://")
}

resource "aws_iam_openid_connect_provider" "github" {
  url             = "https://${local.host}"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
}

resource "aws_iam_policy" "boundary" {
  name = "workflow-boundary"
  path = "/boundaries/"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "*", Resource = "*" },
      { Effect = "Deny", Action = ["iam:CreateUser", "organizations:*"], Resource = "*" },
    ]
  })
}

resource "aws_s3_bucket" "state" {
  bucket = "state-${data.aws_caller_identity.this.account_id}"
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id
  versioning_configuration { status = "Enabled" }
}

module "repository" {
  source       = "./modules/repository"
  for_each     = var.repositories
  repository   = each.key
  environments = toset(each.value.environments)
  provider_arn = aws_iam_openid_connect_provider.github.arn
  issuer       = local.provider
  boundary_arn = aws_iam_policy.boundary.arn
  max_session  = each.value.max_session
  policy_arns  = [for name in each.value.policies : "arn:${data.aws_partition.this.partition}:iam::aws:policy/${name}"]
  state_arn    = aws_s3_bucket.state.arn
}

data "aws_iam_policy_document" "state" {
  dynamic "statement" {
    for_each = module.repository
    content {
      sid       = replace(title(replace(statement.key, "/[^a-z]/", " ")), " ", "")
      actions   = ["s3:GetObject", "s3:PutObject"]
      resources = ["${aws_s3_bucket.state.arn}/${statement.key}/*"]
      principals {
        type        = "AWS"
        identifiers = values(statement.value.role_arns)
      }
    }
  }
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.bucket
  policy = data.aws_iam_policy_document.state.json
}

check "account" {
  assert {
    condition     = alltrue([for m in values(module.repository) : alltrue([for arn in values(m.role_arns) : split(":", arn)[4] == data.aws_caller_identity.this.account_id])])
    error_message = "a role is in another account"
  }
}

output "roles" { value = merge([for m in values(module.repository) : m.role_arns]...) }
