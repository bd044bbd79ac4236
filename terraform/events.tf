# Which state changes of MediaConvert jobs come back to the pipeline.

resource "aws_cloudwatch_event_rule" "job_state" {
  name        = "video-job-state-${var.environment_suffix}"
  description = "MediaConvert jobs that started, went on, completed, failed or were canceled"

  # What MediaConvert finds in an input (INPUT_INFORMATION) and its warnings (NEW_WARNING) change no record. The events are
  # those of every job in the queue; the function knows its own by their user metadata.
  # https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_event_list.html
  event_pattern = jsonencode({
    source        = ["aws.mediaconvert"]
    "detail-type" = ["MediaConvert Job State Change"]
    detail = {
      queue  = [local.mediaconvert_queue_arn]
      status = ["PROGRESSING", "STATUS_UPDATE", "COMPLETE", "ERROR", "CANCELED"]
    }
  })
}

resource "aws_cloudwatch_event_target" "status_queue" {
  rule      = aws_cloudwatch_event_rule.job_state.name
  target_id = "status-queue-${var.environment_suffix}"
  arn       = aws_sqs_queue.status.arn

  depends_on = [aws_sqs_queue_policy.status]
}
