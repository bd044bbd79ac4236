# A REST API with a function behind each path, a key with a plan, and a custom access log.

provider "aws" {
  region = "us-east-1"
}

variable "routes" {
  type = map(object({ method = string, key = optional(bool, false) }))
  default = {
    orders = { method = "POST", key = true }
    health = { method = "GET" }
  }
}

variable "stages" {
  type    = set(string)
  default = ["v1", "v2"]
}

data "aws_caller_identity" "this" {}

data "archive_file" "function" {
  type        = "zip"
  source_file = "${path.module}/functions/orders/orders.py"
  output_path = "${path.module}/orders.zip"
}

locals {
  name      = "orders-api"
  source    = { for key, route in var.routes : key => "${aws_api_gateway_rest_api.this.execution_arn}/*/${route.method}/${key}" }
  hosts     = { for key, stage in aws_api_gateway_stage.this : key => split("/", stage.invoke_url)[2] }
  log_group = trimsuffix(aws_cloudwatch_log_group.access.arn, ":*")
}

resource "aws_iam_role" "function" {
  for_each    = var.routes
  name_prefix = "${local.name}-${each.key}-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_lambda_function" "this" {
  for_each         = var.routes
  function_name    = "${local.name}-${each.key}"
  role             = aws_iam_role.function[each.key].arn
  runtime          = "python3.12"
  handler          = "orders.${each.key}"
  filename         = data.archive_file.function.output_path
  source_code_hash = data.archive_file.function.output_base64sha256
  environment {
    variables = { ROUTE = each.key, ACCOUNT = data.aws_caller_identity.this.account_id }
  }
}

resource "aws_api_gateway_rest_api" "this" {
  name = local.name
  endpoint_configuration { types = ["REGIONAL"] }
}

resource "aws_api_gateway_resource" "this" {
  for_each    = var.routes
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = each.key
}

resource "aws_api_gateway_method" "this" {
  for_each         = var.routes
  rest_api_id      = aws_api_gateway_rest_api.this.id
  resource_id      = aws_api_gateway_resource.this[each.key].id
  http_method      = each.value.method
  authorization    = "AWS_IAM"
  api_key_required = each.value.key
}

resource "aws_api_gateway_integration" "this" {
  for_each                = var.routes
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.this[each.key].id
  http_method             = aws_api_gateway_method.this[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = aws_lambda_function.this[each.key].invoke_arn
}

resource "aws_lambda_permission" "this" {
  for_each      = var.routes
  statement_id  = "AllowApi"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[each.key].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = local.source[each.key]
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  triggers = {
    redeployment = sha1(jsonencode([
      values(aws_api_gateway_resource.this)[*].id,
      values(aws_api_gateway_method.this)[*].id,
      values(aws_api_gateway_integration.this)[*].id,
    ]))
  }
  lifecycle { create_before_destroy = true }
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${local.name}"
  retention_in_days = 14
}

resource "aws_api_gateway_stage" "this" {
  for_each      = var.stages
  rest_api_id   = aws_api_gateway_rest_api.this.id
  deployment_id = aws_api_gateway_deployment.this.id
  stage_name    = each.key
  access_log_settings {
    destination_arn = local.log_group
    format          = jsonencode({ id = "$context.requestId", status = "$context.status" })
  }
}

resource "aws_api_gateway_method_settings" "this" {
  for_each    = aws_api_gateway_stage.this
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = each.value.stage_name
  method_path = "*/*"
  settings {
    metrics_enabled = true
    logging_level   = "ERROR"
  }
}

resource "aws_api_gateway_usage_plan" "this" {
  name = local.name
  dynamic "api_stages" {
    for_each = aws_api_gateway_stage.this
    content {
      api_id = aws_api_gateway_rest_api.this.id
      stage  = api_stages.value.stage_name
    }
  }
  throttle_settings {
    burst_limit = 20
    rate_limit  = 10
  }
}

resource "aws_api_gateway_api_key" "this" {
  name = "${local.name}-partner"
}

resource "aws_api_gateway_usage_plan_key" "this" {
  key_id        = aws_api_gateway_api_key.this.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.this.id
}

data "aws_iam_policy_document" "callers" {
  statement {
    effect    = "Allow"
    actions   = ["execute-api:Invoke"]
    resources = [for stage in aws_api_gateway_stage.this : "${stage.execution_arn}/GET/health"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
  }
}

resource "aws_api_gateway_rest_api_policy" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  policy      = data.aws_iam_policy_document.callers.json
}

output "hosts" { value = local.hosts }
output "urls" { value = { for key, stage in aws_api_gateway_stage.this : key => stage.invoke_url } }
