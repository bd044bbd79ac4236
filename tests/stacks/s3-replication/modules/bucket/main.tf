terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" { type = string }
variable "key_arn" {
  type = string
  validation {
    condition     = can(regex("^arn:aws:kms:[a-z]+-[a-z]+-\\d:\\d{12}:key/[0-9a-f-]{36}$", var.key_arn))
    error_message = "key_arn must be the ARN of a key"
  }
}

data "aws_region" "this" {}

resource "aws_s3_bucket" "this" {
  bucket = var.name

  lifecycle {
    precondition {
      condition     = split(":", var.key_arn)[3] == data.aws_region.this.name
      error_message = "the key is in another region than the bucket"
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.key_arn
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Action    = "s3:*"
      Principal = "*"
      Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

output "arn" { value = aws_s3_bucket_versioning.this.id == "" ? "" : aws_s3_bucket.this.arn }
output "id" { value = aws_s3_bucket.this.id }
output "region" { value = aws_s3_bucket.this.region }
output "host" { value = aws_s3_bucket.this.bucket_regional_domain_name }
