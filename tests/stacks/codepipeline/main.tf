# A repository of images, a build, and the pipeline that runs it.

provider "aws" {
  region = "us-west-2"
  default_tags {
    tags = { Repository = var.repository }
  }
}

variable "repository" {
  type    = string
  default = "example/storefront"
}

variable "stages" {
  type    = list(string)
  default = ["test", "image"]
}

data "aws_caller_identity" "this" {}
data "aws_region" "this" {}

locals {
  name     = replace(var.repository, "/", "-")
  registry = split("/", aws_ecr_repository.this.repository_url)[0]
  services = { build = "codebuild", pipeline = "codepipeline" }
  projects = { for stage, project in aws_codebuild_project.this : stage => element(split("/", project.arn), 1) }
}

resource "aws_ecr_repository" "this" {
  name                 = var.repository
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration { scan_on_push = true }
  encryption_configuration { encryption_type = "KMS" }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "the last twenty images"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 20 }
      action       = { type = "expire" }
    }]
  })
}

data "aws_iam_policy_document" "pull" {
  statement {
    actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:role/runner"]
    }
  }
}

resource "aws_ecr_repository_policy" "this" {
  repository = aws_ecr_repository.this.id
  policy     = data.aws_iam_policy_document.pull.json
}

resource "aws_s3_bucket" "artifacts" {
  bucket_prefix = "${local.name}-"
}

resource "aws_kms_key" "artifacts" {
  description = "artifacts of ${var.repository}"
}

resource "aws_iam_role" "this" {
  for_each = local.services
  name     = "${local.name}-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "${each.value}.amazonaws.com" } }]
  })
}

data "aws_iam_policy_document" "build" {
  statement {
    actions   = ["ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"]
    resources = [aws_ecr_repository.this.arn]
  }
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for group in aws_cloudwatch_log_group.build : "${group.arn}:log-stream:*"]
  }
  statement {
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = [join("/", [aws_s3_bucket.artifacts.arn, "*"])]
  }
}

data "aws_iam_policy_document" "pipeline" {
  source_policy_documents = [data.aws_iam_policy_document.build.json]
  statement {
    actions   = ["codebuild:StartBuild", "codebuild:BatchGetBuilds"]
    resources = values(aws_codebuild_project.this)[*].arn
  }
  statement {
    actions   = ["codestar-connections:UseConnection"]
    resources = [aws_codestarconnections_connection.github.arn]
  }
}

resource "aws_iam_role_policy" "this" {
  for_each = {
    build    = data.aws_iam_policy_document.build.json
    pipeline = data.aws_iam_policy_document.pipeline.json
  }
  role   = aws_iam_role.this[each.key].id
  policy = each.value
}

resource "aws_cloudwatch_log_group" "build" {
  for_each = toset(var.stages)
  name     = "/aws/codebuild/${local.name}-${each.key}"
}

resource "aws_codebuild_project" "this" {
  for_each       = toset(var.stages)
  name           = "${local.name}-${each.key}"
  service_role   = aws_iam_role.this["build"].arn
  encryption_key = aws_kms_key.artifacts.arn
  artifacts { type = "CODEPIPELINE" }
  source {
    type      = "CODEPIPELINE"
    buildspec = "ci/${each.key}.yml"
  }
  environment {
    compute_type    = "BUILD_GENERAL1_SMALL"
    image           = "aws/codebuild/amazonlinux2-x86_64-standard:5.0"
    type            = "LINUX_CONTAINER"
    privileged_mode = each.key == "image"
    dynamic "environment_variable" {
      for_each = {
        ACCOUNT  = data.aws_caller_identity.this.account_id
        REGISTRY = local.registry
        IMAGE    = aws_ecr_repository.this.repository_url
      }
      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }
  logs_config {
    cloudwatch_logs { group_name = aws_cloudwatch_log_group.build[each.key].name }
  }
}

resource "aws_codestarconnections_connection" "github" {
  name          = "github"
  provider_type = "GitHub"
}

resource "aws_codepipeline" "this" {
  name     = local.name
  role_arn = aws_iam_role.this["pipeline"].arn
  artifact_store {
    type     = "S3"
    location = aws_s3_bucket.artifacts.bucket
    encryption_key {
      id   = aws_kms_key.artifacts.arn
      type = "KMS"
    }
  }
  stage {
    name = "Source"
    action {
      name             = "Checkout"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeStarSourceConnection"
      version          = "1"
      output_artifacts = ["source"]
      configuration = {
        ConnectionArn    = aws_codestarconnections_connection.github.arn
        FullRepositoryId = var.repository
        BranchName       = "main"
      }
    }
  }
  dynamic "stage" {
    for_each = var.stages
    content {
      name = title(stage.value)
      action {
        name            = stage.value
        category        = "Build"
        owner           = "AWS"
        provider        = "CodeBuild"
        version         = "1"
        input_artifacts = ["source"]
        configuration   = { ProjectName = aws_codebuild_project.this[stage.value].name }
      }
    }
  }
}

resource "aws_cloudwatch_event_rule" "failed" {
  name = "${local.name}-failed"
  event_pattern = jsonencode({
    source    = ["aws.codepipeline"]
    resources = [aws_codepipeline.this.arn]
    detail    = { state = ["FAILED"] }
  })
}

output "image" { value = "${aws_ecr_repository.this.repository_url}:latest" }
output "projects" { value = local.projects }
output "registry_id" { value = aws_ecr_repository.this.registry_id }
