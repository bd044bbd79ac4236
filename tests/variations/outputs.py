"""Outputs are renamed, grouped in objects and sensitive, and values pass through terraform_data."""

from tests.pipelines.changes import Remove
from tests.pipelines.compliance import Change, Edit

_OUTPUTS = """\
resource "terraform_data" "names" {
  input = {
    function = aws_lambda_function.processor.function_name
    table    = aws_dynamodb_table.assets.name
  }
  triggers_replace = [aws_kms_key.media.arn]
}

output "video" {
  description = "Where videos go in and come out."
  value = {
    in  = { for attribute in ["arn", "bucket"] : attribute => aws_s3_bucket.input[attribute] }
    out = { arn = aws_s3_bucket.output.arn, url = "https://${aws_s3_bucket.output.bucket_regional_domain_name}/" }
  }

  precondition {
    condition     = aws_s3_bucket.input.bucket != aws_s3_bucket.output.bucket
    error_message = "Renditions would be taken for uploads."
  }
}

output "queues" {
  description = "Every queue."
  sensitive   = true
  value       = [for queue in [aws_sqs_queue.processing, aws_sqs_queue.status] : queue.url]
}

output "names" {
  description = "What is watched."
  sensitive   = true
  value       = nonsensitive(sensitive(terraform_data.names.output))
}

output "roles" {
  description = "Who works here."
  value       = jsonencode({ function = aws_iam_role.function, mediaconvert = aws_iam_role.mediaconvert.arn })
  sensitive   = true
  depends_on  = [aws_iam_role_policy_attachment.function]
}
"""

EDITS: tuple[Change, ...] = (
    Remove("terraform/outputs.tf"),
    Edit("terraform/outputs.tf", "", _OUTPUTS),
)
