# CloudFront in front of a load balancer, with a firewall, a function at the edge and an alias.

provider "aws" {
  region = "ap-southeast-2"
}

provider "aws" {
  alias  = "global"
  region = "us-east-1"
}

variable "hosts" {
  type    = list(string)
  default = ["app.example.org", "www.example.org"]
}

variable "blocked" {
  type    = list(string)
  default = ["192.0.2.0/24", "198.51.100.7/32"]
}

locals {
  managed_rules = {
    AWSManagedRulesCommonRuleSet         = 10
    AWSManagedRulesKnownBadInputsRuleSet = 20
  }
  edge_version = regex(":([0-9]+)$", aws_lambda_function.headers.qualified_arn)[0]
  edge_name    = split(":", aws_lambda_function.headers.arn)[6]
}

data "archive_file" "headers" {
  type        = "zip"
  source_dir  = "${path.module}/functions/headers"
  output_path = "${path.module}/headers.zip"
}

data "aws_iam_policy_document" "edge" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "edge" {
  name               = "edge-headers"
  path               = "/service/"
  assume_role_policy = data.aws_iam_policy_document.edge.json
}

resource "aws_lambda_function" "headers" {
  provider         = aws.global
  function_name    = "edge-headers"
  role             = aws_iam_role.edge.arn
  runtime          = "python3.12"
  handler          = "headers.handler"
  filename         = data.archive_file.headers.output_path
  source_code_hash = data.archive_file.headers.output_base64sha256
  publish          = true
}

resource "aws_lambda_alias" "live" {
  provider         = aws.global
  name             = "live"
  function_name    = aws_lambda_function.headers.arn
  function_version = aws_lambda_function.headers.version
}

resource "aws_wafv2_ip_set" "blocked" {
  provider           = aws.global
  name               = "blocked"
  scope              = "CLOUDFRONT"
  ip_address_version = "IPV4"
  addresses          = var.blocked
}

resource "aws_wafv2_web_acl" "this" {
  provider = aws.global
  name     = "app"
  scope    = "CLOUDFRONT"
  default_action {
    allow {}
  }
  rule {
    name     = "blocked"
    priority = 1
    action {
      block {}
    }
    statement {
      ip_set_reference_statement { arn = aws_wafv2_ip_set.blocked.arn }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "blocked"
      sampled_requests_enabled   = true
    }
  }
  dynamic "rule" {
    for_each = local.managed_rules
    content {
      name     = rule.key
      priority = rule.value
      override_action {
        none {}
      }
      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key
        }
      }
      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = true
      }
    }
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "app"
    sampled_requests_enabled   = true
  }
}

resource "aws_cloudwatch_log_group" "waf" {
  provider = aws.global
  name     = "aws-waf-logs-app"
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  provider                = aws.global
  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [trimsuffix(aws_cloudwatch_log_group.waf.arn, ":*")]
}

resource "aws_acm_certificate" "this" {
  provider                  = aws.global
  domain_name               = var.hosts[0]
  subject_alternative_names = slice(var.hosts, 1, length(var.hosts))
  validation_method         = "DNS"
}

resource "aws_cloudfront_cache_policy" "app" {
  name        = "app"
  default_ttl = 60
  min_ttl     = 0
  parameters_in_cache_key_and_forwarded_to_origin {
    cookies_config { cookie_behavior = "none" }
    headers_config { header_behavior = "none" }
    query_strings_config { query_string_behavior = "all" }
  }
}

resource "aws_cloudfront_distribution" "this" {
  enabled    = true
  aliases    = var.hosts
  web_acl_id = aws_wafv2_web_acl.this.arn

  origin {
    origin_id   = "app"
    domain_name = "origin.example.org"
    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }
  default_cache_behavior {
    target_origin_id       = "app"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD", "OPTIONS"]
    cached_methods         = ["GET", "HEAD"]
    cache_policy_id        = aws_cloudfront_cache_policy.app.id
    lambda_function_association {
      event_type = "viewer-response"
      lambda_arn = aws_lambda_function.headers.qualified_arn
    }
  }
  restrictions {
    geo_restriction {
      restriction_type = "whitelist"
      locations        = ["AU", "NZ"]
    }
  }
  viewer_certificate {
    acm_certificate_arn      = aws_acm_certificate.this.arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }
}

resource "aws_route53_zone" "this" {
  name = join(".", slice(split(".", var.hosts[0]), 1, 3))
}

resource "aws_route53_record" "app" {
  for_each = { for pair in setproduct(var.hosts, ["A", "AAAA"]) : join(" ", pair) => pair }
  zone_id  = aws_route53_zone.this.zone_id
  name     = each.value[0]
  type     = each.value[1]
  alias {
    name                   = aws_cloudfront_distribution.this.domain_name
    zone_id                = aws_cloudfront_distribution.this.hosted_zone_id
    evaluate_target_health = false
  }
}

output "edge" { value = "${local.edge_name} at ${local.edge_version}" }
