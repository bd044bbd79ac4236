"""Policies are JSON files, templates, and heredocs."""

import json

from tests.pipelines.changes import Everywhere
from tests.pipelines.compliance import Change, Edit

_POLICY = r" = jsonencode\(\{\n(.*\n)*?  \}\)\n"
_LAMBDA = {
    "Effect": "Allow",
    "Principal": {"Service": ["lambda.amazonaws.com"]},
    "Action": ["sts:AssumeRole"],
}
_MEDIACONVERT = [
    {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["${input}/*"]},
    {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["${output}/*"]},
    {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": ["${key}"],
        "Condition": {"StringEquals": {"KMS:viaservice": ["s3.${region}.amazonaws.com"]}},
    },
]
_SENDER = {
    "Sid": "${sid}",
    "Effect": "Allow",
    "Principal": {"Service": "${service}"},
    "Action": "SQS:SendMessage",
    "Resource": "${queue}",
    "Condition": {
        "ArnEquals": {"aws:sourcearn": "${source}"},
        "StringEquals": {"AWS:SourceAccount": ["${account}"]},
    },
}

_PLAIN = {
    "Effect": "Deny",
    "Principal": {"AWS": ["*"]},
    "Action": ["sqs:*"],
    "Resource": ["${queue}"],
    "Condition": {"Bool": {"aws:SecureTransport": [False]}},
}


def _document(*statements: object) -> str:
    """A policy document of one statement, or of several."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": statements[0] if len(statements) == 1 else statements,
        },
        indent=2,
    )


def _from(kind: str, label: str, expression: str, attribute: str = "policy") -> Everywhere:
    """The policy of one resource, by another expression."""
    return Everywhere(
        "terraform/*.tf",
        rf'^(resource "{kind}" "{label}" \{{\n(?:  .*\n|\n)*?)  {attribute}{_POLICY}',
        rf"\1  {attribute} = {expression}\n",
    )


_RULE = """\
templatefile("${path.module}/sender.json.tftpl", {
    sid     = "JobStates"
    service = "events.amazonaws.com"
    queue   = aws_sqs_queue.status.arn
    source  = aws_cloudwatch_event_rule.job_state.arn
    account = data.aws_caller_identity.current.account_id
  })"""
_BUCKET = (
    _RULE.replace("JobStates", "Uploads")
    .replace("events.", "s3.")
    .replace("queue.status", "queue.processing")
    .replace("aws_cloudwatch_event_rule.job_state", "aws_s3_bucket.input")
)
_TRUST = """\
<<-JSON
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Principal": { "Service": "mediaconvert.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": {
          "ArnLike": { "aws:SourceArn": "${local.mediaconvert_queue_arn}" },
          "StringEquals": { "aws:SourceAccount": "${data.aws_caller_identity.current.account_id}" }
        }
      }
    }
  JSON"""

EDITS: tuple[Change, ...] = (
    Edit("terraform/lambda-trust.json", "", _document(_LAMBDA)),
    Edit("terraform/mediaconvert.json.tftpl", "", _document(*_MEDIACONVERT)),
    Edit("terraform/sender.json.tftpl", "", _document(_SENDER, _PLAIN)),
    _from(
        "aws_iam_role", "function", 'file("${path.module}/lambda-trust.json")', "assume_role_policy"
    ),
    _from("aws_iam_role", "mediaconvert", _TRUST, "assume_role_policy"),
    _from(
        "aws_iam_policy",
        "mediaconvert",
        'templatefile("${path.module}/mediaconvert.json.tftpl", { input = aws_s3_bucket.input.arn, '
        "output = aws_s3_bucket.output.arn, key = aws_kms_key.media.arn, region = var.aws_region })",
    ),
    _from("aws_sqs_queue_policy", "processing", _BUCKET),
    _from("aws_sqs_queue_policy", "status", _RULE),
)
