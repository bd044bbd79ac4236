# A PostgreSQL instance in private subnets; its password is in Secrets Manager.

provider "aws" {
  region = "eu-central-1"
}

variable "replicas" {
  type    = number
  default = 1
}

variable "parameters" {
  type    = map(string)
  default = { "rds.force_ssl" = "1", "log_min_duration_statement" = "500" }
}

data "aws_availability_zones" "this" {
  state = "available"
}

data "aws_iam_policy_document" "monitoring" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

locals {
  name          = "orders"
  port          = tonumber(split(":", aws_db_instance.this.endpoint)[1])
  host          = split(":", aws_db_instance.this.endpoint)[0]
  managed       = one(aws_db_instance.this.master_user_secret)
  secret_arn    = local.managed.secret_arn
  connection    = format("postgresql://%s@%s:%d/%s", aws_db_instance.this.username, local.host, local.port, aws_db_instance.this.db_name)
  replica_hosts = [for replica in aws_db_instance.replica : replica.address]
}

resource "aws_vpc" "this" {
  cidr_block = "10.60.0.0/16"
}

resource "aws_subnet" "db" {
  count             = 2
  vpc_id            = aws_vpc.this.id
  availability_zone = data.aws_availability_zones.this.names[count.index]
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, 100 + count.index)
}

resource "aws_db_subnet_group" "this" {
  name_prefix = "${local.name}-"
  subnet_ids  = aws_subnet.db[*].id
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${local.name}-"
  family      = "postgres16"
  dynamic "parameter" {
    for_each = var.parameters
    content {
      name  = parameter.key
      value = parameter.value
    }
  }
  lifecycle { create_before_destroy = true }
}

resource "aws_security_group" "db" {
  name   = "${local.name}-db"
  vpc_id = aws_vpc.this.id
}

resource "aws_security_group_rule" "db" {
  for_each          = toset(aws_subnet.db[*].cidr_block)
  type              = "ingress"
  protocol          = "tcp"
  from_port         = local.port
  to_port           = aws_db_instance.this.port
  cidr_blocks       = [each.value]
  security_group_id = aws_security_group.db.id
}

resource "aws_kms_key" "db" {
  description         = "storage of ${local.name}"
  enable_key_rotation = true
}

resource "aws_iam_role" "monitoring" {
  name               = "${local.name}-monitoring"
  assume_role_policy = data.aws_iam_policy_document.monitoring.json
}

resource "aws_db_instance" "this" {
  identifier                  = local.name
  engine                      = "postgres"
  engine_version              = "16.3"
  instance_class              = "db.t4g.medium"
  allocated_storage           = 50
  storage_encrypted           = true
  kms_key_id                  = aws_kms_key.db.arn
  db_name                     = "orders"
  username                    = "app"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.this.name
  parameter_group_name        = aws_db_parameter_group.this.name
  vpc_security_group_ids      = [aws_security_group.db.id]
  monitoring_interval         = 30
  monitoring_role_arn         = aws_iam_role.monitoring.arn
  backup_retention_period     = 7
  skip_final_snapshot         = true
}

resource "aws_db_instance" "replica" {
  count               = var.replicas
  identifier          = "${local.name}-replica-${count.index + 1}"
  replicate_source_db = aws_db_instance.this.identifier
  instance_class      = "db.t4g.medium"
  storage_encrypted   = true
  skip_final_snapshot = true
}

resource "aws_ssm_parameter" "connection" {
  name  = "/${local.name}/connection"
  type  = "String"
  value = local.connection
}

resource "aws_ssm_parameter" "replicas" {
  count = var.replicas > 0 ? 1 : 0
  name  = "/${local.name}/replicas"
  type  = "StringList"
  value = join(",", local.replica_hosts)
}

resource "aws_iam_policy" "read_password" {
  name = "${local.name}-read-password"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_db_instance.this.master_user_secret[0].secret_arn },
      { Effect = "Allow", Action = "rds-db:connect", Resource = "arn:aws:rds-db:eu-central-1:${split(":", aws_db_instance.this.arn)[4]}:dbuser:${aws_db_instance.this.resource_id}/app" },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.db.arn },
    ]
  })
}

output "secret_name" {
  value = regex("secret:(.*)$", local.secret_arn)[0]
}
