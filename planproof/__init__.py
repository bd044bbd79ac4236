"""Prove written requirements against a Terraform stack."""

__version__ = "0.1.0"
