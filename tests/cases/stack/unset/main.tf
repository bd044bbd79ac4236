resource "aws_s3_bucket" "in" { bucket = "acme-in" }
resource "aws_cloudfront_origin_access_control" "oac" {
  name                              = "acme"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}
resource "aws_cloudfront_distribution" "cdn" {
  enabled = true
  origin {
    domain_name              = aws_s3_bucket.in.bucket_regional_domain_name
    origin_id                = "s3"
    origin_access_control_id = aws_cloudfront_origin_access_control.oac.id
  }
  default_cache_behavior {
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    target_origin_id       = "s3"
    viewer_protocol_policy = "https-only"
    cache_policy_id        = "658327ea-f89d-4fab-a63d-7e88639e58f6"
  }
  restrictions {
    geo_restriction { restriction_type = "none" }
  }
  viewer_certificate { cloudfront_default_certificate = true }
}
resource "aws_s3_bucket_policy" "p" {
  bucket = aws_s3_bucket.in.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.in.arn}/*", Principal = { Service = "cloudfront.amazonaws.com" }
    Condition = { StringEquals = { "AWS:SourceArn" = aws_cloudfront_distribution.cdn.arn } }
  }] })
}
resource "aws_cloudwatch_event_rule" "r" {
  name          = "acme"
  event_pattern = jsonencode({ source = ["aws.s3"], "detail-type" = ["Object Created"], detail = { bucket = { name = [aws_s3_bucket.in.bucket] } } })
}
resource "aws_sqs_queue" "q" { name = "acme-q" }
resource "aws_cloudwatch_event_target" "t" {
  rule       = aws_cloudwatch_event_rule.r.name
  arn        = aws_sqs_queue.q.arn
  depends_on = [aws_sqs_queue_policy.q]
}
resource "aws_sqs_queue_policy" "q" {
  queue_url = aws_sqs_queue.q.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Allow", Action = "sqs:SendMessage", Principal = { Service = "events.amazonaws.com" }, Resource = aws_sqs_queue.q.arn
    Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.r.arn } }
  }] })
}
resource "aws_dynamodb_table" "t" {
  name         = "acme-t"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_sns_topic" "t" { name = "acme-t" }
resource "aws_cloudwatch_log_group" "l" { name = "/acme" }
resource "aws_kms_key" "k" { description = "acme" }
resource "aws_ecr_repository" "e" { name = "acme" }
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "s" {
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_db_instance" "d" {
  identifier        = "acme"
  engine            = "postgres"
  instance_class    = "db.t4g.micro"
  allocated_storage = 20
  username          = "acme"
  password          = "Sesame-Open-4711"
}
