resource "aws_iam_role" "r" {
  name               = "acme"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "states.amazonaws.com" } }] })
}
resource "aws_sfn_state_machine" "s" {
  name       = "acme"
  role_arn   = aws_iam_role.r.arn
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Pass", End = true } } })
}
data "aws_media_convert_queue" "q" { id = "Default" }
data "aws_cloudfront_cache_policy" "c" { name = "Managed-CachingOptimized" }
data "aws_ami" "linux" {
  owners      = ["amazon"]
  most_recent = true
  filter {
    name   = "name"
    values = ["al2023-ami-*-x86_64"]
  }
}
data "aws_ssm_parameter" "ami" { name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64" }
data "aws_route53_zone" "z" { name = "example.com" }
data "aws_secretsmanager_secret_version" "s" { secret_id = "acme/db" }
data "aws_vpc" "default" { default = true }
data "aws_availability_zones" "z" {}
data "aws_elb_service_account" "lb" {}
resource "aws_instance" "i" {
  ami           = data.aws_ami.linux.id
  instance_type = "t3.micro"
}
resource "aws_launch_template" "l" {
  name     = "acme"
  image_id = data.aws_ssm_parameter.ami.value
}
resource "aws_ssm_parameter" "secret" {
  name  = "/secret"
  type  = "SecureString"
  value = data.aws_secretsmanager_secret_version.s.secret_string
}
resource "aws_security_group" "g" {
  name        = "acme"
  description = "dns ${data.aws_vpc.default.enable_dns_hostnames}"
  vpc_id      = data.aws_vpc.default.id
}
resource "aws_route53_record" "r" {
  zone_id = data.aws_route53_zone.z.zone_id
  name    = "www.${data.aws_route53_zone.z.name}"
  type    = "TXT"
  ttl     = 60
  records = ["x"]
}
resource "aws_sns_topic" "t" {
  name         = "acme"
  display_name = data.aws_cloudfront_cache_policy.c.id
}
resource "aws_sqs_queue" "q" {
  name = "acme-${length(data.aws_availability_zones.z.names) > 1 ? "many" : "one"}"
}
resource "aws_cloudwatch_log_group" "l" { name = "/mc/${data.aws_media_convert_queue.q.id}" }
