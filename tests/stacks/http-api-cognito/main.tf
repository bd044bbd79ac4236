# An HTTP API that accepts the tokens of a user pool.

provider "aws" {
  region = "eu-west-3"
  default_tags {
    tags = { App = local.name }
  }
}

variable "scopes" {
  type    = set(string)
  default = ["read", "write"]
}

variable "user_pool_id" {
  type    = string
  default = ""
  validation {
    condition     = var.user_pool_id == "" || can(regex("^[a-z0-9-]+_[A-Za-z0-9]+$", var.user_pool_id))
    error_message = "user_pool_id has the form REGION_ID"
  }
}

data "aws_region" "this" {}

locals {
  name    = "notes"
  pool_id = coalesce(var.user_pool_id, one(aws_cognito_user_pool.this[*].id))
  issuer  = "https://cognito-idp.${data.aws_region.this.name}.amazonaws.com/${local.pool_id}"
  routes  = { "GET /notes" = ["read"], "PUT /notes/{id}" = ["write"] }
  host    = trimprefix(aws_apigatewayv2_api.this.api_endpoint, "https://")
}

resource "aws_cognito_user_pool" "this" {
  count                    = var.user_pool_id == "" ? 1 : 0
  name                     = local.name
  auto_verified_attributes = ["email"]
  mfa_configuration        = "OPTIONAL"
  software_token_mfa_configuration { enabled = true }
  password_policy {
    minimum_length    = 14
    require_lowercase = true
    require_numbers   = true
    require_symbols   = true
    require_uppercase = true
  }
}

resource "aws_cognito_resource_server" "this" {
  identifier   = local.name
  name         = local.name
  user_pool_id = local.pool_id
  dynamic "scope" {
    for_each = var.scopes
    content {
      scope_name        = scope.value
      scope_description = title(scope.value)
    }
  }
}

resource "aws_cognito_user_pool_client" "this" {
  name                                 = "${local.name}-web"
  user_pool_id                         = local.pool_id
  generate_secret                      = false
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_scopes                 = concat(["openid"], sort(aws_cognito_resource_server.this.scope_identifiers))
  callback_urls                        = ["https://notes.example.com/callback"]
  supported_identity_providers         = ["COGNITO"]
}

resource "aws_cognito_user_pool_domain" "this" {
  domain       = "notes-example"
  user_pool_id = local.pool_id
}

resource "aws_dynamodb_table" "notes" {
  name         = local.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "owner"
  range_key    = "id"
  dynamic "attribute" {
    for_each = ["owner", "id"]
    content {
      name = attribute.value
      type = "S"
    }
  }
}

data "archive_file" "api" {
  type        = "zip"
  source_dir  = "${path.module}/functions/api"
  output_path = "${path.module}/api.zip"
}

resource "aws_iam_role" "api" {
  name = "${local.name}-api"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "api" {
  name = "table"
  role = aws_iam_role.api.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", "dynamodb:PutItem"]
      Resource = [aws_dynamodb_table.notes.arn, "${aws_dynamodb_table.notes.arn}/index/*"]
    }]
  })
}

resource "aws_lambda_function" "api" {
  function_name    = "${local.name}-api"
  role             = aws_iam_role.api.arn
  runtime          = "python3.12"
  handler          = "api.handler"
  filename         = data.archive_file.api.output_path
  source_code_hash = data.archive_file.api.output_base64sha256
  environment {
    variables = { TABLE = aws_dynamodb_table.notes.id, ISSUER = local.issuer }
  }
}

resource "aws_apigatewayv2_api" "this" {
  name          = local.name
  protocol_type = "HTTP"
  cors_configuration {
    allow_origins = ["https://notes.example.com"]
    allow_methods = distinct([for route in keys(local.routes) : split(" ", route)[0]])
  }
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.this.id
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]
  name             = "cognito"
  jwt_configuration {
    audience = [aws_cognito_user_pool_client.this.id]
    issuer   = "https://${try(aws_cognito_user_pool.this[0].endpoint, trimprefix(local.issuer, "https://"))}"
  }
}

resource "aws_apigatewayv2_integration" "api" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.api.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "this" {
  for_each             = local.routes
  api_id               = aws_apigatewayv2_api.this.id
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.api.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.jwt.id
  authorization_scopes = [for scope in each.value : "${aws_cognito_resource_server.this.identifier}/${scope}"]
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true
}

resource "aws_lambda_permission" "api" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.api.arn
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*"
}

check "issuer_region" {
  assert {
    condition     = split("_", local.pool_id)[0] == data.aws_region.this.name
    error_message = "the pool is in another region"
  }
}

output "host" { value = local.host }
output "invoke_url" { value = aws_apigatewayv2_stage.this.invoke_url }
