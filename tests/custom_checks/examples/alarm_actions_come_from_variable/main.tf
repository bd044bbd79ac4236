variable "alarm_topic_arns" {
  type    = list(string)
  default = []
}

variable "required_topic_arn" {
  type = string
}

variable "oncall_topic_arns" {
  type    = list(string)
  default = ["arn:aws:sns:eu-west-1:111122223333:oncall"]
}

resource "aws_sns_topic" "alarms" {}

resource "aws_cloudwatch_metric_alarm" "pass" {
  alarm_actions = var.alarm_topic_arns
  ok_actions    = var.alarm_topic_arns
}

resource "aws_cloudwatch_metric_alarm" "pass_empty" {
  alarm_actions = []
}

resource "aws_cloudwatch_composite_alarm" "pass_none" {}

resource "aws_cloudwatch_metric_alarm" "pass_required" {
  alarm_actions = compact([var.required_topic_arn])
}

resource "aws_cloudwatch_metric_alarm" "pass_condition" {
  alarm_actions = var.required_topic_arn == "" ? [] : [var.required_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "pass_for" {
  alarm_actions = [for arn in var.alarm_topic_arns : arn]
}

module "pass" {
  source  = "./alarm"
  actions = var.alarm_topic_arns
}

module "fail" {
  source  = "./alarm"
  actions = ["arn:aws:sns:eu-west-1:111122223333:oncall"]
}

resource "aws_cloudwatch_metric_alarm" "fail" {
  alarm_actions = ["arn:aws:sns:eu-west-1:111122223333:oncall"]
}

resource "aws_cloudwatch_metric_alarm" "fail_ok_actions" {
  alarm_actions = var.alarm_topic_arns
  ok_actions    = concat(var.alarm_topic_arns, ["arn:aws:sns:eu-west-1:111122223333:oncall"])
}

resource "aws_cloudwatch_metric_alarm" "fail_default" {
  alarm_actions = var.oncall_topic_arns
}

resource "aws_cloudwatch_metric_alarm" "fail_own_topic" {
  alarm_actions = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "unknown_condition" {
  alarm_actions = length(var.alarm_topic_arns) > 0 ? var.alarm_topic_arns : [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "unknown_function" {
  alarm_actions = split(",", "")
}
