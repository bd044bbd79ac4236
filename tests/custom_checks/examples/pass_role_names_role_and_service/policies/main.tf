variable "documents" {
  type = map(string)
}

resource "aws_iam_policy" "each" {
  for_each = var.documents

  policy = each.value
}
