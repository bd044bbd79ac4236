# Public and private zones with health checks, failover, weights and query logs.

provider "aws" {
  region = "us-east-1"
}

variable "domain" {
  type    = string
  default = "example.net"
}

variable "sites" {
  type = map(object({ address = string, role = string }))
  default = {
    frankfurt = { address = "192.0.2.10", role = "PRIMARY" }
    dublin    = { address = "192.0.2.20", role = "SECONDARY" }
  }
}

locals {
  children = toset(["dev", "test"])
  mail     = { 10 = "mx1", 20 = "mx2" }
}

resource "aws_route53_zone" "root" {
  name = var.domain
}

resource "aws_route53_zone" "child" {
  for_each = local.children
  name     = "${each.key}.${aws_route53_zone.root.name}"
}

resource "aws_route53_record" "delegation" {
  for_each = aws_route53_zone.child
  zone_id  = aws_route53_zone.root.zone_id
  name     = each.value.name
  type     = "NS"
  ttl      = 3600
  records  = each.value.name_servers
}

resource "aws_route53_health_check" "site" {
  for_each          = var.sites
  ip_address        = each.value.address
  port              = 443
  type              = "HTTPS"
  resource_path     = "/health"
  failure_threshold = 3
  request_interval  = 30
  tags              = { Name = "${var.domain}-${each.key}" }
}

resource "aws_route53_health_check" "all" {
  type                   = "CALCULATED"
  child_health_threshold = 1
  child_healthchecks     = values(aws_route53_health_check.site)[*].id
}

module "app" {
  source   = "./modules/record"
  for_each = var.sites
  zone     = { id = aws_route53_zone.root.zone_id, name = aws_route53_zone.root.name }
  name     = "app"
  address  = each.value.address
  role     = each.value.role
  key      = each.key
  check_id = aws_route53_health_check.site[each.key].id
}

resource "aws_route53_record" "weighted" {
  for_each       = { blue = 90, green = 10 }
  zone_id        = aws_route53_zone.root.zone_id
  name           = format("api.%s", trimsuffix(aws_route53_zone.root.name, "."))
  type           = "CNAME"
  ttl            = 30
  set_identifier = each.key
  records        = ["${each.key}.${var.domain}"]
  weighted_routing_policy { weight = each.value }
}

resource "aws_route53_record" "mail" {
  zone_id = aws_route53_zone.root.zone_id
  name    = aws_route53_zone.root.name
  type    = "MX"
  ttl     = 3600
  records = [for priority, host in local.mail : "${priority} ${host}.${var.domain}"]
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_route53_zone" "private" {
  name = "corp.${var.domain}"
  vpc { vpc_id = aws_vpc.this.id }
}

resource "aws_route53_record" "first_server" {
  zone_id = aws_route53_zone.private.id
  name    = "ns"
  type    = "TXT"
  ttl     = 300
  records = [aws_route53_zone.root.name_servers[0], aws_route53_zone.root.primary_name_server]
}

resource "aws_cloudwatch_log_group" "queries" {
  name              = "/aws/route53/${var.domain}"
  retention_in_days = 7
}

data "aws_iam_policy_document" "queries" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${replace(aws_cloudwatch_log_group.queries.arn, ":log-group:${aws_cloudwatch_log_group.queries.name}", ":log-group:/aws/route53/*")}:*"]
    principals {
      type        = "Service"
      identifiers = ["route53.amazonaws.com"]
    }
  }
}

resource "aws_cloudwatch_log_resource_policy" "queries" {
  policy_name     = "route53"
  policy_document = data.aws_iam_policy_document.queries.json
}

resource "aws_route53_query_log" "root" {
  depends_on               = [aws_cloudwatch_log_resource_policy.queries]
  cloudwatch_log_group_arn = aws_cloudwatch_log_group.queries.arn
  zone_id                  = aws_route53_zone.root.zone_id
}

resource "aws_cloudwatch_metric_alarm" "down" {
  alarm_name          = "${var.domain}-down"
  namespace           = "AWS/Route53"
  metric_name         = "HealthCheckStatus"
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  dimensions          = { HealthCheckId = aws_route53_health_check.all.id }
}

resource "aws_iam_policy" "change_records" {
  name = "change-records"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "route53:ChangeResourceRecordSets"
      Resource = concat([aws_route53_zone.root.arn], [for zone in aws_route53_zone.child : zone.arn])
    }]
  })
}

output "fqdns" { value = { for site, record in module.app : site => record.fqdn } }
