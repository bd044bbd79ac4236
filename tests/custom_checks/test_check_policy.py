"""Policies in every notation are parsed to the same statements."""

from __future__ import annotations

from typing import Any

import pytest
from check_support.policy import Policy, SourceStatement, read_policy
from check_support.service_trust import is_service
from check_support.truth import Truth
from check_support.values import Choice, Reference, Template, Unknown, Value

ARN = Reference("aws_iam_role.media", ("arn",))


def statement(**element: Any) -> SourceStatement:
    (found,) = read_policy({"Statement": {"Effect": "Allow", **element}}).statements
    return found


@pytest.mark.parametrize(
    ("element", "covers"),
    [
        ({"Action": "iam:PassRole"}, True),
        ({"Action": ["s3:GetObject", "IAM:passrole"]}, True),
        ({"Action": "iam:Pass*"}, True),
        ({"Action": "iam:Pass????"}, True),
        ({"Action": "*"}, True),
        ({"Action": "iam:PassRoles"}, False),
        ({"Action": Unknown("x")}, None),
        ({"Action": ["iam:*", Unknown("x")]}, True),
        ({"NotAction": "iam:*"}, False),
        ({"NotAction": "s3:*"}, True),
        ({"NotAction": ["s3:*", Unknown("x")]}, None),
        ({"NotAction": ["iam:*", Unknown("x")]}, False),
    ],
)
def test_action_is_covered(element: dict[str, Any], covers: Truth) -> None:
    assert statement(**element).covers("iam:PassRole") is covers


@pytest.mark.parametrize(
    ("condition", "limits"),
    [
        ({"StringEquals": {"aws:SourceAccount": "111122223333"}}, True),
        ({"StringEquals": {"AWS:sourceaccount": [ARN]}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        (None, False),
        (Unknown("x"), None),
        ({"StringEquals": Unknown("x")}, None),
    ],
)
def test_condition_limits_the_source(condition: Any, limits: Truth) -> None:
    assert statement(Condition=condition).limits("aws:SourceAccount") is limits


def test_text_with_references_is_parsed() -> None:
    text = Template(
        ('{"Statement": {"Action": "iam:PassRole", "Resource": ["', ARN, '", "x-', ARN, '"]}}')
    )

    (found,) = read_policy(text).statements

    assert found.resources == [ARN, Template(("x-", ARN))]


@pytest.mark.parametrize(
    "value",
    [
        Unknown("file(…)"),
        Reference("var.policy"),
        "not json",
        "[]",
        {"Statement": Unknown("x")},
        {"Statement": [Unknown("x")]},
        Template(("{", ARN, "}")),
    ],
)
def test_an_undecided_policy_is_incomplete(value: Value) -> None:
    assert read_policy(value) == Policy(complete=False)


@pytest.mark.parametrize("value", [None, "", {"Statement": []}, {}])
def test_no_policy_is_complete(value: Value) -> None:
    assert read_policy(value) == Policy(complete=True)


def test_statements_of_a_choice_are_uncertain() -> None:
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    whole = read_policy(Choice(({"Statement": allow}, None)))
    part = read_policy({"Statement": [allow, Choice((allow, []))]})

    assert [s.certain for s in whole.statements] == [False]
    assert [s.certain for s in part.statements] == [True, False]


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("mediaconvert.amazonaws.com", True),
        ("mediaconvert.amazonaws.com.cn", True),
        ("lambda.amazonaws.com", False),
        ("mediaconvert2.amazonaws.com", False),
        (Template(("mediaconvert.", Reference("var.suffix"))), True),
        (Template(("media", Reference("var.suffix"))), None),
        (Template(("logs.", Reference("var.suffix"))), False),
        (Template((Reference("var.name"), ".amazonaws.com")), None),
        (Reference("var.service"), None),
    ],
)
def test_a_service_is_identified_by_its_first_part(principal: Value, expected: Truth) -> None:
    assert is_service(principal, "mediaconvert") is expected
