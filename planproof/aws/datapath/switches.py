"""A disabled resource breaks its edges, whatever its permissions are.

Sources: Lambda API Reference, CreateEventSourceMapping (``Enabled``); EventBridge API Reference,
PutRule (``State``); AWS KMS Developer Guide, "Key states of AWS KMS keys".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from planproof.aws.datapath.model import Edge, Fact
from planproof.service_facts import resource_type
from planproof.terraform.stack import Resource
from planproof.values import is_unknown


def with_disabled_facts(edges: Iterable[Edge]) -> Iterator[Edge]:
    """The edges, each with a fact for every disabled resource on it."""
    for edge in edges:
        facts = tuple(_switches(edge))
        yield replace(edge, facts=(*edge.facts, *facts)) if facts else edge


def _switches(edge: Edge) -> Iterator[Fact]:
    parts = [edge.source, edge.target, edge.declared_by, *(need.on for need in edge.needs)]
    seen = {part.address: part for part in parts if isinstance(part, Resource)}
    for part in seen.values():
        for attribute, off in resource_type(part.type).disabled.items():
            value = part.get(attribute)
            if not is_unknown(value) and value == off and isinstance(value, type(off)):
                yield Fact(False, part, attribute, f"{part} enabled", str(value).lower())
