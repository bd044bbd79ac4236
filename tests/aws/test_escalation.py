"""Ways to more permissions than a role was given: open with all they take, closed without any."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.aws.escalation import Escalation, escalations, permissions_management, ways
from planproof.aws.policies.principal import identity_policies, permissions_boundaries
from planproof.iam.actions import AccessLevel, access_level
from planproof.values import UNKNOWN
from tests.builders.parts import role
from tests.builders.policies import allow
from tests.builders.stacks import ACCOUNT, DeclaredResource, declare, stack

LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/limit"
PASS = "iam:PassRole"
PASSING = {name: actions for name, actions in ways().items() if PASS in actions}
EACH_MISSING = [(name, lost) for name, actions in ways().items() for lost in actions]


def statement(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def inline(text: Any, name: str = "p") -> DeclaredResource:
    return declare(f"aws_iam_role_policy.{name}", name=name, role="r", policy=text)


def limit(text: Any) -> list[DeclaredResource]:
    return [
        role("r", permissions_boundary=LIMIT),
        declare("aws_iam_policy.limit", name="limit", arn=LIMIT, id=LIMIT, policy=text),
    ]


def found_by(
    ask: Any, *statements: Any, parts: list[DeclaredResource] | None = None
) -> dict[str, Escalation]:
    given = [inline(document(*statements))] if statements else []
    found = stack(*(parts or [role("r")]), *given)
    principal = found["aws_iam_role.r"]
    held = identity_policies(found, principal), permissions_boundaries(found, principal)
    return {way.name: way for way in ask(*held)}


def open_ways(
    *statements: Any, parts: list[DeclaredResource] | None = None
) -> dict[str, bool | None]:
    found = found_by(escalations, *statements, parts=parts)
    assert set(found) == set(ways())
    return {name: way.open for name, way in found.items() if way.open is not False}


def managing(
    *statements: Any, parts: list[DeclaredResource] | None = None
) -> dict[str, bool | None]:
    found = found_by(permissions_management, *statements, parts=parts)
    return {name: way.open for name, way in found.items()}


def test_there_are_ways_with_and_without_passing_a_role() -> None:
    assert len(ways()) > 15
    assert 5 < len(PASSING) < len(ways())
    assert all(access_level(action) for actions in ways().values() for action in actions)


@pytest.mark.parametrize("name", ways())
def test_a_way_is_open_with_all_that_it_takes(name: str) -> None:
    actions = ways()[name]
    found = found_by(escalations, statement(list(actions)))
    assert found[name].open is True
    assert found[name].actions == actions
    assert {ref.policy for ref in found[name].by} == {"aws_iam_role_policy.p"}
    # What is open besides takes no more than that.
    others = {other for other, way in found.items() if way.open is not False}
    assert others == {other for other, taken in ways().items() if set(taken) <= set(actions)}


@pytest.mark.parametrize(("name", "lost"), EACH_MISSING, ids=[f"{n} {a}" for n, a in EACH_MISSING])
def test_a_way_is_closed_without_any_of_it(name: str, lost: str) -> None:
    left = [action for action in ways()[name] if action != lost]
    assert name not in open_ways(*([statement(left)] if left else []))


@pytest.mark.parametrize("name", ways())
def test_case_and_wildcards_do_not_matter(name: str) -> None:
    assert open_ways(statement([action.upper() for action in ways()[name]]))[name] is True
    assert open_ways(statement([f"{action[:-1]}?" for action in ways()[name]]))[name] is True


@pytest.mark.parametrize("name", ways())
def test_each_action_may_come_of_another_statement(name: str) -> None:
    assert open_ways(*(statement(action) for action in ways()[name]))[name] is True


def test_all_or_all_but_some_opens_all_or_all_but_some() -> None:
    assert set(open_ways(statement("*"))) == set(ways())
    rest = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    assert set(open_ways(rest)) == {
        name for name, actions in ways().items() if not any(a.startswith("iam:") for a in actions)
    }
    assert open_ways() == {}


# Passing a role -------------------------------------------------------------------------------


def passing(name: str, operator: str, *services: Any) -> dict[str, bool | None]:
    condition = {operator: {"iam:PassedToService": list(services)}}
    rest = [action for action in ways()[name] if action != PASS]
    return open_ways(statement(rest), statement(PASS, Condition=condition))


def service_of(name: str) -> str:
    compute = {action.partition(":")[0] for action in PASSING[name]} - {"iam", "dynamodb"}
    assert len(compute) == 1
    return f"{compute.pop()}.amazonaws.com"


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "StringEqualsIgnoreCase"])
def test_a_role_for_another_service_is_no_way(name: str, operator: str) -> None:
    assert name not in passing(name, operator, "mediaconvert.amazonaws.com")
    assert name not in passing(name, operator, "x.amazonaws.com", f"x{service_of(name)}")
    own = service_of(name)
    assert passing(name, operator, "mediaconvert.amazonaws.com", own)[name] is True


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize(
    "pattern", ["*", "*.amazonaws.com", "*.amazonaws.*", "{}*", "*{}", "{}.cn"]
)
def test_a_pattern_that_takes_the_service_in_is_a_way(name: str, pattern: str) -> None:
    assert passing(name, "StringLike", pattern.format(service_of(name)))[name] is True
    assert name not in passing(name, "StringLike", "mediaconvert.*")


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("operator", ["StringNotEquals", "ForAllValues:StringEquals"])
def test_what_leaves_the_service_open_is_no_limit(name: str, operator: str) -> None:
    assert passing(name, operator, "mediaconvert.amazonaws.com")[name] is True


def test_a_service_that_a_variable_names_leaves_it_open() -> None:
    name = next(iter(PASSING))
    assert passing(name, "StringLike", "${aws:PrincipalTag/service}")[name] is None


def test_one_statement_without_a_limit_is_enough() -> None:
    name = next(iter(PASSING))
    limits = {"StringEquals": {"iam:PassedToService": "mediaconvert.amazonaws.com"}}
    rest = [action for action in ways()[name] if action != PASS]
    limited = statement(PASS, Condition=limits)
    assert name not in open_ways(statement(rest), limited)
    assert open_ways(statement(rest), limited, statement(PASS, LIMIT))[name] is True


# Closed by others -----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "lost"), EACH_MISSING, ids=[f"{n} {a}" for n, a in EACH_MISSING])
def test_a_denial_of_any_of_it_closes_a_way(name: str, lost: str) -> None:
    granted = statement(list(ways()[name]))
    denial = {**statement(lost), "Effect": "Deny"}
    assert name not in open_ways(granted, denial)
    # A denial that may not apply, or not everywhere, closes nothing.
    for less in ({"Resource": LIMIT}, {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}):
        assert open_ways(granted, {**denial, **less})[name] is True


@pytest.mark.parametrize(("name", "lost"), EACH_MISSING, ids=[f"{n} {a}" for n, a in EACH_MISSING])
def test_a_boundary_without_any_of_it_closes_a_way(name: str, lost: str) -> None:
    granted = statement(list(ways()[name]))
    beside = {"Effect": "Allow", "NotAction": lost, "Resource": "*"}
    assert name not in open_ways(granted, parts=limit(document(beside)))
    denial = {**statement(lost), "Effect": "Deny"}
    assert name not in open_ways(granted, parts=limit(document(statement("*"), denial)))
    assert open_ways(granted, parts=limit(document(statement("*"))))[name] is True


def test_a_boundary_opens_nothing() -> None:
    assert open_ways(parts=limit(allow("*"))) == {}


# Doubt ----------------------------------------------------------------------------------------


def test_a_policy_of_unknown_text_leaves_every_way_open() -> None:
    found = open_ways(parts=[role("r"), inline(UNKNOWN)])
    assert found == dict.fromkeys(ways())


def test_what_is_known_beside_it_is_known() -> None:
    both = [role("r"), inline(UNKNOWN), inline(allow("iam:CreateAccessKey"), "q")]
    found = found_by(escalations, parts=both)
    # What is not known may deny it, but no denial is taken for granted.
    assert found["CreateAccessKey"].open is True
    assert found["CreateLoginProfile"].open is None
    denial = document({**statement("iam:CreateAccessKey"), "Effect": "Deny"})
    refused = found_by(escalations, parts=[role("r"), inline(UNKNOWN), inline(denial, "q")])
    assert refused["CreateAccessKey"].open is False
    assert refused["CreateLoginProfile"].open is None


def test_a_boundary_of_unknown_text_leaves_open_what_is_granted() -> None:
    granted = statement("iam:CreateAccessKey")
    assert open_ways(granted, parts=limit(UNKNOWN)) == {"CreateAccessKey": None}


# Permissions management -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    ["iam:PutRolePolicy", "s3:PutBucketPolicy", "sqs:AddPermission", "kms:PutKeyPolicy"],
)
def test_what_changes_permissions_is_found(action: str) -> None:
    assert access_level(action) is AccessLevel.PERMISSIONS_MANAGEMENT
    assert managing(statement(action)) == {action: True}
    assert managing(statement(action), {**statement(action), "Effect": "Deny"}) == {}
    assert managing(statement(action), parts=limit(allow("dynamodb:*"))) == {}
    assert managing(statement(action), parts=limit(UNKNOWN)) == {action: None}


def test_what_changes_none_is_not() -> None:
    assert managing(statement(["s3:GetObject", "dynamodb:PutItem", PASS, "sts:AssumeRole"])) == {}
    assert access_level(PASS) is AccessLevel.PERMISSIONS_MANAGEMENT


def test_all_actions_hold_all_that_change_permissions() -> None:
    every = managing(statement("*"))
    assert len(every) > 100
    assert PASS not in every
    assert all(access_level(action) is AccessLevel.PERMISSIONS_MANAGEMENT for action in every)
    unread = managing(parts=[role("r"), inline(UNKNOWN)])
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
def test_who_may_write_the_policies_of_its_own_role_needs_no_more(
    action: str, resource: str, own: Any, found: list[bool | None]
) -> None:
    def ask(*held: Any) -> list[Escalation]:
        return list(escalations(*held, own))

    ways_found = found_by(ask, statement(action, resource))
    name = f"{action.removeprefix('iam:')}OnOneself"
    assert [way.open for way in ways_found.values() if way.name == name] == found
    assert not any(way.open for way in ways_found.values() if way.name != name)
