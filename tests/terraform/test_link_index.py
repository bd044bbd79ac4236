"""The index leaves out no pair that may be linked, and keeps the order."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from planproof.terraform.link_index import holders, targets, with_value
from planproof.terraform.links import links
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN
from tests.builders.stacks import declare, stack

NAMES = ("arn", "id")
VALUES: list[Any] = [None, "", "a", "b", UNKNOWN, ["a", "b"], ["b", UNKNOWN], [], 7]
IDENTITIES: list[Any] = [None, "", "a", "b", UNKNOWN]


@pytest.fixture(scope="module")
def every_pair() -> Stack:
    """A holder for each value, and a target for each pair of identities."""
    found = [
        declare(f"aws_sqs_queue_policy.h{i}", queue_url=value, refers={"queue_url": []})
        for i, value in enumerate(VALUES)
    ]
    pairs = enumerate(product(IDENTITIES, IDENTITIES))
    found += [declare(f"aws_sqs_queue.t{i}", arn=arn, id=id_) for i, (arn, id_) in pairs]
    return stack(*found)


def test_no_possible_target_is_left_out(every_pair: Stack) -> None:
    linked = 0
    for holder in every_pair.managed("aws_sqs_queue_policy"):
        near = targets(every_pair, holder, "queue_url", ("aws_sqs_queue",), NAMES)
        for target in every_pair.managed("aws_sqs_queue"):
            if links(every_pair, holder, "queue_url", target, NAMES) is not False:
                assert target in near
                linked += 1
    assert linked


def test_no_possible_holder_is_left_out(every_pair: Stack) -> None:
    linked = 0
    for target in every_pair.managed("aws_sqs_queue"):
        near = holders(every_pair, ("aws_sqs_queue_policy",), "queue_url", target, NAMES)
        for holder in every_pair.managed("aws_sqs_queue_policy"):
            if links(every_pair, holder, "queue_url", target, NAMES) is not False:
                assert holder in near
                linked += 1
    assert linked


def test_different_known_values_are_left_out(every_pair: Stack) -> None:
    holder = every_pair["aws_sqs_queue_policy.h2"]
    near = targets(every_pair, holder, "queue_url", ("aws_sqs_queue",), NAMES)
    plain = [t for t in near if all(isinstance(t.get(name), str) for name in NAMES)]
    assert plain
    assert all("a" in (t.get("arn"), t.get("id")) for t in plain)
    assert len(near) < len(every_pair.managed("aws_sqs_queue"))


def test_the_order_is_that_of_the_stack(every_pair: Stack) -> None:
    order = [r.address for r in every_pair]
    for holder in every_pair.managed("aws_sqs_queue_policy"):
        near = targets(every_pair, holder, "queue_url", ("aws_sqs_queue",), NAMES)
        assert len(near) > 1
        assert [t.address for t in near] == sorted((t.address for t in near), key=order.index)


def test_a_changed_stack_has_an_index_of_its_own() -> None:
    before = stack(declare("aws_sqs_queue.q", arn="a", id="x"))
    assert with_value(before, ("aws_sqs_queue",), "arn", "a")
    after = before.with_resources([declare("aws_sqs_queue.q", arn="b", id="x").resource])
    assert not with_value(after, ("aws_sqs_queue",), "arn", "a")
    assert with_value(after, ("aws_sqs_queue",), "arn", "b")
    assert with_value(before, ("aws_sqs_queue",), "arn", "a")
