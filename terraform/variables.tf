# What differs from one deployment of this stack to the next. The limits are those of AWS, or of the names built here.

variable "aws_region" {
  description = "Region that the whole stack is built in."
  type        = string
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", var.aws_region))
    error_message = "aws_region must be the code of an AWS region: two letters, one word or more and a number, joined by hyphens."
  }
}

variable "environment_suffix" {
  description = "Ends every physical name, so that environments (dev, prod, pr-42) live side by side in one account. At most 16 characters, since bucket names also carry the account and the region and may have 63."
  type        = string
  default     = "dev"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?$", var.environment_suffix))
    error_message = "environment_suffix must be 1 to 16 lower-case letters, digits and hyphens, and neither start nor end with a hyphen."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that every alarm tells when it starts and when it is over. Empty: the alarms change state and notify nobody, which suits environments nobody is on call for."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for arn in var.alarm_topic_arns : can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", arn))
    ])
    error_message = "Each of alarm_topic_arns must be the ARN of a standard SNS topic (arn:PARTITION:sns:REGION:ACCOUNT:NAME): CloudWatch alarms cannot publish to FIFO topics."
  }

  validation {
    condition     = length(var.alarm_topic_arns) <= 5
    error_message = "alarm_topic_arns may name at most 5 topics: CloudWatch takes 5 actions for each state of an alarm."
  }
}

variable "log_level" {
  description = "Least severe level that the function writes to its log."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level must be one of DEBUG, INFO, WARNING and ERROR."
  }
}

variable "log_retention_days" {
  description = "Days that CloudWatch Logs keeps the function's log."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a period that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "function_timeout_seconds" {
  description = "Seconds that one batch of messages may take. The visibility timeout of both queues is six times as long."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.function_timeout_seconds >= 60 && var.function_timeout_seconds <= 900 && floor(var.function_timeout_seconds) == var.function_timeout_seconds
    error_message = "function_timeout_seconds must be a whole number from 60 to 900: submitting one job takes half a minute when MediaConvert has to be asked again."
  }
}

variable "function_memory_megabytes" {
  description = "Memory of the function, in MB; its share of CPU grows with it."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.function_memory_megabytes >= 128 && var.function_memory_megabytes <= 10240 && floor(var.function_memory_megabytes) == var.function_memory_megabytes
    error_message = "function_memory_megabytes must be a whole number from 128 to 10240."
  }
}

variable "function_reserved_concurrency" {
  description = "Executions of the function at one time, set aside from the account's pool and divided between the two queues. -1 sets none aside, for accounts whose pool is too small to reserve from."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.function_reserved_concurrency == -1 || (var.function_reserved_concurrency >= 4 && var.function_reserved_concurrency <= 1000 && floor(var.function_reserved_concurrency) == var.function_reserved_concurrency)
    error_message = "function_reserved_concurrency must be -1 or a whole number from 4 to 1000: each of the two event source mappings needs a maximum concurrency of at least 2."
  }
}

variable "batch_size" {
  description = "Messages that the function takes from a queue at once."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10 && floor(var.batch_size) == var.batch_size
    error_message = "batch_size must be a whole number from 1 to 10: larger batches need a batching window, which these queues do without."
  }
}

variable "max_receive_count" {
  description = "Deliveries of one message before it is moved to the dead-letter queue. AWS recommends at least 5 for queues that Lambda reads, so that throttling alone fills no dead-letter queue."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.max_receive_count >= 5 && var.max_receive_count <= 1000 && floor(var.max_receive_count) == var.max_receive_count
    error_message = "max_receive_count must be a whole number from 5 to 1000."
  }
}

variable "queue_age_alarm_seconds" {
  description = "Age of the oldest message of a queue, in seconds, above which the alarm for that queue is raised."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.queue_age_alarm_seconds >= 60 && var.queue_age_alarm_seconds <= 345600 && floor(var.queue_age_alarm_seconds) == var.queue_age_alarm_seconds
    error_message = "queue_age_alarm_seconds must be a whole number from 60 to 345600, which is as long as the queues keep a message."
  }
}

variable "noncurrent_version_days" {
  description = "Days that a bucket keeps a version of an object after a newer one has replaced it or it was deleted."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.noncurrent_version_days >= 1 && var.noncurrent_version_days <= 3650 && floor(var.noncurrent_version_days) == var.noncurrent_version_days
    error_message = "noncurrent_version_days must be a whole number from 1 to 3650."
  }
}
