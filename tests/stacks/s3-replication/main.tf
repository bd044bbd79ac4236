# Buckets that are replicated to another region, with keys, policies and an access point.

provider "aws" {
  region = "eu-west-1"
}

provider "aws" {
  alias  = "second"
  region = "eu-central-1"
}

variable "datasets" {
  type    = map(object({ prefix = optional(string, ""), class = optional(string, "STANDARD_IA") }))
  default = { invoices = { prefix = "final/" }, contracts = { class = "GLACIER_IR" } }
}

data "aws_caller_identity" "this" {}

resource "aws_kms_key" "first" {
  enable_key_rotation = true
}

resource "aws_kms_key" "second" {
  provider            = aws.second
  enable_key_rotation = true
}

module "source" {
  source   = "./modules/bucket"
  for_each = var.datasets
  name     = "${each.key}-${data.aws_caller_identity.this.account_id}"
  key_arn  = aws_kms_key.first.arn
}

module "target" {
  source    = "./modules/bucket"
  for_each  = var.datasets
  providers = { aws = aws.second }
  name      = "${each.key}-copy-${data.aws_caller_identity.this.account_id}"
  key_arn   = aws_kms_key.second.arn
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "replication" {
  for_each = var.datasets
  statement {
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [module.source[each.key].arn]
  }
  statement {
    actions   = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl"]
    resources = ["${module.source[each.key].arn}/${each.value.prefix}*"]
  }
  statement {
    actions   = ["s3:ReplicateObject", "s3:ReplicateDelete"]
    resources = ["${module.target[each.key].arn}/*"]
  }
  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.first.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${module.source[each.key].region}.amazonaws.com"]
    }
  }
  statement {
    actions   = ["kms:Encrypt"]
    resources = [aws_kms_key.second.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${split(":", aws_kms_key.second.arn)[3]}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "replication" {
  for_each           = var.datasets
  name_prefix        = substr("replicate-${each.key}-", 0, 38)
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "replication" {
  for_each = aws_iam_role.replication
  name     = "replicate"
  role     = each.value.id
  policy   = data.aws_iam_policy_document.replication[each.key].json
}

resource "aws_s3_bucket_replication_configuration" "this" {
  for_each = var.datasets
  bucket   = module.source[each.key].id
  role     = aws_iam_role.replication[each.key].arn
  rule {
    id     = each.key
    status = "Enabled"
    filter { prefix = each.value.prefix }
    delete_marker_replication { status = "Enabled" }
    source_selection_criteria {
      sse_kms_encrypted_objects { status = "Enabled" }
    }
    destination {
      bucket        = module.target[each.key].arn
      storage_class = each.value.class
      encryption_configuration { replica_kms_key_id = aws_kms_key.second.arn }
    }
  }
}

resource "aws_s3_access_point" "readers" {
  for_each = var.datasets
  bucket   = module.source[each.key].id
  name     = "${each.key}-readers"
}

resource "aws_iam_policy" "readers" {
  name = "readers"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = [for point in aws_s3_access_point.readers : "${point.arn}/object/*"]
    }]
  })
}

output "regions" { value = { for name, bucket in module.target : name => bucket.region } }
output "hosts" { value = [for bucket in module.source : trimsuffix(bucket.host, ".amazonaws.com")] }
