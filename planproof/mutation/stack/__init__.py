"""Mutants of a resolved stack."""
