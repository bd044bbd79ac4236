# Caches: Redis as a replication group and as one node, Memcached with several nodes.

provider "aws" {
  region = "eu-west-1"
}

variable "memcached_nodes" {
  type    = number
  default = 3
}

variable "auth_token" {
  type      = string
  sensitive = true
  default   = "a-long-token-for-the-cache-0123456789"
}

locals {
  name     = "sessions"
  subnets  = { for index, zone in ["a", "b"] : "eu-west-1${zone}" => cidrsubnet(aws_vpc.this.cidr_block, 4, index) }
  redis    = aws_elasticache_cluster.single.cache_nodes[0]
  parts    = split(".", aws_elasticache_replication_group.this.primary_endpoint_address)
  node_ids = [for node in aws_elasticache_cluster.memcached.cache_nodes : node.id]
  urls     = formatlist("redis://%s:%d", aws_elasticache_cluster.single.cache_nodes[*].address, aws_elasticache_cluster.single.port)
}

resource "aws_vpc" "this" {
  cidr_block = "172.31.64.0/20"
}

resource "aws_subnet" "this" {
  for_each          = local.subnets
  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value
}

resource "aws_elasticache_subnet_group" "this" {
  name       = local.name
  subnet_ids = values(aws_subnet.this)[*].id
}

resource "aws_security_group" "clients" {
  name_prefix = "${local.name}-clients-"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "cache" {
  name_prefix = "${local.name}-"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group_rule" "cache" {
  for_each = {
    single    = aws_elasticache_cluster.single.cache_nodes[0].port
    group     = aws_elasticache_replication_group.this.port
    memcached = aws_elasticache_cluster.memcached.port
  }
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = each.value
  to_port                  = each.value
  security_group_id        = aws_security_group.cache.id
  source_security_group_id = aws_security_group.clients.id
}

resource "aws_elasticache_parameter_group" "redis" {
  name   = "${local.name}-redis7"
  family = "redis7"
  dynamic "parameter" {
    for_each = { maxmemory-policy = "allkeys-lru", timeout = 300 }
    content {
      name  = parameter.key
      value = parameter.value
    }
  }
}

resource "aws_kms_key" "this" {
  enable_key_rotation = true
}

resource "aws_cloudwatch_log_group" "slow" {
  name = "/elasticache/${local.name}/slow"
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id       = local.name
  description                = "sessions of users"
  engine                     = "redis"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  port                       = 6380
  automatic_failover_enabled = true
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token                 = var.auth_token
  kms_key_id                 = aws_kms_key.this.arn
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [aws_security_group.cache.id]
  log_delivery_configuration {
    destination      = aws_cloudwatch_log_group.slow.name
    destination_type = "cloudwatch-logs"
    log_format       = "json"
    log_type         = "slow-log"
  }
}

resource "aws_elasticache_cluster" "single" {
  cluster_id        = "${local.name}-single"
  engine            = "redis"
  node_type         = "cache.t4g.micro"
  num_cache_nodes   = 1
  port              = 6379
  subnet_group_name = aws_elasticache_subnet_group.this.name
}

resource "aws_elasticache_cluster" "memcached" {
  cluster_id        = "${local.name}-pages"
  engine            = "memcached"
  node_type         = "cache.t4g.micro"
  num_cache_nodes   = var.memcached_nodes
  az_mode           = "cross-az"
  subnet_group_name = aws_elasticache_subnet_group.this.name
}

resource "aws_ssm_parameter" "endpoints" {
  for_each = {
    single  = "${aws_elasticache_cluster.single.cache_nodes[0].address}:${aws_elasticache_cluster.single.cache_nodes[0].port}"
    primary = aws_elasticache_replication_group.this.primary_endpoint_address
    reader  = aws_elasticache_replication_group.this.reader_endpoint_address
    pages   = aws_elasticache_cluster.memcached.configuration_endpoint
    host    = split(":", aws_elasticache_cluster.memcached.configuration_endpoint)[0]
  }
  name  = "/${local.name}/${each.key}"
  type  = "String"
  value = each.value
}

resource "aws_cloudwatch_metric_alarm" "memory" {
  count               = aws_elasticache_replication_group.this.num_cache_clusters
  alarm_name          = "${local.name}-memory-${count.index + 1}"
  namespace           = "AWS/ElastiCache"
  metric_name         = "DatabaseMemoryUsagePercentage"
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 1
  threshold           = 80
  comparison_operator = "GreaterThanThreshold"
  dimensions          = { CacheClusterId = tolist(aws_elasticache_replication_group.this.member_clusters)[count.index] }
}

resource "aws_route53_zone" "this" {
  name = "cache.internal"
  vpc { vpc_id = aws_vpc.this.id }
}

resource "aws_route53_record" "single" {
  zone_id = aws_route53_zone.this.id
  name    = "single"
  type    = "CNAME"
  ttl     = 60
  records = [aws_elasticache_cluster.single.cache_nodes[0].address]
}

output "first_node" { value = local.node_ids[0] }
output "urls" { value = local.urls }
output "group_host" { value = local.parts[0] }
output "zone" { value = local.redis.availability_zone }
