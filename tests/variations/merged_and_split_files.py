"""Half of the files are merged into one, the blocks of the others have a file each, the table is in
JSON syntax, and an override file changes the queues."""

import json

from tests.pipelines.changes import Merge, Remove, Split
from tests.pipelines.compliance import Change, Edit

_TABLE = {
    "resource": {
        "aws_dynamodb_table": {
            "assets": {
                "name": "video-assets-${var.environment_suffix}",
                "billing_mode": "PAY_PER_REQUEST",
                "hash_key": "AssetId",
                "attribute": [
                    {"name": "AssetId", "type": "S"},
                    {"name": "Status", "type": "S"},
                    {"name": "UpdatedAt", "type": "S"},
                ],
                "global_secondary_index": {
                    "name": "StatusIndex",
                    "hash_key": "Status",
                    "range_key": "UpdatedAt",
                    "projection_type": "ALL",
                },
                "point_in_time_recovery": {"enabled": True},
                "server_side_encryption": {
                    "enabled": True,
                    "kms_key_arn": "${aws_kms_key.media.arn}",
                },
            }
        }
    }
}
_OVERRIDE = """\
resource "aws_sqs_queue" "processing" {
  receive_wait_time_seconds  = 10
  visibility_timeout_seconds = local.visibility_timeout_seconds + 30
}

resource "aws_s3_bucket" "output" {
  force_destroy = true
}
"""

EDITS: tuple[Change, ...] = (
    Remove("terraform/database.tf"),
    Edit("terraform/database.tf.json", "", json.dumps(_TABLE, indent=2)),
    Split("terraform/queues.tf"),
    Split("terraform/variables.tf"),
    Merge("terraform/[a-o]*.tf", "terraform/main.tf"),
    Edit("terraform/last_word_override.tf", "", _OVERRIDE),
)
