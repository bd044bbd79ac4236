# Jobs: containers in AWS Batch, and scripts of Glue with a crawler and a workflow.

provider "aws" {
  region = "us-east-1"
}

variable "jobs" {
  type    = map(object({ vcpu = optional(number, 1), memory = optional(number, 2048), command = list(string) }))
  default = { resize = { command = ["resize", "Ref::key"] }, report = { vcpu = 2, memory = 4096, command = ["report"] } }
}

data "aws_caller_identity" "this" {}
data "aws_region" "this" {}

locals {
  name       = "nightly"
  script     = "s3://${aws_s3_bucket.scripts.bucket}/${aws_s3_object.script.key}"
  job_names  = [for job in aws_batch_job_definition.this : element(split("/", job.arn_prefix), 1)]
  assume     = { for service in ["ecs-tasks", "glue"] : service => data.aws_iam_policy_document.trust[service].json }
  queue_name = regex("job-queue/(.*)", aws_batch_job_queue.this.arn)[0]
}

data "aws_iam_policy_document" "trust" {
  for_each = toset(["ecs-tasks", "glue"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each           = local.assume
  name               = "${local.name}-${each.key}"
  assume_role_policy = each.value
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each   = { ecs-tasks = "AmazonECSTaskExecutionRolePolicy", glue = "AWSGlueServiceRole" }
  role       = aws_iam_role.this[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/${each.value}"
}

resource "aws_default_vpc" "this" {}

resource "aws_default_subnet" "this" {
  for_each          = toset(["us-east-1a", "us-east-1b"])
  availability_zone = each.key
}

resource "aws_security_group" "this" {
  name   = local.name
  vpc_id = aws_default_vpc.this.id
}

resource "aws_batch_compute_environment" "this" {
  compute_environment_name_prefix = "${local.name}-"
  type                            = "MANAGED"
  compute_resources {
    type               = "FARGATE"
    max_vcpus          = 16
    subnets            = [for subnet in aws_default_subnet.this : subnet.id]
    security_group_ids = [aws_security_group.this.id]
  }
}

resource "aws_batch_job_queue" "this" {
  name     = local.name
  state    = "ENABLED"
  priority = 1
  compute_environment_order {
    order               = 1
    compute_environment = aws_batch_compute_environment.this.arn
  }
}

resource "aws_batch_job_definition" "this" {
  for_each              = var.jobs
  name                  = "${local.name}-${each.key}"
  type                  = "container"
  platform_capabilities = ["FARGATE"]
  container_properties = jsonencode({
    image            = "${data.aws_caller_identity.this.account_id}.dkr.ecr.${data.aws_region.this.name}.amazonaws.com/jobs:${each.key}"
    command          = each.value.command
    executionRoleArn = aws_iam_role.this["ecs-tasks"].arn
    resourceRequirements = [
      { type = "VCPU", value = tostring(each.value.vcpu) },
      { type = "MEMORY", value = tostring(each.value.memory) },
    ]
  })
}

resource "aws_iam_policy" "submit" {
  name = "${local.name}-submit"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "batch:SubmitJob"
      Resource = concat([aws_batch_job_queue.this.arn], [for job in aws_batch_job_definition.this : "${job.arn_prefix}:*"])
    }]
  })
}

resource "aws_s3_bucket" "scripts" {
  bucket_prefix = "${local.name}-scripts-"
}

resource "aws_s3_object" "script" {
  bucket  = aws_s3_bucket.scripts.id
  key     = "jobs/load.py"
  content = "print('load')\n"
}

resource "aws_glue_catalog_database" "this" {
  name = local.name
}

resource "aws_glue_crawler" "this" {
  name          = local.name
  database_name = aws_glue_catalog_database.this.name
  role          = aws_iam_role.this["glue"].arn
  s3_target { path = "s3://${aws_s3_bucket.scripts.bucket}/data/" }
}

resource "aws_glue_security_configuration" "this" {
  name = local.name
  encryption_configuration {
    cloudwatch_encryption { cloudwatch_encryption_mode = "DISABLED" }
    job_bookmarks_encryption { job_bookmarks_encryption_mode = "DISABLED" }
    s3_encryption { s3_encryption_mode = "SSE-S3" }
  }
}

resource "aws_glue_job" "load" {
  name                   = "${local.name}-load"
  role_arn               = aws_iam_role.this["glue"].arn
  glue_version           = "4.0"
  worker_type            = "G.1X"
  number_of_workers      = 2
  security_configuration = aws_glue_security_configuration.this.id
  command { script_location = local.script }
  default_arguments = {
    "--TempDir"  = format("s3://%s/tmp/", aws_s3_bucket.scripts.id)
    "--DATABASE" = aws_glue_catalog_database.this.name
  }
}

resource "aws_glue_workflow" "this" {
  name = local.name
}

resource "aws_glue_trigger" "this" {
  name          = local.name
  type          = "SCHEDULED"
  schedule      = "cron(15 1 * * ? *)"
  workflow_name = aws_glue_workflow.this.name
  actions { crawler_name = aws_glue_crawler.this.name }
}

output "queue" { value = local.queue_name }
output "jobs" { value = local.job_names }
output "glue_job" { value = element(split("/", aws_glue_job.load.arn), 1) }
