variable "aws_region" {
  type    = string
  default = "us-east-1"
}

variable "settings" {
  type = map(string)
}

locals {
  region   = var.aws_region
  replica  = "eu-west-1"
  settings = lower("EU")
}

provider "aws" {
  alias  = "pass"
  region = var.aws_region
}

provider "aws" {
  alias  = "pass_local"
  region = local.region
}

provider "aws" {
  alias  = "pass_lookup"
  region = lookup(var.settings, "region")
}

provider "aws" {
  alias = "pass_environment"
}

provider "aws" {
  alias  = "fail"
  region = "us-east-1"
}

provider "aws" {
  alias  = "fail_local"
  region = local.replica
}

provider "aws" {
  alias  = "fail_fallback"
  region = coalesce(var.aws_region, "ap-southeast-2")
}

provider "aws" {
  alias  = "unknown"
  region = local.settings
}
