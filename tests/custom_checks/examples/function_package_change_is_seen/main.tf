data "archive_file" "function" {
  output_path = "${path.module}/.build/function.zip"
}

data "archive_file" "layer" {}

resource "aws_lambda_function" "pass" {
  filename         = data.archive_file.function.output_path
  source_code_hash = data.archive_file.function.output_base64sha256
}

resource "aws_lambda_function" "pass_file_function" {
  filename         = "function.zip"
  source_code_hash = filebase64sha256("function.zip")
}

resource "aws_lambda_function" "pass_object_version" {
  s3_key            = aws_s3_object.function.key
  s3_object_version = aws_s3_object.function.version_id
}

resource "aws_lambda_function" "fail" {
  filename = data.archive_file.function.output_path
}

resource "aws_lambda_function" "fail_null" {
  filename         = data.archive_file.function.output_path
  source_code_hash = null
}

# The hash of another package.
resource "aws_lambda_function" "fail_other" {
  filename         = data.archive_file.function.output_path
  source_code_hash = data.archive_file.layer.output_base64sha256
}

resource "aws_lambda_function" "fail_other_file" {
  filename         = "function.zip"
  source_code_hash = filebase64sha256("layer.zip")
}

resource "aws_lambda_function" "fail_literal" {
  filename         = data.archive_file.function.output_path
  source_code_hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
}

resource "aws_lambda_function" "other_image" {
  package_type = "Image"
  image_uri    = "111122223333.dkr.ecr.example.com/videos:1"
}
