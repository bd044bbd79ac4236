
resource "terraform_data" "t" {
  input = "orders"
}
resource "aws_sqs_queue" "q" {
  name   = terraform_data.t.output
  policy = terraform_data.t.output == "orders" ? null : "{}"
}
resource "aws_s3_bucket" "b" {
  bucket = "b"
  tags   = { Name = "is-${coalesce(terraform_data.t.output, "nothing")}" }
}
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "terraform_data" "object" {
  input = { name = "acme", ports = [80, 443], arn = aws_sqs_queue.q.arn, id = aws_vpc.v.id, open = true }
}
resource "terraform_data" "empty" {}
resource "terraform_data" "next" {
  input            = terraform_data.object.output.name
  triggers_replace = [aws_sqs_queue.q.arn]
}
resource "aws_sns_topic" "t" {
  name         = terraform_data.next.output
  display_name = terraform_data.object.output.arn
  policy       = terraform_data.empty.output
}
resource "aws_security_group" "g" {
  name        = "acme"
  description = "id ${terraform_data.next.id}"
  vpc_id      = terraform_data.object.output.id
  ingress {
    from_port   = terraform_data.object.output.ports[0]
    to_port     = terraform_data.object.output.ports[1]
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}
