"""Mutants of the examples of custom checks, made in the Terraform sources."""
