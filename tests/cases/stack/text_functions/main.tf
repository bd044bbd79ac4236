
resource "aws_sqs_queue" "orders" { name = "orders" }
resource "aws_sqs_queue" "payments" { name = "payments" }
resource "aws_cloudwatch_log_group" "l" { name = "/app" }
resource "aws_iam_role" "r" {
  name               = "app"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })
}
resource "aws_iam_role_policy" "p" {
  role = aws_iam_role.r.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sqs:SendMessage", Resource = replace(aws_sqs_queue.orders.arn, "orders", "payments") },
    { Effect = "Allow", Action = "sqs:ReceiveMessage", Resource = "${trimsuffix(aws_sqs_queue.orders.arn, "orders")}payments" },
  ] })
}
resource "aws_s3_bucket" "b" {
  bucket = "b"
  tags   = { Up = upper(aws_sqs_queue.orders.name), UpArn = upper(aws_iam_role.r.arn), Trim = trimsuffix(aws_cloudwatch_log_group.l.arn, ":*"), Url = replace(aws_sqs_queue.orders.url, "https://", "") }
}
resource "terraform_data" "policy" {
  input = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:*", Principal = "*", Resource = "*" }] })
}
resource "aws_sqs_queue" "open" {
  name              = "open"
  policy            = terraform_data.policy.output
  kms_master_key_id = terraform_data.key.output
}
resource "terraform_data" "key" { input = "alias/aws/sqs" }
resource "aws_vpc" "v" {
  cidr_block                       = "10.0.0.0/16"
  assign_generated_ipv6_cidr_block = true
}
resource "aws_eip" "e" { domain = "vpc" }
resource "aws_kms_key" "k" { description = "acme" }
resource "aws_ssm_parameter" "known" {
  for_each = {
    split  = split(":", aws_sqs_queue.orders.arn)[3]
    last   = element(split("/", aws_iam_role.r.arn), 1)
    prefix = trimprefix(aws_iam_role.r.arn, "arn:aws:")
    format = format("%s@%s", aws_sqs_queue.orders.name, split(":", aws_sqs_queue.orders.arn)[4])
    title  = title(aws_sqs_queue.orders.name)
    substr = substr(aws_sqs_queue.orders.arn, 0, 7)
    regex  = regex("[^:]+$", aws_sqs_queue.orders.arn)
    strrev = strrev(aws_sqs_queue.orders.name)
    length = tostring(length(aws_sqs_queue.orders.arn))
    base64 = base64decode(base64encode(aws_sqs_queue.orders.arn))
    join   = join("+", sort([aws_sqs_queue.payments.name, aws_sqs_queue.orders.name]))
    choose = strcontains(aws_sqs_queue.orders.arn, "orders") ? "yes" : "no"
    subnet = cidrsubnet(aws_vpc.v.cidr_block, 8, 1)
    json   = jsondecode(jsonencode({ a = [aws_sqs_queue.orders.arn] })).a[0]
    bucket = replace(aws_s3_bucket.b.bucket_regional_domain_name, "/^b\\./", "c.")
  }
  name  = "/known/${each.key}"
  type  = "String"
  value = each.value
}
resource "aws_sns_topic" "unknown" {
  for_each = {
    address  = "ip-${replace(aws_eip.e.public_ip, ".", "-")}"
    hash     = sha256(aws_vpc.v.id)
    upper    = upper(aws_kms_key.k.key_id)
    part     = substr(aws_kms_key.k.key_id, 0, 4)
    length   = tostring(length(aws_eip.e.public_ip))
    network  = cidrsubnet(aws_vpc.v.ipv6_cidr_block, 8, 1)
    compared = aws_eip.e.public_ip == "192.0.2.1" ? "a" : ""
  }
  name         = "acme-${each.key}"
  display_name = each.value
}
resource "aws_iam_role" "k" {
  name               = "keys"
  assume_role_policy = aws_iam_role.r.assume_role_policy
}
resource "aws_iam_role_policy" "assigned" {
  role = aws_iam_role.k.id
  name = "assigned"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "kms:Decrypt", Resource = replace(aws_kms_key.k.arn, "us-east-1", "eu-west-1") },
    { Effect = "Allow", Action = "kms:Encrypt", Resource = join(":", slice(split(":", aws_kms_key.k.arn), 0, 6)) },
  ] })
}
