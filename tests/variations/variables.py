"""Variables have other names, types and defaults, and their values pass through locals."""

from tests.pipelines.changes import Everywhere
from tests.pipelines.compliance import Change, Edit

OPTIONS = (
    "--suffix-variable=stage",
    "--region-variable=location",
    "--alarm-topics-variable=pager",
)
_LOCALS = """\
locals {
  where  = format("%s", var.location)
  ending = trimspace(lower(var.stage))
  told   = [for arn in sort(var.pager) : arn if arn != ""]
}
"""

EDITS: tuple[Change, ...] = (
    Everywhere("terraform/*.tf", r"\bvar\.aws_region\b", "local.where"),
    Everywhere("terraform/*.tf", r"\bvar\.environment_suffix\b", "local.ending"),
    Everywhere("terraform/*.tf", r"\bvar\.alarm_topic_arns\b", "local.told"),
    Everywhere("terraform/variables.tf", r"local\.where", "var.location"),
    Everywhere("terraform/variables.tf", r"local\.ending", "var.stage"),
    Everywhere("terraform/variables.tf", r"local\.told", "var.pager"),
    Everywhere("terraform/variables.tf", r'^variable "aws_region"', 'variable "location"'),
    Everywhere("terraform/variables.tf", r'^variable "environment_suffix"', 'variable "stage"'),
    Everywhere("terraform/variables.tf", r'^variable "alarm_topic_arns"', 'variable "pager"'),
    Everywhere("terraform/variables.tf", r"list\(string\)", "set(string)"),
    Everywhere("terraform/variables.tf", '"us-east-1"', '"ap-southeast-2"'),
    Everywhere("terraform/variables.tf", 'default     = "dev"', 'default     = "pr-42"'),
    Everywhere("terraform/variables.tf", r"default     = 120$", "default     = 300"),
    Edit("terraform/locals.tf", "", _LOCALS),
)
