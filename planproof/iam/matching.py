"""Matches a value with the values of a policy element.

A :class:`PatternSet` is compiled once, from the strings of a policy (which may contain wildcards
and variables, or be UNKNOWN), and matched often.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from planproof.iam import variables
from planproof.iam.context import Context, Missing
from planproof.iam.patterns import Flavor, Matcher, Wildcard, compile_tokens, regex_of
from planproof.iam.variables import Piece, Variable
from planproof.values import Truth, Unknown


class PatternSet:
    """Patterns of which at least one must match.

    Args:
        texts: the policy's values; an UNKNOWN among them may be any pattern.
        flavor: which characters the wildcards match.
        variables: whether the document's version supports policy variables; None if that is not
            known, which makes a text with ``${`` unknown itself.
        fold: whether to ignore case.
    """

    __slots__ = (
        "_automata",
        "_either",
        "_fold",
        "_literals",
        "_search",
        "_unknown",
        "_varying",
        "universal",
    )

    def __init__(
        self,
        texts: Iterable[str | Unknown],
        flavor: Flavor,
        *,
        variables: bool | None,
        fold: bool = False,
    ) -> None:
        self._fold = fold
        self.universal = False
        """Whether one of the patterns matches everything."""
        self._literals: set[str] = set()
        self._varying: list[tuple[tuple[Piece, ...], Flavor]] = []
        self._unknown = False
        self._either: list[tuple[Piece, ...]] = []
        fixed: list[tuple[Piece, ...]] = []
        for text in texts:
            if isinstance(text, Unknown):
                self._unknown = True
                continue
            if variables is None and "${" in text:
                folded = text.lower() if fold else text
                self._either += [_parse(folded, flavor, known) for known in (True, False)]
                continue
            pieces = _parse(text.lower() if fold else text, flavor, bool(variables))
            if any(isinstance(piece, Variable) for piece in pieces):
                self._varying.append((pieces, flavor))
            elif all(isinstance(piece, str) for piece in pieces):
                self._literals.add("".join(str(piece) for piece in pieces))
            elif pieces == (Wildcard.ANY,):
                self.universal = True
            else:
                fixed.append(pieces)
        self._search, self._automata = _compiled(fixed, flavor)

    @property
    def varies(self) -> bool:
        """Whether a policy variable or an UNKNOWN is among the patterns."""
        return self._unknown or bool(self._varying or self._either)

    @property
    def _has_wildcards(self) -> bool:
        return self._search is not None or bool(self._automata)

    @property
    def literals(self) -> frozenset[str] | None:
        """The patterns, if all are without wildcards and variables; else None."""
        if self.universal or self._has_wildcards or self.varies:
            return None
        return frozenset(self._literals)

    def matches(self, value: str | Unknown, context: Context) -> Truth:
        """Whether any pattern matches; a variable that cannot be resolved matches nothing."""
        if self.universal:
            return True
        if isinstance(value, Unknown):
            return None if self.varies or self._literals or self._has_wildcards else False
        if self._fold:
            value = value.lower()
        if value in self._literals or (self._search and self._search(value)):
            return True
        for automaton in self._automata:
            if automaton(value):
                return True
        possible = self._unknown or any(_might_match(pieces, value) for pieces in self._either)
        result: Truth = None if possible else False
        for pieces, flavor in self._varying:
            tokens = variables.resolve(pieces, context)
            if tokens is Missing.UNKNOWN:
                result = None if _might_match(pieces, value) else result
            elif not isinstance(tokens, Missing):
                if self._fold:
                    tokens = tuple(t.lower() if isinstance(t, str) else t for t in tokens)
                if compile_tokens(tokens, flavor)(value):
                    return True
        return result

    def resolvable(self, context: Context) -> Truth:
        """Whether the request has a value for every variable among the patterns."""
        result: Truth = None if self._either else True
        for pieces, _ in self._varying:
            tokens = variables.resolve(pieces, context)
            if tokens is Missing.ABSENT:
                return False
            if tokens is Missing.UNKNOWN:
                result = None
        return result


def _might_match(pieces: Sequence[Piece], value: str) -> bool:
    """Whether a value could match for some values of the unknown variables."""
    loose = [Wildcard.ANY if isinstance(piece, Variable) else piece for piece in pieces]
    return compile_tokens(loose, Flavor.GLOB)(value)


def _parse(text: str, flavor: Flavor, known: bool) -> tuple[Piece, ...]:
    return variables.parse(text, flavor, variables=known)


def _compiled(
    patterns: Sequence[tuple[Piece, ...]], flavor: Flavor
) -> tuple[Callable[[str], object] | None, list[Matcher]]:
    """One regular expression for the patterns that have one, and matchers for the others."""
    sources: list[str] = []
    automata: list[Matcher] = []
    for pieces in patterns:
        tokens = tuple(piece for piece in pieces if not isinstance(piece, Variable))
        source = regex_of(tokens, flavor)
        if source is None:
            automata.append(compile_tokens(tokens, flavor))
        else:
            sources.append(source)
    if not sources:
        return None, automata
    return re.compile("|".join(f"(?:{source})" for source in sources), re.DOTALL).match, automata
