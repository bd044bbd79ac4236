variable "source_arn" {
  type = string
}

variable "response_types" {
  type    = list(string)
  default = []
}

resource "aws_lambda_event_source_mapping" "pass" {
  event_source_arn        = aws_sqs_queue.processing.arn
  function_response_types = ["ReportBatchItemFailures"]
}

# It reports item failures for any source.
resource "aws_lambda_event_source_mapping" "pass_any_source" {
  event_source_arn        = var.source_arn
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_lambda_event_source_mapping" "fail" {
  event_source_arn = aws_sqs_queue.processing.arn
}

resource "aws_lambda_event_source_mapping" "fail_empty" {
  event_source_arn        = aws_sqs_queue.processing.arn
  function_response_types = []
}

resource "aws_lambda_event_source_mapping" "fail_literal_arn" {
  event_source_arn = "arn:aws:sqs:eu-west-1:111122223333:processing"
}

resource "aws_lambda_event_source_mapping" "unknown_source" {
  event_source_arn = var.source_arn
}

resource "aws_lambda_event_source_mapping" "unknown_types" {
  event_source_arn        = aws_sqs_queue.processing.arn
  function_response_types = var.response_types
}

resource "aws_lambda_event_source_mapping" "other_stream" {
  event_source_arn  = aws_kinesis_stream.clicks.arn
  starting_position = "LATEST"
}
