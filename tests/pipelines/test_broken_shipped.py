"""The shipped pipeline keeps every promise; one thing deleted or added breaks exactly one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pipelines.compliance import SHIPPED, Case, Edit, Judgement, assert_broken, assert_kept

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

MISTAKES = [
    Case(
        "without the PassRole statement",
        SHIPPED,
        (PASS_ROLE,),
        "REQ-03",
        "aws_iam_role.function",
    ),
    Case(
        "without the S3 grant of the MediaConvert role",
        SHIPPED,
        (S3_GRANT,),
        "REQ-02",
        "aws_iam_role.mediaconvert",
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
    Case("with a vpc_config", SHIPPED, (VPC,), "REQ-01", "aws_lambda_function.processor"),
    Case(
        "with a literal region in the dashboard",
        SHIPPED,
        (REGION,),
        "REQ-07",
        "aws_cloudwatch_dashboard.pipeline",
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
