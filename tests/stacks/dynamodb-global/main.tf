# A global table with streams, a function that reads them, and scaling of its capacity.

provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { App = "carts" }
  }
}

provider "aws" {
  alias  = "replica"
  region = "eu-west-1"
}

data "aws_region" "replica" {
  provider = aws.replica
}

data "aws_caller_identity" "this" {}

variable "indexes" {
  type    = map(string)
  default = { by-owner = "owner", by-state = "state" }
}

locals {
  name       = "carts"
  attributes = toset(concat(["id"], values(var.indexes)))
  stream_at  = split("/stream/", aws_dynamodb_table.this.stream_arn)[1]
  # The same table in the other region has the same name.
  replica_arn = replace(aws_dynamodb_table.this.arn, ":us-east-1:", ":${data.aws_region.replica.name}:")
}

resource "aws_dynamodb_table" "this" {
  name             = local.name
  billing_mode     = "PROVISIONED"
  read_capacity    = 5
  write_capacity   = 5
  hash_key         = "id"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"

  dynamic "attribute" {
    for_each = local.attributes
    content {
      name = attribute.value
      type = "S"
    }
  }
  dynamic "global_secondary_index" {
    for_each = var.indexes
    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value
      projection_type = "ALL"
      read_capacity   = 5
      write_capacity  = 5
    }
  }
  replica {
    region_name            = data.aws_region.replica.name
    point_in_time_recovery = true
  }
  point_in_time_recovery { enabled = true }
  server_side_encryption { enabled = true }
}

resource "aws_appautoscaling_target" "this" {
  for_each           = { read = "ReadCapacityUnits", write = "WriteCapacityUnits" }
  min_capacity       = 5
  max_capacity       = 100
  resource_id        = element(split(":", aws_dynamodb_table.this.arn), 5)
  scalable_dimension = "dynamodb:table:${each.value}"
  service_namespace  = "dynamodb"
}

resource "aws_appautoscaling_policy" "this" {
  for_each           = aws_appautoscaling_target.this
  name               = "${each.key}-${each.value.resource_id}"
  policy_type        = "TargetTrackingScaling"
  resource_id        = each.value.resource_id
  scalable_dimension = each.value.scalable_dimension
  service_namespace  = each.value.service_namespace
  target_tracking_scaling_policy_configuration {
    target_value = 70
    predefined_metric_specification {
      predefined_metric_type = format("DynamoDB%sCapacityUtilization", title(each.key))
    }
  }
}

data "archive_file" "project" {
  type        = "zip"
  source_dir  = "${path.module}/functions/project"
  output_path = "${path.module}/project.zip"
}

resource "aws_sqs_queue" "failed" {
  name                    = "${local.name}-failed"
  sqs_managed_sse_enabled = true
}

resource "aws_iam_role" "project" {
  name = "${local.name}-project"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

data "aws_iam_policy_document" "project" {
  statement {
    actions   = ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"]
    resources = [aws_dynamodb_table.this.stream_arn]
  }
  statement {
    actions   = ["dynamodb:ListStreams"]
    resources = ["${aws_dynamodb_table.this.arn}/stream/*"]
  }
  statement {
    actions   = ["dynamodb:Query"]
    resources = formatlist("%s/index/%s", aws_dynamodb_table.this.arn, keys(var.indexes))
  }
  statement {
    actions   = ["dynamodb:GetItem"]
    resources = [local.replica_arn]
  }
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.failed.arn]
  }
}

resource "aws_iam_role_policy" "project" {
  name   = "project"
  role   = aws_iam_role.project.id
  policy = data.aws_iam_policy_document.project.json
}

resource "aws_lambda_function" "project" {
  function_name    = "${local.name}-project"
  role             = aws_iam_role.project.arn
  runtime          = "python3.12"
  handler          = "project.handler"
  filename         = data.archive_file.project.output_path
  source_code_hash = data.archive_file.project.output_base64sha256
}

resource "aws_lambda_event_source_mapping" "project" {
  event_source_arn               = aws_dynamodb_table.this.stream_arn
  function_name                  = aws_lambda_function.project.arn
  starting_position              = "TRIM_HORIZON"
  bisect_batch_on_function_error = true
  destination_config {
    on_failure { destination_arn = aws_sqs_queue.failed.arn }
  }
  filter_criteria {
    filter { pattern = jsonencode({ eventName = ["INSERT", "MODIFY"] }) }
  }
}

check "stream" {
  assert {
    condition     = startswith(aws_dynamodb_table.this.stream_arn, "${aws_dynamodb_table.this.arn}/stream/")
    error_message = "the stream is of another table"
  }
}

output "stream_at" { value = local.stream_at }
output "replica" { value = local.replica_arn }
output "account" { value = split(":", aws_dynamodb_table.this.arn)[4] == data.aws_caller_identity.this.account_id }
