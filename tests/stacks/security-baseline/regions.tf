# The same module in each region: a provider cannot be chosen by for_each.

module "us_east_1" {
  source    = "./modules/regional"
  providers = { aws = aws.us_east_1 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "us_east_2" {
  source    = "./modules/regional"
  providers = { aws = aws.us_east_2 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "us_west_1" {
  source    = "./modules/regional"
  providers = { aws = aws.us_west_1 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "us_west_2" {
  source    = "./modules/regional"
  providers = { aws = aws.us_west_2 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "ca_central_1" {
  source    = "./modules/regional"
  providers = { aws = aws.ca_central_1 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "sa_east_1" {
  source    = "./modules/regional"
  providers = { aws = aws.sa_east_1 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "eu_west_1" {
  source    = "./modules/regional"
  providers = { aws = aws.eu_west_1 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "eu_west_2" {
  source    = "./modules/regional"
  providers = { aws = aws.eu_west_2 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "eu_west_3" {
  source    = "./modules/regional"
  providers = { aws = aws.eu_west_3 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "eu_central_1" {
  source    = "./modules/regional"
  providers = { aws = aws.eu_central_1 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "eu_north_1" {
  source    = "./modules/regional"
  providers = { aws = aws.eu_north_1 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "eu_south_1" {
  source    = "./modules/regional"
  providers = { aws = aws.eu_south_1 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "ap_south_1" {
  source    = "./modules/regional"
  providers = { aws = aws.ap_south_1 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "ap_southeast_1" {
  source    = "./modules/regional"
  providers = { aws = aws.ap_southeast_1 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "ap_southeast_2" {
  source    = "./modules/regional"
  providers = { aws = aws.ap_southeast_2 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "ap_northeast_1" {
  source    = "./modules/regional"
  providers = { aws = aws.ap_northeast_1 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "ap_northeast_2" {
  source    = "./modules/regional"
  providers = { aws = aws.ap_northeast_2 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

module "ap_northeast_3" {
  source    = "./modules/regional"
  providers = { aws = aws.ap_northeast_3 }
  home      = var.home
  trail_arn = aws_cloudtrail.this.arn
}

locals {
  regional = {
    "us-east-1"      = module.us_east_1
    "us-east-2"      = module.us_east_2
    "us-west-1"      = module.us_west_1
    "us-west-2"      = module.us_west_2
    "ca-central-1"   = module.ca_central_1
    "sa-east-1"      = module.sa_east_1
    "eu-west-1"      = module.eu_west_1
    "eu-west-2"      = module.eu_west_2
    "eu-west-3"      = module.eu_west_3
    "eu-central-1"   = module.eu_central_1
    "eu-north-1"     = module.eu_north_1
    "eu-south-1"     = module.eu_south_1
    "ap-south-1"     = module.ap_south_1
    "ap-southeast-1" = module.ap_southeast_1
    "ap-southeast-2" = module.ap_southeast_2
    "ap-northeast-1" = module.ap_northeast_1
    "ap-northeast-2" = module.ap_northeast_2
    "ap-northeast-3" = module.ap_northeast_3
  }
}
