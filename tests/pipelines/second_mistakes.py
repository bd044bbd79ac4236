"""The second pipeline with one mistake at a time, one for each requirement."""

from __future__ import annotations

from tests.pipelines.compliance import SECOND, Case, Edit, resolved_once, together

SENDER = """\

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [var.sender.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.sender.account]
    }
"""

MISTAKES = [
    Case(
        "may make network interfaces",
        SECOND,
        (
            Edit(
                "newsroom/roles.tf",
                '    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]\n'
                '    resources = ["${aws_cloudwatch_log_group.desk.arn}:*"]\n',
                '    actions   = ["logs:*", "ec2:CreateNetworkInterface"]\n    resources = ["*"]\n',
            ),
        ),
        "REQ-01",
        "aws_iam_role_policy.desk",
        # All actions of logs, also those on resource policies.
        also=frozenset({"REQ-15", "REQ-17"}),
    ),
    Case(
        "MediaConvert cannot read the uploads",
        SECOND,
        (
            Edit(
                "newsroom/roles.tf",
                '    resources = ["${aws_s3_bucket.clips["dropped"].arn}/*"]\n',
                '    resources = ["${aws_s3_bucket.clips["delivered"].arn}/*"]\n',
            ),
        ),
        "REQ-02",
        "aws_iam_role.transcoder",
        also=frozenset({"REQ-14", "REQ-15"}),
    ),
    Case(
        "may pass the role to any service",
        SECOND,
        (
            Edit(
                "newsroom/roles.tf",
                """\
    resources = [aws_iam_role.transcoder.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["mediaconvert.amazonaws.com"]
    }
""",
                """\
    resources = [aws_iam_role.transcoder.arn]
""",
            ),
        ),
        "REQ-03",
        "aws_iam_role_policy.desk",
        "data aws_iam_policy_document.desk",
    ),
    Case(
        "runs on a runtime that AWS no longer supports",
        SECOND,
        (Edit("newsroom/desk.tf", '"python3.12"', '"python3.8"'),),
        "REQ-04",
        "aws_lambda_function.desk",
    ),
    Case(
        "keeps its key for a month",
        SECOND,
        (Edit("newsroom/clips.tf", "deletion_window_in_days = 7", "deletion_window_in_days = 30"),),
        "REQ-05",
        "aws_kms_key.newsroom",
    ),
    Case(
        "names a queue the same at every stage",
        SECOND,
        (Edit("newsroom/desk.tf", '"clip-arrivals-${var.stage}"', '"clip-arrivals"'),),
        "REQ-06",
        "module.arrivals.aws_sqs_queue.mail",
    ),
    Case(
        "names a region in the key policy",
        SECOND,
        (Edit("newsroom/clips.tf", '"logs.${local.region}.', '"logs.eu-central-1.'),),
        "REQ-07",
        "aws_kms_key.newsroom",
    ),
    Case(
        "does not deploy changes of its code",
        SECOND,
        (
            Edit(
                "newsroom/desk.tf",
                "  source_code_hash = data.archive_file.desk.output_base64sha256\n",
            ),
        ),
        "REQ-08",
        "aws_lambda_function.desk",
    ),
    Case(
        "uses object keys as S3 encodes them",
        SECOND,
        (Edit("desk/desk.py", 'urllib.parse.unquote_plus(thing["key"])', 'thing["key"]'),),
        "REQ-09",
        "aws_lambda_function.desk",
    ),
    Case(
        "has its notification made before the queue's policy",
        SECOND,
        (Edit("newsroom/mailbox/mailbox.tf", "  depends_on  = [aws_sqs_queue_policy.sender]\n"),),
        "REQ-10",
        "aws_s3_bucket_notification.dropped",
    ),
    Case(
        "names the buckets' key by its id",
        SECOND,
        (
            Edit(
                "newsroom/clips.tf",
                "kms_master_key_id = aws_kms_key.newsroom.arn",
                "kms_master_key_id = aws_kms_key.newsroom.id",
            ),
        ),
        "REQ-11",
        'aws_s3_bucket_server_side_encryption_configuration.clips["dropped"]',
    ),
    Case(
        "has the wrong role in its environment",
        SECOND,
        (
            Edit(
                "newsroom/desk.tf",
                "MEDIACONVERT_ROLE = aws_iam_role.transcoder.arn",
                "MEDIACONVERT_ROLE = aws_iam_role.desk.arn",
            ),
        ),
        "REQ-12",
        "aws_lambda_function.desk",
    ),
    Case(
        "has alarms that ignore the given topics",
        SECOND,
        (
            Edit(
                "newsroom/main.tf",
                "  alarm_actions       = var.alarm_topic_arns\n",
                block='resource "aws_cloudwatch_metric_alarm" "mail" {',
            ),
        ),
        "REQ-13",
        'aws_cloudwatch_metric_alarm.mail["lost"]',
    ),
    Case(
        "does not let S3 use the key",
        SECOND,
        (
            Edit(
                "newsroom/clips.tf",
                '      "s3.amazonaws.com"     = aws_s3_bucket.clips["dropped"].arn\n',
            ),
        ),
        "REQ-14",
        "aws_kms_key.newsroom",
    ),
    Case(
        "may delete records without need",
        SECOND,
        (
            Edit(
                "newsroom/roles.tf",
                '"dynamodb:PutItem", "dynamodb:UpdateItem"]',
                '"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]',
            ),
        ),
        "REQ-15",
        "aws_iam_role_policy.desk",
        "data aws_iam_policy_document.desk",
    ),
    Case(
        "has queues that accept messages of any bucket",
        SECOND,
        (Edit("newsroom/mailbox/mailbox.tf", SENDER, ""),),
        "REQ-16",
        "module.arrivals.aws_sqs_queue.mail",
        "data aws_iam_policy_document.sender",
    ),
    Case(
        "may rewrite its own policy",
        SECOND,
        (
            Edit(
                "newsroom/roles.tf",
                """\
  statement {
    actions   = ["kms:Decrypt"]
""",
                """\
  statement {
    actions   = ["iam:PutRolePolicy"]
    resources = [aws_iam_role.desk.arn]
  }

  statement {
    actions   = ["kms:Decrypt"]
""",
            ),
        ),
        "REQ-17",
        "aws_iam_role.desk",
        "data aws_iam_policy_document.desk",
        also=frozenset({"REQ-15"}),
    ),
    Case(
        "accepts plain HTTP except for sending",
        SECOND,
        (Edit("newsroom/mailbox/mailbox.tf", '["sqs:*"]', '["sqs:SendMessage"]'),),
        "REQ-18",
        "module.arrivals.aws_sqs_queue_policy.dead_letters",
    ),
    Case(
        "keeps old clips forever",
        SECOND,
        (
            Edit(
                "newsroom/clips.tf",
                """\

    noncurrent_version_expiration {
      noncurrent_days = 14
    }
""",
            ),
        ),
        "REQ-19",
        'aws_s3_bucket_lifecycle_configuration.clips["dropped"]',
    ),
    Case(
        "has no alarm for failed jobs in its own queue",
        SECOND,
        (
            Edit(
                "newsroom/main.tf",
                "{ Queue = aws_media_convert_queue.clips.arn }",
                '{ Queue = "arn:${local.aws}:mediaconvert:${local.region}:${local.account}'
                ':queues/Default" }',
            ),
        ),
        "REQ-20",
        "aws_media_convert_queue.clips",
    ),
]


def _batch(*numbers: int) -> tuple[Case, tuple[Case, ...]]:
    """Mistakes that do not touch each other, as one case to judge, and each of them."""
    broken = [f"REQ-{number:02}" for number in numbers]
    mistakes = tuple(case for case in MISTAKES if case.broken in broken)
    return resolved_once(together(mistakes)), mistakes


BATCHES = [
    _batch(4, 5, 6, 7, 13),
    _batch(1, 9, 10, 11, 18),
    _batch(2, 8, 16, 17, 19, 20),
    _batch(3, 12, 14, 15),
]
