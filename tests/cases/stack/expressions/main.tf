locals {
  assume = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = ["eks.amazonaws.com", "events.amazonaws.com"] } }] })
}
resource "aws_vpc" "v" {
  cidr_block                       = "10.0.0.0/16"
  assign_generated_ipv6_cidr_block = true
}
resource "aws_subnet" "s" {
  count           = 2
  vpc_id          = aws_vpc.v.id
  cidr_block      = cidrsubnet(aws_vpc.v.cidr_block, 8, count.index)
  ipv6_cidr_block = cidrsubnet(aws_vpc.v.ipv6_cidr_block, 8, count.index)
}
resource "aws_lb" "x" {
  name    = "acme"
  subnets = aws_subnet.s[*].id
}
resource "aws_lb_target_group" "g" {
  name     = "acme"
  port     = 80
  protocol = "HTTP"
  vpc_id   = aws_vpc.v.id
}
resource "aws_lb_listener" "l" {
  load_balancer_arn = aws_lb.x.id
  port              = 80
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.g.id
  }
}
resource "aws_ecs_cluster" "k" { name = "acme" }
resource "aws_iam_role" "r" {
  name               = "acme"
  assume_role_policy = local.assume
}
resource "aws_cloudwatch_event_rule" "e" {
  name                = "acme"
  schedule_expression = "rate(1 day)"
}
resource "aws_ecs_task_definition" "t" {
  family                = "acme"
  container_definitions = jsonencode([{ name = "web", image = "web:1", memory = 64 }])
}
resource "aws_cloudwatch_event_target" "t" {
  rule     = aws_cloudwatch_event_rule.e.name
  arn      = aws_ecs_cluster.k.id
  role_arn = aws_iam_role.r.arn
  ecs_target { task_definition_arn = aws_ecs_task_definition.t.arn }
}
resource "aws_launch_template" "lt" {
  name     = "acme"
  image_id = "ami-12345678901234567"
}
resource "aws_autoscaling_group" "a" {
  name               = "acme"
  min_size           = 1
  max_size           = 1
  availability_zones = ["us-east-1a"]
  launch_template {
    id      = aws_launch_template.lt.id
    version = aws_launch_template.lt.latest_version
  }
}
resource "aws_acm_certificate" "c" {
  domain_name       = "example.com"
  validation_method = "DNS"
}
resource "aws_route53_zone" "z" { name = "example.com" }
resource "aws_route53_record" "v" {
  for_each = { for o in aws_acm_certificate.c.domain_validation_options : o.domain_name => o }
  zone_id  = aws_route53_zone.z.zone_id
  name     = each.value.resource_record_name
  type     = each.value.resource_record_type
  records  = [each.value.resource_record_value]
  ttl      = 60
}
resource "aws_route53_record" "ns" {
  zone_id = aws_route53_zone.z.zone_id
  name    = "sub.example.com"
  type    = "NS"
  ttl     = 60
  records = [aws_route53_zone.z.name_servers[0]]
}
resource "aws_eip" "nat" { domain = "vpc" }
resource "aws_security_group" "g" {
  name   = "acme"
  vpc_id = aws_vpc.v.id
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["${aws_eip.nat.public_ip}/32"]
  }
}
resource "aws_elasticache_cluster" "r" {
  cluster_id      = "acme"
  engine          = "redis"
  node_type       = "cache.t4g.micro"
  num_cache_nodes = 1
}
resource "aws_vpc_endpoint" "e" {
  vpc_id            = aws_vpc.v.id
  service_name      = "com.amazonaws.us-east-1.sqs"
  vpc_endpoint_type = "Interface"
  subnet_ids        = aws_subnet.s[*].id
}
resource "aws_db_instance" "d" {
  identifier        = "acme"
  engine            = "postgres"
  instance_class    = "db.t4g.micro"
  allocated_storage = 20
  username          = "acme"
  password          = "Sesame-Open-4711"
}
resource "aws_eks_cluster" "c" {
  name     = "acme"
  role_arn = aws_iam_role.r.arn
  vpc_config { subnet_ids = aws_subnet.s[*].id }
}
resource "aws_iam_openid_connect_provider" "o" {
  url             = aws_eks_cluster.c.identity[0].oidc[0].issuer
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]
}
data "aws_cloudfront_cache_policy" "p" { name = "Managed-CachingDisabled" }
resource "aws_ssm_parameter" "p" {
  for_each = {
    node      = aws_elasticache_cluster.r.cache_nodes[0].address
    interface = tolist(aws_vpc_endpoint.e.network_interface_ids)[0]
    port      = split(":", aws_db_instance.d.endpoint)[1]
    policy    = data.aws_cloudfront_cache_policy.p.id
  }
  name  = "/acme/${each.key}"
  type  = "String"
  value = each.value
}
