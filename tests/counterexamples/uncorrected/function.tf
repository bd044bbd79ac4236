# The function, its log, what it may do, and the two queues that call it.

resource "aws_cloudwatch_log_group" "transcoder" {
  name              = "/aws/lambda/video-transcoder"
  retention_in_days = 30
  kms_key_id        = aws_kms_key.videos.arn
}

resource "aws_lambda_function" "transcoder" {
  function_name = "video-transcoder"
  role          = aws_iam_role.transcoder.arn
  runtime       = "nodejs16.x"
  handler       = "index.handler"
  filename      = "function.zip"
  timeout       = 60

  environment {
    variables = {
      ASSETS_TABLE  = aws_dynamodb_table.assets.name
      INPUT_BUCKET  = aws_s3_bucket.uploads.bucket
      OUTPUT_BUCKET = aws_s3_bucket.renditions.bucket
    }
  }

  vpc_config {
    subnet_ids         = [aws_subnet.a.id, aws_subnet.b.id]
    security_group_ids = [aws_security_group.transcoder.id]
  }

  depends_on = [
    aws_cloudwatch_log_group.transcoder,
    aws_iam_role_policy_attachment.transcoder,
  ]
}

resource "aws_lambda_event_source_mapping" "uploads" {
  event_source_arn        = aws_sqs_queue.uploads.arn
  function_name           = aws_lambda_function.transcoder.arn
  batch_size              = 5
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_lambda_event_source_mapping" "job_states" {
  event_source_arn        = aws_sqs_queue.job_states.arn
  function_name           = aws_lambda_function.transcoder.arn
  batch_size              = 5
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_iam_role" "transcoder" {
  name = "video-transcoder"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      },
    ]
  })
}

resource "aws_iam_policy" "transcoder" {
  name = "video-transcoder"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Messages"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        Resource = [aws_sqs_queue.uploads.arn, aws_sqs_queue.job_states.arn]
      },
      {
        Sid      = "Records"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = aws_dynamodb_table.assets.arn
      },
      {
        Sid      = "Jobs"
        Effect   = "Allow"
        Action   = "mediaconvert:CreateJob"
        Resource = "*"
      },
      {
        Sid      = "Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = aws_kms_key.videos.arn
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.transcoder.arn}:*"
      },
      {
        Sid    = "Network"
        Effect = "Allow"
        Action = [
          "ec2:AssignPrivateIpAddresses",
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets",
          "ec2:UnassignPrivateIpAddresses",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "transcoder" {
  role       = aws_iam_role.transcoder.name
  policy_arn = aws_iam_policy.transcoder.arn
}
