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

from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.deliveries import deliveries
from planproof.aws.datapath.functions import CallsOf, function_edges
from planproof.aws.datapath.log_groups import encrypted_logs
from planproof.aws.datapath.model import DataPath, DecidedNeed, Edge, End, Fact, JudgedEdge, Need
from planproof.aws.datapath.queues import redrives
from planproof.aws.datapath.switches import with_disabled_facts
from planproof.terraform.stack import Stack

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
