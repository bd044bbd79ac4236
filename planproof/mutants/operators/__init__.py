"""The ways in which a stack is broken: each module answers one question about it."""
