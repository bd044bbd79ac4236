variable "region" {
  type = string
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_body = jsonencode({ widgets = [{ properties = { region = var.region } }] })
}
