"""Whether a job's role may write to the job's destinations.

``Destination`` is the prefix of the keys that MediaConvert writes: a folder if it ends in a slash,
or else the beginning of the file names.
https://docs.aws.amazon.com/mediaconvert/latest/ug/specifying-output-groups.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from planproof.aws.datapath import Authority, DecidedNeed, Need
from planproof.aws.datapath.locations import arn_of, location_of
from planproof.aws.datapath.samples import sample_arns
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, Unknown
from steps.support.jobs import rendition_needs

_S3: Final = "s3://"


@dataclass(frozen=True, slots=True)
class Writing:
    """One action that is needed to write to a destination.

    Attributes:
        allowed: None where it is undecided, or where policies allow only some keys.
        found: a description of the decision.
        decided: the decision; None without a decision.
    """

    expected: str
    allowed: Truth
    found: str
    decided: DecidedNeed | None


def writings(authority: Authority, role: Resource, destination: str) -> Iterator[Writing]:
    """The actions needed to write below ``s3://bucket/folder/``, decided for a role."""
    name, _, key = destination.removeprefix(_S3).partition("/")
    bucket, arn = _bucket(authority.stack, role, name)
    if not destination.startswith(_S3) or isinstance(arn, Unknown):
        expected = f"{destination} in a bucket with a known ARN"
        yield Writing(expected, None, "unknown before it is built", None)
        return
    for need in rendition_needs(authority.stack, bucket, role, f"{arn}/{key}*"):
        below = f"{destination}*" if need.action.startswith("s3:") else need.subject
        yield _decided(authority, need, f"{need.action} allowed on {below} to write {destination}")


def _bucket(stack: Stack, role: Resource, name: str) -> tuple[Resource | None, str | Unknown]:
    """The stack's bucket of a name, None if it is outside, and its ARN."""
    for bucket in stack.managed("aws_s3_bucket"):
        if bucket.get("bucket") == name:
            return bucket, arn_of(bucket)
    location = location_of(stack, role)
    return None, f"arn:{location.partition if location is not None else 'aws'}:s3:::{name}"


def _decided(authority: Authority, need: Need, expected: str) -> Writing:
    """The decision for representative keys of the destination."""
    first = authority.decide(need)
    if not need.action.startswith("s3:") or not isinstance(need.resource, str):
        return Writing(expected, first.allowed, str(first.decision), first)
    statements = [
        statement
        for policy in first.policies
        for statement in policy.document.statements
        if statement.covers_action(need.action.lower()) is not False
    ]
    decided_needs = [
        authority.decide(replace(need, resource=name))
        for name in sample_arns(need.resource, statements)
    ]
    worst = min(decided_needs, key=lambda r: (r.allowed is not False, r.allowed is not None))
    # The key that MediaConvert writes is unknown, so all decisions must agree.
    agreed = len({decided.allowed for decided in decided_needs}) == 1
    sample = f" (decided for {worst.need.resource})" if len(decided_needs) > 1 else ""
    return Writing(expected, worst.allowed if agreed else None, f"{worst.decision}{sample}", worst)
