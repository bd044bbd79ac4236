"""The terminal output of a run: progress, verdicts as they are reached, and the summary."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from planproof.reports.terminal import (
    failure_lines,
    kinds_line,
    reason_lines,
    requirement_line,
    summary_lines,
    supports_unicode,
)
from planproof.results import RequirementResult, RunResult


class RunTerminal:
    """The terminal of a run; silent until it is taken over from pytest.

    Attributes:
        taken: whether verdicts are printed here instead of pytest's own lines.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._started = time.monotonic()
        self._stream = sys.stdout  # pytest captures output only after its configuration
        self._lock = threading.Lock()  # deployments report progress from threads of their own
        self.taken = False

    def take_over(self) -> None:
        """Print verdicts instead of pytest's own lines."""
        self.taken = True
        option = self._config.option
        option.tbstyle, option.no_header, option.reportchars = "no", True, ""
        option.verbose = min(option.verbose, -1)
        option.disable_warnings = True

    @property
    def seconds(self) -> float:
        """Seconds since the start of the run."""
        return time.monotonic() - self._started

    def progress(self, text: str) -> None:
        """Print a line of progress, with the seconds since the start."""
        if self.taken:
            self.say(f"  {self.seconds:5.1f} s  {text}")

    def say(self, text: str) -> None:
        """Print a line on the terminal, even while pytest captures output."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return
        with self._lock:
            reporter.ensure_newline()
            reporter.write_line(text)
            reporter.flush()

    def say_last(self, text: str) -> None:
        """Print a line just before the process ends, from whatever it is doing."""
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if capture is not None:  # pytest holds back all output of a step, also that of the terminal
            with suppress(Exception):
                capture.suspend()
        self.say(text)

    def begin(self, notices: Iterable[str], requirements: str) -> None:
        """Print what a reader must know before the first verdict."""
        if not self.taken:
            return
        for notice in notices:
            self.say(f"NOTE: {notice}")
        self.progress(requirements)
        unicode, width = self._shape()
        if marks := kinds_line(width=width, unicode=unicode):
            self.progress(marks)
        self.say("")

    def announce(self, requirement: RequirementResult) -> None:
        """Print the verdict on a requirement, and the reason if it did not pass."""
        if not self.taken:
            return
        colour = self._config.get_terminal_writer().hasmarkup
        unicode, width = self._shape()
        self.say(requirement_line(requirement, colour=colour, width=width, unicode=unicode))
        for line in reason_lines(requirement, unicode=unicode, width=width):
            self.say(line)

    def summary(
        self,
        reporter: Any,
        result: RunResult | None,
        written: Iterable[Path],
        crashes: Sequence[str],
    ) -> None:
        """Print the evidence of each requirement that did not pass, the counts, the paths of the
        reports, and the tracebacks of steps that crashed."""
        if self.taken and result is not None:
            reporter.ensure_newline()
            reporter.write_line("")
            unicode, width = self._shape()
            for lines in (failure_lines, summary_lines):
                for line in lines(result, unicode=unicode, width=width):
                    reporter.write_line(line)
            for path in written:
                reporter.write_line(f"  {path}")  # as the user named the folder
        if crashes:
            reporter.section("steps that crashed")
            for text in crashes:
                reporter.write_line(text)

    def _shape(self) -> tuple[bool, int]:
        """Whether the terminal supports more than ASCII, and the width in columns to use."""
        width = self._config.get_terminal_writer().fullwidth
        # In a log, lines are not cut at the width of a window.
        width = max(60, min(width, 120)) if self._stream.isatty() else 120
        return supports_unicode(self._stream), width
