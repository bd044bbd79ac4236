"""Every policy is an aws_iam_policy_document: statements merged, split, reordered and combined from
several documents, with lists for strings and strings for lists."""

from tests.pipelines.changes import Everywhere
from tests.pipelines.compliance import Change, Edit

_DOCUMENTS = """\
data "aws_iam_policy_document" "trust" {
  for_each = {
    lambda       = {}
    mediaconvert = { ArnLike = ["aws:SourceArn", local.mediaconvert_queue_arn], StringEquals = ["aws:SourceAccount", data.aws_caller_identity.current.account_id] }
  }

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }

    dynamic "condition" {
      for_each = each.value

      content {
        test     = condition.key
        variable = condition.value[0]
        values   = [condition.value[1]]
      }
    }
  }
}

data "aws_iam_policy_document" "mediaconvert" {
  statement {
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [aws_kms_key.media.arn]

    condition {
      test     = "StringLike"
      variable = "kms:ViaService"
      values   = ["s3.*.${data.aws_partition.current.dns_suffix}"]
    }
  }

  statement {
    actions   = ["s3:PutObject"]
    resources = [for bucket in [aws_s3_bucket.output] : "${bucket.arn}/*"]
  }

  statement {
    actions   = ["s3:GetObject"]
    resources = [join("/", [aws_s3_bucket.input.arn, "*"])]
  }
}

data "aws_iam_policy_document" "logs" {
  statement {
    sid       = "Traces"
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = toset(["logs:PutLogEvents", "logs:CreateLogStream"])

    content {
      actions   = [statement.value]
      resources = ["${aws_cloudwatch_log_group.function.arn}:log-stream:*"]
    }
  }
}

data "aws_iam_policy_document" "queues" {
  statement {
    sid       = "Queues"
    actions   = ["sqs:*"]
    resources = ["*"]
  }

  statement {
    actions   = ["sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [aws_sqs_queue.status.arn, aws_sqs_queue.processing.arn]
  }

  statement {
    actions   = ["sqs:DeleteMessage"]
    resources = [aws_sqs_queue.status.arn]
  }

  statement {
    actions   = ["sqs:DeleteMessage"]
    resources = [aws_sqs_queue.processing.arn]
  }
}

data "aws_iam_policy_document" "function" {
  source_policy_documents = [
    data.aws_iam_policy_document.logs.json,
    data.aws_iam_policy_document.queues.json,
  ]

  # It takes the place of the one that allows too much.
  override_policy_documents = [data.aws_iam_policy_document.narrower.json]

  statement {
    actions   = ["mediaconvert:ListJobs", "mediaconvert:CreateJob"]
    resources = [local.mediaconvert_queue_arn]
  }

  statement {
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.mediaconvert.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["mediaconvert.amazonaws.com"]
    }
  }

  statement {
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:GetItem"]
    resources = [aws_dynamodb_table.assets.arn]
  }
}

data "aws_iam_policy_document" "narrower" {
  statement {
    sid       = "Queues"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.media.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = formatlist("%s.${var.aws_region}.amazonaws.com", ["sqs", "dynamodb"])
    }
  }
}

data "aws_iam_policy_document" "key" {
  statement {
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.current.account_id]
    }
  }

  statement {
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [aws_s3_bucket.input.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }

  statement {
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.job_state.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }

  statement {
    actions   = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.aws_region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = [local.function_log_group_arn]
    }
  }
}

locals {
  senders = {
    processing = { queue = aws_sqs_queue.processing, service = "s3", arn = aws_s3_bucket.input.arn }
    status     = { queue = aws_sqs_queue.status, service = "events", arn = aws_cloudwatch_event_rule.job_state.arn }
  }
}

data "aws_iam_policy_document" "sender" {
  for_each = local.senders

  statement {
    actions   = ["sqs:SendMessage"]
    resources = [each.value.queue.arn]

    principals {
      type        = "Service"
      identifiers = ["${each.value.service}.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [each.value.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }

  statement {
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value.queue.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = [false]
    }
  }
}

data "aws_iam_policy_document" "encrypted_transport" {
  for_each = { input = aws_s3_bucket.input, output = aws_s3_bucket.output }

  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["${each.value.arn}/*", each.value.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
"""
_POLICY = r" = jsonencode\(\{\n(.*\n)*?  \}\)\n"


def _from(kind: str, label: str, document: str, attribute: str = "policy") -> Everywhere:
    """The policy of one resource, from a document."""
    return Everywhere(
        "terraform/*.tf",
        rf'^(resource "{kind}" "{label}" \{{\n(?:  .*\n|\n)*?)  {attribute}{_POLICY}',
        rf"\1  {attribute} = data.aws_iam_policy_document.{document}.json\n",
    )


EDITS: tuple[Change, ...] = (
    _from("aws_iam_role", "function", 'trust["lambda"]', "assume_role_policy"),
    _from("aws_iam_role", "mediaconvert", 'trust["mediaconvert"]', "assume_role_policy"),
    _from("aws_iam_policy", "mediaconvert", "mediaconvert"),
    _from("aws_iam_policy", "function", "function"),
    _from("aws_kms_key", "media", "key"),
    _from("aws_sqs_queue_policy", "processing", 'sender["processing"]'),
    _from("aws_sqs_queue_policy", "status", 'sender["status"]'),
    _from("aws_s3_bucket_policy", "input", 'encrypted_transport["input"]'),
    _from("aws_s3_bucket_policy", "output", 'encrypted_transport["output"]'),
    Edit("terraform/documents.tf", "", _DOCUMENTS),
)
