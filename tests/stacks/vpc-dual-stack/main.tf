# A network with IPv4 and IPv6, NAT gateways in each zone, and endpoints of AWS services.

provider "aws" {
  region = "eu-west-2"
}

variable "single_nat_gateway" {
  type    = bool
  default = false
}

data "aws_availability_zones" "this" {
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

data "aws_region" "this" {}

locals {
  azs      = slice(data.aws_availability_zones.this.names, 0, 3)
  nat_azs  = var.single_nat_gateway ? [local.azs[0]] : local.azs
  gateways = toset(["s3", "dynamodb"])
  services = toset(["ssm", "ec2messages", "logs"])
  # Each tier in each zone gets a block of its own.
  grid = { for pair in setproduct(["public", "private"], range(3)) : "${pair[0]}-${pair[1]}" => { tier = pair[0], index = pair[1] } }
  six  = aws_vpc.this.ipv6_cidr_block
}

resource "aws_vpc" "this" {
  cidr_block                       = "10.80.0.0/16"
  assign_generated_ipv6_cidr_block = true
  enable_dns_support               = true
  enable_dns_hostnames             = true
  tags                             = { Name = "dual" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_egress_only_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
}

module "public" {
  source     = "./modules/subnets"
  vpc_id     = aws_vpc.this.id
  azs        = local.azs
  ipv4       = [for index in range(3) : cidrsubnet(aws_vpc.this.cidr_block, 8, index)]
  ipv6       = [for index in range(3) : cidrsubnet(local.six, 8, index)]
  public     = true
  gateway_id = aws_internet_gateway.this.id
  tags       = { Tier = "public" }
}

module "private" {
  source      = "./modules/subnets"
  vpc_id      = aws_vpc.this.id
  azs         = local.azs
  ipv4        = [for index in range(3) : cidrsubnet(aws_vpc.this.cidr_block, 4, index + 4)]
  ipv6        = [for index in range(3) : cidrsubnet(local.six, 8, 16 + index)]
  nat_ids     = { for az in local.azs : az => aws_nat_gateway.this[var.single_nat_gateway ? local.azs[0] : az].id }
  egress_only = aws_egress_only_internet_gateway.this.id
  tags        = { Tier = "private" }
}

resource "aws_eip" "nat" {
  for_each = toset(local.nat_azs)
  domain   = "vpc"
}

resource "aws_nat_gateway" "this" {
  for_each      = toset(local.nat_azs)
  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = module.public.by_az[each.key]
  depends_on    = [aws_internet_gateway.this]
}

resource "aws_security_group" "endpoints" {
  name   = "endpoints"
  vpc_id = aws_vpc.this.id
  ingress {
    description      = "TLS from the network and its gateways"
    from_port        = 443
    to_port          = 443
    protocol         = "tcp"
    cidr_blocks      = concat([aws_vpc.this.cidr_block], [for eip in aws_eip.nat : "${eip.public_ip}/32"])
    ipv6_cidr_blocks = [aws_vpc.this.ipv6_cidr_block]
  }
}

resource "aws_vpc_endpoint" "gateway" {
  for_each        = local.gateways
  vpc_id          = aws_vpc.this.id
  service_name    = "com.amazonaws.${data.aws_region.this.name}.${each.key}"
  route_table_ids = module.private.route_table_ids
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = local.services
  vpc_id              = aws_vpc.this.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${data.aws_region.this.name}.${each.key}"
  subnet_ids          = values(module.private.by_az)
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
}

resource "aws_ec2_tag" "interface" {
  resource_id = tolist(aws_vpc_endpoint.interface["logs"].network_interface_ids)[0]
  key         = "Name"
  value       = aws_vpc_endpoint.interface["logs"].dns_entry[0].dns_name
}


resource "aws_security_group_rule" "to_s3" {
  type              = "egress"
  from_port         = 443
  to_port           = 443
  protocol          = "tcp"
  prefix_list_ids   = [aws_vpc_endpoint.gateway["s3"].prefix_list_id]
  security_group_id = aws_security_group.endpoints.id
}

resource "aws_network_acl" "private" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = values(module.private.by_az)
  dynamic "ingress" {
    for_each = { 100 = aws_vpc.this.cidr_block, 110 = "0.0.0.0/0" }
    content {
      rule_no    = ingress.key
      action     = "allow"
      protocol   = "-1"
      cidr_block = ingress.value
      from_port  = 0
      to_port    = 0
    }
  }
}

resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_route53_zone" "internal" {
  name = "internal.example.com"
  vpc { vpc_id = aws_vpc.this.id }
}

resource "aws_route53_record" "resolver" {
  zone_id = aws_route53_zone.internal.zone_id
  name    = "resolver"
  type    = "A"
  ttl     = 300
  records = [cidrhost(aws_vpc.this.cidr_block, 2)]
}

resource "aws_flow_log" "this" {
  vpc_id          = aws_vpc.this.id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.flow.arn
  iam_role_arn    = aws_iam_role.flow.arn
}

resource "aws_cloudwatch_log_group" "flow" {
  name = "/vpc/${aws_vpc.this.id}"
}

resource "aws_iam_role" "flow" {
  name_prefix = "flow-logs-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "vpc-flow-logs.amazonaws.com" } }]
  })
}

output "nat_addresses" {
  value = { for az, eip in aws_eip.nat : az => eip.public_ip }
}
