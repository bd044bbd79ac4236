# Which Terraform and which providers build this stack, and what every resource is tagged with.

terraform {
  required_version = ">= 1.7"

  required_providers {
    # 2.5 is the first in which `excludes` takes patterns.
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.5"
    }
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region = var.aws_region

  default_tags {
    tags = {
      Project     = "video-pipeline"
      Environment = var.environment_suffix
      ManagedBy   = "terraform"
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}
