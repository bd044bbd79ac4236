# A stream whose records Firehose transforms and stores as partitions, with a table over them.

provider "aws" {
  region = "us-west-1"
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}

locals {
  name    = "clicks"
  bucket  = "${local.name}-${data.aws_caller_identity.this.account_id}"
  prefix  = "data/year=!{timestamp:yyyy}/month=!{timestamp:MM}/"
  columns = { user = "string", page = "string", at = "timestamp" }
}

resource "aws_s3_bucket" "lake" {
  bucket = local.bucket
}

resource "aws_s3_bucket_server_side_encryption_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.lake.arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id
  dynamic "rule" {
    for_each = { data = 365, errors = 30 }
    content {
      id     = rule.key
      status = "Enabled"
      filter { prefix = "${rule.key}/" }
      expiration { days = rule.value }
    }
  }
}

resource "aws_kms_key" "lake" {
  enable_key_rotation = true
}

resource "aws_kinesis_stream" "this" {
  name            = local.name
  encryption_type = "KMS"
  kms_key_id      = "alias/aws/kinesis"
  stream_mode_details { stream_mode = "ON_DEMAND" }
}

resource "aws_kinesis_stream_consumer" "audit" {
  name       = "audit"
  stream_arn = aws_kinesis_stream.this.arn
}

data "archive_file" "transform" {
  type        = "zip"
  source_dir  = "${path.module}/functions/transform"
  output_path = "${path.module}/transform.zip"
}

data "aws_iam_policy_document" "trust" {
  for_each = { firehose = "firehose.amazonaws.com", lambda = "lambda.amazonaws.com" }
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = [each.value]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each           = data.aws_iam_policy_document.trust
  name               = "${local.name}-${each.key}"
  assume_role_policy = each.value.json
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.this["lambda"].name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_function" "transform" {
  function_name    = "${local.name}-transform"
  role             = aws_iam_role.this["lambda"].arn
  runtime          = "python3.12"
  handler          = "transform.handler"
  timeout          = 60
  filename         = data.archive_file.transform.output_path
  source_code_hash = data.archive_file.transform.output_base64sha256
}

data "aws_iam_policy_document" "firehose" {
  statement {
    actions   = ["s3:PutObject", "s3:GetBucketLocation", "s3:ListBucket"]
    resources = [aws_s3_bucket.lake.arn, "${aws_s3_bucket.lake.arn}/*"]
  }
  statement {
    actions   = ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream"]
    resources = [aws_kinesis_stream.this.arn]
  }
  statement {
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_function.transform.qualified_arn, "${aws_lambda_function.transform.arn}:$LATEST"]
  }
  statement {
    actions   = ["kms:GenerateDataKey"]
    resources = [aws_kms_key.lake.arn]
  }
}

resource "aws_iam_role_policy" "firehose" {
  role   = aws_iam_role.this["firehose"].id
  policy = data.aws_iam_policy_document.firehose.json
}

resource "aws_cloudwatch_log_group" "firehose" {
  name = "/aws/kinesisfirehose/${local.name}"
}

resource "aws_cloudwatch_log_stream" "firehose" {
  name           = "delivery"
  log_group_name = aws_cloudwatch_log_group.firehose.name
}

resource "aws_kinesis_firehose_delivery_stream" "this" {
  name        = local.name
  destination = "extended_s3"
  kinesis_source_configuration {
    kinesis_stream_arn = aws_kinesis_stream.this.arn
    role_arn           = aws_iam_role.this["firehose"].arn
  }
  extended_s3_configuration {
    bucket_arn          = aws_s3_bucket.lake.arn
    role_arn            = aws_iam_role.this["firehose"].arn
    prefix              = local.prefix
    error_output_prefix = "errors/!{firehose:error-output-type}/"
    buffering_size      = 64
    compression_format  = "GZIP"
    kms_key_arn         = aws_kms_key.lake.arn
    processing_configuration {
      enabled = true
      processors {
        type = "Lambda"
        parameters {
          parameter_name  = "LambdaArn"
          parameter_value = "${aws_lambda_function.transform.arn}:$LATEST"
        }
      }
    }
    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.firehose.name
      log_stream_name = aws_cloudwatch_log_stream.firehose.name
    }
  }
}

resource "aws_glue_catalog_database" "this" {
  name = replace(local.name, "-", "_")
}

resource "aws_glue_catalog_table" "this" {
  name          = local.name
  database_name = aws_glue_catalog_database.this.name
  table_type    = "EXTERNAL_TABLE"
  storage_descriptor {
    location = "s3://${aws_s3_bucket.lake.bucket}/data/"
    dynamic "columns" {
      for_each = local.columns
      content {
        name = columns.key
        type = columns.value
      }
    }
  }
}

resource "aws_athena_workgroup" "this" {
  name = local.name
  configuration {
    result_configuration { output_location = "s3://${aws_s3_bucket.lake.id}/results/" }
  }
}

output "delivery_name" { value = regex("deliverystream/(.*)", aws_kinesis_firehose_delivery_stream.this.arn)[0] }
output "stream_region" { value = split(":", aws_kinesis_stream.this.arn)[3] }
output "bucket_host" { value = aws_s3_bucket.lake.bucket_regional_domain_name }
