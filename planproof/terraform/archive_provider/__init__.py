"""A stand-in for the Terraform provider hashicorp/archive, where the real one cannot be had.

`archive` builds the bytes, `provider` serves them to Terraform, `mirror` puts the provider where
Terraform looks for it. The real provider wins wherever it can be had: its archives hold the same
files, but not the same bytes, since Go and Python deflate differently.
"""
