"""Which policies a principal, a resource or a key has in a stack."""
