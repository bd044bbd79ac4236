# What could be chosen. Nothing reads the first two.

variable "environment_suffix" {
  description = "Which environment this is."
  type        = string
  default     = "dev"
}

variable "aws_region" {
  description = "Region to build the stack in."
  type        = string
  default     = "us-east-1"
}

variable "alarm_topic_arns" {
  description = "SNS topics that the alarms tell."
  type        = list(string)
  default     = []
}
