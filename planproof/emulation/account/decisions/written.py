"""Policies as they are written, compiled once for each text."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from planproof.iam import Policies, PolicyDocument, PolicyError, PolicyKind
from planproof.values import UNKNOWN


class Written(NamedTuple):
    """A policy that stands in the account.

    Attributes:
        name: for a reader.
        text: as it was written; None for one that nobody knows.
        kind: what it is attached to.
    """

    name: str
    text: str | None
    kind: PolicyKind


@lru_cache(maxsize=4096)
def document(written: Written) -> PolicyDocument:
    """A policy, parsed; one that AWS would not have taken may say anything."""
    if written.text is None:
        return PolicyDocument.parse(UNKNOWN, written.name, written.kind)
    try:
        parsed = PolicyDocument.parse(written.text, written.name, written.kind)
        parsed.must_be(written.kind)
    except PolicyError as error:
        name = f"{written.name}, which AWS would not take ({error})"
        return PolicyDocument.parse(UNKNOWN, name, written.kind)
    return parsed


@lru_cache(maxsize=4096)
def compiled(
    identity: tuple[Written, ...],
    boundaries: tuple[Written, ...],
    resource: tuple[Written, ...] | None,
) -> Policies:
    """The policies that have a say in a request.

    They are kept by what they say, so that a policy that is changed counts at the next request.
    """
    return Policies(
        identity=[document(one) for one in identity],
        boundaries=[document(one) for one in boundaries],
        resource=[document(one) for one in resource] if resource else None,
    )
