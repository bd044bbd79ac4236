"""The shipped pipeline keeps every promise; one thing deleted or added breaks exactly one.

Some promises hang together: the right to pass a role is also an edge of the data path.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pipelines.compliance import (
    SHIPPED,
    Case,
    Edit,
    Judgement,
    assert_broken,
    assert_kept,
    statement,
)

pytestmark = [pytest.mark.terraform, pytest.mark.slow]

PASS_ROLE = Edit(
    "terraform/access.tf",
    """\
      {
        Sid       = "PassMediaConvertRole"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = aws_iam_role.mediaconvert.arn
        Condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
      },
""",
)
S3_GRANT = Edit(
    "terraform/access.tf",
    """\
      {
        Sid      = "ReadInput"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${aws_s3_bucket.input.arn}/*"
      },
      {
        Sid      = "WriteOutput"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${aws_s3_bucket.output.arn}/*"
      },
""",
)
DEPENDS_ON = Edit(
    "terraform/storage.tf",
    """\

  depends_on = [aws_sqs_queue_policy.processing]
""",
)
SUFFIX = Edit("terraform/database.tf", '"video-assets-${var.environment_suffix}"', '"video-assets"')
ROLE_VARIABLE = Edit(
    "terraform/function.tf",
    "      MEDIACONVERT_ROLE = aws_iam_role.mediaconvert.arn\n",
)
FORCE_DESTROY = Edit(
    "terraform/storage.tf",
    "  force_destroy = true\n",
    block='resource "aws_s3_bucket" "output" {',
)
QUEUE_KEY_ID = Edit(
    "terraform/queues.tf",
    "aws_kms_key.media.id",
    "aws_kms_key.media.arn",
    block='resource "aws_sqs_queue" "status_dead_letter" {',
)
VPC = Edit(
    "terraform/function.tf",
    """\
  tracing_config {
""",
    """\
  vpc_config {
    subnet_ids         = ["subnet-0123456789abcdef0"]
    security_group_ids = ["sg-0123456789abcdef0"]
  }

  tracing_config {
""",
)
REGION = Edit(
    "terraform/monitoring.tf",
    """\
          title  = "Dead letters"
          region = var.aws_region
""",
    """\
          title  = "Dead letters"
          region = "us-east-1"
""",
)
ANY_BUCKET = Edit(
    "terraform/queues.tf",
    """\
        Condition = {
          ArnEquals    = { "aws:SourceArn" = aws_s3_bucket.input.arn }
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        }
""",
)
ALLOWED = 'resource "aws_sqs_queue_redrive_allow_policy" "status_dead_letter" {'
PLAIN_READING = Edit(
    "terraform/queues.tf",
    '"sqs:*"',
    '"sqs:SendMessage"',
    block='resource "aws_sqs_queue_policy" "status_dead_letter" {',
)
OWN_POLICY = Edit(
    "terraform/own.tf",
    "",
    """\
resource "aws_iam_role_policy" "own" {
  name = "own-${var.environment_suffix}"
  role = aws_iam_role.function.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteOwnPolicy"
        Effect   = "Allow"
        Action   = "iam:PutRolePolicy"
        Resource = aws_iam_role.function.arn
      },
    ]
  })
}
""",
)
UNCHECKED_LETTERS = Edit(
    "terraform/monitoring.tf",
    "  threshold           = 0\n",
    "  threshold           = 10\n",
    block='resource "aws_cloudwatch_metric_alarm" "dead_letters" {',
)

MISTAKES = [
    Case(
        "without the PassRole statement",
        SHIPPED,
        (PASS_ROLE,),
        "REQ-03",
        "aws_iam_role.function",
        also=frozenset({"REQ-14"}),
    ),
    Case(
        "without the S3 grant of the MediaConvert role",
        SHIPPED,
        (S3_GRANT,),
        "REQ-02",
        "aws_iam_role.mediaconvert",
        also=frozenset({"REQ-14"}),
    ),
    Case(
        "without the depends_on on the queue policy",
        SHIPPED,
        (DEPENDS_ON,),
        "REQ-10",
        "aws_s3_bucket_notification.input",
    ),
    Case("without one suffix", SHIPPED, (SUFFIX,), "REQ-06", "aws_dynamodb_table.assets"),
    Case(
        "without MEDIACONVERT_ROLE",
        SHIPPED,
        (ROLE_VARIABLE,),
        "REQ-12",
        "aws_lambda_function.processor",
    ),
    Case("without force_destroy", SHIPPED, (FORCE_DESTROY,), "REQ-05", "aws_s3_bucket.output"),
    Case(
        "with .arn for .id on one queue",
        SHIPPED,
        (QUEUE_KEY_ID,),
        "REQ-11",
        "aws_sqs_queue.status_dead_letter",
    ),
    Case(
        "with a vpc_config",
        SHIPPED,
        (VPC,),
        "REQ-01",
        "aws_lambda_function.processor",
        # Its role may not make the network interfaces that it needs in a VPC.
        also=frozenset({"REQ-14"}),
    ),
    Case(
        "with a literal region in the dashboard",
        SHIPPED,
        (REGION,),
        "REQ-07",
        "aws_cloudwatch_dashboard.pipeline",
    ),
    Case(
        "without the use of the key for S3",
        SHIPPED,
        (statement("terraform/encryption.tf", "InputBucketToEncryptedQueue"),),
        "REQ-14",
        "aws_kms_key.media",
    ),
    Case(
        "with a grant that the function has no use for",
        SHIPPED,
        (
            Edit(
                "terraform/access.tf",
                '          "dynamodb:GetItem",\n',
                '          "dynamodb:DeleteItem",\n          "dynamodb:GetItem",\n',
            ),
        ),
        "REQ-15",
        "aws_iam_policy.function",
    ),
    Case(
        "with a queue that takes messages from every bucket",
        SHIPPED,
        (ANY_BUCKET,),
        "REQ-16",
        "aws_sqs_queue.processing",
        "resource aws_sqs_queue_policy.processing",
    ),
    Case(
        "with a role that may write its own policy",
        SHIPPED,
        (OWN_POLICY,),
        "REQ-17",
        "aws_iam_role.function",
        "resource aws_iam_role_policy.own",
        also=frozenset({"REQ-15"}),
    ),
    Case(
        "with dead letters that can be read over plain HTTP",
        SHIPPED,
        (PLAIN_READING,),
        "REQ-18",
        "aws_sqs_queue_policy.status_dead_letter",
    ),
    Case(
        "with dead letters from any queue",
        SHIPPED,
        (Edit("terraform/queues.tf", '"byQueue"', '"allowAll"', block=ALLOWED),),
        "REQ-19",
        "aws_sqs_queue_redrive_allow_policy.status_dead_letter",
    ),
    Case(
        "without the depends_on on the MediaConvert role's policy",
        SHIPPED,
        (Edit("terraform/function.tf", "    aws_iam_role_policy_attachment.mediaconvert,\n"),),
        "REQ-10",
        "aws_lambda_event_source_mapping.processing",
    ),
    Case(
        "with alarms that ten lost messages set off",
        SHIPPED,
        (UNCHECKED_LETTERS,),
        "REQ-20",
        'aws_cloudwatch_metric_alarm.dead_letters["processing"]',
    ),
]


@pytest.mark.parametrize("case", [Case("as it is", SHIPPED)], ids=str)
def test_the_shipped_pipeline_keeps_every_promise(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    assert_kept(case, judged(case))


@pytest.mark.parametrize("case", MISTAKES, ids=str)
def test_one_change_breaks_exactly_its_promise(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    assert_broken(case, judged(case))
