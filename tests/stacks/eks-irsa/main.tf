# A Kubernetes cluster with node groups and roles for service accounts.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.0" }
  }
}

provider "aws" {
  region = "us-west-2"
  default_tags {
    tags = { Cluster = var.name }
  }
}

variable "name" {
  type    = string
  default = "platform"
}

variable "node_groups" {
  type = map(object({ types = list(string), max = number, taints = optional(map(string), {}) }))
  default = {
    general = { types = ["m6i.large"], max = 5 }
    spot    = { types = ["m6i.large", "m5.large"], max = 20, taints = { spot = "true" } }
  }
}

data "aws_availability_zones" "this" {}

resource "aws_vpc" "this" {
  cidr_block = "10.40.0.0/16"
  tags       = { "kubernetes.io/cluster/${var.name}" = "shared" }
}

resource "aws_subnet" "private" {
  count             = 3
  vpc_id            = aws_vpc.this.id
  availability_zone = element(data.aws_availability_zones.this.names, count.index)
  cidr_block        = cidrsubnet("10.40.0.0/16", 4, count.index)
}

module "cluster" {
  source      = "./modules/cluster"
  name        = var.name
  subnet_ids  = aws_subnet.private[*].id
  node_groups = var.node_groups
  service_accounts = {
    external-dns = { namespace = "kube-system", policies = ["arn:aws:iam::aws:policy/AmazonRoute53ReadOnlyAccess"] }
    autoscaler   = { namespace = "kube-system", policies = [] }
  }
}

output "kubeconfig" {
  value = {
    endpoint = module.cluster.endpoint
    issuer   = module.cluster.issuer
  }
}
