"""Benchmarks of time and memory; run with ``tox -e benchmarks``."""
