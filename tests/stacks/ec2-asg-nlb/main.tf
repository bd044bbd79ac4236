# Instances of an auto scaling group behind a network load balancer.

provider "aws" {
  region = "us-east-2"
  default_tags {
    tags = { Service = "relay" }
  }
}

variable "listeners" {
  type    = map(number)
  default = { mqtt = 1883, mqtts = 8883 }
}

variable "bastion" {
  type    = bool
  default = true
}

data "aws_ami" "linux" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = ["amzn2-ami-hvm-*-x86_64-gp2"]
  }
}

data "aws_availability_zones" "this" {
  state = "available"
}

locals {
  name      = "relay"
  zones     = slice(data.aws_availability_zones.this.names, 0, 2)
  lb_id     = regex("loadbalancer/(net/.+)$", aws_lb.this.arn)[0]
  allowed   = [for eip in aws_eip.lb : "${eip.public_ip}/32"]
  instance  = one(aws_instance.bastion[*].id)
  volume_id = try(aws_instance.bastion[0].root_block_device[0].volume_id, null)
}

resource "aws_vpc" "this" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_subnet" "this" {
  for_each                = zipmap(local.zones, range(length(local.zones)))
  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = cidrsubnet(aws_vpc.this.cidr_block, 8, each.value)
  map_public_ip_on_launch = true
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_eip" "lb" {
  for_each = aws_subnet.this
  domain   = "vpc"
}

resource "aws_lb" "this" {
  name_prefix        = "relay-"
  load_balancer_type = "network"
  dynamic "subnet_mapping" {
    for_each = aws_subnet.this
    content {
      subnet_id     = subnet_mapping.value.id
      allocation_id = aws_eip.lb[subnet_mapping.key].id
    }
  }
}

resource "aws_lb_target_group" "this" {
  for_each    = var.listeners
  name_prefix = substr("${each.key}-", 0, 6)
  port        = each.value
  protocol    = "TCP"
  vpc_id      = aws_vpc.this.id
  lifecycle { create_before_destroy = true }
}

resource "aws_lb_listener" "this" {
  for_each          = var.listeners
  load_balancer_arn = aws_lb.this.arn
  port              = each.value
  protocol          = "TCP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }
}

resource "aws_security_group" "instances" {
  name_prefix = "${local.name}-"
  vpc_id      = aws_vpc.this.id
  dynamic "ingress" {
    for_each = var.listeners
    content {
      description = ingress.key
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = concat(values(aws_subnet.this)[*].cidr_block, local.allowed)
    }
  }
}

resource "aws_iam_role" "instances" {
  name_prefix = "${local.name}-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "ssm" {
  role       = aws_iam_role.instances.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "this" {
  name_prefix = "${local.name}-"
  role        = aws_iam_role.instances.name
}

resource "aws_launch_template" "lt" {
  name_prefix            = "${local.name}-"
  image_id               = data.aws_ami.linux.id
  instance_type          = "t3.small"
  update_default_version = true
  vpc_security_group_ids = [aws_security_group.instances.id]
  user_data = base64encode(templatefile("${path.module}/templates/start.sh.tftpl", {
    endpoint = aws_lb.this.dns_name
    ports    = values(var.listeners)
  }))
  iam_instance_profile { arn = aws_iam_instance_profile.this.arn }
  metadata_options { http_tokens = "required" }
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs { encrypted = true }
  }
}

resource "aws_autoscaling_group" "this" {
  name_prefix         = "${local.name}-"
  min_size            = 2
  max_size            = 8
  vpc_zone_identifier = [for subnet in aws_subnet.this : subnet.id]
  target_group_arns   = values(aws_lb_target_group.this)[*].arn
  launch_template {
    id      = aws_launch_template.lt.id
    version = aws_launch_template.lt.latest_version
  }
  dynamic "tag" {
    for_each = { Name = local.name, Balancer = aws_lb.this.name }
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }
}

resource "aws_autoscaling_policy" "cpu" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.this.name
  policy_type            = "TargetTrackingScaling"
  target_tracking_configuration {
    target_value = 60
    predefined_metric_specification { predefined_metric_type = "ASGAverageCPUUtilization" }
  }
}

resource "aws_instance" "bastion" {
  count         = var.bastion ? 1 : 0
  ami           = data.aws_ami.linux.image_id
  instance_type = "t3.micro"
  subnet_id     = values(aws_subnet.this)[0].id
}

resource "aws_route53_zone" "this" {
  name = "relay.internal"
  vpc { vpc_id = aws_vpc.this.id }
}

resource "aws_route53_record" "bastion" {
  count   = length(aws_instance.bastion)
  zone_id = aws_route53_zone.this.id
  name    = "bastion"
  type    = "A"
  ttl     = 60
  records = [aws_instance.bastion[count.index].private_ip]
}

resource "aws_ebs_snapshot" "bastion" {
  count     = var.bastion ? 1 : 0
  volume_id = local.volume_id
}

output "lb" { value = local.lb_id }
output "bastion" { value = local.instance }
