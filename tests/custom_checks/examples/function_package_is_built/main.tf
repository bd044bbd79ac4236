variable "package" {
  type = string
}

locals {
  package = data.archive_file.function.output_path
}

data "archive_file" "function" {
  output_path = "${path.module}/.build/function.zip"
}

resource "aws_s3_object" "uploaded" {
  key    = "function.zip"
  source = data.archive_file.function.output_path
}

resource "aws_s3_object" "prebuilt" {
  key    = "function.zip"
  source = "${path.module}/function.zip"
}

module "package" {
  source = "./package"
}

resource "aws_lambda_function" "pass" {
  filename = data.archive_file.function.output_path
}

resource "aws_lambda_function" "pass_local" {
  filename = local.package
}

resource "aws_lambda_function" "pass_same_path" {
  filename = "${path.module}/.build/function.zip"
}

resource "aws_lambda_function" "pass_module" {
  filename = module.package.path
}

resource "aws_lambda_function" "pass_uploaded" {
  s3_key = aws_s3_object.uploaded.key
}

resource "aws_lambda_function" "fail" {
  filename = "function.zip"
}

resource "aws_lambda_function" "fail_module_path" {
  filename = "${path.module}/function.zip"
}

resource "aws_lambda_function" "fail_module" {
  filename = module.package.prebuilt_path
}

resource "aws_lambda_function" "fail_uploaded" {
  s3_key = aws_s3_object.prebuilt.key
}

resource "aws_lambda_function" "unknown_variable" {
  filename = var.package
}

resource "aws_lambda_function" "unknown_s3_key" {
  s3_key = "function.zip"
}

resource "aws_lambda_function" "other_image" {
  package_type = "Image"
  image_uri    = "111122223333.dkr.ecr.example.com/videos:1"
}
