"""Text without invisible characters, control characters, or characters illegal in XML."""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate

_UNPRINTABLE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls: illegal in XML 1.0, or moving the cursor
    "\u200b\u200e\u200f\u2028\u2029\ufeff"  # invisible
    "\u202a-\u202e\u2066-\u2069"  # bidirectional overrides: the text would read as another one
    "\ud800-\udfff\ufffe\uffff"  # not characters: illegal in XML 1.0 and in UTF-8
    "\U000e0000-\U000e007f"  # tags: invisible
    "]"
)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable(text: str) -> str:
    """The text with every invisible character escaped (``\\x1b``, ``\\u202e``).

    Newlines and tabs stay. The result can be encoded as UTF-8 and is legal in XML 1.0
    (https://www.w3.org/TR/xml/#charsets).
    """
    return _UNPRINTABLE.sub(_escaped, text)


def one_line(text: str) -> str:
    """The printable text with each run of white space replaced by one space."""
    return " ".join(printable(text).split())


def clip(text: str, limit: int) -> str:
    """The first ``limit`` characters, and how many are left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def columns(text: str) -> int:
    """The width of the text in columns of a terminal."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def fit(text: str, width: int, ellipsis: str = "…") -> str:
    """The text in exactly ``width`` columns: padded, or cut with an ellipsis."""
    if columns(text) > width:
        ends = accumulate(map(columns, text))  # of each character
        text = text[: sum(end <= width - columns(ellipsis) for end in ends)] + ellipsis
    return text + " " * (width - columns(text))


def unique(text: str, taken: set[str], separator: str) -> str:
    """The text, with a number behind the separator if it is taken; it is taken from then on."""
    found, number = text, 2
    while found in taken:
        found, number = f"{text}{separator}{number}", number + 1
    taken.add(found)
    return found
