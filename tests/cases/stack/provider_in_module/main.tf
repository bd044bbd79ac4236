provider "aws" {
  region = "eu-west-1"
}
resource "aws_s3_bucket" "b" {
  bucket = "acme-b"
}
resource "aws_iam_role" "r" {
  name               = "acme-r"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })
}
resource "aws_iam_role_policy" "p" {
  role   = aws_iam_role.r.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/*" }] })
}
data "aws_region" "here" {}
data "aws_caller_identity" "me" {}
resource "aws_sqs_queue" "q" {
  name = "acme-${data.aws_region.here.name}-${data.aws_caller_identity.me.account_id}"
}
resource "aws_sns_topic" "t" { name = "acme-t" }
resource "aws_iam_role_policy" "more" {
  role = aws_iam_role.r.id
  name = "more"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sqs:SendMessage", Resource = "arn:aws:sqs:us-east-1:*:*" },
    { Effect = "Allow", Action = "sns:Publish", Resource = "arn:aws:sns:eu-west-1:${data.aws_caller_identity.me.account_id}:acme-t" },
  ] })
}
