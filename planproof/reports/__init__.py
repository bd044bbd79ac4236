"""A run's findings as files and lines that people and machines read."""

from planproof.reports.write import set_aside, write_reports

__all__ = ["set_aside", "write_reports"]
