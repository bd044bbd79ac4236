# What the function may do, and what MediaConvert may do in its name. IAM is one for all regions, so these names carry the region.

locals {
  # Every account has this queue from the start, and jobs that name none go to it.
  mediaconvert_queue_arn = "arn:${data.aws_partition.current.partition}:mediaconvert:${var.aws_region}:${data.aws_caller_identity.current.account_id}:queues/Default"
}

# MediaConvert: reads uploads, writes renditions.

resource "aws_iam_role" "mediaconvert" {
  name        = "video-mediaconvert-${var.aws_region}-${var.environment_suffix}"
  description = "MediaConvert reads uploaded videos and writes their renditions"

  # https://docs.aws.amazon.com/mediaconvert/latest/ug/cross-service-confused-deputy-prevention.html
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "MediaConvertOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = "mediaconvert.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          ArnEquals    = { "aws:SourceArn" = local.mediaconvert_queue_arn }
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        }
      },
    ]
  })
}

resource "aws_iam_policy" "mediaconvert" {
  name        = "video-mediaconvert-${var.aws_region}-${var.environment_suffix}"
  description = "Objects of the two buckets, and the key they are encrypted with"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadInput"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${aws_s3_bucket.input.arn}/*"
      },
      {
        Sid      = "WriteOutput"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${aws_s3_bucket.output.arn}/*"
      },
      {
        # GenerateDataKey writes an object; Decrypt reads one, and joins the parts of a multipart upload.
        Sid       = "UseKeyThroughS3"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = aws_kms_key.media.arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.aws_region}.${data.aws_partition.current.dns_suffix}" } }
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "mediaconvert" {
  role       = aws_iam_role.mediaconvert.name
  policy_arn = aws_iam_policy.mediaconvert.arn
}

# The function: takes messages, submits the job, keeps the record. It has no business with the videos themselves.

resource "aws_iam_role" "function" {
  name        = "video-processor-${var.aws_region}-${var.environment_suffix}"
  description = "The function that turns uploads into jobs and job states into records"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Lambda"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      },
    ]
  })
}

resource "aws_iam_policy" "function" {
  name        = "video-processor-${var.aws_region}-${var.environment_suffix}"
  description = "Messages, uploads, records, jobs and logs of the video pipeline"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "TakeMessages"
        Effect = "Allow"
        Action = [
          "sqs:DeleteMessage",
          "sqs:GetQueueAttributes",
          "sqs:ReceiveMessage",
        ]
        Resource = [aws_sqs_queue.processing.arn, aws_sqs_queue.status.arn]
      },
      {
        Sid    = "KeepRecords"
        Effect = "Allow"
        Action = [
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
        ]
        Resource = aws_dynamodb_table.assets.arn
      },
      {
        # Jobs use no preset and no template, so the queue is all that either action is checked against.
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselementalmediaconvert.html
        Sid      = "SubmitJob"
        Effect   = "Allow"
        Action   = ["mediaconvert:CreateJob", "mediaconvert:ListJobs"]
        Resource = local.mediaconvert_queue_arn
      },
      {
        Sid       = "PassMediaConvertRole"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = aws_iam_role.mediaconvert.arn
        Condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
      },
      {
        # SQS and DynamoDB decrypt in the caller's name; for a write, DynamoDB decrypts the key of the table.
        Sid      = "DecryptThroughServices"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_key.media.arn
        Condition = {
          StringEquals = {
            "kms:ViaService" = [
              "dynamodb.${var.aws_region}.${data.aws_partition.current.dns_suffix}",
              "sqs.${var.aws_region}.${data.aws_partition.current.dns_suffix}",
            ]
          }
        }
      },
      {
        # The log group is Terraform's to make, so the function may only write to it.
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.function.arn}:*"
      },
      {
        # X-Ray knows no resources for these two.
        Sid      = "SendTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "function" {
  role       = aws_iam_role.function.name
  policy_arn = aws_iam_policy.function.arn
}
