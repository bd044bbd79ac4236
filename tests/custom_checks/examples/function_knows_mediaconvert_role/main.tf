variable "role_arn" {
  type = string
}

variable "environment" {
  type    = map(string)
  default = {}
}

locals {
  role_arn = aws_iam_role.mediaconvert.arn
}

resource "aws_iam_role" "mediaconvert" {
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "mediaconvert.amazonaws.com" } }]
  })
}

resource "aws_iam_role" "makes_jobs" {
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_policy" "makes_jobs" {
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "mediaconvert:CreateJob", Resource = "*" }]
  })
}

resource "aws_iam_role_policy_attachment" "makes_jobs" {
  role       = aws_iam_role.makes_jobs.name
  policy_arn = aws_iam_policy.makes_jobs.arn
}

resource "aws_iam_role" "makes_no_jobs" {
  assume_role_policy = aws_iam_role.makes_jobs.assume_role_policy
}

resource "aws_iam_role_policy" "makes_no_jobs" {
  role   = aws_iam_role.makes_no_jobs.id
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

# The function has the variable, so it does not matter whether it creates jobs.
resource "aws_lambda_function" "pass" {
  environment {
    variables = {
      MEDIACONVERT_ROLE = aws_iam_role.mediaconvert.arn
    }
  }
}

resource "aws_lambda_function" "pass_merged" {
  environment {
    variables = merge({ LOG_LEVEL = "INFO" }, { MEDIACONVERT_ROLE = local.role_arn })
  }
}

resource "aws_lambda_function" "fail_by_permission" {
  role = aws_iam_role.makes_jobs.arn

  environment {
    variables = {
      LOG_LEVEL = "INFO"
    }
  }
}

resource "aws_lambda_function" "fail_no_environment" {
  role = aws_iam_role.makes_jobs.arn
}

# The role is unknown, but a function with an input and an output creates jobs.
resource "aws_lambda_function" "fail_by_environment" {
  role = var.role_arn

  environment {
    variables = {
      INPUT_BUCKET  = "input"
      OUTPUT_BUCKET = "output"
    }
  }
}

resource "aws_lambda_function" "fail_literal" {
  role = aws_iam_role.makes_jobs.arn

  environment {
    variables = {
      MEDIACONVERT_ROLE = "arn:aws:iam::111122223333:role/mediaconvert"
    }
  }
}

resource "aws_lambda_function" "fail_name" {
  role = aws_iam_role.makes_jobs.arn

  environment {
    variables = {
      MEDIACONVERT_ROLE = aws_iam_role.mediaconvert.name
    }
  }
}

# Its own role, which MediaConvert may not assume.
resource "aws_lambda_function" "fail_other_role" {
  role = aws_iam_role.makes_jobs.arn

  environment {
    variables = {
      MEDIACONVERT_ROLE = aws_iam_role.makes_jobs.arn
    }
  }
}

resource "aws_lambda_function" "unknown_role" {
  role = var.role_arn
}

resource "aws_lambda_function" "unknown_environment" {
  role = aws_iam_role.makes_jobs.arn

  environment {
    variables = var.environment
  }
}

resource "aws_lambda_function" "unknown_value" {
  role = aws_iam_role.makes_jobs.arn

  environment {
    variables = {
      MEDIACONVERT_ROLE = var.role_arn
    }
  }
}

resource "aws_lambda_function" "other" {
  role = aws_iam_role.makes_no_jobs.arn
}
