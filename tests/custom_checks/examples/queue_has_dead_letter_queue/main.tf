variable "redrive_policy" {
  type    = string
  default = null
}

variable "keep" {
  type = bool
}

resource "aws_sqs_queue" "pass" {
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.other_target.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "pass_heredoc" {
  redrive_policy = <<-EOT
    {"deadLetterTargetArn": "${aws_sqs_queue.other_target.arn}", "maxReceiveCount": 5}
  EOT
}

resource "aws_sqs_queue" "pass_separate" {}

resource "aws_sqs_queue_redrive_policy" "separate" {
  queue_url = aws_sqs_queue.pass_separate.id

  redrive_policy = jsonencode({
    deadLetterTargetArn = module.other.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "fail" {}

resource "aws_sqs_queue" "fail_no_target" {
  redrive_policy = jsonencode({ maxReceiveCount = 5 })
}

resource "aws_sqs_queue" "fail_no_count" {
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.other_target.arn })
}

resource "aws_sqs_queue" "fail_no_arn" {
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.other_target.id, maxReceiveCount = 5 })
}

# A failing message returns to the queue forever.
resource "aws_sqs_queue" "fail_itself" {
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.fail_itself.arn, maxReceiveCount = 5 })
}

resource "aws_sqs_queue" "fail_each" {
  for_each = toset(["processing", "status"])
}

resource "aws_sqs_queue" "unknown" {
  redrive_policy = var.keep ? jsonencode({ deadLetterTargetArn = aws_sqs_queue.other_target.arn, maxReceiveCount = 5 }) : null
}

resource "aws_sqs_queue" "unknown_variable" {
  redrive_policy = var.redrive_policy
}

resource "aws_sqs_queue" "other_target" {}

resource "aws_sqs_queue" "other_allowing" {}

resource "aws_sqs_queue_redrive_allow_policy" "allowing" {
  queue_url            = aws_sqs_queue.other_allowing.id
  redrive_allow_policy = jsonencode({ redrivePermission = "allowAll" })
}

resource "aws_sqs_queue" "other_of_function" {}

resource "aws_lambda_function" "function" {
  function_name = "example"

  dead_letter_config {
    target_arn = aws_sqs_queue.other_of_function.arn
  }
}

# Its dead letters come from a queue outside the module.
module "other" {
  source = "./queue"
}

# An override file changes these two.
resource "aws_sqs_queue" "pass_overridden" {
  name = "videos"
}

resource "aws_sqs_queue" "fail_overridden" {
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.other_target.arn, maxReceiveCount = 5 })
}
