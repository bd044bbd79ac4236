"""The grant of iam:PassRole in forms that the pipelines do not use, right and wrong.

The shipped pipeline attaches a policy written with jsonencode; the second pipeline has an inline
policy written with aws_iam_policy_document. The cases replace the grant of the shipped pipeline:
the right ones have unrelated names, the wrong ones have names that suggest the grant.
"""

from __future__ import annotations

from tests.pipelines.compliance import SHIPPED, Case, Edit, remove_statement

PASS_ROLE = remove_statement("terraform/access.tf", "PassMediaConvertRole")


def _with(text: str) -> tuple[Edit, ...]:
    """The shipped pipeline with its grant in another file, in another form."""
    return PASS_ROLE, Edit("terraform/pass_role.tf", "", text)


INLINE = """\
resource "aws_iam_role_policy" "zebra" {
  name = "zebra"
  role = aws_iam_role.function.id

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": {
        "Sid": "Unrelated",
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": "${aws_iam_role.mediaconvert.arn}",
        "Condition": { "StringEquals": { "iam:PassedToService": "mediaconvert.amazonaws.com" } }
      }
    }
  EOT
}
"""
DOCUMENT = """\
data "aws_iam_policy_document" "zebra" {
  statement {
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.mediaconvert.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["mediaconvert.amazonaws.com"]
    }
  }
}

resource "aws_iam_policy" "zebra" {
  name   = "zebra-${var.environment_suffix}"
  policy = data.aws_iam_policy_document.zebra.json
}
"""
ATTACHMENT = """\

resource "aws_iam_role_policy_attachment" "zebra" {
  role       = aws_iam_role.function.name
  policy_arn = aws_iam_policy.zebra.arn
}
"""


def _case(name: str, edits: tuple[Edit, ...], *broken: str) -> Case:
    """A case that is judged by the feature on access alone."""
    return Case(
        name,
        SHIPPED,
        edits,
        *broken,
        features=("features/access.feature",),
        requirements=frozenset({"REQ-02", "REQ-03"}),
    )


RIGHT = [
    _case("inline, in a heredoc", _with(INLINE)),
    _case("attached, by aws_iam_policy_document", _with(DOCUMENT + ATTACHMENT)),
]


def _promising(text: str) -> str:
    return text.replace("zebra", "pass_mediaconvert_role").replace(
        "Unrelated", "PassMediaConvertRole"
    )


WRONG = [
    _case(
        "a policy that is not attached",
        _with(_promising(DOCUMENT)),
        "REQ-03",
        "aws_iam_role.function",
    ),
    _case(
        "attached to the MediaConvert role instead",
        _with(
            _promising(DOCUMENT + ATTACHMENT.replace("role.function", "role.mediaconvert")),
        ),
        "REQ-03",
        "aws_iam_role.function",
    ),
    _case(
        "inline, but for another role",
        _with(_promising(INLINE.replace("role.mediaconvert.arn", "role.function.arn"))),
        "REQ-03",
        "aws_iam_role.function",
    ),
    _case(
        "inline, for every role",
        _with(_promising(INLINE.replace("${aws_iam_role.mediaconvert.arn}", "*"))),
        "REQ-03",
        "aws_iam_role_policy.pass_mediaconvert_role",
    ),
    _case(
        "allowed, and denied by another policy",
        (
            *_with(_promising(INLINE)),
            Edit(
                "terraform/denial.tf",
                "",
                DOCUMENT.replace("  statement {\n", '  statement {\n    effect    = "Deny"\n')
                + ATTACHMENT,
            ),
        ),
        "REQ-03",
        "aws_iam_role.function",
        "data aws_iam_policy_document.zebra",
    ),
]
