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
  queue {
    queue_arn = aws_sqs_queue.processing.arn
  }

  depends_on = [aws_sqs_queue_policy.processing]
}

resource "aws_s3_bucket_notification" "pass_indirectly" {
  queue {
    queue_arn = aws_sqs_queue.processing.arn
  }

  depends_on = [terraform_data.ready]
}

# The queue is created with its policy.
resource "aws_s3_bucket_notification" "pass_policy_in_queue" {
  queue {
    queue_arn = aws_sqs_queue.with_policy.arn
  }
}

resource "aws_s3_bucket_notification" "pass_module" {
  queue {
    queue_arn = module.queue.arn
  }

  depends_on = [module.queue]
}

# A reference to the output inherits its depends_on.
resource "aws_s3_bucket_notification" "pass_output" {
  queue {
    queue_arn = module.queue.ready_arn
  }
}

resource "aws_s3_bucket_notification" "pass_output_by_local" {
  queue {
    queue_arn = local.queues["uploads"].arn
  }
}

resource "aws_s3_bucket_notification" "fail_output" {
  queue {
    queue_arn = module.queue.early_arn
  }
}

resource "aws_s3_bucket_notification" "fail" {
  queue {
    queue_arn = aws_sqs_queue.processing.arn
  }
}

resource "aws_s3_bucket_notification" "fail_other_policy" {
  queue {
    queue_arn = aws_sqs_queue.processing.arn
  }

  depends_on = [aws_sqs_queue_policy.second]
}

resource "aws_s3_bucket_notification" "fail_one_of_two" {
  queue {
    queue_arn     = aws_sqs_queue.processing.arn
    filter_suffix = ".mp4"
  }

  queue {
    queue_arn     = aws_sqs_queue.second.arn
    filter_suffix = ".mov"
  }

  depends_on = [aws_sqs_queue_policy.processing]
}

resource "aws_s3_bucket_notification" "fail_dynamic" {
  dynamic "queue" {
    for_each = [".mp4", ".mov"]

    content {
      queue_arn     = aws_sqs_queue.processing.arn
      filter_suffix = queue.value
    }
  }
}

# The arn needs only the queue inside the module, not its policy.
resource "aws_s3_bucket_notification" "fail_module" {
  queue {
    queue_arn = module.queue.arn
  }
}

resource "aws_s3_bucket_notification" "unknown" {
  queue {
    queue_arn = var.queue_arn
  }
}

resource "aws_s3_bucket_notification" "other_topic" {
  topic {
    topic_arn = "arn:aws:sns:eu-west-1:111122223333:uploads"
  }
}
