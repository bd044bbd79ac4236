"""Lines that fit a terminal: its width, and the characters that it can show."""

from __future__ import annotations

import textwrap

from planproof.reports.text import clip, one_line

_VALUE = 240  # characters of a text


class TerminalLines:
    """A list of lines for one terminal.

    Attributes:
        lines: the lines so far.
        unicode: whether the terminal can show more than ASCII.
        width: of the terminal, in columns.
    """

    def __init__(self, unicode: bool, width: int) -> None:
        self.lines: list[str] = []
        self.unicode = unicode
        self.width = width

    def add(self, indent: int, text: str, label: str = "") -> None:
        """Add a clipped text, wrapped so that it stays to the right of its label."""
        self.add_whole(indent, clip(one_line(text), _VALUE), label)

    def add_whole(self, indent: int, text: str, label: str = "") -> None:
        """As :meth:`add`, for a text of bounded length that must not be clipped."""
        label = self.displayable(label)
        self.lines += textwrap.wrap(
            self.displayable(one_line(text)),
            width=max(self.width, indent + len(label) + 20),
            initial_indent=" " * indent + label,
            subsequent_indent=" " * (indent + len(label)),
            break_on_hyphens=False,
        )

    def add_verbatim(self, indent: int, text: str) -> None:
        """Add a line without wrapping, such as a command to copy."""
        self.lines.append(" " * indent + self.displayable(one_line(text)))

    def add_row(self, text: str) -> None:
        """Add a line whose spaces align the columns of a table."""
        self.lines.append(self.displayable(text).rstrip())

    def add_blank(self) -> None:
        """Add an empty line."""
        self.lines.append("")

    def displayable(self, text: str) -> str:
        """The text in the characters that the terminal can show."""
        return text if self.unicode else ascii_only(text)


def ascii_only(text: str) -> str:
    """The text with ``?`` for each non-ASCII character."""
    return text.replace("…", "...").encode("ascii", "replace").decode("ascii")
