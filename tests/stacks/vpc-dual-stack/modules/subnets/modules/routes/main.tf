variable "vpc_id" { type = string }
variable "subnet_id" { type = string }
variable "public" { type = bool }
variable "gateway_id" { type = string }
variable "nat_id" { type = string }
variable "egress_only" { type = string }

resource "aws_route_table" "this" {
  vpc_id = var.vpc_id
}

resource "aws_route" "ipv4" {
  route_table_id         = aws_route_table.this.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = var.public ? var.gateway_id : null
  nat_gateway_id         = var.public ? null : var.nat_id
}

resource "aws_route" "ipv6" {
  route_table_id              = aws_route_table.this.id
  destination_ipv6_cidr_block = "::/0"
  gateway_id                  = var.public ? var.gateway_id : null
  egress_only_gateway_id      = var.public ? null : var.egress_only
}

resource "aws_route_table_association" "this" {
  route_table_id = aws_route_table.this.id
  subnet_id      = var.subnet_id
}

output "id" { value = aws_route_table.this.id }
