variable "queue_arn" {
  type = string
}

resource "aws_sqs_queue" "processing" {}

resource "aws_sqs_queue" "second" {}

resource "aws_sqs_queue" "with_policy" {
  policy = jsonencode({ Statement = [] })
}

resource "aws_sqs_queue_policy" "processing" {
  queue_url = aws_sqs_queue.processing.id
  policy    = jsonencode({ Statement = [] })
}

resource "aws_sqs_queue_policy" "second" {
  queue_url = aws_sqs_queue.second.url
  policy    = jsonencode({ Statement = [] })
}

resource "terraform_data" "ready" {
  depends_on = [aws_sqs_queue_policy.processing]
}

locals {
  queues = { uploads = { arn = module.queue.ready_arn } }
}

module "queue" {
  source = "./queue"
}

resource "aws_s3_bucket_notification" "pass" {
  bucket = "input"

  queue {
    queue_arn = aws_sqs_queue.processing.arn
    events    = ["s3:ObjectCreated:*"]
  }

  depends_on = [aws_sqs_queue_policy.processing]
}

resource "aws_s3_bucket_notification" "pass_indirectly" {
  bucket = "input"

  queue {
    queue_arn = aws_sqs_queue.processing.arn
    events    = ["s3:ObjectCreated:*"]
  }

  depends_on = [terraform_data.ready]
}

# The queue is made with its policy, so that there is nothing to wait for.
resource "aws_s3_bucket_notification" "pass_policy_in_queue" {
  bucket = "input"

  queue {
    queue_arn = aws_sqs_queue.with_policy.arn
    events    = ["s3:ObjectCreated:*"]
  }
}

resource "aws_s3_bucket_notification" "pass_module" {
  bucket = "input"

  queue {
    queue_arn = module.queue.arn
    events    = ["s3:ObjectCreated:*"]
  }

  depends_on = [module.queue]
}

# Whoever uses the output waits for what the output waits for.
resource "aws_s3_bucket_notification" "pass_output" {
  bucket = "input"

  queue {
    queue_arn = module.queue.ready_arn
    events    = ["s3:ObjectCreated:*"]
  }
}

resource "aws_s3_bucket_notification" "pass_output_by_local" {
  bucket = "input"

  queue {
    queue_arn = local.queues["uploads"].arn
    events    = ["s3:ObjectCreated:*"]
  }
}

resource "aws_s3_bucket_notification" "fail_output" {
  bucket = "input"

  queue {
    queue_arn = module.queue.early_arn
    events    = ["s3:ObjectCreated:*"]
  }
}

resource "aws_s3_bucket_notification" "fail" {
  bucket = "input"

  queue {
    queue_arn = aws_sqs_queue.processing.arn
    events    = ["s3:ObjectCreated:*"]
  }
}

resource "aws_s3_bucket_notification" "fail_other_policy" {
  bucket = "input"

  queue {
    queue_arn = aws_sqs_queue.processing.arn
    events    = ["s3:ObjectCreated:*"]
  }

  depends_on = [aws_sqs_queue_policy.second]
}

resource "aws_s3_bucket_notification" "fail_one_of_two" {
  bucket = "input"

  queue {
    queue_arn     = aws_sqs_queue.processing.arn
    events        = ["s3:ObjectCreated:*"]
    filter_suffix = ".mp4"
  }

  queue {
    queue_arn     = aws_sqs_queue.second.arn
    events        = ["s3:ObjectCreated:*"]
    filter_suffix = ".mov"
  }

  depends_on = [aws_sqs_queue_policy.processing]
}

resource "aws_s3_bucket_notification" "fail_dynamic" {
  bucket = "input"

  dynamic "queue" {
    for_each = [".mp4", ".mov"]

    content {
      queue_arn     = aws_sqs_queue.processing.arn
      events        = ["s3:ObjectCreated:*"]
      filter_suffix = queue.value
    }
  }
}

# The arn needs only the queue inside the module, not its policy.
resource "aws_s3_bucket_notification" "fail_module" {
  bucket = "input"

  queue {
    queue_arn = module.queue.arn
    events    = ["s3:ObjectCreated:*"]
  }
}

resource "aws_s3_bucket_notification" "unknown" {
  bucket = "input"

  queue {
    queue_arn = var.queue_arn
    events    = ["s3:ObjectCreated:*"]
  }
}

resource "aws_s3_bucket_notification" "other_topic" {
  bucket = "input"

  topic {
    topic_arn = "arn:aws:sns:eu-west-1:111122223333:uploads"
    events    = ["s3:ObjectCreated:*"]
  }
}
