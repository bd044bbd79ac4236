variable "role_arn" {
  type = string
}

resource "aws_iam_policy" "this" {
  policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = var.role_arn
      Condition = { StringEquals = { "iam:PassedToService" = "mediaconvert.amazonaws.com" } }
    }]
  })
}
