"""The policies of the principals and resources of a stack."""
