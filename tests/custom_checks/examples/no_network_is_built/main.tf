resource "aws_s3_bucket" "pass" {}

# Route 53 routes names, not packets.
resource "aws_route53_record" "pass" {}

resource "aws_vpclattice_service" "pass" {}

resource "aws_vpc" "fail" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "fail" {
  count = 2

  vpc_id     = aws_vpc.fail.id
  cidr_block = "10.0.${count.index}.0/24"
}

resource "aws_internet_gateway" "fail" {
  vpc_id = aws_vpc.fail.id
}

resource "aws_nat_gateway" "fail" {
  subnet_id = aws_subnet.fail[0].id
}

resource "aws_eip" "fail" {}

resource "aws_route_table" "fail" {
  vpc_id = aws_vpc.fail.id
}

resource "aws_route" "fail" {
  route_table_id         = aws_route_table.fail.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.fail.id
}

resource "aws_route_table_association" "fail" {
  route_table_id = aws_route_table.fail.id
  subnet_id      = aws_subnet.fail[0].id
}

resource "aws_security_group" "fail" {
  vpc_id = aws_vpc.fail.id
}

resource "aws_vpc_security_group_egress_rule" "fail" {
  security_group_id = aws_security_group.fail.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_endpoint" "fail" {
  vpc_id       = aws_vpc.fail.id
  service_name = "com.amazonaws.vpce.example"
}

resource "aws_default_security_group" "fail" {
  vpc_id = aws_vpc.fail.id
}

resource "aws_network_interface" "fail" {
  subnet_id = aws_subnet.fail[0].id
}

variable "create_vpc" {
  type    = bool
  default = false
}

resource "aws_vpc" "unknown_condition" {
  count = var.create_vpc ? 1 : 0

  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "other_none" {
  count = 0

  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "other_over_nothing" {
  for_each = toset([])

  cidr_block = each.value
}

module "unknown_module" {
  source = "./network"
  count  = var.create_vpc ? 1 : 0
}

module "other_module" {
  source = "./network"
  count  = 0
}
