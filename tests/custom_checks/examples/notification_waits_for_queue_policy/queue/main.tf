resource "aws_sqs_queue" "this" {}

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.id
  policy    = jsonencode({ Statement = [] })
}

output "arn" {
  value = aws_sqs_queue.this.arn
}
