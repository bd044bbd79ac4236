variable "name" { type = string }
variable "subnet_ids" { type = list(string) }
variable "node_groups" { type = any }
variable "service_accounts" { type = map(object({ namespace = string, policies = list(string) })) }

locals {
  issuer      = aws_eks_cluster.this.identity[0].oidc[0].issuer
  provider_id = element(split("oidc-provider/", aws_iam_openid_connect_provider.this.arn), 1)
}

resource "aws_kms_key" "secrets" {
  description         = "secrets of ${var.name}"
  enable_key_rotation = true
}

resource "aws_iam_role" "cluster" {
  name = "${var.name}-cluster"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Principal = { Service = "eks.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "cluster" {
  for_each   = toset(["AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController"])
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_eks_cluster" "this" {
  name     = var.name
  role_arn = aws_iam_role.cluster.arn
  version  = "1.31"

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = false
  }
  encryption_config {
    resources = ["secrets"]
    provider { key_arn = aws_kms_key.secrets.arn }
  }
  access_config { authentication_mode = "API" }
  enabled_cluster_log_types = ["api", "audit"]

  depends_on = [aws_iam_role_policy_attachment.cluster]

  lifecycle {
    postcondition {
      condition     = can(regex("^https://", self.endpoint))
      error_message = "the endpoint is no URL"
    }
  }
}

resource "aws_iam_openid_connect_provider" "this" {
  url             = local.issuer
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]
}

resource "aws_security_group_rule" "nodes" {
  type              = "ingress"
  from_port         = 443
  to_port           = 443
  protocol          = "tcp"
  security_group_id = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
  self              = true
}

resource "aws_iam_role" "nodes" {
  name_prefix = "${var.name}-nodes-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_launch_template" "nodes" {
  for_each    = var.node_groups
  name_prefix = "${var.name}-${each.key}-"
  metadata_options { http_tokens = "required" }
  user_data = base64encode("#!/bin/bash\n/etc/eks/bootstrap.sh ${aws_eks_cluster.this.name} --apiserver-endpoint '${aws_eks_cluster.this.endpoint}' --b64-cluster-ca '${aws_eks_cluster.this.certificate_authority[0].data}'\n")
}

resource "aws_eks_node_group" "this" {
  for_each        = var.node_groups
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = each.key
  node_role_arn   = aws_iam_role.nodes.arn
  subnet_ids      = var.subnet_ids
  instance_types  = each.value.types
  capacity_type   = each.key == "spot" ? "SPOT" : "ON_DEMAND"

  scaling_config {
    desired_size = 1
    max_size     = each.value.max
    min_size     = 1
  }
  launch_template {
    id      = aws_launch_template.nodes[each.key].id
    version = aws_launch_template.nodes[each.key].latest_version
  }
  dynamic "taint" {
    for_each = each.value.taints
    content {
      key    = taint.key
      value  = taint.value
      effect = "NO_SCHEDULE"
    }
  }
}

resource "aws_autoscaling_group_tag" "general" {
  autoscaling_group_name = aws_eks_node_group.this["general"].resources[0].autoscaling_groups[0].name
  tag {
    key                 = "k8s.io/cluster-autoscaler/enabled"
    value               = "true"
    propagate_at_launch = false
  }
}

resource "aws_eks_addon" "this" {
  for_each                 = { vpc-cni = true, coredns = true, kube-proxy = true }
  cluster_name             = aws_eks_cluster.this.id
  addon_name               = each.key
  service_account_role_arn = each.key == "vpc-cni" ? module.irsa["external-dns"].role_arn : null
}

module "irsa" {
  source       = "./modules/irsa"
  for_each     = var.service_accounts
  name         = "${var.name}-${each.key}"
  subject      = "system:serviceaccount:${each.value.namespace}:${each.key}"
  provider_arn = aws_iam_openid_connect_provider.this.arn
  issuer_host  = replace(local.issuer, "https://", "")
  policies     = each.value.policies
}

resource "aws_iam_policy" "autoscaler" {
  name = "${var.name}-autoscaler"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["autoscaling:SetDesiredCapacity"]
      Resource = [for group in aws_eks_node_group.this : "arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/${group.resources[0].autoscaling_groups[0].name}"]
    }]
  })
}

resource "aws_iam_role_policy_attachment" "autoscaler" {
  role       = module.irsa["autoscaler"].role_name
  policy_arn = aws_iam_policy.autoscaler.arn
}

output "endpoint" { value = aws_eks_cluster.this.endpoint }
output "issuer" { value = local.issuer }
output "provider_id" { value = local.provider_id }
