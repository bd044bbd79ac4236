resource "aws_sqs_queue" "pass_overridden" {
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.other_target.arn, maxReceiveCount = 5 })
}

resource "aws_sqs_queue" "fail_overridden" {
  redrive_policy = null
}
