# A key with a replica in another region, grants, aliases and secrets that use it.

provider "aws" {
  region = "us-east-1"
}

provider "aws" {
  alias  = "west"
  region = "us-west-2"
}

data "aws_caller_identity" "this" {}

variable "administrators" {
  type    = list(string)
  default = ["security"]
}

variable "applications" {
  type    = map(list(string))
  default = { reader = ["Decrypt"], writer = ["Encrypt", "GenerateDataKey"] }
}

locals {
  name    = "documents"
  key_id  = element(split("/", aws_kms_key.primary.arn), 1)
  account = data.aws_caller_identity.this.account_id
  aliases = { primary = aws_kms_alias.primary, replica = aws_kms_alias.replica }
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [format("arn:aws:iam::%s:root", local.account)]
    }
  }
  statement {
    sid       = "Administrators"
    actions   = ["kms:Put*", "kms:Update*", "kms:ScheduleKeyDeletion"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [for role in aws_iam_role.administrator : role.arn]
    }
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [local.account]
    }
    condition {
      test     = "Bool"
      variable = "aws:MultiFactorAuthPresent"
      values   = ["true"]
    }
  }
}

resource "aws_iam_role" "administrator" {
  for_each           = toset(var.administrators)
  name               = "kms-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "application" {
  for_each           = var.applications
  name_prefix        = "${each.key}-"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_kms_key" "primary" {
  description             = local.name
  multi_region            = true
  enable_key_rotation     = true
  deletion_window_in_days = 14
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_replica_key" "west" {
  provider        = aws.west
  description     = "${local.name}, replica"
  primary_key_arn = aws_kms_key.primary.arn
  policy          = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "primary" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.primary.key_id
}

resource "aws_kms_alias" "replica" {
  provider      = aws.west
  name          = aws_kms_alias.primary.name
  target_key_id = aws_kms_replica_key.west.key_id
}

resource "aws_kms_grant" "application" {
  for_each          = var.applications
  name              = each.key
  key_id            = aws_kms_key.primary.key_id
  grantee_principal = aws_iam_role.application[each.key].arn
  operations        = each.value
  constraints {
    encryption_context_subset = { Application = each.key }
  }
}

resource "aws_iam_role_policy" "application" {
  for_each = var.applications
  name     = "kms"
  role     = aws_iam_role.application[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = formatlist("kms:%s", each.value)
      Resource = [aws_kms_key.primary.arn, aws_kms_replica_key.west.arn]
      Condition = {
        "ForAnyValue:StringEquals" = { "kms:ResourceAliases" = [for alias in local.aliases : alias.name] }
      }
    }]
  })
}

resource "aws_secretsmanager_secret" "this" {
  name       = local.name
  kms_key_id = aws_kms_key.primary.arn
  replica {
    region     = split(":", aws_kms_replica_key.west.arn)[3]
    kms_key_id = aws_kms_replica_key.west.arn
  }
}

resource "aws_s3_bucket" "west" {
  provider = aws.west
  bucket   = "${local.name}-west-${local.account}"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "west" {
  provider = aws.west
  bucket   = aws_s3_bucket.west.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_alias.replica.target_key_arn
    }
  }
}

check "one_key" {
  assert {
    condition     = split("/", aws_kms_replica_key.west.arn)[1] == local.key_id
    error_message = "the replica has another id than its primary key"
  }
}

check "regions" {
  assert {
    condition     = [for alias in local.aliases : split(":", alias.arn)[3]] == ["us-east-1", "us-west-2"]
    error_message = "an alias is in the wrong region"
  }
}

output "moved" { value = replace(aws_kms_key.primary.arn, "us-east-1", "us-west-2") }
output "alias_arns" { value = { for key, alias in local.aliases : key => alias.arn } }
