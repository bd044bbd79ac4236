"""A stand-in for the Terraform provider hashicorp/archive, used where that cannot be installed.

`archive` builds the archives, `provider` serves them to Terraform, and `mirror` writes the
filesystem mirror that Terraform installs the provider from. The real provider is preferred: its
archives have the same files but other bytes, since Go and Python compress differently.
"""
