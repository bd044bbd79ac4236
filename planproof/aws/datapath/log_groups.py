"""Encrypted log groups that no function of the stack writes to. CloudWatch Logs needs their keys,
too, and cannot create such a group unless the key policy allows it.

Source: CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from planproof.aws.datapath.functions import LOGS
from planproof.aws.datapath.keys import encryption_of, log_group_needs
from planproof.aws.datapath.model import Edge
from planproof.terraform.stack import Stack

ENCRYPTED: Final = "is encrypted with"


def encrypted_logs(stack: Stack, drawn: Iterable[Edge]) -> Iterator[Edge]:
    """The edge from each such log group to its key.

    Args:
        drawn: the edges of functions; those to log groups already contain the needs of the key.
    """
    written = {id(edge.target) for edge in drawn if edge.kind == LOGS}
    for group in stack.managed("aws_cloudwatch_log_group"):
        key = encryption_of(stack, group).key
        needs = tuple(log_group_needs(stack, group))
        if id(group) not in written and key is not None and needs:
            yield Edge(group, key, ENCRYPTED, needs, declared_by=group)
