variable "policy_arn" {
  type = string
}

variable "in_vpc" {
  type    = bool
  default = false
}

variable "statements" {
  type    = list(any)
  default = []
}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "interfaces" {
  statement {
    actions   = ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "objects" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "both" {
  source_policy_documents = [
    data.aws_iam_policy_document.objects.json,
    data.aws_iam_policy_document.interfaces.json,
  ]
}

resource "aws_iam_policy" "pass" {
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "ec2:DescribeRegions"], Resource = "*" }]
  })
}

resource "aws_iam_policy" "pass_deny" {
  policy = jsonencode({
    Statement = { Effect = "Deny", Action = "ec2:*", Resource = "*" }
  })
}

resource "aws_iam_policy" "pass_heredoc" {
  policy = <<-EOT
    {
      "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:${data.aws_partition.current.partition}:s3:::videos/*"}
      ]
    }
  EOT
}

resource "aws_iam_policy" "pass_document" {
  policy = data.aws_iam_policy_document.objects.json
}

resource "aws_iam_role" "pass" {}

resource "aws_iam_role_policy_attachment" "pass" {
  policy_arn = aws_iam_policy.pass.arn
}

resource "aws_iam_role_policy_attachment" "pass_managed" {
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_policy" "fail" {
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = ["ec2:CreateNetworkInterface"], Resource = "*" }]
  })
}

resource "aws_iam_policy" "fail_wildcard" {
  policy = jsonencode({
    Statement = concat([{ Effect = "Allow", Action = "EC2:*NetworkInterface*", Resource = "*" }], [])
  })
}

resource "aws_iam_policy" "fail_everything" {
  policy = jsonencode({
    Statement = [{ Effect = "Allow", NotAction = "iam:*", Resource = "*" }]
  })
}

resource "aws_iam_policy" "fail_document" {
  policy = data.aws_iam_policy_document.both.json
}

resource "aws_iam_role_policy" "fail_heredoc" {
  policy = <<EOT
{
  "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]
}
EOT
}

resource "aws_iam_role" "fail_inline" {
  inline_policy {
    name   = "interfaces"
    policy = data.aws_iam_policy_document.interfaces.json
  }
}

resource "aws_iam_role" "fail_managed" {
  managed_policy_arns = ["arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"]
}

resource "aws_iam_role_policy_attachment" "fail" {
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
}

resource "aws_iam_policy" "unknown_function" {
  policy = templatefile("${path.module}/policy.json", {})
}

resource "aws_iam_policy" "unknown_condition" {
  policy = jsonencode({
    Statement = concat(
      [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }],
      var.in_vpc ? [{ Effect = "Allow", Action = "ec2:CreateNetworkInterface", Resource = "*" }] : [],
    )
  })
}

resource "aws_iam_policy" "unknown_statements" {
  policy = jsonencode({
    Statement = concat([{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }], var.statements)
  })
}

resource "aws_iam_role_policy_attachment" "unknown" {
  policy_arn = var.policy_arn
}
