variable "vpc_id" {
  type = string
  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id must be the id of a VPC"
  }
}
variable "azs" { type = list(string) }
variable "ipv4" { type = list(string) }
variable "ipv6" { type = list(string) }
variable "tags" { type = map(string) }
variable "public" {
  type    = bool
  default = false
}
variable "gateway_id" {
  type    = string
  default = null
}
variable "egress_only" {
  type    = string
  default = null
}
variable "nat_ids" {
  type    = map(string)
  default = {}
}

locals {
  blocks = zipmap(var.azs, [for index in range(length(var.azs)) : { ipv4 = var.ipv4[index], ipv6 = var.ipv6[index] }])
}

resource "aws_subnet" "this" {
  for_each                        = local.blocks
  vpc_id                          = var.vpc_id
  availability_zone               = each.key
  cidr_block                      = each.value.ipv4
  ipv6_cidr_block                 = each.value.ipv6
  assign_ipv6_address_on_creation = true
  map_public_ip_on_launch         = var.public
  tags                            = merge(var.tags, { Name = "${lookup(var.tags, "Tier", "x")}-${each.key}" })
}

module "routes" {
  source      = "./modules/routes"
  for_each    = aws_subnet.this
  vpc_id      = var.vpc_id
  subnet_id   = each.value.id
  public      = var.public
  gateway_id  = var.gateway_id
  nat_id      = try(var.nat_ids[each.key], null)
  egress_only = var.egress_only
}

output "by_az" { value = { for az, subnet in aws_subnet.this : az => subnet.id } }
output "route_table_ids" { value = [for routes in module.routes : routes.id] }
