variable "subnet_ids" {
  type    = list(string)
  default = []
}

resource "aws_lambda_function" "pass" {}

resource "aws_lambda_function" "pass_dynamic_over_nothing" {
  dynamic "vpc_config" {
    for_each = []

    content {
      subnet_ids         = vpc_config.value
      security_group_ids = []
    }
  }
}

resource "aws_lambda_function" "pass_no_subnet" {
  vpc_config {
    subnet_ids         = []
    security_group_ids = []
  }
}

resource "aws_lambda_function" "fail" {
  vpc_config {
    subnet_ids         = [aws_subnet.private.id]
    security_group_ids = [aws_security_group.function.id]
  }
}

resource "aws_lambda_function" "fail_splat" {
  vpc_config {
    subnet_ids         = aws_subnet.private[*].id
    security_group_ids = []
  }
}

resource "aws_lambda_function" "fail_dynamic" {
  dynamic "vpc_config" {
    for_each = ["subnet-0123456789abcdef0"]

    content {
      subnet_ids         = [vpc_config.value]
      security_group_ids = []
    }
  }
}

resource "aws_lambda_function" "unknown_variable" {
  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = []
  }
}

resource "aws_lambda_function" "unknown_dynamic" {
  dynamic "vpc_config" {
    for_each = var.subnet_ids

    content {
      subnet_ids         = [vpc_config.value]
      security_group_ids = []
    }
  }
}

resource "aws_lambda_function" "unknown_condition" {
  vpc_config {
    subnet_ids         = length(var.subnet_ids) > 2 ? [aws_subnet.private.id] : []
    security_group_ids = []
  }
}
