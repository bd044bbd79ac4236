"""Breaks the examples of custom checks in their source, to see whether each check notices."""
