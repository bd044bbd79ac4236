"""The result of a run as files and as lines of a terminal."""

from planproof.reports.write import set_aside, write_reports

__all__ = ["set_aside", "write_reports"]
