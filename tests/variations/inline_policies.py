"""Both roles have inline policies, one as a resource and one as a block of the role, and a policy
that is attached by name in the role's argument."""

from tests.pipelines.changes import Everywhere
from tests.pipelines.compliance import Change, Edit, remove_statement

_QUEUES = remove_statement("terraform/access.tf", "TakeMessages")
EDITS: tuple[Change, ...] = (
    _QUEUES,
    Edit(
        "terraform/queue_reader.tf",
        "",
        f"""\
resource "aws_iam_policy" "reader" {{
  name = "video-reader-${{var.aws_region}}-${{var.environment_suffix}}"

  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [
{_QUEUES.old}
    ]
  }})
}}
""",
    ),
    # The function: one inline policy beside the role, one attached by the role itself.
    Everywhere(
        "terraform/access.tf",
        r'^resource "aws_iam_policy" "function" \{\n.*\n.*\n',
        'resource "aws_iam_role_policy" "function" {\n'
        '  name = "work"\n  role = aws_iam_role.function.id\n',
    ),
    Everywhere(
        "terraform/access.tf", r'^resource "aws_iam_role_policy_attachment" (.*\n)*?\}\n', ""
    ),
    Everywhere(
        "terraform/access.tf",
        r"^(  name        = \"video-processor-.*\n)(  description = \"The function that turns)",
        r"\1  managed_policy_arns = [aws_iam_policy.reader.arn]\n\2",
    ),
    Everywhere(
        "terraform/function.tf",
        r"aws_iam_role_policy_attachment\.function",
        "aws_iam_role_policy.function",
    ),
    # MediaConvert: the policy is a block of the role.
    Everywhere(
        "terraform/access.tf",
        r'^resource "aws_iam_policy" "mediaconvert" \{\n.*\n.*\n\n((.*\n)*?)\}\n',
        "locals {\n  media = {\n\\1  }\n}\n",
    ),
    Everywhere(
        "terraform/access.tf",
        r"^locals \{\n  media = \{\n  policy",
        "locals {\n  media = {\n    json",
    ),
    Everywhere(
        "terraform/access.tf",
        r"^(  description = \"MediaConvert reads .*\n)",
        '\\1\n  inline_policy {\n    name   = "media"\n    policy = local.media.json\n  }\n',
    ),
    Everywhere(
        "terraform/function.tf",
        r"aws_iam_role_policy_attachment\.mediaconvert",
        "aws_iam_role.mediaconvert",
    ),
)
