"""Encrypted log groups that no function of the stack writes to: CloudWatch Logs needs their key all
the same, and makes no such group while the key does not let it in.

Source: CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from planproof.datapath.functions import LOGS
from planproof.datapath.keys import key_use, service_needs
from planproof.datapath.model import Edge
from planproof.datapath.places import endpoint, place_of
from planproof.service_facts import LOG_KEY_ACTIONS
from planproof.stack import Stack

ENCRYPTED: Final = "is encrypted with"


def encrypted_logs(stack: Stack, drawn: Iterable[Edge]) -> Iterator[Edge]:
    """The edge from each such log group to its key.

    Args:
        drawn: the edges of functions, of which each that writes a log asks for its key already.
    """
    written = {id(edge.target) for edge in drawn if edge.kind == LOGS}
    for group in stack.managed("aws_cloudwatch_log_group"):
        service = endpoint(place_of(stack, group), "logs")
        key = key_use(stack, group).key
        if id(group) in written or key is None or not isinstance(service, str):
            continue
        why = f"since {group} is encrypted"
        needs = tuple(service_needs(stack, group, service, LOG_KEY_ACTIONS, {}, why))
        yield Edge(group, key, ENCRYPTED, needs, declared_by=group)
