# A WebSocket API that keeps its connections in a table.

provider "aws" {
  region = "ap-northeast-1"
}

data "aws_caller_identity" "this" {}
data "aws_region" "this" {}
data "aws_partition" "this" {}

locals {
  name   = "chat"
  routes = toset(["$connect", "$disconnect", "send"])
  slug   = { for route in local.routes : route => trimprefix(route, "$") }
  arn    = "arn:${data.aws_partition.this.partition}:execute-api:${data.aws_region.this.name}:${data.aws_caller_identity.this.account_id}:${aws_apigatewayv2_api.this.id}"
  # Functions answer over HTTPS what clients see as wss.
  callback = replace(aws_apigatewayv2_stage.this.invoke_url, "wss://", "https://")
}

resource "aws_dynamodb_table" "connections" {
  name             = "${local.name}-connections"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "connection"
  stream_enabled   = true
  stream_view_type = "KEYS_ONLY"
  attribute {
    name = "connection"
    type = "S"
  }
  attribute {
    name = "room"
    type = "S"
  }
  global_secondary_index {
    name            = "rooms"
    hash_key        = "room"
    projection_type = "KEYS_ONLY"
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}

data "archive_file" "socket" {
  type        = "zip"
  source_dir  = "${path.module}/functions/socket"
  output_path = "${path.module}/socket.zip"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.${data.aws_partition.this.dns_suffix}"]
    }
  }
}

data "aws_iam_policy_document" "socket" {
  for_each = local.slug
  statement {
    actions   = ["dynamodb:PutItem", "dynamodb:DeleteItem"]
    resources = [aws_dynamodb_table.connections.arn]
  }
  dynamic "statement" {
    for_each = each.value == "send" ? [1] : []
    content {
      actions   = ["execute-api:ManageConnections"]
      resources = ["${aws_apigatewayv2_api.this.execution_arn}/${aws_apigatewayv2_stage.this.name}/POST/@connections/*"]
    }
  }
  dynamic "statement" {
    for_each = each.value == "send" ? ["rooms"] : []
    content {
      actions   = ["dynamodb:Query"]
      resources = [format("%s/index/%s", aws_dynamodb_table.connections.arn, statement.value)]
    }
  }
}

resource "aws_iam_role" "socket" {
  for_each           = local.slug
  name               = "${local.name}-${each.value}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "socket" {
  for_each = local.slug
  role     = aws_iam_role.socket[each.key].id
  policy   = data.aws_iam_policy_document.socket[each.key].json
}

resource "aws_lambda_function" "socket" {
  for_each         = local.slug
  function_name    = "${local.name}-${each.value}"
  role             = aws_iam_role.socket[each.key].arn
  runtime          = "python3.12"
  handler          = "socket_api.${each.value}"
  filename         = data.archive_file.socket.output_path
  source_code_hash = data.archive_file.socket.output_base64sha256
  environment {
    variables = { TABLE = aws_dynamodb_table.connections.name }
  }
}

resource "aws_lambda_event_source_mapping" "audit" {
  event_source_arn  = aws_dynamodb_table.connections.stream_arn
  function_name     = aws_lambda_function.socket["send"].arn
  starting_position = "LATEST"
}

resource "aws_apigatewayv2_api" "this" {
  name                       = local.name
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "this" {
  for_each         = local.routes
  api_id           = aws_apigatewayv2_api.this.id
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_function.socket[each.key].invoke_arn
}

resource "aws_apigatewayv2_route" "this" {
  for_each           = local.routes
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  authorization_type = each.key == "$connect" ? "AWS_IAM" : "NONE"
  target             = join("/", ["integrations", aws_apigatewayv2_integration.this[each.key].id])
}

resource "aws_apigatewayv2_deployment" "this" {
  api_id     = aws_apigatewayv2_api.this.id
  depends_on = [aws_apigatewayv2_route.this]
  triggers   = { routes = join(",", sort(values(aws_apigatewayv2_route.this)[*].id)) }
}

resource "aws_apigatewayv2_stage" "this" {
  api_id        = aws_apigatewayv2_api.this.id
  deployment_id = aws_apigatewayv2_deployment.this.id
  name          = "live"
}

resource "aws_lambda_permission" "this" {
  for_each      = local.routes
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.socket[each.key].function_name
  principal     = "apigateway.${data.aws_partition.this.dns_suffix}"
  source_arn    = "${local.arn}/*/${each.key}"
}

resource "aws_ssm_parameter" "callback" {
  name  = "/${local.name}/callback"
  type  = "String"
  value = local.callback
}

output "stream_label" {
  value = element(split("/stream/", aws_dynamodb_table.connections.stream_arn), 1)
}
