data "archive_file" "this" {
  output_path = "${path.root}/package.zip"
}

output "path" {
  value = data.archive_file.this.output_path
}

output "prebuilt_path" {
  value = "${path.module}/prebuilt.zip"
}
