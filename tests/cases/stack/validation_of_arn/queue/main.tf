variable "key" {
  type = string
  validation {
    condition     = can(regex("^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/", var.key))
    error_message = "Give the ARN of a KMS key."
  }
}
variable "vpc" {
  type = string
  validation {
    condition     = can(regex("^vpc-[0-9a-f]{17}$", var.vpc))
    error_message = "Give the id of a VPC."
  }
}
variable "role" {
  type = string
  validation {
    condition     = split(":", var.role)[4] == "123456789012" && endswith(var.role, "/acme")
    error_message = "Give the ARN of the role."
  }
}
variable "topics" {
  type = list(string)
  validation {
    condition     = alltrue([for topic in var.topics : can(regex("^arn:[^:]+:sns:[^:]+:\\d{12}:[\\w-]+$", topic))])
    error_message = "Give ARNs of topics."
  }
}
resource "aws_sqs_queue" "q" {
  name              = "orders"
  kms_master_key_id = var.key
  lifecycle {
    precondition {
      condition     = startswith(var.role, "arn:aws:iam::")
      error_message = "No role."
    }
    postcondition {
      condition     = endswith(self.url, "/orders")
      error_message = "Another URL."
    }
  }
}
