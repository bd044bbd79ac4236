# A GraphQL API for the users of a pool, who also get credentials from an identity pool.

provider "aws" {
  region = "us-east-2"
}

variable "identity_sources" {
  type    = set(string)
  default = ["web", "mobile"]
}

data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  name     = "photos"
  issuer   = trimprefix(aws_cognito_user_pool.this.endpoint, "cognito-idp.")
  api_host = split("/", aws_appsync_graphql_api.this.uris["GRAPHQL"])[2]
  realtime = replace(aws_appsync_graphql_api.this.uris["GRAPHQL"], "https://", "wss://")
  own      = "${aws_s3_bucket.photos.arn}/users/$${cognito-identity.amazonaws.com:sub}/*"
}

resource "aws_cognito_user_pool" "this" {
  name                = local.name
  username_attributes = ["email"]
  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }
}

resource "aws_cognito_user_pool_client" "this" {
  for_each        = var.identity_sources
  name            = each.key
  user_pool_id    = aws_cognito_user_pool.this.id
  generate_secret = each.key == "mobile"
}

resource "aws_cognito_user_group" "this" {
  for_each     = { admins = 1, members = 10 }
  name         = each.key
  precedence   = each.value
  user_pool_id = aws_cognito_user_pool.this.id
}

resource "aws_cognito_identity_pool" "this" {
  identity_pool_name               = local.name
  allow_unauthenticated_identities = false
  dynamic "cognito_identity_providers" {
    for_each = aws_cognito_user_pool_client.this
    content {
      client_id               = cognito_identity_providers.value.id
      provider_name           = aws_cognito_user_pool.this.endpoint
      server_side_token_check = true
    }
  }
}

data "aws_iam_policy_document" "user" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["cognito-identity.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "cognito-identity.amazonaws.com:aud"
      values   = [aws_cognito_identity_pool.this.id]
    }
    condition {
      test     = "ForAnyValue:StringLike"
      variable = "cognito-identity.amazonaws.com:amr"
      values   = ["authenticated"]
    }
  }
}

resource "aws_iam_role" "user" {
  name               = "${local.name}-user"
  assume_role_policy = data.aws_iam_policy_document.user.json
}

resource "aws_s3_bucket" "photos" {
  bucket = "${local.name}-${data.aws_caller_identity.this.account_id}-${data.aws_region.this.name}"
}

resource "aws_iam_role_policy" "user" {
  name = "own-folder"
  role = aws_iam_role.user.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = local.own },
      { Effect = "Allow", Action = "appsync:GraphQL", Resource = "${aws_appsync_graphql_api.this.arn}/types/Query/*" },
    ]
  })
}

resource "aws_cognito_identity_pool_roles_attachment" "this" {
  identity_pool_id = aws_cognito_identity_pool.this.id
  roles            = { authenticated = aws_iam_role.user.arn }
}

resource "aws_dynamodb_table" "this" {
  for_each     = { albums = "owner", photos = "album" }
  name         = "${local.name}-${each.key}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = each.value
  attribute {
    name = each.value
    type = "S"
  }
}

resource "aws_iam_role" "api" {
  name_prefix = "${local.name}-api-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "appsync.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "api" {
  name = "tables"
  role = aws_iam_role.api.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["dynamodb:Query", "dynamodb:PutItem"], Resource = [for table in aws_dynamodb_table.this : table.arn] }]
  })
}

resource "aws_appsync_graphql_api" "this" {
  name                = local.name
  authentication_type = "AMAZON_COGNITO_USER_POOLS"
  schema              = file("${path.module}/schema/schema.graphql")
  user_pool_config {
    user_pool_id   = aws_cognito_user_pool.this.id
    aws_region     = split("_", aws_cognito_user_pool.this.id)[0]
    default_action = "ALLOW"
  }
  additional_authentication_provider { authentication_type = "AWS_IAM" }
  log_config {
    cloudwatch_logs_role_arn = aws_iam_role.api.arn
    field_log_level          = "ERROR"
  }
}

resource "aws_appsync_datasource" "this" {
  for_each         = aws_dynamodb_table.this
  api_id           = aws_appsync_graphql_api.this.id
  name             = each.key
  type             = "AMAZON_DYNAMODB"
  service_role_arn = aws_iam_role.api.arn
  dynamodb_config { table_name = each.value.name }
}

resource "aws_appsync_resolver" "this" {
  for_each    = aws_appsync_datasource.this
  api_id      = aws_appsync_graphql_api.this.id
  type        = "Query"
  field       = each.key
  data_source = each.value.name
  request_template = jsonencode({
    version   = "2018-05-29"
    operation = "Query"
    query     = { expression = "#k = :v" }
  })
  response_template = "$util.toJson($ctx.result.items)"
}

resource "aws_ssm_parameter" "client" {
  name = "/${local.name}/client"
  type = "String"
  value = jsonencode({
    api      = aws_appsync_graphql_api.this.uris["GRAPHQL"]
    realtime = local.realtime
    pool     = aws_cognito_user_pool.this.id
    identity = aws_cognito_identity_pool.this.id
    clients  = { for name, client in aws_cognito_user_pool_client.this : name => client.id }
  })
}

check "pool" {
  assert {
    condition     = startswith(aws_cognito_identity_pool.this.id, "${data.aws_region.this.name}:")
    error_message = "the identity pool is in another region"
  }
}

output "issuer" { value = local.issuer }
output "api_host" { value = local.api_host }
