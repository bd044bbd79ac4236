resource "aws_sqs_queue" "q" { name = "orders" }
resource "aws_s3_bucket" "each" {
  for_each = toset(["a", "b"])
  bucket   = "acme-${each.key}"
}
resource "aws_sns_topic" "t" {
  for_each     = toset(["x", "y"])
  name         = "acme-${each.key}"
  display_name = aws_sqs_queue.q.arn
}
