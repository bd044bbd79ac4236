"""Values that a plan leaves unknown, evaluated by Terraform."""
