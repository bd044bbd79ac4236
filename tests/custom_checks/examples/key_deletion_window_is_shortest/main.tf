variable "days" {
  type = number
}

variable "days_with_default" {
  type    = number
  default = 10
}

locals {
  days = 7
}

resource "aws_kms_key" "pass" {
  deletion_window_in_days = 7
}

resource "aws_kms_key" "pass_local" {
  deletion_window_in_days = local.days
}

resource "aws_kms_replica_key" "pass" {
  deletion_window_in_days = "7"
}

resource "aws_kms_key" "fail" {
  deletion_window_in_days = 10
}

resource "aws_kms_key" "fail_not_set" {}

resource "aws_kms_key" "fail_default" {
  deletion_window_in_days = var.days_with_default
}

resource "aws_kms_key" "unknown" {
  deletion_window_in_days = var.days
}
