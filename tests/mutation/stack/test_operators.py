"""Operators on resources, references, attributes and dependencies of a small stack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.mutation.stack.model import DEPENDENCIES, MutationInput, Operator, changed
from planproof.mutation.stack.operators import (
    attributes,
    ordering,
    references,
    resources,
)
from planproof.values import UNKNOWN
from tests.builders.parts import queue_arn, role, role_arn
from tests.builders.policies import allow
from tests.builders.stacks import ACCOUNT, declare, stack
from tests.mutation.stack.operator_inputs import JOBS_QUEUE, QUEUES, P, ids, inputs

# Resources ----------------------------------------------------------------------------------------


def test_each_managed_resource_is_dropped_alone() -> None:
    here = inputs(
        *QUEUES,
        declare('aws_s3_bucket.b["in"]', bucket="b-in"),
        declare('module.m["one"].aws_sns_topic.t[0]', name="t"),
        declare("data.aws_region.here", name="us-east-1"),
    )
    dropped = [m.address for m in resources.drop_resource(here)]
    assert dropped == [str(r) for r in here.stack.managed()]
    for mutant in resources.drop_resource(here):
        assert mutant.id == f"drop {mutant.address}"
        after = mutant.rewrite(here.stack)
        assert changed(here.stack, after) == {(mutant.address, "")}
        assert after.get(mutant.address) is None


# References ---------------------------------------------------------------------------------------


def wired() -> MutationInput:
    """A queue with a dead-letter queue, and a role with an attached policy."""
    redrive = json.dumps({"deadLetterTargetArn": queue_arn("other"), "maxReceiveCount": 3})
    return inputs(
        declare(
            "aws_sqs_queue.jobs",
            arn=queue_arn("jobs"),
            id="https://sqs/jobs",
            redrive_policy=redrive,
        ),
        QUEUES[1],
        role("reader"),
        role("writer"),
        declare(P, arn=f"arn:aws:iam::{ACCOUNT}:policy/p", id=f"arn:aws:iam::{ACCOUNT}:policy/p"),
        declare(
            "aws_iam_role_policy_attachment.a",
            role="reader",
            policy_arn=f"arn:aws:iam::{ACCOUNT}:policy/p",
            id="reader-1234",
        ),
    )


REDRIVE = "aws_sqs_queue.jobs.redrive_policy[deadLetterTargetArn]"
ATTACHED = "aws_iam_role_policy_attachment.a"


def test_ids_of_mutants_of_references() -> None:
    here = wired()
    assert ids(references.dangle, here) == [
        f"dangle {REDRIVE}",
        f"dangle {ATTACHED}.role",
        f"dangle {ATTACHED}.policy_arn",
    ]
    assert ids(references.redirect, here) == [f"redirect {REDRIVE}", f"redirect {ATTACHED}.role"]
    assert ids(references.swap_id_and_arn, here) == [
        f"swap-id-and-arn {REDRIVE}",
        f"swap-id-and-arn {ATTACHED}.role",
    ]
    assert ids(references.attach_administrator, here) == [
        f"attach-administrator {ATTACHED}.policy_arn"
    ]


@pytest.mark.parametrize(
    ("operator", "address", "attribute", "after"),
    [
        (references.dangle, ATTACHED, "role", "reader-planproof"),
        (references.redirect, ATTACHED, "role", "writer"),
        (references.swap_id_and_arn, ATTACHED, "role", role_arn("reader")),
        (references.attach_administrator, ATTACHED, "policy_arn",
         "arn:aws:iam::aws:policy/AdministratorAccess"),
        (references.dangle, "aws_sqs_queue.jobs", "redrive_policy",
         {"deadLetterTargetArn": f"{queue_arn('other')}-planproof", "maxReceiveCount": 3}),
        (references.redirect, "aws_sqs_queue.jobs", "redrive_policy",
         {"deadLetterTargetArn": queue_arn("jobs"), "maxReceiveCount": 3}),
        (references.swap_id_and_arn, "aws_sqs_queue.jobs", "redrive_policy",
         {"deadLetterTargetArn": "https://sqs/other", "maxReceiveCount": 3}),
    ],
)  # fmt: skip
def test_the_change_of_a_reference(
    operator: Operator, address: str, attribute: str, after: object
) -> None:
    here = wired()
    found = next(m for m in operator(here) if m.address == address and m.path.startswith(attribute))
    mutant = found.rewrite(here.stack)
    assert changed(here.stack, mutant) == {(address, attribute)}
    value = mutant[address].get(attribute)
    assert (value if isinstance(after, str) else json.loads(value)) == after


# Attributes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "attribute", "expected"),
    [
        ({"fifo_queue": True}, "fifo_queue", {"flip": False, "unset": None}),
        ({"fifo_queue": False}, "fifo_queue", {"flip": True}),
        ({"delay": 30}, "delay", {"raise": 30_000, "lower": 0, "unset": None}),
        ({"delay": 0}, "delay", {"raise": 1_000, "lower": -1, "unset": None}),
        ({"delay": -1}, "delay", {"raise": 1_000, "lower": -2, "unset": None}),
        ({"delay": 0.5}, "delay", {"raise": 500.0, "lower": 0, "unset": None}),
        ({"mode": "x"}, "mode", {"misspell": "x-planproof", "unset": None}),
        ({"mode": ""}, "mode", {}),
        ({"mode": None}, "mode", {}),
        ({"mode": UNKNOWN}, "mode", {}),
        ({"mode": ["x", UNKNOWN]}, "mode", {}),
        ({"mode": []}, "mode", {}),
        ({"mode": ["x"]}, "mode", {"unset": None}),
        ({"policy": allow("s3:*")}, "policy", {}),
        ({"policy": '{"a": 1}'}, "policy", {"unset": None}),
        ({"name": "x"}, "name", {}),
        ({"arn": "x"}, "arn", {}),
        ({"mode": "x"}, "delay", {}),
        ({"rule": [{"days": 7}]}, "rule.days",
         {"raise": [{"days": 7_000}], "lower": [{"days": 0}], "unset": [{"days": None}]}),
        ({"rule": [{"days": 7}, {"days": 8}]}, "rule.1.days",
         {"raise": [{"days": 7}, {"days": 8_000}], "lower": [{"days": 7}, {"days": 0}],
          "unset": [{"days": 7}, {"days": None}]}),
        ({"list": ["a", "b"]}, "list.0", {"misspell": ["a-planproof", "b"], "unset": ["b"]}),
        ({"list": ["a"]}, "list.4", {}),
        ({"mode": "x"}, "mode.y.0", {}),
    ],
)  # fmt: skip
def test_the_change_of_an_attribute(
    values: dict[str, Any], attribute: str, expected: dict[str, Any]
) -> None:
    here = inputs(declare(JOBS_QUEUE, **values), attributes=[attribute])
    found = {}
    for operator in (
        attributes.flip,
        attributes.raise_number,
        attributes.lower_number,
        attributes.unset,
        attributes.misspell,
    ):
        for mutant in operator(here):
            assert mutant.id == f"{mutant.operator} {JOBS_QUEUE}.{attribute}"
            after = mutant.rewrite(here.stack)
            top = attribute.partition(".")[0]
            assert changed(here.stack, after) == {(JOBS_QUEUE, top)}
            found[mutant.operator] = after[JOBS_QUEUE].values[top]
    assert found == expected


def test_only_attributes_in_evidence_are_changed() -> None:
    here = MutationInput(
        {"default": stack(declare(JOBS_QUEUE, delay=30))}, frozenset({("aws_x.gone", "delay")})
    )
    assert ids(attributes.raise_number, here) == []
    data = MutationInput(
        {"default": stack(declare("data.aws_x.y", n=1))}, frozenset({("data.aws_x.y", "n")})
    )
    assert ids(attributes.raise_number, data) == []


# Ordering -----------------------------------------------------------------------------------------


def test_an_entry_of_depends_on_is_dropped_if_no_reference_has_its_effect() -> None:
    first, second = declare("aws_a.first"), declare("aws_b.second")
    waiting = declare(
        "aws_c.waiting",
        refers={"b": ["aws_b.second.id", "aws_b.second"]},
        depends_on=["aws_a.first", "aws_b.second"],
        after=["aws_a.first", "aws_b.second"],
    )
    later = declare(
        "aws_d.later",
        depends_on=["aws_c.waiting"],
        after=["aws_c.waiting", "aws_a.first", "aws_b.second"],
    )
    here = inputs(first, second, waiting, later)
    mutants = {m.id: m.rewrite(here.stack) for m in ordering.drop_depends_on(here)}
    changes = {name: changed(here.stack, after) for name, after in mutants.items()}
    dropped = "drop-depends-on aws_c.waiting.depends_on"
    assert changes == {
        f"{dropped} aws_a.first": {
            ("aws_c.waiting", DEPENDENCIES),
            ("aws_d.later", DEPENDENCIES),
        },
        f"{dropped} aws_b.second": frozenset(),  # a reference has the same effect
        "drop-depends-on aws_d.later.depends_on aws_c.waiting": {("aws_d.later", DEPENDENCIES)},
    }
    left = mutants[f"{dropped} aws_a.first"]
    assert left["aws_c.waiting"].dependencies == {"aws_b.second"}
    assert mutants[f"{dropped} aws_b.second"] is here.stack


def test_without_known_dependencies_no_entry_is_dropped() -> None:
    waiting = declare("aws_c.waiting", depends_on=["aws_a.first"], after=None)
    here = inputs(declare("aws_a.first", after=None), waiting)
    assert ids(ordering.drop_depends_on, here) == []
