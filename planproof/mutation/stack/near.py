"""Whether the evidence against a mutant names the change or something close to it."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.mutation.stack.model import Mutant, texts
from planproof.results import ScenarioResult
from planproof.terraform.stack import Resource, Stack
from planproof.values import Verdict

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
"""Attributes by which other resources may refer to a resource."""
_LEAST = 4  # characters of a value that identifies a resource


def identities(resource: Resource) -> dict[str, str]:
    """Attribute → value, of all attributes by which other resources may refer to this one."""
    found = {}
    for name in IDENTITIES:
        value = resource.values.get(name)
        if isinstance(value, str) and len(value) >= _LEAST:
            found[name] = value
    return found


def points_at(
    mutant: Mutant,
    unchanged: ScenarioResult,
    mutated: ScenarioResult,
    before: Stack,
    after: Stack,
) -> bool:
    """Whether the evidence of a scenario against a mutant points at the change.

    The evidence consists of the facts that do not hold, the facts of the unchanged stack that are
    missing, and the reason. It points at the change if it names the changed resource, one that
    refers to it, or one that it refers to, before or after the change. An undetermined scenario
    always points at the change: it only says that a part is missing.

    Args:
        unchanged: the scenario's result on the unchanged stack.
        mutated: its result on the mutant.
    """
    if mutated.verdict is not Verdict.FAILED:
        return True
    versions = [r for r in (before.get(mutant.address), after.get(mutant.address)) if r]
    facts = {(item.address, item.attribute, item.expected) for item in mutated.evidence}
    wrong = [item for item in mutated.evidence if item.holds is not True]
    wrong += [e for e in unchanged.evidence if (e.address, e.attribute, e.expected) not in facts]
    texts_against = [mutated.reason]
    texts_against += [text for item in wrong for text in (item.address, item.expected, item.found)]
    names = {mutant.address, *(text for r in versions for text in _names(r))}
    if any(name in text for name in names for text in texts_against):
        return True
    subjects = {item.address for item in wrong}
    for other in before.managed():
        if any(name in text for name in _names(other) for text in texts_against):
            subjects.add(other.address)
    near = {r.address for version in versions for r in neighbours(version, before)}
    connected = {
        r.address
        for address in near
        if (connector := before.get(address)) is not None and connector.type.endswith(CONNECTORS)
        for r in neighbours(connector, before)
    }
    return bool(subjects & (near | connected))


def _names(resource: Resource) -> set[str]:
    return {resource.address, *identities(resource).values()}


CONNECTORS = ("_attachment", "_policy", "_policies", "_mapping", "_target", "_notification")
"""Types that only connect other resources, which count as close to each other."""


def neighbours(resource: Resource, stack: Stack) -> Iterator[Resource]:
    """The resources that a resource refers to, and those that refer to it."""
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
