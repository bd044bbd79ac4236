# What other stacks, scripts and people connect to.

output "input_bucket" {
  description = "Name of the bucket that videos are uploaded to."
  value       = aws_s3_bucket.input.bucket
}

output "input_bucket_arn" {
  description = "ARN of the bucket that videos are uploaded to, for the policies of those who upload."
  value       = aws_s3_bucket.input.arn
}

output "output_bucket" {
  description = "Name of the bucket that renditions and poster frames are written to."
  value       = aws_s3_bucket.output.bucket
}

output "output_bucket_arn" {
  description = "ARN of the bucket that renditions are written to, for the policies of those who read them."
  value       = aws_s3_bucket.output.arn
}

output "assets_table" {
  description = "Name of the table of assets, with key AssetId and the index StatusIndex (Status, UpdatedAt)."
  value       = aws_dynamodb_table.assets.name
}

output "assets_table_arn" {
  description = "ARN of the table of assets, for the policies of those who read it."
  value       = aws_dynamodb_table.assets.arn
}

output "processing_queue_url" {
  description = "URL of the queue of uploads."
  value       = aws_sqs_queue.processing.url
}

output "processing_dead_letter_queue_url" {
  description = "URL of the queue of uploads that could not be handled."
  value       = aws_sqs_queue.processing_dead_letter.url
}

output "status_queue_url" {
  description = "URL of the queue of job states."
  value       = aws_sqs_queue.status.url
}

output "status_dead_letter_queue_url" {
  description = "URL of the queue of job states that could not be handled."
  value       = aws_sqs_queue.status_dead_letter.url
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.processor.function_name
}

output "function_role_arn" {
  description = "ARN of the role that the function runs as."
  value       = aws_iam_role.function.arn
}

output "log_group" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.function.name
}

output "mediaconvert_role_arn" {
  description = "ARN of the role that MediaConvert assumes."
  value       = aws_iam_role.mediaconvert.arn
}

output "job_state_rule_arn" {
  description = "ARN of the EventBridge rule that brings job states back."
  value       = aws_cloudwatch_event_rule.job_state.arn
}

output "key_arn" {
  description = "ARN of the key. Whoever uploads needs kms:GenerateDataKey and kms:Decrypt on it, whoever reads needs kms:Decrypt."
  value       = aws_kms_key.media.arn
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard."
  value       = aws_cloudwatch_dashboard.pipeline.dashboard_name
}
