resource "aws_security_group" "two" {
  name = "two"
  ingress {
    from_port        = 443
    to_port          = 443
    protocol         = "tcp"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
  ingress {
    from_port        = 22
    to_port          = 22
    protocol         = "tcp"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
}
resource "aws_security_group" "good" {
  name = "good"
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/16"]
  }
  ingress {
    from_port   = 8443
    to_port     = 8443
    protocol    = "tcp"
    cidr_blocks = ["10.1.0.0/16"]
  }
}
resource "aws_instance" "i" {
  ami           = "ami-12345678901234567"
  instance_type = "t3.micro"
  ebs_block_device {
    device_name = "/dev/sdf"
    encrypted   = true
    volume_size = 10
  }
  ebs_block_device {
    device_name = "/dev/sdg"
    encrypted   = true
    volume_size = 10
  }
}
resource "aws_launch_template" "mixed" {
  name = "mixed"
  block_device_mappings {
    device_name = "/dev/sdf"
    ebs {
      encrypted   = "true"
      volume_size = 10
    }
  }
  block_device_mappings {
    device_name = "/dev/sdg"
    ebs {
      encrypted   = "false"
      volume_size = 20
    }
  }
}
resource "aws_sqs_queue" "q" { name = "acme-q" }
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_network_acl" "a" {
  vpc_id = aws_vpc.v.id
  dynamic "ingress" {
    for_each = [["10.0.0.0/8", 22], ["0.0.0.0/0", 443]]
    content {
      rule_no    = 100 + ingress.key
      action     = "allow"
      protocol   = "tcp"
      cidr_block = ingress.value[0]
      from_port  = ingress.value[1]
      to_port    = ingress.value[1]
    }
  }
}
resource "aws_ecs_task_definition" "t" {
  family = "acme"
  container_definitions = jsonencode([
    { name = "web", image = "web:1", memory = 64, essential = true, environment = [{ name = "Q", value = aws_sqs_queue.q.url }] },
    { name = "log", image = "log:1", memory = 64, essential = false, environment = [{ name = "V", value = aws_vpc.v.id }] },
  ])
}
resource "aws_s3_bucket" "b" { bucket = "acme-blocks" }
resource "aws_s3_bucket_policy" "p" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "One", Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "${aws_s3_bucket.b.arn}/*" },
    { Sid = "Two", Effect = "Allow", Principal = "*", Action = ["s3:GetObject"], Resource = "${aws_s3_bucket.b.arn}/*" },
  ] })
}
