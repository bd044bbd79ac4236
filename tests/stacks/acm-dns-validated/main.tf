# A certificate that is validated by DNS, and what is served with it.

provider "aws" {
  region = "eu-north-1"
}

provider "aws" {
  alias  = "us"
  region = "us-east-1"
}

variable "domain" {
  type    = string
  default = "shop.example.com"
}

variable "names" {
  type    = list(string)
  default = ["www", "*.cdn"]
}

locals {
  alternatives = [for name in var.names : "${name}.${var.domain}"]
}

resource "aws_route53_zone" "this" {
  name = var.domain
}

resource "aws_acm_certificate" "regional" {
  domain_name               = var.domain
  subject_alternative_names = local.alternatives
  validation_method         = "DNS"
  lifecycle { create_before_destroy = true }
}

resource "aws_acm_certificate" "global" {
  provider          = aws.us
  domain_name       = aws_route53_zone.this.name
  validation_method = "DNS"
  lifecycle {
    create_before_destroy = true
    postcondition {
      condition     = split(":", self.arn)[3] == "us-east-1"
      error_message = "CloudFront takes certificates of us-east-1 only"
    }
  }
}

resource "aws_route53_record" "validation" {
  for_each = {
    for option in aws_acm_certificate.regional.domain_validation_options : option.domain_name => {
      name   = option.resource_record_name
      record = option.resource_record_value
      type   = option.resource_record_type
    }
  }
  allow_overwrite = true
  zone_id         = aws_route53_zone.this.zone_id
  name            = each.value.name
  type            = each.value.type
  records         = [each.value.record]
  ttl             = 60
}

resource "aws_route53_record" "global" {
  for_each        = { for o in aws_acm_certificate.global.domain_validation_options : o.domain_name => o }
  allow_overwrite = true
  zone_id         = aws_route53_zone.this.id
  name            = each.value.resource_record_name
  type            = each.value.resource_record_type
  records         = [each.value.resource_record_value]
  ttl             = 60
}

resource "aws_acm_certificate_validation" "regional" {
  certificate_arn         = aws_acm_certificate.regional.arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

resource "aws_acm_certificate_validation" "global" {
  provider                = aws.us
  certificate_arn         = aws_acm_certificate.global.arn
  validation_record_fqdns = values(aws_route53_record.global)[*].fqdn
}

resource "aws_apigatewayv2_domain_name" "this" {
  domain_name = "www.${var.domain}"
  domain_name_configuration {
    certificate_arn = aws_acm_certificate_validation.regional.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_route53_record" "www" {
  for_each = toset(["A", "AAAA"])
  zone_id  = aws_route53_zone.this.zone_id
  name     = aws_apigatewayv2_domain_name.this.domain_name
  type     = each.key
  alias {
    name                   = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].target_domain_name
    zone_id                = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].hosted_zone_id
    evaluate_target_health = false
  }
}

resource "aws_ssm_parameter" "name_servers" {
  name  = "/dns/first"
  type  = "String"
  value = aws_route53_zone.this.name_servers[0]
}

resource "aws_route53_record" "delegation" {
  zone_id = aws_route53_zone.this.zone_id
  name    = "child.${var.domain}"
  type    = "NS"
  ttl     = 3600
  records = [for server in aws_route53_zone.this.name_servers : "${server}."]
}

resource "aws_route53_record" "caa" {
  zone_id = aws_route53_zone.this.zone_id
  name    = aws_route53_zone.this.name
  type    = "CAA"
  ttl     = 300
  records = ["0 issue \"amazon.com\""]
}

output "certificate_id" {
  value = element(split("/", aws_acm_certificate.regional.arn), 1)
}

output "validation_names" {
  value = tolist(aws_acm_certificate.regional.domain_validation_options)[0].resource_record_name
}
