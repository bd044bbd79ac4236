"""A directory or a plan file becomes a read-only stack."""
