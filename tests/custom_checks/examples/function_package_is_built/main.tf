variable "package" {
  type = string
}

locals {
  package = data.archive_file.function.output_path
}

data "archive_file" "function" {
  type        = "zip"
  source_dir  = "${path.module}/lambda"
  output_path = "${path.module}/.build/function.zip"
}

resource "aws_s3_object" "uploaded" {
  bucket = "packages"
  key    = "function.zip"
  source = data.archive_file.function.output_path
}

resource "aws_s3_object" "prebuilt" {
  bucket = "packages"
  key    = "function.zip"
  source = "${path.module}/function.zip"
}

module "package" {
  source = "./package"
}

resource "aws_lambda_function" "pass" {
  function_name = "example"
  filename      = data.archive_file.function.output_path
}

resource "aws_lambda_function" "pass_local" {
  function_name = "example"
  filename      = local.package
}

resource "aws_lambda_function" "pass_same_path" {
  function_name = "example"
  filename      = "${path.module}/.build/function.zip"
}

resource "aws_lambda_function" "pass_module" {
  function_name = "example"
  filename      = module.package.path
}

resource "aws_lambda_function" "pass_uploaded" {
  function_name = "example"
  s3_bucket     = aws_s3_object.uploaded.bucket
  s3_key        = aws_s3_object.uploaded.key
}

resource "aws_lambda_function" "fail" {
  function_name = "example"
  filename      = "function.zip"
}

resource "aws_lambda_function" "fail_module_path" {
  function_name = "example"
  filename      = "${path.module}/function.zip"
}

resource "aws_lambda_function" "fail_module" {
  function_name = "example"
  filename      = module.package.prebuilt_path
}

resource "aws_lambda_function" "fail_uploaded" {
  function_name = "example"
  s3_bucket     = aws_s3_object.prebuilt.bucket
  s3_key        = aws_s3_object.prebuilt.key
}

resource "aws_lambda_function" "unknown_variable" {
  function_name = "example"
  filename      = var.package
}

resource "aws_lambda_function" "unknown_s3_key" {
  function_name = "example"
  s3_bucket     = "packages"
  s3_key        = "function.zip"
}

resource "aws_lambda_function" "other_image" {
  function_name = "example"
  package_type  = "Image"
  image_uri     = "111122223333.dkr.ecr.example.com/videos:1"
}
