variable "runtime" {
  type    = string
  default = "nodejs16.x"
}

variable "runtime_without_default" {
  type = string
}

resource "aws_lambda_function" "pass" {
  runtime = "python3.11"
}

resource "aws_lambda_function" "fail" {
  runtime = "nodejs16.x"
}

# Without a variable file, Terraform uses the default.
resource "aws_lambda_function" "fail_default" {
  runtime = var.runtime
}

resource "aws_lambda_function" "unknown_variable" {
  runtime = var.runtime_without_default
}

resource "aws_lambda_function" "unknown_condition" {
  runtime = var.runtime_without_default == "old" ? "nodejs16.x" : "python3.11"
}

resource "aws_lambda_function" "unknown_runtime" {
  runtime = "cobol85"
}

resource "aws_lambda_function" "other_image" {
  package_type = "Image"
  image_uri    = "111122223333.dkr.ecr.example.com/videos:1"
}
