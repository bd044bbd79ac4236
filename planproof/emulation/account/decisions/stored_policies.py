"""Policies of the account, parsed once for each text."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from planproof.iam import PolicyDocument, PolicyError, PolicyKind
from planproof.values import UNKNOWN


class StoredPolicy(NamedTuple):
    """A policy in the account.

    Attributes:
        name: for messages.
        text: JSON; None if unknown.
        kind: what it is attached to.
    """

    name: str
    text: str | None
    kind: PolicyKind


@lru_cache(maxsize=4096)
def document(policy: StoredPolicy) -> PolicyDocument:
    """The parsed policy; unknown if AWS would reject it."""
    if policy.text is None:
        return PolicyDocument.parse(UNKNOWN, policy.name, policy.kind)
    try:
        parsed = PolicyDocument.parse(policy.text, policy.name, policy.kind)
        parsed.must_be(policy.kind)
    except PolicyError as error:
        name = f"{policy.name}, which AWS would reject ({error})"
        return PolicyDocument.parse(UNKNOWN, name, policy.kind)
    return parsed
