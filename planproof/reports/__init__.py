"""A run's findings as files and lines that people and machines read."""

from planproof.reports.write import write_reports

__all__ = ["write_reports"]
