"""Blocks that do not change the resources: moved and removed, lifecycle, preconditions, checks,
timeouts, terraform_data, provider functions, and a provisioner that never runs here."""

from tests.pipelines.changes import Everywhere
from tests.pipelines.compliance import Change, Edit

_MOVES = """\
moved {
  from = aws_sqs_queue.uploads
  to   = aws_sqs_queue.processing
}

moved {
  from = module.old.aws_dynamodb_table.this[0]
  to   = aws_dynamodb_table.assets
}

removed {
  from = aws_sns_topic.retired

  lifecycle {
    destroy = false
  }
}

resource "terraform_data" "release" {
  input            = { table = aws_dynamodb_table.assets.name }
  triggers_replace = [aws_lambda_function.processor.source_code_hash]

  provisioner "local-exec" {
    command = "echo released ${self.input.table}"
  }
}

check "queues" {
  assert {
    condition     = aws_sqs_queue.processing.name != aws_sqs_queue.status.name
    error_message = "Job states would be taken for uploads."
  }
}
"""

EDITS: tuple[Change, ...] = (
    Edit("terraform/moves.tf", "", _MOVES),
    Everywhere(
        "terraform/queues.tf",
        r'^(resource "aws_sqs_queue" "\w+" \{\n(?:  .*\n|\n)*?)\}\n',
        r"""\1
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [tags, tags_all]
  }

  timeouts {
    create = "5m"
  }
}
""",
    ),
    Everywhere(
        "terraform/function.tf",
        r'^(resource "aws_lambda_function" "processor" \{\n)',
        r"""\1  lifecycle {
    replace_triggered_by  = [aws_iam_role.function.id]
    create_before_destroy = false

    precondition {
      condition     = endswith(data.archive_file.function.output_path, ".zip")
      error_message = "Lambda takes a zip."
    }

    postcondition {
      condition     = self.runtime == "python3.11"
      error_message = "The function runs on Python 3.11."
    }
  }

""",
    ),
    Edit(
        "terraform/encryption.tf",
        'resource "aws_kms_alias" "media" {\n',
        'resource "aws_kms_alias" "media" {\n  count = var.environment_suffix == "" ? 0 : 1\n\n',
    ),
    Everywhere(
        "terraform/access.tf",
        r'"arn:\$\{data\.aws_partition\.current\.partition\}:mediaconvert:.*"',
        'provider::aws::arn_build(data.aws_partition.current.partition, "mediaconvert", '
        'var.aws_region, data.aws_caller_identity.current.account_id, "queues/Default")',
    ),
)
