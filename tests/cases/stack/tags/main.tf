resource "aws_s3_bucket" "b" {
  bucket = "my-bucket"
  tags = {
    Nothing       = "none"
    Void          = "null"
    Truth         = "true"
    Number        = "7"
    owner         = "team-a"
    Odd           = "NaN"
    Exp           = "1e3"
    Zeros         = "007"
    List          = "[\"a\"]"
    "cost:unit"   = "u1"
    "k8s.io/role" = "node"
    "With Space"  = "yes"
    "a[0]"        = "bracket"
    "größe"       = "l"
    "say \"hi\""  = "quoted"
    "a.b.c"       = "dots"
  }
}
resource "aws_sqs_queue" "q" {
  name          = "orders"
  delay_seconds = 7
}
