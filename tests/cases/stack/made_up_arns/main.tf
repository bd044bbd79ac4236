data "aws_caller_identity" "me" {}
resource "aws_s3_bucket" "b" { bucket = "acme-b" }
resource "aws_iam_role" "r" {
  name               = "acme-r"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })
}
resource "aws_kinesis_firehose_delivery_stream" "f" {
  name        = "acme-f"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn   = aws_iam_role.r.arn
    bucket_arn = aws_s3_bucket.b.arn
  }
}
resource "aws_iam_role_policy" "p" {
  role = aws_iam_role.r.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "firehose:PutRecord", Resource = "arn:aws:firehose:us-east-1:${data.aws_caller_identity.me.account_id}:deliverystream/acme-f" },
    { Effect = "Allow", Action = "cloudfront:CreateInvalidation", Resource = "arn:aws:cloudfront::${data.aws_caller_identity.me.account_id}:distribution/${aws_cloudfront_distribution.cdn.id}" },
    { Effect = "Allow", Action = "ecs:UpdateService", Resource = "arn:aws:ecs:us-east-1:${data.aws_caller_identity.me.account_id}:service/acme/web" },
    { Effect = "Allow", Action = "codebuild:StartBuild", Resource = "arn:aws:codebuild:us-east-1:${data.aws_caller_identity.me.account_id}:project/acme-*" },
  ] })
}
resource "aws_ecs_cluster" "c" { name = "acme" }
resource "aws_ecs_service" "web" {
  name    = "web"
  cluster = aws_ecs_cluster.c.arn
}
resource "aws_codebuild_project" "p" {
  name         = "acme-build"
  service_role = aws_iam_role.r.arn
  artifacts { type = "NO_ARTIFACTS" }
  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/standard:7.0"
    type         = "LINUX_CONTAINER"
  }
  source {
    type     = "GITHUB"
    location = "https://example.org/x.git"
  }
}
resource "aws_cloudfront_distribution" "cdn" {
  enabled = true
  origin {
    domain_name = aws_s3_bucket.b.bucket_regional_domain_name
    origin_id   = "s3"
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
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/*", Principal = { Service = "cloudfront.amazonaws.com" }
    Condition = { StringEquals = { "AWS:SourceArn" = "arn:aws:cloudfront::${data.aws_caller_identity.me.account_id}:distribution/${aws_cloudfront_distribution.cdn.id}" } }
  }] })
}
resource "aws_efs_file_system" "f" {}
resource "aws_sfn_activity" "a" { name = "acme-a" }
resource "aws_cognito_user_pool" "u" { name = "acme-u" }
resource "aws_api_gateway_rest_api" "api" { name = "acme-api" }
resource "aws_batch_job_queue" "q" {
  name     = "acme-q"
  state    = "ENABLED"
  priority = 1
  compute_environment_order {
    order               = 1
    compute_environment = "arn:aws:batch:us-east-1:123456789012:compute-environment/acme"
  }
}
resource "aws_wafv2_ip_set" "w" {
  name               = "acme-w"
  scope              = "REGIONAL"
  ip_address_version = "IPV4"
  addresses          = []
}
resource "aws_iam_role_policy" "more" {
  role = aws_iam_role.r.id
  name = "more"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "elasticfilesystem:ClientWrite", Resource = "arn:aws:elasticfilesystem:us-east-1:${data.aws_caller_identity.me.account_id}:file-system/${aws_efs_file_system.f.id}" },
    { Effect = "Allow", Action = "states:GetActivityTask", Resource = "arn:aws:states:us-east-1:${data.aws_caller_identity.me.account_id}:activity:acme-a" },
    { Effect = "Allow", Action = "cognito-idp:AdminGetUser", Resource = "arn:aws:cognito-idp:us-east-1:${data.aws_caller_identity.me.account_id}:userpool/${aws_cognito_user_pool.u.id}" },
    { Effect = "Allow", Action = "wafv2:UpdateIPSet", Resource = "arn:aws:wafv2:us-east-1:${data.aws_caller_identity.me.account_id}:regional/ipset/acme-w/*" },
  ] })
}
