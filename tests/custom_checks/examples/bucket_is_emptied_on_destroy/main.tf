variable "keep" {
  type    = bool
  default = false
}

variable "force_destroy" {
  type    = bool
  default = true
}

locals {
  buckets = toset(["input", "output"])
}

resource "aws_s3_bucket" "pass" {
  force_destroy = true
}

resource "aws_s3_bucket" "pass_each" {
  for_each = local.buckets

  force_destroy = true
}

resource "aws_s3_bucket" "pass_default" {
  force_destroy = var.force_destroy
}

resource "aws_s3_directory_bucket" "pass" {
  force_destroy = !false
}

resource "aws_s3_bucket" "fail" {
  force_destroy = false
}

resource "aws_s3_bucket" "fail_not_set" {}

resource "aws_s3_bucket" "fail_null" {
  force_destroy = null
}

resource "aws_s3_bucket" "unknown" {
  force_destroy = var.keep ? false : true
}
