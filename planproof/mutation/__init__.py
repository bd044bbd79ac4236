"""Mutation testing of stacks and of the examples of custom checks; independent of pytest."""
