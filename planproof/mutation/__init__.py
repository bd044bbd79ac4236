"""Breaks a stack, and the sources of examples, in many ways; knows no pytest."""
