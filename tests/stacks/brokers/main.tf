# Message brokers: Kafka with TLS and IAM, and RabbitMQ and ActiveMQ.

provider "aws" {
  region = "eu-central-1"
}

variable "brokers" {
  type    = map(object({ engine = string, version = string }))
  default = { rabbit = { engine = "RabbitMQ", version = "3.13" }, active = { engine = "ActiveMQ", version = "5.18" } }
}

variable "password" {
  type      = string
  sensitive = true
  default   = "a-password-to-be-changed"
}

data "aws_availability_zones" "this" {}

locals {
  name      = "bus"
  bootstrap = sort(split(",", aws_msk_cluster.this.bootstrap_brokers_sasl_iam))
  cluster   = regex("cluster/([^/]+)/(.+)$", aws_msk_cluster.this.arn)
  topics    = [for topic in ["orders", "refunds"] : replace("${aws_msk_cluster.this.arn}/${topic}", ":cluster/", ":topic/")]
  consoles  = { for key, broker in aws_mq_broker.this : key => broker.instances[0].console_url }
}

resource "aws_vpc" "this" {
  cidr_block = "10.70.0.0/16"
}

resource "aws_subnet" "this" {
  count             = 3
  vpc_id            = aws_vpc.this.id
  availability_zone = data.aws_availability_zones.this.names[count.index]
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, count.index)
}

resource "aws_security_group" "this" {
  for_each    = toset(["kafka", "mq"])
  name_prefix = "${local.name}-${each.key}-"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group_rule" "this" {
  for_each          = { kafka = [9098, 9098], mq = [5671, 61617] }
  type              = "ingress"
  protocol          = "tcp"
  from_port         = each.value[0]
  to_port           = each.value[1]
  cidr_blocks       = aws_subnet.this[*].cidr_block
  security_group_id = aws_security_group.this[each.key].id
}

resource "aws_kms_key" "this" {
  enable_key_rotation = true
}

resource "aws_cloudwatch_log_group" "kafka" {
  name = "/msk/${local.name}"
}

resource "aws_msk_configuration" "this" {
  name              = local.name
  kafka_versions    = ["3.6.0"]
  server_properties = join("\n", [for key, value in { "auto.create.topics.enable" = false, "min.insync.replicas" = 2 } : "${key} = ${value}"])
}

resource "aws_msk_cluster" "this" {
  cluster_name           = local.name
  kafka_version          = "3.6.0"
  number_of_broker_nodes = length(aws_subnet.this)
  broker_node_group_info {
    instance_type   = "kafka.m5.large"
    client_subnets  = aws_subnet.this[*].id
    security_groups = [aws_security_group.this["kafka"].id]
    storage_info {
      ebs_storage_info { volume_size = 100 }
    }
  }
  client_authentication {
    sasl { iam = true }
  }
  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }
  encryption_info {
    encryption_at_rest_kms_key_arn = aws_kms_key.this.arn
    encryption_in_transit { client_broker = "TLS" }
  }
  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.kafka.name
      }
    }
  }
}

resource "aws_iam_policy" "producer" {
  name = "${local.name}-producer"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "kafka-cluster:Connect", Resource = aws_msk_cluster.this.arn },
      { Effect = "Allow", Action = "kafka-cluster:WriteData", Resource = local.topics },
    ]
  })
}

resource "aws_mq_broker" "this" {
  for_each            = var.brokers
  broker_name         = "${local.name}-${each.key}"
  engine_type         = each.value.engine
  engine_version      = each.value.version
  host_instance_type  = "mq.m5.large"
  subnet_ids          = [aws_subnet.this[0].id]
  security_groups     = each.value.engine == "ActiveMQ" ? [aws_security_group.this["mq"].id] : null
  publicly_accessible = false
  user {
    username = "service"
    password = var.password
  }
  auto_minor_version_upgrade = true
}

resource "aws_secretsmanager_secret" "brokers" {
  for_each = aws_mq_broker.this
  name     = "${local.name}/${each.key}"
}

resource "aws_secretsmanager_secret_version" "brokers" {
  for_each  = aws_mq_broker.this
  secret_id = aws_secretsmanager_secret.brokers[each.key].id
  secret_string = jsonencode({
    url      = each.value.instances[0].endpoints[0]
    username = one(each.value.user).username
    password = one(each.value.user).password
  })
}

resource "aws_ssm_parameter" "bootstrap" {
  name  = "/${local.name}/bootstrap"
  type  = "StringList"
  value = join(",", local.bootstrap)
}

output "cluster" { value = { name = local.cluster[0], id = local.cluster[1] } }
output "consoles" { value = local.consoles }
output "first_host" { value = split(":", local.bootstrap[0])[0] }
