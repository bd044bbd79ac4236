# Networks that meet at a transit gateway, a peering to another region, and shared resolvers.

provider "aws" {
  region = "eu-west-1"
}

provider "aws" {
  alias  = "dr"
  region = "eu-north-1"
}

variable "networks" {
  type = map(object({ cidr = string, isolated = optional(bool, false) }))
  default = {
    shared = { cidr = "10.100.0.0/16" }
    prod   = { cidr = "10.101.0.0/16" }
    dev    = { cidr = "10.102.0.0/16", isolated = true }
  }
}

data "aws_caller_identity" "this" {}

data "aws_region" "dr" {
  provider = aws.dr
}

locals {
  open  = toset([for name, network in var.networks : name if !network.isolated])
  pairs = { for pair in setproduct(local.open, local.open) : join("-to-", pair) => pair if pair[0] != pair[1] }
  tgw   = element(split("/", aws_ec2_transit_gateway.this.arn), 1)
}

resource "aws_ec2_transit_gateway" "this" {
  description                     = "core"
  amazon_side_asn                 = 64512
  default_route_table_association = "disable"
  default_route_table_propagation = "disable"
}

module "network" {
  source             = "./modules/vpc"
  for_each           = var.networks
  name               = each.key
  cidr               = each.value.cidr
  transit_gateway_id = aws_ec2_transit_gateway.this.id
  routes             = [for name, network in var.networks : network.cidr if name != each.key]
}

resource "aws_ec2_transit_gateway_route_table" "this" {
  for_each           = toset(["open", "isolated"])
  transit_gateway_id = aws_ec2_transit_gateway.this.id
  tags               = { Name = each.key }
}

resource "aws_ec2_transit_gateway_route_table_association" "this" {
  for_each                       = var.networks
  transit_gateway_attachment_id  = module.network[each.key].attachment_id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.this[each.value.isolated ? "isolated" : "open"].id
}

resource "aws_ec2_transit_gateway_route_table_propagation" "open" {
  for_each                       = local.open
  transit_gateway_attachment_id  = module.network[each.key].attachment_id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.this["open"].id
}

resource "aws_security_group" "mesh" {
  for_each = local.open
  name     = "mesh-${each.key}"
  vpc_id   = module.network[each.key].vpc_id
}

resource "aws_security_group_rule" "mesh" {
  for_each          = local.pairs
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 443
  to_port           = 443
  description       = each.key
  cidr_blocks       = module.network[each.value[0]].subnet_cidrs
  security_group_id = aws_security_group.mesh[each.value[1]].id
}

resource "aws_vpc" "dr" {
  provider             = aws.dr
  cidr_block           = "10.200.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_vpc_peering_connection" "dr" {
  vpc_id        = module.network["shared"].vpc_id
  peer_vpc_id   = aws_vpc.dr.id
  peer_region   = data.aws_region.dr.name
  peer_owner_id = aws_vpc.dr.owner_id
}

resource "aws_vpc_peering_connection_accepter" "dr" {
  provider                  = aws.dr
  vpc_peering_connection_id = aws_vpc_peering_connection.dr.id
  auto_accept               = true
}

resource "aws_route" "to_dr" {
  for_each                  = toset(["shared"])
  route_table_id            = module.network[each.key].route_table_id
  destination_cidr_block    = aws_vpc.dr.cidr_block
  vpc_peering_connection_id = aws_vpc_peering_connection_accepter.dr.id
}

resource "aws_route" "from_dr" {
  provider                  = aws.dr
  route_table_id            = aws_vpc.dr.main_route_table_id
  destination_cidr_block    = var.networks["shared"].cidr
  vpc_peering_connection_id = aws_vpc_peering_connection.dr.id
}

resource "aws_route53_resolver_endpoint" "inbound" {
  name               = "inbound"
  direction          = "INBOUND"
  security_group_ids = [aws_security_group.mesh["shared"].id]
  dynamic "ip_address" {
    for_each = range(2)
    content {
      subnet_id = module.network["shared"].subnet_ids[ip_address.value]
      ip        = cidrhost(module.network["shared"].subnet_cidrs[ip_address.value], 10)
    }
  }
}

resource "aws_ram_resource_share" "core" {
  name                      = "core"
  allow_external_principals = false
}

resource "aws_ram_resource_association" "core" {
  resource_arn       = aws_ec2_transit_gateway.this.arn
  resource_share_arn = aws_ram_resource_share.core.arn
}

resource "aws_vpc_dhcp_options" "dr" {
  provider            = aws.dr
  domain_name_servers = [for address in aws_route53_resolver_endpoint.inbound.ip_address : address.ip]
}

check "gateway" {
  assert {
    condition     = local.tgw == aws_ec2_transit_gateway.this.id && aws_ec2_transit_gateway.this.owner_id == data.aws_caller_identity.this.account_id
    error_message = "the ARN of the gateway does not end with its id"
  }
}

output "attachments" { value = { for name, network in module.network : name => network.attachment_id } }
output "peer" { value = "${aws_vpc_peering_connection.dr.peer_owner_id}/${aws_vpc.dr.id}" }
