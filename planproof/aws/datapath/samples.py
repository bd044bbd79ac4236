"""Sample ARNs and condition values that stand for all that a pattern covers.

A decision is made on one ARN. A pattern is decided on several: one ARN that no policy names, one
for each pattern in the policies, and one for each pair of those patterns. The same holds for the
values of a condition key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, combinations
from typing import Final

from planproof.aws.datapath.locations import arn_of
from planproof.iam import Statement
from planproof.iam.patterns import (
    ARN_COLONS,
    Flavor,
    Token,
    Wildcard,
    compile_tokens,
    split_wildcards,
)
from planproof.iam.variables import Variable, parse
from planproof.service_facts import resource_type
from planproof.terraform.stack import Resource
from planproof.values import UNKNOWN, Unknown

FILLER: Final = "planproof"
"""Replaces ``*`` where no policy asks for another text."""


def is_pattern(arn: str | Unknown) -> bool:
    """Whether an ARN contains wildcards."""
    return isinstance(arn, str) and ("*" in arn or "?" in arn)


def sample_arns(arn: str, statements: Iterable[Statement]) -> tuple[str, ...]:
    """ARNs that stand for all that a pattern covers, given the statements that may apply."""
    patterns = (
        _with_variables_as_wildcards(text, Flavor.RESOURCE, statement)
        for statement in statements
        for text in _resource_texts(statement)
        if text != "*"
    )
    return sample_texts(split_wildcards(arn), patterns)


def sample_part_arns(part: Resource, statements: Sequence[Statement]) -> tuple[str | Unknown, ...]:
    """ARNs that stand for a resource of the stack and all that lies within it."""
    arn = arn_of(part)
    if not isinstance(arn, str):
        return (UNKNOWN,)
    wholes = [f"{arn}{rest}" for rest in resource_type(part.type).within]
    found = (text for whole in wholes for text in sample_arns(whole, statements))
    return tuple(dict.fromkeys((arn, *found)))


def sample_values(pattern: str, statements: Iterable[Statement], key: str) -> tuple[str, ...]:
    """Values of a condition key that stand for all that a pattern covers.

    No condition names the first value; each other one differs for some condition.

    Args:
        key: the condition key in lower case.
    """
    return sample_texts(split_wildcards(pattern), _condition_patterns(statements, key))


def condition_matcher(statements: Iterable[Statement], key: str) -> Callable[[str], bool]:
    """A function that tells whether a condition on a key, in lower case, names a value."""
    matchers = [
        compile_tokens(one, Flavor.GLOB)
        for one in dict.fromkeys(_condition_patterns(statements, key))
    ]
    return lambda value: any(matches(value) for matches in matchers)


def _condition_patterns(statements: Iterable[Statement], key: str) -> Iterator[tuple[Token, ...]]:
    for statement in statements:
        own = (condition for condition in statement.conditions if condition.context_key == key)
        for text in (value for condition in own for value in condition.values):
            if isinstance(text, str):
                yield _with_variables_as_wildcards(text, Flavor.GLOB, statement)


def sample_texts(
    pattern: tuple[Token, ...], patterns: Iterable[tuple[Token, ...]]
) -> tuple[str, ...]:
    """A text for a pattern, for its overlap with each other pattern, and with each pair of them."""
    overlapping = [p for p in dict.fromkeys(patterns) if common_text(pattern, p) is not None]
    groups = [(pattern,), *((pattern, other) for other in overlapping)]
    groups += [(pattern, *pair) for pair in combinations(overlapping, 2)]
    texts = (_common_arn(*group) for group in groups)
    return tuple(dict.fromkeys(text for text in texts if text is not None))


def _common_arn(*patterns: tuple[Token, ...]) -> str | None:
    """A text that all patterns match. ARNs are matched part by part, as no wildcard of ``ArnLike``
    crosses a colon."""
    arns = [_arn_parts(pattern) for pattern in patterns]
    if all(len(arn) == ARN_COLONS + 1 for arn in arns):
        parts = [common_text(*part) for part in zip(*arns, strict=True)]
        if None not in parts:
            return ":".join(map(str, parts))
    return common_text(*patterns)


def _arn_parts(pattern: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """A pattern split at its first five colons."""
    parts: list[list[Token]] = [[]]
    for token in pattern:
        if isinstance(token, Wildcard):
            parts[-1].append(token)
            continue
        head, *more = token.split(":", ARN_COLONS + 1 - len(parts))
        for i, text in enumerate((head, *more)):
            if i:
                parts.append([])
            if text:
                parts[-1].append(text)
    return [tuple(part) for part in parts]


def variable_statement(arn: str, statements: Iterable[Statement]) -> Statement | None:
    """A statement whose resource element covers some of a pattern by a policy variable, so that
    which ARNs it covers is unknown."""
    whole = split_wildcards(arn)
    for statement in statements:
        for text in _resource_texts(statement):
            pieces = parse(text, Flavor.RESOURCE, variables=statement.variables is not False)
            has_variable = any(isinstance(piece, Variable) for piece in pieces)
            pattern = _with_variables_as_wildcards(text, Flavor.RESOURCE, statement)
            if has_variable and common_text(whole, pattern) is not None:
                return statement
    return None


def part_variable_statement(part: Resource, statements: Sequence[Statement]) -> Statement | None:
    """A statement that names a resource of the stack, or something in it, by a policy variable."""
    arn = arn_of(part)
    wholes = [f"{arn}{rest}" for rest in ("", *resource_type(part.type).within)]
    found = (variable_statement(whole, statements) for whole in wholes if isinstance(arn, str))
    return next((statement for statement in found if statement is not None), None)


def _resource_texts(statement: Statement) -> Iterator[str]:
    texts = (*(statement.resources or ()), *(statement.not_resources or ()))
    return (text for text in texts if isinstance(text, str))


def _with_variables_as_wildcards(
    text: str, flavor: Flavor, statement: Statement
) -> tuple[Token, ...]:
    """A pattern in which each policy variable is a wildcard."""
    pieces = parse(text, flavor, variables=statement.variables is not False)
    return tuple(Wildcard.ANY if isinstance(piece, Variable) else piece for piece in pieces)


@lru_cache(maxsize=65_536)
def common_text(*patterns: tuple[Token, ...]) -> str | None:
    """A text that every pattern matches, or None; a ``*`` in all patterns becomes FILLER.

    Cached: a stack has few patterns, compared for every resource and every caller.
    """
    # A wildcard, or each character of a text.
    lines = [
        tuple(chain.from_iterable((t,) if isinstance(t, Wildcard) else t for t in pattern))
        for pattern in patterns
    ]
    todo: list[tuple[tuple[int, ...], str]] = [((0,) * len(lines), "")]
    seen: set[tuple[int, ...]] = set()
    while todo:
        positions, text = todo.pop()
        if positions in seen:
            continue
        seen.add(positions)
        at_positions = zip(lines, positions, strict=True)
        next_ = [line[at] if at < len(line) else None for line, at in at_positions]
        if all(token is None for token in next_):
            return text
        if all(token is Wildcard.ANY for token in next_):
            text += FILLER
        for i, token in enumerate(next_):
            if token is Wildcard.ANY:
                todo.append(((*positions[:i], positions[i] + 1, *positions[i + 1 :]), text))
        letters = {token for token in next_ if isinstance(token, str)}
        if None in next_ or len(letters) > 1 or set(next_) == {Wildcard.ANY}:
            continue
        moved = (
            at if token is Wildcard.ANY else at + 1
            for at, token in zip(positions, next_, strict=True)
        )
        todo.append((tuple(moved), text + (letters.pop() if letters else "x")))
    return None
