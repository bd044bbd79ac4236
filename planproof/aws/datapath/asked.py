"""Which values stand for all that a pattern covers, as far as some policies tell them apart?

A decision is made on one ARN. A question about many is asked of one that no policy has in mind,
and of one for each pattern, and each two patterns, that the policies name. The same holds for the
values of a context key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final

from planproof.aws.datapath.places import arn_of
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
from planproof.terraform.stack import Resource
from planproof.values import UNKNOWN, Unknown

FILLER: Final = "planproof"
"""What stands for ``*`` where nothing else has to."""
_WITHIN: Final = {
    "aws_cloudwatch_log_group": (":*",),
    "aws_dynamodb_table": ("/index/*", "/stream/*"),
    "aws_lambda_function": (":*",),
    "aws_s3_bucket": ("/*",),
}
"""How the ARN of what lies within a part goes on: objects, streams, indexes, versions, aliases."""


def is_pattern(arn: str | Unknown) -> bool:
    """Whether an ARN stands for many."""
    return isinstance(arn, str) and ("*" in arn or "?" in arn)


def asked_of(arn: str, statements: Iterable[Statement]) -> tuple[str, ...]:
    """ARNs that stand for all that a pattern covers, given the statements that may apply."""
    return told_apart(split_wildcards(arn), _patterns(statements))


def parts_asked(part: Resource, statements: Sequence[Statement]) -> tuple[str | Unknown, ...]:
    """ARNs that stand for a part of the stack and all that lies within it."""
    arn = arn_of(part)
    if not isinstance(arn, str):
        return (UNKNOWN,)
    wholes = [f"{arn}{rest}" for rest in _WITHIN.get(part.type, ())]
    found = (text for whole in wholes for text in asked_of(whole, statements))
    return tuple(dict.fromkeys((arn, *found)))


def values_asked(shape: str, statements: Iterable[Statement], key: str) -> tuple[str, ...]:
    """Values of a context key that stand for all of a shape.

    The first is one that no condition has in mind, the others are what conditions tell apart.

    Args:
        shape: what the values look like; ``*`` stands for anything.
        key: the context key in lower case.
    """
    return told_apart(split_wildcards(shape), _values(statements, key))


def is_meant(statements: Iterable[Statement], key: str) -> Callable[[str], bool]:
    """Whether conditions on a context key, in lower case, may mean a value."""
    matchers = [compile_tokens(one, Flavor.GLOB) for one in dict.fromkeys(_values(statements, key))]
    return lambda value: any(matches(value) for matches in matchers)


def _values(statements: Iterable[Statement], key: str) -> Iterator[tuple[Token, ...]]:
    for statement in statements:
        for condition in statement.conditions:
            if condition.context_key == key:
                for text in condition.values:
                    if isinstance(text, str):
                        yield _loose(text, Flavor.GLOB, statement)


def told_apart(whole: tuple[Token, ...], patterns: Iterable[tuple[Token, ...]]) -> tuple[str, ...]:
    """A text for a whole, for each pattern in it, and for what each two of them share."""
    named = [p for p in dict.fromkeys(patterns) if common(whole, p) is not None]
    groups = [(whole,), *((whole, p) for p in named)]
    groups += [(whole, *pair) for pair in combinations(named, 2)]
    found = (_common_arn(*group) for group in groups)
    return tuple(dict.fromkeys(text for text in found if text is not None))


def _common_arn(*patterns: tuple[Token, ...]) -> str | None:
    """What patterns share, an ARN part by part where they are ARNs, as no wildcard of ``ArnLike``
    reaches beyond its part."""
    lines = [_parts(pattern) for pattern in patterns]
    if all(len(line) == ARN_COLONS + 1 for line in lines):
        found = [common(*part) for part in zip(*lines, strict=True)]
        if None not in found:
            return ":".join(map(str, found))
    return common(*patterns)


def _parts(pattern: tuple[Token, ...]) -> list[list[Token]]:
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
    return parts


def varies(arn: str, statements: Iterable[Statement]) -> Statement | None:
    """A statement that means a part of a pattern by a policy variable, so that it cannot be told
    which part."""
    whole = split_wildcards(arn)
    for statement in statements:
        for text in _texts(statement):
            pieces = parse(text, Flavor.RESOURCE, variables=statement.variables is not False)
            open_ = any(isinstance(piece, Variable) for piece in pieces)
            if open_ and common(whole, _tokens(statement, text)) is not None:
                return statement
    return None


def part_varies(part: Resource, statements: Sequence[Statement]) -> Statement | None:
    """A statement that means a part of the stack, or something in it, by a policy variable."""
    arn = arn_of(part)
    wholes = [f"{arn}{rest}" for rest in ("", *_WITHIN.get(part.type, ()))]
    found = (varies(whole, statements) for whole in wholes if isinstance(arn, str))
    return next((statement for statement in found if statement is not None), None)


def _patterns(statements: Iterable[Statement]) -> Iterator[tuple[Token, ...]]:
    for statement in statements:
        for text in _texts(statement):
            if text != "*":
                yield _tokens(statement, text)


def _texts(statement: Statement) -> Iterator[str]:
    texts = (*(statement.resources or ()), *(statement.not_resources or ()))
    return (text for text in texts if isinstance(text, str))


def _tokens(statement: Statement, text: str) -> tuple[Token, ...]:
    return _loose(text, Flavor.RESOURCE, statement)


def _loose(text: str, flavor: Flavor, statement: Statement) -> tuple[Token, ...]:
    """A pattern, in which a policy variable may be anything."""
    pieces = parse(text, flavor, variables=statement.variables is not False)
    return tuple(Wildcard.ANY if isinstance(piece, Variable) else piece for piece in pieces)


def common(*patterns: Sequence[Token]) -> str | None:
    """A text that every pattern matches, None if there is none; it fills a ``*`` that all share."""
    return _common(*map(tuple, patterns))


@lru_cache(maxsize=65_536)
def _common(*patterns: tuple[Token, ...]) -> str | None:
    """The same, remembered: the patterns of a stack are few, and are held against each other for
    every resource and every caller."""
    lines = [tuple(_singles(pattern)) for pattern in patterns]
    todo: list[tuple[tuple[int, ...], str]] = [((0,) * len(lines), "")]
    seen: set[tuple[int, ...]] = set()
    while todo:
        here, text = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        next_ = [line[at] if at < len(line) else None for line, at in zip(lines, here, strict=True)]
        if all(token is None for token in next_):
            return text
        if all(token is Wildcard.ANY for token in next_):
            text += FILLER
        for i, token in enumerate(next_):
            if token is Wildcard.ANY:
                todo.append(((*here[:i], here[i] + 1, *here[i + 1 :]), text))
        letters = {token for token in next_ if isinstance(token, str)}
        if None in next_ or len(letters) > 1 or set(next_) == {Wildcard.ANY}:
            continue
        moved = (
            at if token is Wildcard.ANY else at + 1 for at, token in zip(here, next_, strict=True)
        )
        todo.append((tuple(moved), text + (letters.pop() if letters else "x")))
    return None


def _singles(pattern: Sequence[Token]) -> Iterator[Token]:
    for token in pattern:
        if isinstance(token, Wildcard):
            yield token
        else:
            yield from token
