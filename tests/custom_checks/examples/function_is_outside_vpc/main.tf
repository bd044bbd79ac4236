variable "subnet_ids" {
  type    = list(string)
  default = []
}

resource "aws_lambda_function" "pass" {
  function_name = "example"
}

resource "aws_lambda_function" "pass_dynamic_over_nothing" {
  function_name = "example"

  dynamic "vpc_config" {
    for_each = []

    content {
      subnet_ids         = vpc_config.value
      security_group_ids = []
    }
  }
}

resource "aws_lambda_function" "pass_no_subnet" {
  function_name = "example"

  vpc_config {
    subnet_ids         = []
    security_group_ids = []
  }
}

resource "aws_lambda_function" "fail" {
  function_name = "example"

  vpc_config {
    subnet_ids         = [aws_subnet.private.id]
    security_group_ids = [aws_security_group.function.id]
  }
}

resource "aws_lambda_function" "fail_splat" {
  function_name = "example"

  vpc_config {
    subnet_ids         = aws_subnet.private[*].id
    security_group_ids = []
  }
}

resource "aws_lambda_function" "fail_dynamic" {
  function_name = "example"

  dynamic "vpc_config" {
    for_each = ["subnet-0123456789abcdef0"]

    content {
      subnet_ids         = [vpc_config.value]
      security_group_ids = []
    }
  }
}

resource "aws_lambda_function" "unknown_variable" {
  function_name = "example"

  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = []
  }
}

resource "aws_lambda_function" "unknown_dynamic" {
  function_name = "example"

  dynamic "vpc_config" {
    for_each = var.subnet_ids

    content {
      subnet_ids         = [vpc_config.value]
      security_group_ids = []
    }
  }
}

resource "aws_lambda_function" "unknown_condition" {
  function_name = "example"

  vpc_config {
    subnet_ids         = length(var.subnet_ids) > 2 ? [aws_subnet.private.id] : []
    security_group_ids = []
  }
}
