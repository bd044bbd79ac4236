variable "protect" {
  type = bool
}

resource "aws_dynamodb_table" "pass" {
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_dynamodb_table" "pass_off" {
  deletion_protection_enabled = false

  lifecycle {
    prevent_destroy = false
  }
}

resource "aws_s3_bucket" "fail" {
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_dynamodb_table" "fail" {
  deletion_protection_enabled = true
}

resource "aws_cognito_user_pool" "fail" {
  deletion_protection = "ACTIVE"
}

resource "aws_dynamodb_table" "unknown" {
  deletion_protection_enabled = var.protect
}
