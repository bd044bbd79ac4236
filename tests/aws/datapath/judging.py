"""Judges the data path of a small stack."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from planproof.aws.datapath import Authority, DataPath, JudgedEdge, draw
from planproof.aws.sdk_calls import SdkCall, SdkCalls
from planproof.results import EdgeState
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN

NOTHING = SdkCalls((), ())


def calling(*operations: str, unread: tuple[str, ...] = ()) -> SdkCalls:
    """The calls of a package, each ``service.operation`` as botocore names them."""
    made_ = [SdkCall(*operation.split("."), file="a.py", line=1) for operation in operations]
    return SdkCalls(tuple(made_), unread)


def judged(
    found: Stack, calls: SdkCalls = NOTHING, handled: frozenset[str] = frozenset()
) -> dict[str, JudgedEdge]:
    """Every edge of a stack by its text, judged."""
    authority = Authority(found)
    path = path_of(found, calls, handled)
    assert len({str(edge) for edge in path}) == len(path.edges)
    return {str(edge): authority.judge(edge) for edge in path}


def path_of(
    found: Stack, calls: SdkCalls = NOTHING, handled: frozenset[str] = frozenset()
) -> DataPath:
    return draw(found, lambda _: calls, handled=handled)


def states(found: Stack, calls: SdkCalls = NOTHING) -> dict[str, EdgeState]:
    return {name: edge.state for name, edge in judged(found, calls).items()}


def without_value(found: Stack, address: str, attribute: str) -> Stack:
    """The stack with one unknown attribute."""
    part = found[address]
    return found.with_resources([replace(part, values={**part.values, attribute: UNKNOWN})])


def names_of(needs: Any) -> set[str]:
    return {need.action for need in needs}
