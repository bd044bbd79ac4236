data "archive_file" "function" {
  type        = "zip"
  source_dir  = "${path.module}/lambda"
  output_path = "${path.module}/.build/function.zip"
}

resource "aws_lambda_function" "pass" {
  function_name    = "example"
  filename         = data.archive_file.function.output_path
  source_code_hash = data.archive_file.function.output_base64sha256
}

resource "aws_lambda_function" "pass_file_function" {
  function_name    = "example"
  filename         = "function.zip"
  source_code_hash = filebase64sha256("function.zip")
}

resource "aws_lambda_function" "pass_object_version" {
  function_name     = "example"
  s3_bucket         = "packages"
  s3_key            = "function.zip"
  s3_object_version = aws_s3_object.function.version_id
}

resource "aws_lambda_function" "fail" {
  function_name = "example"
  filename      = data.archive_file.function.output_path
}

resource "aws_lambda_function" "fail_null" {
  function_name    = "example"
  filename         = data.archive_file.function.output_path
  source_code_hash = null
}

resource "aws_lambda_function" "fail_literal" {
  function_name    = "example"
  filename         = data.archive_file.function.output_path
  source_code_hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
}

resource "aws_lambda_function" "other_image" {
  function_name = "example"
  package_type  = "Image"
  image_uri     = "111122223333.dkr.ecr.example.com/videos:1"
}
