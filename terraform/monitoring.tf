# What is watched, when somebody is told, and the one page that shows it all.
#
# Alarms notify nobody unless var.alarm_topic_arns names SNS topics. Each topic is told when an alarm starts and when it is over.

locals {
  work_queues = {
    processing = aws_sqs_queue.processing.name
    status     = aws_sqs_queue.status.name
  }

  dead_letter_queues = {
    processing = aws_sqs_queue.processing_dead_letter.name
    status     = aws_sqs_queue.status_dead_letter.name
  }
}

resource "aws_cloudwatch_metric_alarm" "queue_age" {
  for_each = local.work_queues

  alarm_name          = "video-${each.key}-queue-age-${var.environment_suffix}"
  alarm_description   = "The oldest message in ${each.value} has waited too long: the function is failing, throttled or outrun."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.queue_age_alarm_seconds
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = local.dead_letter_queues

  alarm_name          = "video-${each.key}-dead-letters-${var.environment_suffix}"
  alarm_description   = "The function gave up on messages, which now wait in ${each.value}. Its log has the reason; redrive them once that is gone."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}

# A message that fails alone is no error of the invocation, so this is the function itself: its code, its settings or its time.
resource "aws_cloudwatch_metric_alarm" "function_errors" {
  alarm_name          = "video-function-errors-${var.environment_suffix}"
  alarm_description   = "${aws_lambda_function.processor.function_name} failed as a whole. See ${aws_cloudwatch_log_group.function.name}."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.processor.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}

resource "aws_cloudwatch_metric_alarm" "function_throttles" {
  alarm_name          = "video-function-throttles-${var.environment_suffix}"
  alarm_description   = "${aws_lambda_function.processor.function_name} is throttled: raise its reserved concurrency, or find out who else calls it."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = aws_lambda_function.processor.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}

# MediaConvert counts by queue, so this is every failed job of the account's default queue.
# https://docs.aws.amazon.com/mediaconvert/latest/ug/cloudwatch_metrics.html
resource "aws_cloudwatch_metric_alarm" "job_errors" {
  alarm_name          = "video-job-errors-${var.environment_suffix}"
  alarm_description   = "MediaConvert jobs failed. The assets with Status ERROR in ${aws_dynamodb_table.assets.name} say why."
  namespace           = "AWS/MediaConvert"
  metric_name         = "JobsErroredCount"
  dimensions          = { Queue = local.mediaconvert_queue_arn }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}

# Without it, a status queue that turns EventBridge away would look like one that has nothing to do.
resource "aws_cloudwatch_metric_alarm" "undelivered_events" {
  alarm_name          = "video-undelivered-events-${var.environment_suffix}"
  alarm_description   = "EventBridge cannot deliver job states to ${aws_sqs_queue.status.name}: look at the policies of the queue and of its key."
  namespace           = "AWS/Events"
  metric_name         = "FailedInvocations"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.job_state.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}

resource "aws_cloudwatch_dashboard" "pipeline" {
  dashboard_name = "video-pipeline-${var.environment_suffix}"

  dashboard_body = jsonencode({
    widgets = [
      {
        type   = "metric"
        x      = 0
        y      = 0
        width  = 12
        height = 6
        properties = {
          title  = "Messages waiting"
          region = var.aws_region
          view   = "timeSeries"
          stat   = "Maximum"
          period = 60
          metrics = [
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.processing.name],
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.status.name],
          ]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 0
        width  = 12
        height = 6
        properties = {
          title  = "Age of the oldest message (s)"
          region = var.aws_region
          view   = "timeSeries"
          stat   = "Maximum"
          period = 60
          metrics = [
            ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", aws_sqs_queue.processing.name],
            ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", aws_sqs_queue.status.name],
          ]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 6
        width  = 12
        height = 6
        properties = {
          title  = "Dead letters"
          region = var.aws_region
          view   = "timeSeries"
          stat   = "Maximum"
          period = 60
          metrics = [
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.processing_dead_letter.name],
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.status_dead_letter.name],
          ]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 6
        width  = 12
        height = 6
        properties = {
          title  = "Jobs, and events that could not be delivered"
          region = var.aws_region
          view   = "timeSeries"
          stat   = "Sum"
          period = 300
          metrics = [
            ["AWS/MediaConvert", "JobsCompletedCount", "Queue", local.mediaconvert_queue_arn],
            ["AWS/MediaConvert", "JobsErroredCount", "Queue", local.mediaconvert_queue_arn],
            ["AWS/Events", "FailedInvocations", "RuleName", aws_cloudwatch_event_rule.job_state.name],
          ]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 12
        width  = 12
        height = 6
        properties = {
          title  = "Function"
          region = var.aws_region
          view   = "timeSeries"
          stat   = "Sum"
          period = 60
          metrics = [
            ["AWS/Lambda", "Invocations", "FunctionName", aws_lambda_function.processor.function_name],
            ["AWS/Lambda", "Errors", "FunctionName", aws_lambda_function.processor.function_name],
            ["AWS/Lambda", "Throttles", "FunctionName", aws_lambda_function.processor.function_name],
          ]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 12
        width  = 12
        height = 6
        properties = {
          title  = "Time the function takes (ms)"
          region = var.aws_region
          view   = "timeSeries"
          period = 60
          metrics = [
            ["AWS/Lambda", "Duration", "FunctionName", aws_lambda_function.processor.function_name, { stat = "p50" }],
            ["AWS/Lambda", "Duration", "FunctionName", aws_lambda_function.processor.function_name, { stat = "p99" }],
          ]
        }
      },
    ]
  })
}
