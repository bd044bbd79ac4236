variable "vpc_id" { type = string }
variable "subnet_ids" { type = list(string) }
variable "transit_gateway_id" { type = string }

resource "aws_ec2_transit_gateway_vpc_attachment" "this" {
  vpc_id                                          = var.vpc_id
  subnet_ids                                      = var.subnet_ids
  transit_gateway_id                              = var.transit_gateway_id
  transit_gateway_default_route_table_association = false
  transit_gateway_default_route_table_propagation = false
}

output "id" { value = aws_ec2_transit_gateway_vpc_attachment.this.id }
output "gateway_id" { value = aws_ec2_transit_gateway_vpc_attachment.this.transit_gateway_id }
