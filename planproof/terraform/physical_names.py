"""The physical names that a stack assigns in AWS, and those that a copy of it would assign again.

Two resources of one type cannot have the same name in one account and region (for some types: in
all of AWS), so two copies of a stack can exist side by side only if all names differ. A name within
another resource (alias of a function, policy of a role) differs if the name of that resource does.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from planproof.service_facts import resource_type
from planproof.stand_ins import is_assigned
from planproof.terraform.identities import physical_name_attribute
from planproof.terraform.links import IDENTITIES, expression_at, references
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, Value, all_of, is_unknown

# Attributes that AWS computes, and types that have the name of another resource.
_NOT_GIVEN: Final = frozenset({"id", "uuid", "key_id", "queue_url", "url"})
_NOT_OWN: Final = ("aws_s3_bucket_", "aws_s3_object", "aws_sqs_queue_")
_WORDS: Final = ("name", "identifier", "id")


@dataclass(frozen=True, slots=True)
class PhysicalName:
    """A physical name that the stack assigns.

    Attributes:
        attribute: the attribute of ``resource`` with the name.
        value: the name, or UNKNOWN.
        inside: identity of the resource within which it is unique; None for the account.
    """

    resource: Resource
    attribute: str
    value: Value
    inside: Value = None


@dataclass(frozen=True, slots=True)
class NameComparison:
    """A name of a stack, compared with those of a copy.

    Attributes:
        name: the name in the first stack.
        differs: whether no resource of the type has it in the copy; None where undecided.
    """

    name: PhysicalName
    differs: Truth


def physical_names(stack: Stack) -> tuple[PhysicalName, ...]:
    """The configured names of managed resources, in the order of the stack.

    Generated names (none configured, or only a prefix) are unique, and left out, as are attributes
    that refer to another resource by its name.
    """
    found = []
    for resource in stack.managed():
        attribute = _name_attribute(stack, resource)
        if attribute is not None:
            inside = resource_type(resource.type).inside
            scope = resource.get(inside) if inside else None
            found.append(PhysicalName(resource, attribute, resource.get(attribute), scope))
    return tuple(found)


def compare_names(one: Stack, other: Stack) -> tuple[NameComparison, ...]:
    """Compare each name of a stack with those of the same type in another."""
    others: dict[str, _Names] = {}
    for name in physical_names(other):
        others.setdefault(name.resource.type, _Names()).add(name)
    return tuple(
        NameComparison(name, others.get(name.resource.type, _Names()).all_differ_from(name))
        for name in physical_names(one)
    )


@dataclass(slots=True)
class _Names:
    """The names of one type, indexed: most are known and need no comparison."""

    all: list[PhysicalName] = field(default_factory=list)
    known: dict[str, list[PhysicalName]] = field(default_factory=dict)
    unknown: list[PhysicalName] = field(default_factory=list)

    def add(self, name: PhysicalName) -> None:
        self.all.append(name)
        if isinstance(name.value, str):
            self.known.setdefault(name.value, []).append(name)
        else:
            self.unknown.append(name)

    def all_differ_from(self, name: PhysicalName) -> Truth:
        candidates = self.all
        if isinstance(name.value, str):
            candidates = [*self.known.get(name.value, ()), *self.unknown]
        return all_of(_unequal(name, other) for other in candidates)


def _unequal(one: PhysicalName, other: PhysicalName) -> Truth:
    if isinstance(one.inside, str) and is_assigned(one.inside):
        return True  # a generated id is never the same in two copies
    pairs = ((one.value, other.value), (one.inside, other.inside))
    if any(not is_unknown(a) and not is_unknown(b) and a != b for a, b in pairs):
        return True
    return None if any(is_unknown(value) for pair in pairs for value in pair) else False


def _name_attribute(stack: Stack, resource: Resource) -> str | None:
    """The attribute with which the sources name a resource; None where they do not."""
    if resource.type.startswith(_NOT_OWN) and not resource_type(resource.type).inside:
        return None
    known = physical_name_attribute(resource.type)
    if known is not None:
        given = known not in _NOT_GIVEN and _is_given(stack, resource, known)
        return known if given else None
    for attribute in ("name", "identifier", *_named_after_type(resource.type)):
        if _is_given(stack, resource, attribute):
            return None if _only_refers(stack, resource, attribute) else attribute
    return None


def _named_after_type(type_: str) -> list[str]:
    """``dashboard_name`` and similar: attributes named after the last words of the type."""
    words = type_.split("_")[1:]
    return [f"{'_'.join(words[i:])}_{word}" for word in _WORDS for i in range(len(words))]


def _is_given(stack: Stack, resource: Resource, attribute: str) -> bool:
    value = resource.get(attribute)
    if not (is_unknown(value) or (isinstance(value, str) and value)):
        return False
    return expression_at(stack, resource, attribute) is not None


def _only_refers(stack: Stack, resource: Resource, attribute: str) -> bool:
    """Whether the value is the identity of another resource, which the sources refer to."""
    value = resource.get(attribute)
    referenced = references(stack, resource, attribute)
    return not is_unknown(value) and any(
        value == other.get(identity)
        for declared in sorted(referenced)
        for other in stack.resources.declared_as(declared)
        for identity in (*IDENTITIES, physical_name_attribute(other.type) or "id")
    )
