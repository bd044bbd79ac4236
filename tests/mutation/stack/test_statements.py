"""Operators on policies: each changes one statement and leaves the others."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.mutation.stack.model import Operator
from planproof.mutation.stack.operators import (
    statements,
    swaps,
)
from tests.builders.parts import queue_arn
from tests.builders.stacks import ACCOUNT
from tests.mutation.stack.operator_inputs import (
    ACCOUNT_ROOT,
    CONDITION,
    OTHER_ROOT,
    QUEUES,
    SERVICE,
    SOURCE,
    P,
    changes,
    conditions,
    inputs,
    managed_policy,
    one,
    send_statement,
    statements_of,
)

TWO = (
    send_statement(Sid="Send"),
    send_statement(Effect="Deny", Action=["s3:GetObject", "s3:PutObject"]),
)
SECOND = f"{P}.policy[statement 1]"
FIRST = f"{P}.policy[Send]"


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (statements.drop_statement, {f"drop-statement {FIRST}": (0, None)}
         | {f"drop-statement {SECOND}": (1, None)}),
        (statements.flip_effect, {f"flip-effect {FIRST}": (0, {"Effect": "Deny"})}
         | {f"flip-effect {SECOND}": (1, {"Effect": "Allow"})}),
        (statements.widen_action, {f"widen-action {FIRST}": (0, {"Action": "*"})}
         | {f"widen-action {SECOND}": (1, {"Action": "*"})}),
        (statements.widen_resource, {f"widen-resource {FIRST}": (0, {"Resource": "*"})}
         | {f"widen-resource {SECOND}": (1, {"Resource": "*"})}),
        (statements.narrow,
         {f"narrow-action {SECOND} s3:GetObject": (1, {"Action": ["s3:PutObject"]})}
         | {f"narrow-action {SECOND} s3:PutObject": (1, {"Action": ["s3:GetObject"]})}),
        (statements.negate, {
            f"negate-action {FIRST}": (0, {"Action": None, "NotAction": "sqs:SendMessage"}),
            f"negate-resource {FIRST}": (0, {"Resource": None, "NotResource": queue_arn("jobs")}),
            f"negate-action {SECOND}": (
                1, {"Action": None, "NotAction": ["s3:GetObject", "s3:PutObject"]}),
            f"negate-resource {SECOND}": (1, {"Resource": None, "NotResource": queue_arn("jobs")}),
        }),
        (statements.widen_principal, {}),
        (swaps.swap_principal, {}),
        (swaps.drop_condition, {}),
        (swaps.swap_resource, {
            f"swap-resource {FIRST} 0": (0, {"Resource": queue_arn("other")}),
            f"swap-resource {SECOND} 0": (1, {"Resource": queue_arn("other")}),
        }),
    ],
)  # fmt: skip
def test_only_one_statement_is_changed(
    operator: Operator, expected: dict[str, tuple[int, dict[str, Any] | None]]
) -> None:
    here = inputs(managed_policy(*TWO), *QUEUES)
    found = {mutant.id: statements_of(mutant, here) for mutant in operator(here)}
    wanted = {}
    for name, (number, edit) in expected.items():
        listed: list[Any] = [dict(item) for item in TWO]
        if edit is None:
            del listed[number]
        else:
            edited = {k: v for k, v in {**listed[number], **edit}.items() if v is not None}
            listed[number] = edited
        wanted[name] = listed
    assert found == wanted


@pytest.mark.parametrize(
    ("operator", "elements", "expected"),
    [
        # In a resource policy the widest action is every action of the service.
        (statements.widen_action, {"Principal": SERVICE}, {"widen-action": {"Action": "sqs:*"}}),
        (statements.widen_resource, {"Principal": SERVICE}, {}),
        (statements.widen_principal, {"Principal": SERVICE},
         {"widen-principal": {"Principal": "*"}}),
        (statements.negate, {"Principal": "*", "Action": "*", "Resource": ["*"]}, {}),
        (statements.negate, {"Principal": SERVICE, "Action": "*", "Resource": "*"},
         {"negate-principal": {"Principal": None, "NotPrincipal": SERVICE}}),
        # Elements that are already as wide as possible
        (statements.widen_action, {"Action": "*"}, {}),
        (statements.widen_action, {"Action": "sqs:*", "Principal": SERVICE}, {}),
        (statements.widen_resource, {"Resource": ["*"]}, {}),
        (statements.widen_principal, {"Principal": "*"}, {}),
        (statements.widen_principal, {"Principal": {"AWS": "*"}}, {}),
        # Not...
        (statements.widen_action, {"Action": None, "NotAction": "s3:*"}, {}),
        (statements.negate, {"Action": None, "NotAction": "s3:*", "Resource": "*"}, {}),
        (swaps.swap_action, {"Action": None, "NotAction": "s3:*"}, {}),
        (statements.narrow, {"Action": None, "NotAction": ["s3:*", "sqs:*"]}, {}),
        (swaps.swap_principal, {"NotPrincipal": SERVICE}, {}),
        # Wildcards
        (statements.narrow, {"Action": "sqs:*"}, {"narrow-action": {"Action": "sqs:Get*"}}),
        (statements.narrow, {"Action": "*"}, {}),
        (statements.narrow, {"Resource": "arn:aws:s3:::b/*"},
         {"narrow-resource": {"Resource": "arn:aws:s3:::b/planproof/*"}}),
        (statements.narrow, {"Resource": "*"}, {}),
        (statements.narrow, {"Resource": [queue_arn("jobs"), queue_arn("other")]},
         {"narrow-resource 0": {"Resource": [queue_arn("other")]},
          "narrow-resource 1": {"Resource": [queue_arn("jobs")]}}),
        (swaps.swap_action, {"Action": ["*", "sqs:*"]}, {}),
        # Principals
        (swaps.swap_principal, {"Principal": SERVICE},
         {"swap-principal Service": {"Principal": {"Service": "sns.amazonaws.com"}}}),
        (swaps.swap_principal,
         {"Principal": {"Service": ["sns.amazonaws.com", "s3.amazonaws.com"]}},
         {"swap-principal Service": {"Principal": {"Service": "ec2.amazonaws.com"}}}),
        (swaps.swap_principal, {"Principal": {"AWS": ACCOUNT_ROOT}},
         {"swap-principal AWS": {"Principal": {"AWS": OTHER_ROOT}}}),
        (swaps.swap_principal, {"Principal": {"AWS": ACCOUNT}},
         {"swap-principal AWS": {"Principal": {"AWS": "999999999999"}}}),
        (swaps.swap_principal, {"Principal": {"AWS": [ACCOUNT_ROOT, ACCOUNT], **SERVICE}},
         {"swap-principal AWS":
              {"Principal": {"AWS": [OTHER_ROOT, "999999999999"], **SERVICE}},
          "swap-principal Service":
              {"Principal": {"AWS": [ACCOUNT_ROOT, ACCOUNT], "Service": "sns.amazonaws.com"}}}),
        (swaps.swap_principal, {"Principal": {"AWS": "*"}}, {}),
        (swaps.swap_principal, {"Principal": {"AWS": ["*"]}}, {}),
        (swaps.swap_principal, {"Principal": {"AWS": []}}, {}),
        (swaps.swap_principal, {"Principal": "*"}, {}),
        (swaps.swap_principal, {"Principal": {"Federated": "x"}}, {}),
        # ARNs outside the stack
        (swaps.swap_resource, {"Resource": "arn:aws:s3:::b/*"},
         {"swap-resource 0": {"Resource": "arn:aws:s3:::b/-planproof"}}),
        (swaps.swap_resource, {"Resource": "*"}, {}),
        (swaps.swap_resource, {"Resource": [f"{queue_arn('jobs')}/*", "*"]},
         {"swap-resource 0": {"Resource": [f"{queue_arn('other')}/*", "*"]}}),
    ],
)  # fmt: skip
def test_the_change_of_a_statement(
    operator: Operator, elements: dict[str, Any], expected: dict[str, dict[str, Any]]
) -> None:
    assert changes(operator, one(**elements)) == expected


def test_each_action_is_replaced_by_one_of_the_same_service() -> None:
    found = changes(swaps.swap_action, one(Action=["sqs:SendMessage", "s3:GetObject"]))
    assert list(found) == ["swap-action sqs:SendMessage", "swap-action s3:GetObject"]
    first, kept = found["swap-action sqs:SendMessage"]["Action"]
    assert (first.partition(":")[0], kept) == ("sqs", "s3:GetObject")
    assert first != "sqs:SendMessage"
    kept, second = found["swap-action s3:GetObject"]["Action"]
    assert (kept, second.partition(":")[0]) == ("sqs:SendMessage", "s3")


def test_each_condition_is_dropped() -> None:
    assert conditions(swaps.drop_condition, CONDITION) == {
        "drop-condition aws:SourceArn": {
            **CONDITION,
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        },
        "drop-condition aws:SourceAccount": {
            **CONDITION,
            "StringEquals": {"aws:SourceArn": "arn:aws:s3:::b.x"},
        },
        "drop-condition aws:SecureTransport": {"StringEquals": SOURCE},
    }
    last = conditions(swaps.drop_condition, {"Bool": {"aws:SecureTransport": "true"}})
    assert last == {"drop-condition aws:SecureTransport": None}


def test_each_condition_is_negated() -> None:
    secure = {"aws:SecureTransport": "false"}
    assert conditions(swaps.negate_condition, CONDITION) == {
        "negate-condition aws:SourceArn": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "StringNotEquals": {"aws:SourceArn": "arn:aws:s3:::b.x"},
            "Bool": secure,
        },
        "negate-condition aws:SourceAccount": {
            "StringEquals": {"aws:SourceArn": "arn:aws:s3:::b.x"},
            "StringNotEquals": {"aws:SourceAccount": ACCOUNT},
            "Bool": secure,
        },
        "negate-condition aws:SecureTransport": {
            "StringEquals": SOURCE,
            "Bool": {"aws:SecureTransport": "true"},
        },
    }
    exists = conditions(swaps.negate_condition, {"ArnLikeIfExists": {"k": ["a", "b"]}})
    assert exists == {"negate-condition k": {"ArnNotLikeIfExists": {"k": ["a", "b"]}}}
    assert conditions(swaps.negate_condition, {"ForAnyValue:StringLike": {"k": "a"}}) == {}


def test_each_condition_is_widened() -> None:
    assert conditions(swaps.widen_condition, CONDITION) == {
        "widen-condition aws:SourceArn": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "StringLike": {"aws:SourceArn": "*"},
            "Bool": {"aws:SecureTransport": "false"},
        },
        "widen-condition aws:SourceAccount": {
            "StringEquals": {"aws:SourceArn": "arn:aws:s3:::b.x"},
            "StringLike": {"aws:SourceAccount": "*"},
            "Bool": {"aws:SecureTransport": "false"},
        },
    }
    assert conditions(swaps.widen_condition, {"StringLike": {"k": "*"}}) == {}


def test_each_condition_gets_another_value() -> None:
    assert conditions(swaps.swap_condition, CONDITION) == {
        "swap-condition aws:SourceArn": {
            **CONDITION,
            "StringEquals": {**SOURCE, "aws:SourceArn": "arn:aws:s3:::b-planproof.x"},
        },
        "swap-condition aws:SourceAccount": {
            **CONDITION,
            "StringEquals": {**SOURCE, "aws:SourceAccount": "999999999999"},
        },
    }
    listed = conditions(swaps.swap_condition, {"ArnLike": {"k": ["a", queue_arn("q")]}})
    other = queue_arn("q").replace(ACCOUNT, "999999999999")
    assert listed == {"swap-condition k": {"ArnLike": {"k": ["a-planproof", other]}}}
    number = conditions(swaps.swap_condition, {"NumericLessThan": {"k": 5}})
    assert number == {"swap-condition k": {"NumericLessThan": {"k": "5-planproof"}}}


def test_one_key_under_two_operators_has_two_ids() -> None:
    both = {"ArnLike": {"k": "a"}, "StringEquals": {"k": "b"}}
    assert conditions(swaps.drop_condition, both) == {
        "drop-condition ArnLike k": {"StringEquals": {"k": "b"}},
        "drop-condition StringEquals k": {"ArnLike": {"k": "a"}},
    }
