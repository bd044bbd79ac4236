"""How data flows through a stack, and whether AWS lets it: one model for steps and reports.

The path is drawn from the stack alone: who notifies whom, who reads from what, what a function is
told of and calls. Each edge lists the permissions it needs on all sides, key use included, and is
judged by :mod:`planproof.iam` against the policies of the stack.
"""

from __future__ import annotations

from planproof.datapath.authority import Authority
from planproof.datapath.deliveries import deliveries
from planproof.datapath.functions import CallsOf, function_edges
from planproof.datapath.log_groups import encrypted_logs
from planproof.datapath.model import (
    Arn,
    DataPath,
    Edge,
    End,
    Fact,
    JudgedEdge,
    Need,
    Ruling,
    State,
)
from planproof.datapath.queues import redrives
from planproof.datapath.switches import switched
from planproof.stack import Stack

__all__ = [
    "Arn",
    "Authority",
    "CallsOf",
    "DataPath",
    "Edge",
    "End",
    "Fact",
    "JudgedEdge",
    "Need",
    "Ruling",
    "State",
    "draw",
    "switched",
]


def draw(stack: Stack, calls_of: CallsOf, *, handled: frozenset[str] = frozenset()) -> DataPath:
    """Every edge of a stack.

    Args:
        calls_of: what the code of a function calls; see :func:`planproof.function_calls.calls_of`.
        handled: services, as botocore names them, of which the caller draws the edges itself.
    """
    functions = tuple(function_edges(stack, calls_of, handled))
    logs = encrypted_logs(stack, functions)
    edges = (*deliveries(stack), *functions, *redrives(stack), *logs)
    return DataPath(tuple(switched(edges)))
