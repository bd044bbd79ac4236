"""Does a bucket or queue lock out the account that owns it?"""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import Authority
from planproof.aws.datapath.guarded import Attempt
from planproof.aws.datapath.transport import account_lockout
from planproof.values import UNKNOWN
from tests.builders.parts import bucket, queue, resource_policy
from tests.builders.policies import statement
from tests.builders.stacks import ACCOUNT, SECOND_ACCOUNT, DeclaredResource, declare, stack

PLAIN = {"Bool": {"aws:SecureTransport": "false"}}
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/admin"


def denial(**elements: Any) -> dict[str, Any]:
    """A denial of everything to every principal, with changed elements; None removes one."""
    stmt = {**statement("*", "*"), "Principal": "*", "Effect": "Deny", **elements}
    return {name: value for name, value in stmt.items() if value is not None}


def at(part: DeclaredResource, *statements: Any, region: str | None = "us-east-1") -> Attempt:
    policy = [resource_policy(part, *statements)] if statements else []
    return account_lockout(Authority(stack(part, *policy, region=region)), part.resource)


@pytest.mark.parametrize("part", [bucket(), queue()], ids=str)
def test_everything_is_denied_without_its_condition(part: DeclaredResource) -> None:
    assert at(part).holds is True
    assert at(part, denial(Condition=PLAIN)).holds is True
    found = at(part, denial())
    assert found.holds is False
    assert found.statement is not None
    assert len(found.actions) > 15
    assert found.found.startswith("explicitly denied: ")


@pytest.mark.parametrize(
    ("stmt", "holds"),
    [
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}, False),
        ({"Principal": {"AWS": ACCOUNT}}, False),
        ({"Action": "s3:GetObject"}, False),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::films/old/*"}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, False),
        ({"Condition": {"ArnNotEquals": {"aws:PrincipalArn": ADMIN}}}, True),
        (
            {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:root"}}},
            False,
        ),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}}, False),
        ({"Principal": {"AWS": SECOND_ACCOUNT}}, True),
        ({"Principal": {"AWS": ADMIN}}, True),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, True),
        ({"Resource": "arn:aws:s3:::other/*"}, True),
        ({"Action": "sqs:*"}, True),
        ({"Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}, True),
        ({"Effect": "Allow"}, True),
    ],
)
def test_which_denials_lock_the_account_out(stmt: dict[str, Any], holds: bool) -> None:
    assert at(bucket(), denial(**stmt)).holds is holds


def test_denied_actions_are_named() -> None:
    found = at(bucket(), denial(Action="s3:GetObject"))
    assert found.actions == ("s3:GetObject",)


def test_a_policy_of_unknown_text_is_undetermined() -> None:
    work = queue()
    url = work.resource.get("url")
    unread = declare("aws_sqs_queue_policy.p", queue_url=url, policy=UNKNOWN)
    assert account_lockout(Authority(stack(work, unread)), work.resource).holds is None


@pytest.mark.parametrize(
    "stmt",
    [
        {"Condition": {"Bool": {"aws:SecureTransport": UNKNOWN}}},
        {"Action": UNKNOWN},
        {"Effect": UNKNOWN},
        {"Principal": UNKNOWN},
    ],
    ids=str,
)
def test_an_unknown_part_of_a_denial_is_undetermined(stmt: dict[str, Any]) -> None:
    work = queue()
    text = {"Version": "2012-10-17", "Statement": [denial(**stmt)]}
    policy = declare("aws_sqs_queue_policy.p", queue_url=work.resource.get("url"), policy=text)
    assert account_lockout(Authority(stack(work, policy)), work.resource).holds is None


def test_an_unknown_account_is_undetermined() -> None:
    found = at(bucket(arn=UNKNOWN), denial(), region=None)
    assert found.holds is None
    assert "account" in found.found
