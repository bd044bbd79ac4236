"""Each grant of the shipped stack, removed alone, breaks exactly the edges that need it.

Every allowed action of every statement is in the table of shipped_grants.py; an action that is only
in the stack, or only in the table, is a failure too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from planproof.aws.datapath import Authority
from planproof.results import EdgeState
from planproof.terraform.stack import Stack
from tests.aws.datapath.shipped_grants import (
    BREAKS,
    actions_of,
    draw_path,
    edge_states,
    without_grant,
)
from tests.builders.shipped import shipped


def granted(stack: Stack) -> Iterator[tuple[str, str, str]]:
    """Every grant: address of the policy, Sid, action."""
    for resource in stack.managed():
        for attribute in ("policy", "assume_role_policy"):
            text = resource.get(attribute)
            if not isinstance(text, str):
                continue
            for statement in json.loads(text)["Statement"]:
                if statement["Effect"] == "Allow":
                    for action in actions_of(statement):
                        yield resource.address, statement["Sid"], action


def test_every_grant_of_the_stack_is_in_the_table() -> None:
    assert set(granted(shipped())) == set(BREAKS)


def test_with_all_grants_every_edge_is_proven() -> None:
    found = edge_states(shipped())
    assert set(found.values()) == {EdgeState.PROVEN}
    # The edges in no row of the table are those that need no permission.
    unproven_by_grants = set(found) - set().union(*BREAKS.values())
    assert unproven_by_grants == {
        "MediaConvert tells job states to aws_cloudwatch_event_rule.job_state",
        "aws_sqs_queue.processing moves failed messages to aws_sqs_queue.processing_dead_letter",
        "aws_sqs_queue.status moves failed messages to aws_sqs_queue.status_dead_letter",
    }


@pytest.mark.parametrize(
    ("grant", "edges"), BREAKS.items(), ids=[f"{a} {s} {x}" for a, s, x in BREAKS]
)
def test_a_lost_grant_breaks_exactly_its_edges(
    grant: tuple[str, str, str], edges: set[str]
) -> None:
    address, sid, action = grant
    found = edge_states(without_grant(shipped(), address, sid, action))
    assert {edge for edge, state in found.items() if state is EdgeState.BROKEN} == edges
    assert {state for edge, state in found.items() if edge not in edges} == {EdgeState.PROVEN}


@pytest.mark.parametrize(
    ("grant", "edges"),
    [(g, e) for g, e in BREAKS.items() if e],
    ids=[f"{a} {s} {x}" for (a, s, x), e in BREAKS.items() if e],
)
def test_a_broken_edge_names_the_missing_grant(
    grant: tuple[str, str, str], edges: set[str]
) -> None:
    address, sid, action = grant
    stack = without_grant(shipped(), address, sid, action)
    authority = Authority(stack)
    drawn = draw_path(stack)
    assert edges <= {str(edge) for edge in drawn}
    for edge in drawn:
        judged = authority.judge(edge)
        if str(edge) in edges:
            wanted = "kms:" if action == "kms:*" else f"{action} "
            assert any(text.startswith(wanted) for text in judged.missing), judged.missing
        else:
            assert judged.missing == ()
