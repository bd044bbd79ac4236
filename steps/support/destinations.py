"""May a job's role write where the job writes?

MediaConvert names its outputs by what the job says as ``Destination``: a folder, if that ends in a
slash, or else how the names begin. What follows is its own to choose.
https://docs.aws.amazon.com/mediaconvert/latest/ug/specifying-output-groups.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from planproof.aws.datapath import Authority, Need, Ruling
from planproof.aws.datapath.asked import asked_of
from planproof.aws.datapath.places import arn_of, place_of
from planproof.terraform.stack import Resource, Stack
from planproof.values import Unknown
from steps.support.jobs import rendition_needs

_S3: Final = "s3://"


@dataclass(frozen=True, slots=True)
class Writing:
    """One action that it takes to write to a destination.

    Attributes:
        allowed: None where that cannot be told, as where some names are allowed and others not.
        found: the decision, for a reader.
        ruling: the decision; None where there was nothing to decide.
    """

    expected: str
    allowed: bool | None
    found: str
    ruling: Ruling | None


def writings(authority: Authority, role: Resource, destination: str) -> Iterator[Writing]:
    """All that it takes to write below ``s3://bucket/folder/``, decided for a role."""
    name, _, key = destination.removeprefix(_S3).partition("/")
    bucket, arn = _bucket(authority.stack, role, name)
    if not destination.startswith(_S3) or isinstance(arn, Unknown):
        expected = f"a bucket whose ARN is known in {destination}"
        yield Writing(expected, None, "none that is known before it is built", None)
        return
    for need in rendition_needs(authority.stack, bucket, role, f"{arn}/{key}*"):
        below = f"{destination}*" if need.action.startswith("s3:") else need.subject
        yield _decided(authority, need, f"{need.action} allowed on {below} to write {destination}")


def _bucket(stack: Stack, role: Resource, name: str) -> tuple[Resource | None, str | Unknown]:
    """The bucket of a name, if it is one of the stack's, and its ARN."""
    for bucket in stack.managed("aws_s3_bucket"):
        if bucket.get("bucket") == name:
            return bucket, arn_of(bucket)
    place = place_of(stack, role)
    return None, f"arn:{place.partition if place is not None else 'aws'}:s3:::{name}"


def _decided(authority: Authority, need: Need, expected: str) -> Writing:
    """The decision on every name that policies tell apart."""
    first = authority.decide(need)
    if not need.action.startswith("s3:") or not isinstance(need.resource, str):
        return Writing(expected, first.allowed, str(first.decision), first)
    statements = [
        statement
        for policy in first.policies
        for statement in policy.document.statements
        if statement.covers_action(need.action.lower()) is not False
    ]
    rulings = [
        authority.decide(replace(need, resource=name))
        for name in asked_of(need.resource, statements)
    ]
    worst = min(rulings, key=lambda r: (r.allowed is not False, r.allowed is not None))
    # Which of the names MediaConvert takes is not known, so all of them have to agree.
    agreed = len({ruling.allowed for ruling in rulings}) == 1
    asked = f" (asked on {worst.need.resource})" if len(rulings) > 1 else ""
    return Writing(expected, worst.allowed if agreed else None, f"{worst.decision}{asked}", worst)
