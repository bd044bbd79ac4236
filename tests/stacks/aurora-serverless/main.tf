# Aurora PostgreSQL, serverless v2: a writer and readers, with a secret of its own and alarms.

provider "aws" {
  region = "us-east-2"
  default_tags {
    tags = { Team = "data" }
  }
}

locals {
  name      = "ledger"
  instances = { writer = 0, reader-1 = 1, reader-2 = 15 }
  members   = sort(tolist(aws_rds_cluster.this.cluster_members))
  secret = {
    host     = aws_rds_cluster.this.endpoint
    reader   = aws_rds_cluster.this.reader_endpoint
    port     = aws_rds_cluster.this.port
    username = aws_rds_cluster.this.master_username
  }
  reader_pattern = replace(aws_rds_cluster.this.reader_endpoint, "cluster-ro-", "cluster-custom-")
}

variable "kms_key_arn" {
  type    = string
  default = null
}

variable "password" {
  type      = string
  sensitive = true
  default   = "change-me-at-once"
}

resource "aws_kms_key" "this" {
  count               = var.kms_key_arn == null ? 1 : 0
  enable_key_rotation = true
}

resource "aws_default_vpc" "this" {}

resource "aws_security_group" "this" {
  name_prefix = "${local.name}-"
  vpc_id      = aws_default_vpc.this.id
}

resource "aws_rds_cluster_parameter_group" "this" {
  name   = local.name
  family = "aurora-postgresql15"
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
}

resource "aws_rds_cluster" "this" {
  cluster_identifier_prefix       = "${local.name}-"
  engine                          = "aurora-postgresql"
  engine_mode                     = "provisioned"
  engine_version                  = "15.4"
  database_name                   = "ledger"
  master_username                 = "root_user"
  master_password                 = var.password
  storage_encrypted               = true
  kms_key_id                      = coalesce(var.kms_key_arn, one(aws_kms_key.this[*].arn))
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name
  vpc_security_group_ids          = [aws_security_group.this.id]
  enabled_cloudwatch_logs_exports = ["postgresql"]
  enable_http_endpoint            = true
  skip_final_snapshot             = true

  serverlessv2_scaling_configuration {
    min_capacity = 0.5
    max_capacity = 8
  }
}

resource "aws_rds_cluster_instance" "this" {
  for_each           = local.instances
  identifier         = "${local.name}-${each.key}"
  cluster_identifier = aws_rds_cluster.this.id
  engine             = aws_rds_cluster.this.engine
  engine_version     = aws_rds_cluster.this.engine_version_actual
  instance_class     = "db.serverless"
  promotion_tier     = each.value
}

resource "aws_rds_cluster_endpoint" "reports" {
  cluster_identifier          = aws_rds_cluster.this.id
  cluster_endpoint_identifier = "reports"
  custom_endpoint_type        = "READER"
  static_members              = [for key, instance in aws_rds_cluster_instance.this : instance.id if key != "writer"]
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  security_group_id = aws_security_group.this.id
  from_port         = aws_rds_cluster.this.port
  to_port           = aws_rds_cluster.this.port
  ip_protocol       = "tcp"
  cidr_ipv4         = aws_default_vpc.this.cidr_block
}

resource "aws_secretsmanager_secret" "this" {
  name_prefix = "${local.name}/"
  kms_key_id  = one(aws_kms_key.this[*].key_id)
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id     = aws_secretsmanager_secret.this.id
  secret_string = jsonencode(merge(local.secret, { password = var.password }))
}

resource "aws_cloudwatch_metric_alarm" "capacity" {
  for_each            = aws_rds_cluster_instance.this
  alarm_name          = "capacity-${each.value.identifier}"
  namespace           = "AWS/RDS"
  metric_name         = "ACUUtilization"
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 2
  threshold           = 90
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { DBClusterIdentifier = aws_rds_cluster.this.cluster_identifier, Writer = tostring(each.value.writer) }
}

resource "aws_iam_policy" "data_api" {
  name = "${local.name}-data-api"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "rds-data:ExecuteStatement"
      Resource  = aws_rds_cluster.this.arn
      Condition = { StringEquals = { "rds:cluster-id" = aws_rds_cluster.this.cluster_resource_id } }
    }]
  })
}

output "writer" {
  value = [for instance in aws_rds_cluster_instance.this : instance.endpoint if instance.promotion_tier == 0][0]
}

output "members" {
  value = local.members
}

output "custom" {
  value = local.reader_pattern
}
