"""How data flows through a stack, and whether AWS lets it: one model for steps and reports.

The path is drawn from the stack alone: who notifies whom, who reads from what, what a function is
told of and calls. Each edge lists the permissions it needs on all sides, key use included, and is
judged by :mod:`planproof.iam` against the policies of the stack.
"""

from __future__ import annotations

from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.deliveries import deliveries
from planproof.aws.datapath.functions import CallsOf, function_edges
from planproof.aws.datapath.log_groups import encrypted_logs
from planproof.aws.datapath.model import (
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
from planproof.aws.datapath.queues import redrives
from planproof.aws.datapath.switches import switched
from planproof.terraform.stack import Stack

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
        calls_of: what the code of a function calls; see :func:`planproof.aws.sdk_calls.calls_of`.
        handled: services, as botocore names them, of which the caller draws the edges itself.
    """
    functions = tuple(function_edges(stack, calls_of, handled))
    logs = encrypted_logs(stack, functions)
    edges = (*deliveries(stack), *functions, *redrives(stack), *logs)
    return DataPath(tuple(switched(edges)))
