variable "name" { type = string }
variable "cidr" { type = string }
variable "routes" { type = list(string) }
variable "transit_gateway_id" {
  type = string
  validation {
    condition     = can(regex("^tgw-[0-9a-f]{8,17}$", var.transit_gateway_id))
    error_message = "transit_gateway_id must be the id of a transit gateway"
  }
}

data "aws_availability_zones" "this" {
  state = "available"
}

resource "aws_vpc" "this" {
  cidr_block = var.cidr
  tags       = { Name = var.name }
}

resource "aws_subnet" "this" {
  count             = 2
  vpc_id            = aws_vpc.this.id
  availability_zone = data.aws_availability_zones.this.names[count.index]
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, count.index)
}

module "attachment" {
  source             = "./modules/attachment"
  vpc_id             = aws_vpc.this.id
  subnet_ids         = aws_subnet.this[*].id
  transit_gateway_id = var.transit_gateway_id
}

resource "aws_route" "core" {
  count                  = length(var.routes)
  route_table_id         = aws_vpc.this.main_route_table_id
  destination_cidr_block = var.routes[count.index]
  transit_gateway_id     = module.attachment.gateway_id
}

output "vpc_id" { value = aws_vpc.this.id }
output "subnet_ids" { value = aws_subnet.this[*].id }
output "subnet_cidrs" { value = aws_subnet.this[*].cidr_block }
output "route_table_id" { value = aws_vpc.this.main_route_table_id }
output "attachment_id" { value = module.attachment.id }
