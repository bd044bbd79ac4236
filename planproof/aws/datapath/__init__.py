"""How data flows through a stack, and whether AWS allows it: one model for steps and reports.

The path is drawn from the stack alone: notifications, subscriptions, event source mappings, and the
calls in a function's code. Each edge lists the permissions that it needs on all sides, key use
included. :mod:`planproof.iam` decides them against the policies of the stack.

Every resource-based policy is also tested for callers without a need: external principals and
unauthenticated callers (:mod:`~planproof.aws.datapath.outsiders`), needed services that act for
other sources (:mod:`~planproof.aws.datapath.deputies`), and services that the path does not need
(:mod:`~planproof.aws.datapath.unneeded_services`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.deliveries import deliveries
from planproof.aws.datapath.functions import CallsOf, encrypted_logs, function_edges
from planproof.aws.datapath.model import DataPath, DecidedNeed, Edge, End, Fact, JudgedEdge, Need
from planproof.aws.datapath.queues import redrives
from planproof.service_facts import resource_type, types
from planproof.terraform.stack import Resource, Stack
from planproof.values import is_unknown

__all__ = [
    "Authority",
    "CallsOf",
    "DataPath",
    "DecidedNeed",
    "Edge",
    "End",
    "Fact",
    "JudgedEdge",
    "Need",
    "draw",
    "unmodelled_resources",
    "with_disabled_facts",
]


def draw(stack: Stack, calls_of: CallsOf, *, handled: frozenset[str] = frozenset()) -> DataPath:
    """Every edge of a stack.

    Args:
        calls_of: what the code of a function calls; see :func:`planproof.aws.sdk_calls.calls_of`.
        handled: services, as botocore names them, whose edges the caller draws itself.
    """
    functions = tuple(function_edges(stack, calls_of, handled))
    logs = encrypted_logs(stack, functions)
    edges = (*deliveries(stack), *functions, *redrives(stack), *logs)
    return DataPath(tuple(with_disabled_facts(edges)))


def with_disabled_facts(edges: Iterable[Edge]) -> Iterator[Edge]:
    """The edges, each with a fact for every disabled resource on it, which breaks the edge whatever
    its permissions are.

    Sources: Lambda API Reference, CreateEventSourceMapping (``Enabled``); EventBridge API
    Reference, PutRule (``State``); AWS KMS Developer Guide, "Key states of AWS KMS keys".
    """
    for edge in edges:
        facts = tuple(_disabled_facts(edge))
        yield replace(edge, facts=(*edge.facts, *facts)) if facts else edge


def _disabled_facts(edge: Edge) -> Iterator[Fact]:
    parts = [edge.source, edge.target, edge.declared_by, *(need.on for need in edge.needs)]
    for part in {part.address: part for part in parts if isinstance(part, Resource)}.values():
        for attribute, off in resource_type(part.type).disabled.items():
            value = part.get(attribute)
            if not is_unknown(value) and value == off and isinstance(value, type(off)):
                yield Fact(False, part, attribute, f"{part} enabled", str(value).lower())


def unmodelled_resources(stack: Stack) -> tuple[Resource, ...]:
    """The resources of a stack that pass data on and whose edges are not drawn: their permissions
    are not checked, so reports name them."""
    return stack.managed(*sorted(types(lambda facts: facts.unmodelled)))
