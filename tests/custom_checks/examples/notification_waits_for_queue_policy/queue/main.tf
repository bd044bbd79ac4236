resource "aws_sqs_queue" "this" {}

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.id
  policy    = jsonencode({ Statement = [] })
}

output "arn" {
  value = aws_sqs_queue.this.arn
}

output "ready_arn" {
  value      = aws_sqs_queue.this.arn
  depends_on = [aws_sqs_queue_policy.this]
}

output "early_arn" {
  value      = aws_sqs_queue.this.arn
  depends_on = [aws_sqs_queue.this]
}
