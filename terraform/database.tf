# One item for each uploaded version of a video, found by its id or, newest first, by its status.

resource "aws_dynamodb_table" "assets" {
  name         = "video-assets-${var.environment_suffix}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "AssetId"

  attribute {
    name = "AssetId"
    type = "S"
  }

  attribute {
    name = "Status"
    type = "S"
  }

  attribute {
    name = "UpdatedAt"
    type = "S"
  }

  global_secondary_index {
    name            = "StatusIndex"
    hash_key        = "Status"
    range_key       = "UpdatedAt"
    projection_type = "ALL"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.media.arn
  }
}
