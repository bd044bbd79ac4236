# A static site in a bucket that CloudFront alone may read.

provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { Site = var.site }
  }
}

variable "site" {
  type    = string
  default = "docs"
}

variable "error_pages" {
  type    = map(string)
  default = { "403" = "/404.html", "404" = "/404.html" }
}

data "aws_caller_identity" "this" {}

data "aws_cloudfront_cache_policy" "optimized" {
  name = "Managed-CachingOptimized"
}

data "aws_cloudfront_cache_policy" "disabled" {
  name = "Managed-CachingDisabled"
}

data "aws_cloudfront_origin_request_policy" "cors" {
  name = "Managed-CORS-S3Origin"
}

data "aws_cloudfront_response_headers_policy" "security" {
  name = "Managed-SecurityHeadersPolicy"
}

locals {
  bucket       = "${var.site}-${data.aws_caller_identity.this.account_id}"
  origin       = "s3-${aws_s3_bucket.site.id}"
  distribution = element(split("/", aws_cloudfront_distribution.this.arn), 1)
  files        = { for file in fileset("${path.module}/site", "**") : file => filemd5("${path.module}/site/${file}") }
  types        = { html = "text/html", css = "text/css" }
}

resource "aws_s3_bucket" "site" {
  bucket = local.bucket
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "${var.site}-logs-"
  force_destroy = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule { object_ownership = "BucketOwnerPreferred" }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each                = { site = aws_s3_bucket.site.id, logs = aws_s3_bucket.logs.id }
  bucket                  = each.value
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "site" {
  for_each     = local.files
  bucket       = aws_s3_bucket.site.bucket
  key          = each.key
  source       = "${path.module}/site/${each.key}"
  etag         = each.value
  content_type = lookup(local.types, regex("[a-z]+$", each.key), "binary/octet-stream")
}

resource "aws_cloudfront_origin_access_control" "this" {
  name                              = var.site
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_function" "index" {
  name    = "${var.site}-index"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = "function handler(event) { return event.request; }"
}

resource "aws_cloudfront_distribution" "this" {
  enabled             = true
  is_ipv6_enabled     = true
  default_root_object = "index.html"

  origin {
    origin_id                = local.origin
    domain_name              = aws_s3_bucket.site.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }
  default_cache_behavior {
    target_origin_id           = local.origin
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized.id
    origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.cors.id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security.id
    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.index.arn
    }
  }
  ordered_cache_behavior {
    path_pattern           = "/preview/*"
    target_origin_id       = local.origin
    viewer_protocol_policy = "https-only"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    cache_policy_id        = data.aws_cloudfront_cache_policy.disabled.id
  }
  dynamic "custom_error_response" {
    for_each = var.error_pages
    content {
      error_code         = custom_error_response.key
      response_code      = 404
      response_page_path = custom_error_response.value
    }
  }
  logging_config { bucket = aws_s3_bucket.logs.bucket_domain_name }
  restrictions {
    geo_restriction { restriction_type = "none" }
  }
  viewer_certificate { cloudfront_default_certificate = true }
}

data "aws_iam_policy_document" "site" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.site.arn}/*"]
    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.this.arn]
    }
  }
}

resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.site.id
  policy = data.aws_iam_policy_document.site.json
}

resource "aws_iam_policy" "invalidate" {
  name = "${var.site}-invalidate"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "cloudfront:CreateInvalidation", Resource = aws_cloudfront_distribution.this.arn }]
  })
}

output "url" { value = "https://${aws_cloudfront_distribution.this.domain_name}/" }
output "distribution" { value = local.distribution }
