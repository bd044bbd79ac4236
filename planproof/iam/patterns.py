"""Matches values with ``*`` and ``?`` patterns, in time linear in both.

Sources: IAM User Guide, "IAM JSON policy elements: Resource" (wildcards in ARNs: within a segment;
a ``*`` that ends a segment can match across the colon), "... Action" (names are case-insensitive),
"... Condition operators" (``StringLike`` matches the whole string, ``ArnLike`` part by part).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Final

Matcher = Callable[[str], bool]


class Wildcard(Enum):
    """A wildcard inside a pattern."""

    ANY = "*"
    ONE = "?"


Token = str | Wildcard
"""A piece of a pattern: literal text or a wildcard."""


class Flavor(Enum):
    """Which characters the wildcards of a pattern can match."""

    EXACT = "exact"
    """``StringEquals``: there are no wildcards."""
    GLOB = "glob"
    """``StringLike``, actions: any character."""
    ARN = "arn"
    """``ArnLike``: within each of the six parts."""
    RESOURCE = "resource"
    """``Resource``: like ARN, but a ``*`` that ends a segment matches across its colon."""


ARN_COLONS: Final = 5
"""Colons before the resource part of an ARN; later ones belong to the resource."""


def split_wildcards(text: str) -> tuple[Token, ...]:
    """Split literal text from wildcards: ``"a*b?"`` is ``("a", ANY, "b", ONE)``."""
    tokens: list[Token] = []
    for piece in re.split(r"([*?])", text):
        if piece == "*":
            if not tokens or tokens[-1] is not Wildcard.ANY:  # "**" is "*"
                tokens.append(Wildcard.ANY)
        elif piece == "?":
            tokens.append(Wildcard.ONE)
        elif piece:
            tokens.append(piece)
    return tuple(tokens)


def compile_tokens(tokens: Sequence[Token], flavor: Flavor) -> Matcher:
    """A function that returns whether a value matches the whole pattern, case-sensitively."""
    return _compile(tuple(tokens), flavor)


@lru_cache(maxsize=8192)
def _compile(tokens: tuple[Token, ...], flavor: Flavor) -> Matcher:
    if all(isinstance(token, str) for token in tokens):
        return "".join(str(token) for token in tokens).__eq__
    if tokens == (Wildcard.ANY,):
        return _match_everything
    source = regex_of(tokens, flavor)
    if source is None:
        return _Automaton(tokens, flavor).matches
    match = re.compile(source, re.DOTALL).match
    return lambda value: match(value) is not None


def regex_of(tokens: Sequence[Token], flavor: Flavor) -> str | None:
    r"""A regular expression, anchored at its end, that never backtracks over a matched chunk.

    ``a*b*c`` becomes ``a(?>.*?b).*c\Z``: the first ``b`` is always the right one if all stars of a
    run may match the same characters, so the search is linear. Returns None where stars of both
    kinds mix (some may match a colon, some may not): there the first match can be the wrong one.
    """
    confined = _confined(tokens, flavor)
    if flavor is Flavor.ARN:
        segments = _segments(tokens)
        if len(segments) <= ARN_COLONS:
            return None
        *inner, resource = segments
        parts = [_run_regex(segment, [True] * len(segment)) for segment in inner]
        return ":".join((*parts, _run_regex(resource, [False] * len(resource)))) + r"\Z"
    if any(confined[i] for i, token in enumerate(tokens) if token is Wildcard.ANY):
        return None
    return _run_regex(tokens, confined) + r"\Z"


def _run_regex(tokens: Sequence[Token], confined: Sequence[bool]) -> str:
    """The expression for a run of tokens whose stars all match the same characters."""
    chunks: list[str] = [""]
    run = "."
    for token, inside in zip(tokens, confined, strict=True):
        if token is Wildcard.ANY:
            run = "[^:]" if inside else "."
            chunks.append("")
        elif token is Wildcard.ONE:
            chunks[-1] += "[^:]" if inside else "."
        else:
            chunks[-1] += re.escape(str(token))
    first, *rest = chunks
    if not rest:
        return first
    middle = "".join(f"(?>{run}*?{chunk})" for chunk in rest[:-1])
    return f"{first}{middle}{run}*{rest[-1]}"


def _segments(tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens of each part of an ARN pattern; at most six."""
    segments: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            segments[-1].append(token)
            continue
        first, *rest = token.split(":", ARN_COLONS + 1 - len(segments))
        segments[-1] += [first] if first else []
        segments += [[piece] if piece else [] for piece in rest]
    return segments


def _confined(tokens: Sequence[Token], flavor: Flavor) -> list[bool]:
    """For each token, whether it is a wildcard that may not match a colon."""
    if flavor in (Flavor.EXACT, Flavor.GLOB):
        return [False] * len(tokens)
    confined: list[bool] = []
    colons = 0
    for i, token in enumerate(tokens):
        if isinstance(token, str):
            colons += token.count(":")
            confined.append(False)
            continue
        inside = colons < ARN_COLONS
        if inside and flavor is Flavor.RESOURCE and token is Wildcard.ANY:
            following = tokens[i + 1] if i + 1 < len(tokens) else ":"
            inside = not (isinstance(following, str) and following.startswith(":"))
        confined.append(inside)
    return confined


def _match_everything(value: str) -> bool:
    return True


class _Automaton:
    """The pattern as a bit-parallel automaton: one pass over the value."""

    def __init__(self, tokens: Sequence[Token], flavor: Flavor) -> None:
        self._exact: dict[str, int] = {}  # states that advance on one character
        self._one = self._one_no_colon = 0  # states that advance on any character
        self._stay = self._stay_no_colon = 0  # states that stay on any character
        state = 0
        for token, confined in zip(tokens, _confined(tokens, flavor), strict=True):
            if isinstance(token, str):
                for character in token:
                    self._exact[character] = self._exact.get(character, 0) | 1 << state
                    state += 1
            elif token is Wildcard.ONE:
                self._one |= 0 if confined else 1 << state
                self._one_no_colon |= 1 << state
                state += 1
            else:
                self._stay |= 0 if confined else 1 << state
                self._stay_no_colon |= 1 << state
                # A star adds no state: the next token starts from the state that stays.
        self._final = 1 << state

    def matches(self, value: str) -> bool:
        states = 1
        for character in value:
            colon = character == ":"
            stay = states & (self._stay if colon else self._stay_no_colon)
            move = self._exact.get(character, 0) | (self._one if colon else self._one_no_colon)
            states = stay | (states & move) << 1
            if not states:
                return False
        return bool(states & self._final)
