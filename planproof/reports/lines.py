"""Lines that fit a terminal: its width, and the characters that it can show."""

from __future__ import annotations

import textwrap

from planproof.reports.text import clip, one_line

_VALUE = 240  # characters of a text


class Lines:
    """Lines of a terminal, one below the other.

    Attributes:
        done: the lines so far.
        unicode: whether the terminal can show more than ASCII.
        width: of the terminal, in columns.
    """

    def __init__(self, unicode: bool, width: int) -> None:
        self.done: list[str] = []
        self.unicode = unicode
        self.width = width

    def add(self, indent: int, text: str, label: str = "") -> None:
        """Add a text, wrapped so that it stays to the right of its label."""
        self._wrap(indent, clip(one_line(text), _VALUE), label)

    def whole(self, indent: int, text: str, label: str = "") -> None:
        """As :meth:`add`, of a text that is bounded by its kind and must not be clipped."""
        self._wrap(indent, one_line(text), label)

    def as_is(self, indent: int, text: str) -> None:
        """Add a line that is as long as it is, such as a command that is to be copied."""
        self.done.append(" " * indent + self.shown(one_line(text)))

    def row(self, text: str) -> None:
        """Add a line whose spaces are columns of a table."""
        self.done.append(self.shown(text).rstrip())

    def blank(self) -> None:
        """Add an empty line."""
        self.done.append("")

    def shown(self, text: str) -> str:
        """The text as the terminal can show it."""
        return text if self.unicode else ascii_only(text)

    def _wrap(self, indent: int, text: str, label: str) -> None:
        label = self.shown(label)
        self.done += textwrap.wrap(
            self.shown(text),
            width=max(self.width, indent + len(label) + 20),
            initial_indent=" " * indent + label,
            subsequent_indent=" " * (indent + len(label)),
            break_on_hyphens=False,
        )


def ascii_only(text: str) -> str:
    """The text with ``?`` for what is not ASCII."""
    return text.replace("…", "...").encode("ascii", "replace").decode("ascii")
