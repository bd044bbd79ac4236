"""Does the evidence of a requirement that noticed a mutant point at what was changed?"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.mutation.stack.model import Mutant, texts
from planproof.results import ScenarioResult
from planproof.terraform.stack import Resource, Stack
from planproof.verdicts import Verdict

IDENTITIES = (
    "arn",
    "id",
    "url",
    "name",
    "bucket",
    "function_name",
    "alarm_name",
    "key_id",
    "policy_id",
    "unique_id",
    "dashboard_name",
    "table_name",
    "topic_arn",
    "queue_url",
)
"""Attributes by which others may name a resource."""
_LEAST = 4  # characters of a text that names something


def identities(resource: Resource) -> dict[str, str]:
    """Attribute → text, of all by which a resource may be named."""
    found = {}
    for name in IDENTITIES:
        value = resource.values.get(name)
        if isinstance(value, str) and len(value) >= _LEAST:
            found[name] = value
    return found


def points_at(
    mutant: Mutant,
    kept: ScenarioResult,
    broken: ScenarioResult,
    before: Stack,
    after: Stack,
) -> bool:
    """Whether what a scenario says against a mutant is about what was changed.

    What it says are the facts that do not hold, those of the stack as it is that it finds no more,
    and its reason. They are about the changed resource if they name it, or something that names it
    or is named by it, before or after the change. What leaves a scenario open speaks against
    nothing: it says that a part is not there to be asked about.

    Args:
        kept: the scenario's result on the stack as it is.
        broken: that on the mutant.
    """
    if broken.verdict is not Verdict.FAILED:
        return True
    versions = [r for r in (before.get(mutant.address), after.get(mutant.address)) if r]
    facts = {(item.address, item.attribute, item.expected) for item in broken.evidence}
    wrong = [item for item in broken.evidence if item.holds is not True]
    wrong += [e for e in kept.evidence if (e.address, e.attribute, e.expected) not in facts]
    said = [broken.reason]
    said += [text for item in wrong for text in (item.address, item.expected, item.found)]
    about = {mutant.address, *(text for r in versions for text in _names(r))}
    if any(name in text for name in about for text in said):
        return True
    subjects = {item.address for item in wrong}
    for other in before.managed():
        if any(name in text for name in _names(other) for text in said):
            subjects.add(other.address)
    near = {r.address for version in versions for r in neighbours(version, before)}
    joined = {
        r.address
        for address in near
        if (joint := before.get(address)) is not None and joint.type.endswith(JOINTS)
        for r in neighbours(joint, before)
    }
    return bool(subjects & (near | joined))


def _names(resource: Resource) -> set[str]:
    return {resource.address, *identities(resource).values()}


JOINTS = ("_attachment", "_policy", "_policies", "_mapping", "_target", "_notification")
"""Types that do nothing but join others: what they join is as near as they are."""


def neighbours(resource: Resource, stack: Stack) -> Iterator[Resource]:
    """What a resource names, and what names it."""
    own = set(identities(resource).values())
    named = [text for _, text in texts(resource)]
    for other in stack:
        if other.address == resource.address:
            continue
        theirs = identities(other).values()
        if any(name in text for name in theirs for text in named) or any(
            name in text for name in own for _, text in texts(other)
        ):
            yield other
