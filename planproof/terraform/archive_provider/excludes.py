"""Matches the paths of a source_dir with the patterns of `excludes`.

hashicorp/archive matches with the Go package doublestar (v4), whose rules are those of
https://github.com/bmatcuk/doublestar#patterns. No Python package has the same rules: they treat a
malformed pattern as a literal, expand `{1..3}`, or follow .gitignore.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

Segment = re.Pattern[str] | None  # None is `**`


class BadPatternError(ValueError):
    """A pattern of `excludes` is malformed."""


class Excludes:
    """The compiled patterns of `excludes`.

    `patterns` match whole paths relative to source_dir, with forward slashes; empty patterns are
    ignored. Raises BadPatternError.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [(p, [_segments(one) for one in _alternatives(p)]) for p in patterns if p]

    def match(self, path: str) -> str | None:
        """Return the first pattern that matches `path` (`a/b.py`; `.` is source_dir itself)."""
        names = path.split("/")
        for pattern, alternatives in self._patterns:
            if any(_matches(segments, names) for segments in alternatives):
                return pattern
        return None


def _matches(segments: Sequence[Segment], names: Sequence[str]) -> bool:
    # Keeps the set of positions after each segment: polynomial for `**/**/**/x`, unlike recursion.
    ends = {0}
    for segment in segments:
        if segment is None:
            ends = set(range(min(ends), len(names) + 1)) if ends else ends
        else:
            ends = {i + 1 for i in ends if i < len(names) and segment.fullmatch(names[i])}
    return len(names) in ends


def _segments(pattern: str) -> list[Segment]:
    """Compile a pattern without braces: one expression per path component."""
    segments: list[Segment] = []
    expression, source, i = "", "", 0
    while i < len(pattern):
        char = pattern[i]
        if char == "/":
            segments.append(_segment(source, expression))
            expression, source, i = "", "", i + 1
            continue
        start = i
        if char == "*":
            expression, i = expression + ".*", i + 1
        elif char == "?":
            expression, i = expression + ".", i + 1
        elif char == "[":
            text, i = _character_class(pattern, i)
            expression += text
        elif char == "\\":
            expression, i = expression + re.escape(_escaped(pattern, i)), i + 2
        else:
            expression, i = expression + re.escape(char), i + 1
        source += pattern[start:i]
    segments.append(_segment(source, expression))
    return segments


def _segment(source: str, expression: str) -> Segment:
    return None if source == "**" else re.compile(expression, re.DOTALL)


def _character_class(pattern: str, i: int) -> tuple[str, int]:
    """Translate the character class that starts at `i`; also return the index after its end."""
    i += 1
    negated = pattern[i : i + 1] in ("!", "^")
    i += negated
    first, members = i, list[str]()
    while i < len(pattern) and pattern[i] != "]":
        low, i = _member(pattern, i)
        if pattern[i : i + 1] == "-" and pattern[i + 1 : i + 2] not in ("", "]"):
            high, i = _member(pattern, i + 1)
            if low <= high:
                members.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            members.append(re.escape(low))
    if i >= len(pattern):
        raise BadPatternError(f"'{pattern}' has a character class without a closing ]")
    if i == first:
        raise BadPatternError(f"'{pattern}' has an empty character class")
    if not members:  # only empty ranges, such as [z-a]
        return ("." if negated else "(?!)"), i + 1
    return f"[{'^' if negated else ''}{''.join(members)}]", i + 1


def _member(pattern: str, i: int) -> tuple[str, int]:
    if pattern[i] == "\\":
        return _escaped(pattern, i), i + 2
    return pattern[i], i + 1


def _escaped(pattern: str, i: int) -> str:
    if i + 1 >= len(pattern):
        raise BadPatternError(f"'{pattern}' ends with a backslash")
    return pattern[i + 1]


def _alternatives(pattern: str) -> list[str]:
    """Expand every `{a,b}`, nested ones too: `x{a,b{c,d}}` gives `xa`, `xbc`, `xbd`."""
    opening = _find(pattern, 0, "{")
    if opening is None:
        return [pattern]
    parts, depth, start, i = [], 1, opening + 1, opening + 1
    while depth:
        at = _find(pattern, i, "{,}")
        if at is None:
            raise BadPatternError(f"'{pattern}' has alternatives without a closing }}")
        depth += {"{": 1, "}": -1, ",": 0}[pattern[at]]
        if depth == 0 or (depth == 1 and pattern[at] == ","):
            parts.append(pattern[start:at])
            start = at + 1
        i = at + 1
    before, after = pattern[:opening], pattern[i:]
    return [whole for part in parts for whole in _alternatives(before + part + after)]


def _find(pattern: str, i: int, wanted: str) -> int | None:
    """Return the index of the first character of `wanted` that is not escaped or in a class."""
    in_class = False
    while i < len(pattern):
        if not in_class and pattern[i] in wanted:
            return i
        in_class = pattern[i] != "]" if in_class else pattern[i] == "["
        i += 2 if pattern[i] == "\\" else 1
    return None
