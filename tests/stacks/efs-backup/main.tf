# A file system with access points, and a plan that backs it up into a vault.

provider "aws" {
  region = "eu-central-1"
}

provider "aws" {
  alias  = "copy"
  region = "eu-west-1"
}

variable "folders" {
  type = map(object({ uid = number, mode = optional(string, "0750") }))
  default = {
    uploads = { uid = 1001 }
    exports = { uid = 1002, mode = "0755" }
  }
}

data "aws_caller_identity" "this" {}
data "aws_availability_zones" "this" {}

locals {
  name  = "shared"
  zones = { for index, zone in slice(sort(data.aws_availability_zones.this.names), 0, 2) : zone => index }
  mounts = {
    for zone, target in aws_efs_mount_target.this : zone => {
      address = target.ip_address
      host    = "${zone}.${aws_efs_file_system.this.dns_name}"
    }
  }
}

resource "aws_vpc" "this" {
  cidr_block = "192.168.0.0/20"
}

resource "aws_subnet" "this" {
  for_each          = local.zones
  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 4, each.value)
}

resource "aws_security_group" "this" {
  name   = local.name
  vpc_id = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "nfs" {
  for_each          = aws_subnet.this
  security_group_id = aws_security_group.this.id
  cidr_ipv4         = each.value.cidr_block
  from_port         = 2049
  to_port           = 2049
  ip_protocol       = "tcp"
}

resource "aws_kms_key" "this" {
  enable_key_rotation = true
}

resource "aws_efs_file_system" "this" {
  creation_token   = local.name
  encrypted        = true
  kms_key_id       = aws_kms_key.this.arn
  performance_mode = "generalPurpose"
  dynamic "lifecycle_policy" {
    for_each = [{ ia = "AFTER_30_DAYS" }]
    content {
      transition_to_ia = lifecycle_policy.value.ia
    }
  }
}

resource "aws_efs_mount_target" "this" {
  for_each        = aws_subnet.this
  file_system_id  = aws_efs_file_system.this.id
  subnet_id       = each.value.id
  security_groups = [aws_security_group.this.id]
}

resource "aws_efs_access_point" "this" {
  for_each       = var.folders
  file_system_id = aws_efs_file_system.this.id
  posix_user {
    uid = each.value.uid
    gid = each.value.uid
  }
  root_directory {
    path = "/${each.key}"
    creation_info {
      owner_uid   = each.value.uid
      owner_gid   = each.value.uid
      permissions = each.value.mode
    }
  }
}

data "aws_iam_policy_document" "fs" {
  statement {
    actions   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    resources = [aws_efs_file_system.this.arn]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.this.account_id}:root"]
    }
    condition {
      test     = "StringEquals"
      variable = "elasticfilesystem:AccessPointArn"
      values   = [for point in aws_efs_access_point.this : point.arn]
    }
  }
  statement {
    effect    = "Deny"
    actions   = ["*"]
    resources = [aws_efs_file_system.this.arn]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_efs_file_system_policy" "this" {
  file_system_id = aws_efs_file_system.this.id
  policy         = data.aws_iam_policy_document.fs.json
}

resource "aws_backup_vault" "this" {
  name        = local.name
  kms_key_arn = aws_kms_key.this.arn
}

resource "aws_backup_vault" "copy" {
  provider = aws.copy
  name     = "${local.name}-copy"
}

resource "aws_backup_vault_policy" "this" {
  backup_vault_name = aws_backup_vault.this.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Action    = "backup:DeleteRecoveryPoint"
      Principal = "*"
      Resource  = "arn:aws:ec2:${split(":", aws_backup_vault.this.arn)[3]}::snapshot/*"
    }]
  })
}

resource "aws_iam_role" "backup" {
  name = "backup"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "backup.amazonaws.com" } }]
  })
}

resource "aws_backup_plan" "this" {
  name = local.name
  dynamic "rule" {
    for_each = { daily = "cron(0 4 * * ? *)", weekly = "cron(0 5 ? * SUN *)" }
    content {
      rule_name         = rule.key
      schedule          = rule.value
      target_vault_name = aws_backup_vault.this.name
      lifecycle { delete_after = rule.key == "daily" ? 30 : 120 }
      copy_action { destination_vault_arn = aws_backup_vault.copy.arn }
    }
  }
}

resource "aws_backup_selection" "this" {
  name         = local.name
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = [aws_efs_file_system.this.arn]
}

check "vaults" {
  assert {
    condition     = split(":", aws_backup_vault.copy.arn)[3] != split(":", aws_backup_vault.this.arn)[3]
    error_message = "the copy is in the same region"
  }
}

output "mounts" { value = local.mounts }
output "uri" { value = format("%s:/", aws_efs_file_system.this.dns_name) }
