"""No FIFO queues and no queue policies as resources: standard queues have their policies as
arguments, with names composed in locals; redrive and key policies are resources."""

from tests.pipelines.changes import Everywhere
from tests.pipelines.compliance import Change, Edit

_REDRIVE = """\
resource "aws_sqs_queue_redrive_policy" "processing" {
  queue_url = aws_sqs_queue.processing.url

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.processing_dead_letter.arn
    maxReceiveCount     = var.max_receive_count
  })
}

resource "aws_sqs_queue_redrive_policy" "status" {
  queue_url = aws_sqs_queue.status.id

  redrive_policy = "{\\"deadLetterTargetArn\\": \\"${aws_sqs_queue.status_dead_letter.arn}\\", \\"maxReceiveCount\\": \\"${var.max_receive_count}\\"}"
}

locals {
  queue_arn_prefix = "arn:${data.aws_partition.current.partition}:sqs:${var.aws_region}:${data.aws_caller_identity.current.account_id}:"
}
"""


def _into(queue: str) -> tuple[Change, ...]:
    """The policy of a queue becomes an argument of it."""
    policy = rf'^resource "aws_sqs_queue_policy" "{queue}" \{{\n.*\n\n((?:.*\n)*?)\}}\n'
    redrive = (
        rf'^(resource "aws_sqs_queue" "{queue}" \{{\n(?:  .*\n)*)\n  redrive_policy(?:.*\n)*?\}}\n'
    )
    return (
        Everywhere(
            "terraform/queues.tf",
            redrive,
            rf"\1  fifo_queue = false\n  policy = local.{queue}_policy\n}}\n",
        ),
        Everywhere("terraform/queues.tf", policy, r"locals {\n\1}\n"),
        Everywhere(
            "terraform/queues.tf",
            rf"^locals \{{\n  policy = (jsonencode(?:.*\n)*?.*Resource  = )aws_sqs_queue\.{queue}\.arn"
            rf"((?:.*\n)*?.*Resource  = )aws_sqs_queue\.{queue}\.arn",
            rf'locals {{\n  {queue}_policy = \1"${{local.queue_arn_prefix}}video-{queue}-${{var.environment_suffix}}"'
            rf'\2"${{local.queue_arn_prefix}}video-{queue}-${{var.environment_suffix}}"',
        ),
    )


EDITS: tuple[Change, ...] = (
    *_into("processing"),
    *_into("status"),
    Edit("terraform/redrive.tf", "", _REDRIVE),
    Everywhere(
        "terraform/*.tf",
        r"aws_sqs_queue_policy\.(processing|status)\]",
        "aws_kms_key_policy.media]",
    ),
    Everywhere(
        "terraform/encryption.tf",
        r"^  # In a key policy.*\n  # https.*\n((?:.*\n)*?)\}\n",
        '}\n\nresource "aws_kms_key_policy" "media" {\n  key_id = aws_kms_key.media.key_id\n\\1}\n',
    ),
)
