# A queue that one sender may fill, and the queue of what could not be handled.

variable "name" {
  description = "Physical name of the queue."
  type        = string
}

variable "key" {
  description = "Id of the KMS key."
  type        = string
}

variable "sender" {
  description = "The service that sends, and for which of whose resources."
  type        = object({ service = string, arn = string, account = string })
}

resource "aws_sqs_queue" "mail" {
  name                       = var.name
  kms_master_key_id          = var.key
  visibility_timeout_seconds = 600

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  kms_master_key_id         = var.key
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.mail.arn]
  })
}

data "aws_iam_policy_document" "encrypted_transport" {
  for_each = { mail = aws_sqs_queue.mail.arn, dead_letters = aws_sqs_queue.dead_letters.arn }

  statement {
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

data "aws_iam_policy_document" "sender" {
  source_policy_documents = [data.aws_iam_policy_document.encrypted_transport["mail"].json]

  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.mail.arn]

    principals {
      type        = "Service"
      identifiers = [var.sender.service]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [var.sender.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.sender.account]
    }
  }
}

resource "aws_sqs_queue_policy" "sender" {
  queue_url = aws_sqs_queue.mail.url
  policy    = data.aws_iam_policy_document.sender.json
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy    = data.aws_iam_policy_document.encrypted_transport["dead_letters"].json
}

output "arn" {
  description = "ARN of the queue, for those who need it to take what its sender sends."
  value       = aws_sqs_queue.mail.arn
  depends_on  = [aws_sqs_queue_policy.sender]
}

output "name" {
  description = "Name of the queue."
  value       = aws_sqs_queue.mail.name
}

output "dead_letters" {
  description = "Name of the queue of what could not be handled."
  value       = aws_sqs_queue.dead_letters.name
}
