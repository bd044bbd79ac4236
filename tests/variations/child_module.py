"""The whole pipeline is in a child module, which gets its provider and a few variables."""

from tests.pipelines.changes import Everywhere, Move
from tests.pipelines.compliance import Change, Edit

_MAIN = """\
module "video" {
  source = "./pipelines/video"

  providers = {
    archive = archive
    aws     = aws.here
  }

  place = {
    region = var.aws_region
    suffix = var.environment_suffix
  }
  alarm_topic_arns = var.alarm_topic_arns
}

output "video" {
  description = "What others connect to."
  value       = module.video
}
"""
_NEEDS = """\
terraform {
  required_providers {
    archive = {
      source = "hashicorp/archive"
    }
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws]
    }
  }
}

variable "place" {
  description = "Region and environment."
  type        = object({ region = string, suffix = string })
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}
"""
_ROOT = """\
variable "aws_region" {
  description = "Region that the whole stack is built in."
  type        = string
  default     = "us-east-1"
}

variable "environment_suffix" {
  description = "Ends every physical name."
  type        = string
  default     = "dev"
}

variable "alarm_topic_arns" {
  description = "SNS topics that every alarm tells."
  type        = list(string)
  default     = []
}
"""
_INNER = "terraform/pipelines/video"

EDITS: tuple[Change, ...] = (
    Move("terraform/[a-u]*.tf", f"{_INNER}/"),
    Move("terraform/variables.tf", f"{_INNER}/variables.tf"),
    Everywhere(
        f"{_INNER}/variables.tf",
        r'^variable "(aws_region|environment_suffix)" \{\n(.*\n)*?\}\n',
        "",
    ),
    Everywhere(f"{_INNER}/*.tf", r"var\.aws_region", "var.place.region"),
    Everywhere(f"{_INNER}/*.tf", r"var\.environment_suffix", "var.place.suffix"),
    Everywhere(f"{_INNER}/function.tf", r"\.\./lambda", "../../../lambda"),
    Edit(f"{_INNER}/needs.tf", "", _NEEDS),
    Everywhere("terraform/versions.tf", r'^data "aws_.*\n', ""),
    Everywhere(
        "terraform/versions.tf", r'^provider "aws" \{\n', 'provider "aws" {\n  alias  = "here"\n'
    ),
    Edit("terraform/variables.tf", "", _ROOT),
    Edit("terraform/main.tf", "", _MAIN),
)
