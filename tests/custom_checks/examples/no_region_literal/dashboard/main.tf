variable "region" {
  type = string
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "videos"
  dashboard_body = jsonencode({ widgets = [{ properties = { region = var.region } }] })
}
