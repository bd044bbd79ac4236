# A search domain in a network, with fine-grained access, logs and a certificate of its own.

provider "aws" {
  region = "eu-south-1"
}

variable "logs" {
  type    = set(string)
  default = ["INDEX_SLOW_LOGS", "ES_APPLICATION_LOGS"]
}

variable "custom_host" {
  type    = string
  default = "search.example.com"
}

variable "reader_arn" {
  type    = string
  default = "arn:aws:iam::123456789012:role/reader"
  validation {
    condition     = can(regex("^arn:aws[\\w-]*:iam::\\d{12}:role/", var.reader_arn))
    error_message = "reader_arn must be the ARN of a role"
  }
}

data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  domain = "articles"
  # The policy of a domain names it, so its ARN is put together from its parts.
  arn       = "arn:aws:es:${data.aws_region.this.name}:${data.aws_caller_identity.this.account_id}:domain/${local.domain}"
  dashboard = "https://${aws_opensearch_domain.this.dashboard_endpoint}"
  vpc_hosts = [for option in aws_opensearch_domain.this.vpc_options : option.vpc_id]
}

resource "aws_vpc" "this" {
  cidr_block = "10.90.0.0/16"
}

resource "aws_subnet" "this" {
  count             = 2
  vpc_id            = aws_vpc.this.id
  availability_zone = "${data.aws_region.this.name}${element(["a", "b"], count.index)}"
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, count.index)
}

resource "aws_security_group" "this" {
  name   = local.domain
  vpc_id = aws_vpc.this.id
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = [aws_vpc.this.cidr_block]
  }
}

resource "aws_kms_key" "this" {
  enable_key_rotation = true
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = var.logs
  name     = "/aws/opensearch/${local.domain}/${lower(replace(each.key, "_", "-"))}"
}

data "aws_iam_policy_document" "logs" {
  statement {
    actions   = ["logs:PutLogEvents", "logs:CreateLogStream"]
    resources = [for group in aws_cloudwatch_log_group.this : "${group.arn}:*"]
    principals {
      type        = "Service"
      identifiers = ["es.amazonaws.com"]
    }
  }
}

resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name     = local.domain
  policy_document = data.aws_iam_policy_document.logs.json
}

resource "aws_iam_role" "admin" {
  name = "${local.domain}-admin"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = data.aws_caller_identity.this.account_id } }]
  })
}

resource "aws_acm_certificate" "this" {
  domain_name       = var.custom_host
  validation_method = "DNS"
}

data "aws_iam_policy_document" "access" {
  statement {
    actions   = ["es:ESHttp*"]
    resources = ["${local.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.admin.arn, var.reader_arn]
    }
  }
}

resource "aws_opensearch_domain" "this" {
  domain_name     = local.domain
  engine_version  = "OpenSearch_2.13"
  access_policies = data.aws_iam_policy_document.access.json

  cluster_config {
    instance_type          = "r6g.large.search"
    instance_count         = 2
    zone_awareness_enabled = true
    zone_awareness_config { availability_zone_count = 2 }
  }
  ebs_options {
    ebs_enabled = true
    volume_size = 50
  }
  encrypt_at_rest {
    enabled    = true
    kms_key_id = aws_kms_key.this.arn
  }
  node_to_node_encryption { enabled = true }
  domain_endpoint_options {
    enforce_https                   = true
    tls_security_policy             = "Policy-Min-TLS-1-2-2019-07"
    custom_endpoint_enabled         = true
    custom_endpoint                 = var.custom_host
    custom_endpoint_certificate_arn = aws_acm_certificate.this.arn
  }
  advanced_security_options {
    enabled = true
    master_user_options { master_user_arn = aws_iam_role.admin.arn }
  }
  vpc_options {
    subnet_ids         = aws_subnet.this[*].id
    security_group_ids = [aws_security_group.this.id]
  }
  dynamic "log_publishing_options" {
    for_each = aws_cloudwatch_log_group.this
    content {
      log_type                 = log_publishing_options.key
      cloudwatch_log_group_arn = log_publishing_options.value.arn
    }
  }
  depends_on = [aws_cloudwatch_log_resource_policy.this]

  lifecycle {
    postcondition {
      condition     = self.arn == local.arn
      error_message = "the ARN is not the one that the policy names"
    }
  }
}

resource "aws_route53_zone" "this" {
  name = "example.com"
}

resource "aws_route53_record" "search" {
  zone_id = aws_route53_zone.this.zone_id
  name    = var.custom_host
  type    = "CNAME"
  ttl     = 300
  records = [aws_opensearch_domain.this.endpoint]
}

resource "aws_ssm_parameter" "dashboard" {
  name  = "/search/dashboard"
  type  = "String"
  value = local.dashboard
}

output "domain_id" { value = split("/", aws_opensearch_domain.this.domain_id) }
output "zones" { value = aws_opensearch_domain.this.vpc_options[0].availability_zones }
output "vpcs" { value = local.vpc_hosts }
