"""Speed and memory, measured side by side; run with ``tox -e benchmarks``."""
