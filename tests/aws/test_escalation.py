"""Methods of privilege escalation: available with all their actions, not without any of them."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.escalation import (
    Escalation,
    escalation_methods,
    escalations,
    permissions_management,
)
from planproof.aws.policies.principal import identity_policies, permissions_boundaries
from planproof.iam.actions import AccessLevel, access_level
from planproof.values import UNKNOWN, Truth
from tests.builders.parts import inline_policy, role
from tests.builders.policies import allow, document, statement
from tests.builders.stacks import ACCOUNT, DeclaredResource, declare, stack

LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/limit"
PASS = "iam:PassRole"
METHODS = escalation_methods()
PASSING = {name: actions for name, actions in METHODS.items() if PASS in actions}
EACH_MISSING = [(name, action) for name, actions in METHODS.items() for action in actions]
MISSING_IDS = [f"{name} {action}" for name, action in EACH_MISSING]


def limit(text: Any) -> list[DeclaredResource]:
    return [
        role("r", permissions_boundary=LIMIT),
        declare("aws_iam_policy.limit", name="limit", arn=LIMIT, id=LIMIT, policy=text),
    ]


def found_by(
    ask: Any, *statements: Any, parts: list[DeclaredResource] | None = None
) -> dict[str, Escalation]:
    given = [inline_policy(*statements)] if statements else []
    found = stack(*(parts or [role("r")]), *given)
    principal = found["aws_iam_role.r"]
    policies = identity_policies(found, principal), permissions_boundaries(found, principal)
    return {method.name: method for method in ask(*policies)}


def available(*statements: Any, parts: list[DeclaredResource] | None = None) -> dict[str, Truth]:
    found = found_by(escalations, *statements, parts=parts)
    assert set(found) == set(METHODS)
    return {
        name: method.available for name, method in found.items() if method.available is not False
    }


def managing(*statements: Any, parts: list[DeclaredResource] | None = None) -> dict[str, Truth]:
    found = found_by(permissions_management, *statements, parts=parts)
    return {name: method.available for name, method in found.items()}


def test_some_methods_pass_a_role() -> None:
    assert len(METHODS) > 15
    assert 5 < len(PASSING) < len(METHODS)
    assert all(access_level(action) for actions in METHODS.values() for action in actions)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_available_with_all_its_actions(name: str) -> None:
    actions = METHODS[name]
    found = found_by(escalations, statement(list(actions)))
    assert found[name].available is True
    assert found[name].actions == actions
    assert {ref.policy for ref in found[name].statements} == {"aws_iam_role_policy.r"}
    # Other available methods need a subset of these actions.
    others = {other for other, method in found.items() if method.available is not False}
    assert others == {other for other, taken in METHODS.items() if set(taken) <= set(actions)}


@pytest.mark.parametrize(("name", "missing"), EACH_MISSING, ids=MISSING_IDS)
def test_a_method_is_not_available_without_one_of_its_actions(name: str, missing: str) -> None:
    left = [action for action in METHODS[name] if action != missing]
    assert name not in available(*([statement(left)] if left else []))


@pytest.mark.parametrize("name", METHODS)
def test_case_and_wildcards_do_not_matter(name: str) -> None:
    assert available(statement([action.upper() for action in METHODS[name]]))[name] is True
    assert available(statement([f"{action[:-1]}?" for action in METHODS[name]]))[name] is True


@pytest.mark.parametrize("name", METHODS)
def test_each_action_may_be_granted_by_another_statement(name: str) -> None:
    assert available(*(statement(action) for action in METHODS[name]))[name] is True


def test_wildcards_and_not_action() -> None:
    assert set(available(statement("*"))) == set(METHODS)
    rest = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    assert set(available(rest)) == {
        name for name, actions in METHODS.items() if not any(a.startswith("iam:") for a in actions)
    }
    assert available() == {}


# Passing a role -------------------------------------------------------------------------------


def passing(name: str, operator: str, *services: Any) -> dict[str, Truth]:
    condition = {operator: {"iam:PassedToService": list(services)}}
    rest = [action for action in METHODS[name] if action != PASS]
    return available(statement(rest), statement(PASS, Condition=condition))


def service_of(name: str) -> str:
    compute = {action.partition(":")[0] for action in PASSING[name]} - {"iam", "dynamodb"}
    assert len(compute) == 1
    return f"{compute.pop()}.amazonaws.com"


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "StringEqualsIgnoreCase"])
def test_passing_a_role_to_another_service_is_no_escalation(name: str, operator: str) -> None:
    assert name not in passing(name, operator, "mediaconvert.amazonaws.com")
    assert name not in passing(name, operator, "x.amazonaws.com", f"x{service_of(name)}")
    own = service_of(name)
    assert passing(name, operator, "mediaconvert.amazonaws.com", own)[name] is True


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize(
    "pattern", ["*", "*.amazonaws.com", "*.amazonaws.*", "{}*", "*{}", "{}.cn"]
)
def test_passing_a_role_to_a_matching_service_is_an_escalation(name: str, pattern: str) -> None:
    assert passing(name, "StringLike", pattern.format(service_of(name)))[name] is True
    assert name not in passing(name, "StringLike", "mediaconvert.*")


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("operator", ["StringNotEquals", "ForAllValues:StringEquals"])
def test_operators_that_do_not_limit_the_service(name: str, operator: str) -> None:
    assert passing(name, operator, "mediaconvert.amazonaws.com")[name] is True


def test_a_service_named_by_a_variable_is_undetermined() -> None:
    name = next(iter(PASSING))
    assert passing(name, "StringLike", "${aws:PrincipalTag/service}")[name] is None


def test_one_statement_without_a_limit_is_enough() -> None:
    name = next(iter(PASSING))
    limits = {"StringEquals": {"iam:PassedToService": "mediaconvert.amazonaws.com"}}
    rest = [action for action in METHODS[name] if action != PASS]
    limited = statement(PASS, Condition=limits)
    assert name not in available(statement(rest), limited)
    assert available(statement(rest), limited, statement(PASS, LIMIT))[name] is True


# Denials and boundaries -----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "missing"), EACH_MISSING, ids=MISSING_IDS)
def test_a_denial_of_one_action_disables_a_method(name: str, missing: str) -> None:
    granted = statement(list(METHODS[name]))
    denial = {**statement(missing), "Effect": "Deny"}
    assert name not in available(granted, denial)
    # A denial that is conditional or limited to a resource disables nothing.
    for less in ({"Resource": LIMIT}, {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}):
        assert available(granted, {**denial, **less})[name] is True


@pytest.mark.parametrize(("name", "missing"), EACH_MISSING, ids=MISSING_IDS)
def test_a_boundary_without_one_action_disables_a_method(name: str, missing: str) -> None:
    granted = statement(list(METHODS[name]))
    beside = {"Effect": "Allow", "NotAction": missing, "Resource": "*"}
    assert name not in available(granted, parts=limit(document(beside)))
    denial = {**statement(missing), "Effect": "Deny"}
    assert name not in available(granted, parts=limit(document(statement("*"), denial)))
    assert available(granted, parts=limit(document(statement("*"))))[name] is True


def test_a_boundary_grants_nothing() -> None:
    assert available(parts=limit(allow("*"))) == {}


# Unknown policies -----------------------------------------------------------------------------


def test_an_unknown_policy_leaves_every_method_undetermined() -> None:
    found = available(parts=[role("r"), inline_policy(policy=UNKNOWN)])
    assert found == dict.fromkeys(METHODS)


def test_a_known_policy_beside_an_unknown_one() -> None:
    both = [
        role("r"),
        inline_policy(policy=UNKNOWN),
        inline_policy(statement("iam:CreateAccessKey"), name="q"),
    ]
    found = found_by(escalations, parts=both)
    # The unknown policy may deny it, but a denial is not assumed.
    assert found["CreateAccessKey"].available is True
    assert found["CreateLoginProfile"].available is None
    denial = document({**statement("iam:CreateAccessKey"), "Effect": "Deny"})
    refused = found_by(
        escalations,
        parts=[role("r"), inline_policy(policy=UNKNOWN), inline_policy(policy=denial, name="q")],
    )
    assert refused["CreateAccessKey"].available is False
    assert refused["CreateLoginProfile"].available is None


def test_an_unknown_boundary_leaves_granted_methods_undetermined() -> None:
    granted = statement("iam:CreateAccessKey")
    assert available(granted, parts=limit(UNKNOWN)) == {"CreateAccessKey": None}


# Permissions management -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    ["iam:PutRolePolicy", "s3:PutBucketPolicy", "sqs:AddPermission", "kms:PutKeyPolicy"],
)
def test_actions_that_change_permissions(action: str) -> None:
    assert access_level(action) is AccessLevel.PERMISSIONS_MANAGEMENT
    assert managing(statement(action)) == {action: True}
    assert managing(statement(action), {**statement(action), "Effect": "Deny"}) == {}
    assert managing(statement(action), parts=limit(allow("dynamodb:*"))) == {}
    assert managing(statement(action), parts=limit(UNKNOWN)) == {action: None}


def test_actions_that_do_not_change_permissions() -> None:
    assert managing(statement(["s3:GetObject", "dynamodb:PutItem", PASS, "sts:AssumeRole"])) == {}
    assert access_level(PASS) is AccessLevel.PERMISSIONS_MANAGEMENT


def test_a_wildcard_includes_all_actions_that_change_permissions() -> None:
    every = managing(statement("*"))
    assert len(every) > 100
    assert PASS not in every
    assert all(access_level(action) is AccessLevel.PERMISSIONS_MANAGEMENT for action in every)
    unread = managing(parts=[role("r"), inline_policy(policy=UNKNOWN)])
    assert unread == dict.fromkeys(every)


OWN = f"arn:aws:iam::{ACCOUNT}:role/r"


@pytest.mark.parametrize("action", ["iam:AttachRolePolicy", "iam:PutRolePolicy"])
@pytest.mark.parametrize(
    ("resource", "own", "found"),
    [
        (OWN, OWN, [True]),
        ("*", OWN, [True]),
        (f"arn:aws:iam::{ACCOUNT}:role/*", OWN, [True]),
        (f"arn:aws:iam::{ACCOUNT}:role/other", OWN, []),
        (OWN, UNKNOWN, [None]),
        ("*", UNKNOWN, [True]),
        (OWN, None, []),
    ],
)
def test_writing_the_policies_of_the_own_role_is_an_escalation(
    action: str, resource: str, own: Any, found: list[Truth]
) -> None:
    def ask(*policies: Any) -> list[Escalation]:
        return list(escalations(*policies, own))

    methods = found_by(ask, statement(action, resource))
    name = f"{action.removeprefix('iam:')}OnOneself"
    assert [method.available for method in methods.values() if method.name == name] == found
    assert not any(method.available for method in methods.values() if method.name != name)
