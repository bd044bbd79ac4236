variable "key" {
  type = string
}

variable "encrypt" {
  type = bool
}

locals {
  key_arn = aws_kms_key.media.arn
}

resource "aws_kms_key" "media" {}

resource "aws_kms_alias" "media" {}

module "key" {
  source = "./key"
}

resource "aws_sqs_queue" "pass" {
  kms_master_key_id = aws_kms_key.media.id
}

resource "aws_sqs_queue" "pass_key_id" {
  kms_master_key_id = aws_kms_key.media.key_id
}

resource "aws_sqs_queue" "pass_alias" {
  kms_master_key_id = aws_kms_alias.media.name
}

resource "aws_sqs_queue" "pass_aws_managed" {
  kms_master_key_id = "alias/aws/sqs"
}

resource "aws_sqs_queue" "pass_module" {
  kms_master_key_id = module.key.key_id
}

resource "aws_sqs_queue" "fail" {
  kms_master_key_id = aws_kms_key.media.arn
}

resource "aws_sqs_queue" "fail_local" {
  kms_master_key_id = local.key_arn
}

resource "aws_sqs_queue" "fail_module" {
  kms_master_key_id = module.key.key_arn
}

resource "aws_sqs_queue" "fail_alias" {
  kms_master_key_id = aws_kms_alias.media.target_key_arn
}

resource "aws_sqs_queue" "fail_literal" {
  kms_master_key_id = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
}

resource "aws_sqs_queue" "fail_index" {
  count = 2

  kms_master_key_id = aws_kms_key.media[count.index].arn
}

resource "aws_sqs_queue" "unknown" {
  kms_master_key_id = var.key
}

resource "aws_sqs_queue" "pass_literal" {
  kms_master_key_id = "1234abcd-12ab-34cd-56ef-1234567890ab"
}

resource "aws_sqs_queue" "unknown_literal" {
  kms_master_key_id = "media"
}

resource "aws_sqs_queue" "unknown_condition" {
  kms_master_key_id = var.encrypt ? aws_kms_key.media.id : aws_kms_key.media.arn
}

resource "aws_sqs_queue" "other" {}
