"""One module makes both roles, in two calls, and dependent resources wait for the whole module."""

from tests.pipelines.changes import Block, Everywhere
from tests.pipelines.compliance import Change, Edit

_ROLE = """\
variable "name" {
  description = "Physical name, without what all names have in common."
  type        = string
}

variable "trust" {
  description = "Trust policy."
  type        = string
}

variable "work" {
  description = "What the role may do, by name."
  type        = map(string)
}

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = var.trust
}

resource "aws_iam_policy" "this" {
  for_each = var.work

  name   = "${var.name}-${each.key}"
  policy = each.value
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = aws_iam_policy.this

  role       = aws_iam_role.this.name
  policy_arn = each.value.arn
}

output "role" {
  description = "The role, for those who need no more than to name it."
  value       = aws_iam_role.this
}
"""


def _role(label: str) -> tuple[Change, ...]:
    """A role, its policy and its attachment become one call."""
    return (
        Everywhere(
            "terraform/access.tf",
            rf'^resource "aws_iam_role" "{label}" \{{\n  name        = (.*)\n.*\n((?:.*\n)*?)'
            rf'  assume_role_policy = ((?:.*\n)*?)\}}\n((?:.*\n)*?)resource "aws_iam_policy" "{label}" \{{'
            rf"\n.*\n.*\n\n  policy = ((?:.*\n)*?)\}}\n",
            rf'module "{label}_role" {{\n  source = "./role"\n  name   = \1\n  trust  = \3\n'
            r"  work   = { all = \5  }\n}\n\4",
        ),
        Block("terraform/access.tf", f'resource "aws_iam_role_policy_attachment" "{label}"'),
        Everywhere(
            "terraform/*.tf",
            rf"aws_iam_role_policy_attachment\.{label}\b",
            f"module.{label}_role",
        ),
        Everywhere("terraform/*.tf", rf"aws_iam_role\.{label}\b", f"module.{label}_role.role"),
    )


EDITS: tuple[Change, ...] = (
    *_role("mediaconvert"),
    *_role("function"),
    Edit("terraform/role/main.tf", "", _ROLE),
)
