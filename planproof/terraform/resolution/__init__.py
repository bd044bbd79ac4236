"""Evaluates the values that are unknown in a plan, with ``terraform test``."""
