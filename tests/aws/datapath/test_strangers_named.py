"""External principals that a pattern or condition names, and what lies within a resource."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.aws.datapath import Authority
from planproof.aws.datapath.guarded import OTHER_ACCOUNT, Attempt
from planproof.aws.datapath.outsiders import external_access
from tests.builders.parts import arn, bucket, function, key, queue, resource_policy, table
from tests.builders.policies import statement
from tests.builders.stacks import ACCOUNT, SECOND_ACCOUNT, DeclaredResource, declare, stack

NOBODY = "an unauthenticated caller"
ANOTHER = "another account"
PARTNER = "444455556666"
FILMS = "arn:aws:s3:::films"
ORGANIZATION = "another account of the organization o-films"


def tried(*parts: DeclaredResource) -> dict[str, Attempt]:
    found = stack(*parts, region="us-east-1")
    return {a.caller: a for a in external_access(Authority(found), parts[0].resource)}


def verdicts(*parts: DeclaredResource) -> dict[str, bool | None]:
    return {who: attempt.holds for who, attempt in tried(*parts).items()}


def at_bucket(resource: str | list[str], **more: Any) -> dict[str, bool | None]:
    stmt = statement("s3:GetObject", resource, **more)
    return verdicts(bucket(), resource_policy(bucket(), stmt))


def at_queue(*conditions: Any) -> dict[str, bool | None]:
    stmt = [statement("sqs:SendMessage", Principal="*", Condition=c) for c in conditions]
    return verdicts(queue(), resource_policy(queue(), *stmt))


# Within a resource ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["public/*", "*.jpg", "index.html", "a/?/b*c", "${*}/x"])
def test_named_objects_are_tried(path: str) -> None:
    found = at_bucket(f"{FILMS}/{path}", Principal="*")
    assert found == {ANOTHER: False, NOBODY: False}


def test_the_allowed_object_is_reported() -> None:
    stmt = statement("s3:GetObject", f"{FILMS}/public/*", Principal="*")
    found = tried(bucket(), resource_policy(bucket(), stmt))[NOBODY]
    assert f"on {FILMS}/public/planproof" in found.found
    assert found.statement is not None


def test_objects_for_one_other_account() -> None:
    found = at_bucket(f"{FILMS}/partners/*", Principal={"AWS": PARTNER})
    assert found == {ANOTHER: True, NOBODY: True, f"account {PARTNER}": False}


def test_objects_of_another_bucket_are_not_tried() -> None:
    assert set(at_bucket("arn:aws:s3:::other/public/*", Principal="*").values()) == {True}


def test_requests_outside_a_denial_are_tried() -> None:
    open_ = statement("s3:GetObject", f"{FILMS}/*", Principal="*")
    but = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject"}
    for kept, holds in ((f"{FILMS}/public/*", False), ("arn:aws:s3:::other/*", True)):
        denial = {**but, "NotResource": kept}
        found = verdicts(bucket(), resource_policy(bucket(), open_, denial))
        assert found[NOBODY] is holds


def test_a_policy_variable_is_undetermined() -> None:
    path = f"{FILMS}/${{aws:PrincipalAccount}}/*"
    assert at_bucket(path, Principal="*")[ANOTHER] is None
    assert at_bucket(path, Principal={"AWS": ACCOUNT}) == {ANOTHER: True, NOBODY: True}
    only = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}
    assert at_bucket(path, Principal="*", Condition=only) == {ANOTHER: True, NOBODY: True}
    denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    policy = resource_policy(bucket(), statement("s3:GetObject", path, Principal="*"), denial)
    assert verdicts(bucket(), policy) == {ANOTHER: True, NOBODY: True}


@pytest.mark.parametrize("rest", ["index/by-owner", "index/*", "index/by-${*}"])
def test_an_index_of_a_table(rest: str) -> None:
    own = arn("dynamodb", "table/assets")
    stmt = statement("dynamodb:Query", f"{own}/{rest}", Principal={"AWS": PARTNER})
    text = json.dumps({"Version": "2012-10-17", "Statement": [stmt]})
    policy = declare("aws_dynamodb_resource_policy.p", resource_arn=own, policy=text)
    assert verdicts(table(), policy)[f"account {PARTNER}"] is False


def test_an_alias_of_a_function() -> None:
    for name, more in (("job", {"qualifier": "live"}), ("job:live", {})):
        given = {"function_name": name, "action": "lambda:InvokeFunction", "principal": PARTNER}
        found = verdicts(function(), declare("aws_lambda_permission.p", **given, **more))
        assert found == {ANOTHER: True, NOBODY: True, f"account {PARTNER}": False}


# Principals in conditions ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "value", "who"),
    [
        ("ArnEquals", f"arn:aws:iam::{PARTNER}:role/deploy", f"account {PARTNER}"),
        ("StringEquals", f"arn:aws:iam::{PARTNER}:user/team/deploy", f"account {PARTNER}"),
        ("StringEquals", f"arn:aws:iam::{PARTNER}:root", f"account {PARTNER}"),
        ("StringLike", f"arn:aws:iam::{PARTNER}:role/*deploy", f"account {PARTNER}"),
        ("ArnLike", "arn:aws:iam::4444*:role/deploy", "account 444400000000"),
        ("ArnLike", "arn:aws:iam::*:role/deploy", ANOTHER),
        ("ArnLike", "arn:aws:iam::*:user/deploy", ANOTHER),
        ("StringLike", "*/deploy", ANOTHER),
        ("StringLike", "*:root", ANOTHER),
    ],
)
def test_a_principal_that_a_condition_names(operator: str, value: str, who: str) -> None:
    assert at_queue({operator: {"aws:PrincipalArn": value}})[who] is False


def test_a_principal_of_the_own_account_is_not_external() -> None:
    mine = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}}
    assert at_queue(mine) == {ANOTHER: True, NOBODY: True}


@pytest.mark.parametrize(
    ("operator", "value", "who"),
    [
        ("StringEquals", PARTNER, f"account {PARTNER}"),
        ("StringLike", "4444*", "account 444400000000"),
        ("StringLike", "44445555666?", "account 444455556660"),
    ],
)
def test_an_account_that_a_condition_names(operator: str, value: str, who: str) -> None:
    found = at_queue({operator: {"aws:PrincipalAccount": [ACCOUNT, value]}})
    assert found == {ANOTHER: True, NOBODY: True, who: False}


def test_account_and_role_both_have_to_match() -> None:
    deploy = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}}
    theirs = {"StringEquals": {"aws:PrincipalAccount": PARTNER}}
    assert at_queue({**deploy, **theirs})[f"account {PARTNER}"] is False
    mine = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}
    assert at_queue({**deploy, **mine}) == {ANOTHER: True, NOBODY: True}


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-films"}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-films/*"}},
        {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": ["o-films/r-1/ou-1/"]}},
        {
            "StringEquals": {"aws:PrincipalOrgID": "o-films"},
            "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-films/r-1/ou-1/*"},
        },
    ],
)
def test_a_member_of_the_organization_is_in_another_account(condition: Any) -> None:
    assert at_queue(condition) == {ANOTHER: True, NOBODY: True, ORGANIZATION: False}


def test_a_member_of_the_organization_may_have_to_be_of_this_account_too() -> None:
    mine = {"aws:PrincipalOrgID": "o-films", "aws:PrincipalAccount": ACCOUNT}
    found = at_queue({"StringEquals": mine})
    assert found == {ANOTHER: True, NOBODY: True, ORGANIZATION: True}
    theirs = {"aws:PrincipalOrgID": "o-films", "aws:PrincipalAccount": PARTNER}
    assert at_queue({"StringEquals": theirs})[f"account {PARTNER}"] is False


@pytest.mark.parametrize(
    ("spared", "who"),
    [
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-films"}}, ORGANIZATION),
        ({"StringNotEquals": {"aws:PrincipalAccount": [ACCOUNT, PARTNER]}}, f"account {PARTNER}"),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}}, ANOTHER),
    ],
)
def test_a_principal_that_a_denial_exempts_is_tried(spared: Any, who: str) -> None:
    open_ = statement("sqs:SendMessage", Principal="*")
    denial = {**open_, "Effect": "Deny", "Condition": spared}
    found = verdicts(queue(), resource_policy(queue(), open_, denial))
    assert found[who] is False
    any_principal = {**open_, "Effect": "Deny"}
    refused = verdicts(queue(), resource_policy(queue(), open_, denial, any_principal))
    assert set(refused.values()) == {True}


def test_a_condition_on_the_caller_account_names_an_external_account() -> None:
    for account, who in ((PARTNER, f"account {PARTNER}"), (OTHER_ACCOUNT, ANOTHER)):
        only = {"StringEquals": {"kms:CallerAccount": account}}
        stmt = statement("kms:Decrypt", Principal={"AWS": "*"}, Condition=only)
        assert verdicts(key(stmt))[who] is False


def test_a_named_user_may_be_limited_to_some_objects() -> None:
    theirs = {"AWS": f"arn:aws:iam::{SECOND_ACCOUNT}:user/theirs"}
    found = at_bucket(f"{FILMS}/in/*", Principal=theirs)
    assert found[f"account {SECOND_ACCOUNT}"] is False


def test_the_stack_may_be_in_the_usual_external_account() -> None:
    own = queue(account=OTHER_ACCOUNT)
    stmt = statement("sqs:SendMessage", Principal={"AWS": OTHER_ACCOUNT})
    found = stack(own, resource_policy(own, stmt), region=None)
    attempts = external_access(Authority(found), own.resource)
    assert {a.caller: a.holds for a in attempts} == {ANOTHER: True, NOBODY: True}
