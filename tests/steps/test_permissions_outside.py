"""Permissions of principals and on resources outside the stack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.values import Verdict
from tests.builders.parts import bucket, resource_policy, role
from tests.builders.policies import statement
from tests.builders.stacks import ACCOUNT, declare
from tests.steps.permission_steps import KEY_ARN, ask, both, pipeline_of, worker_policy

GOOD, BAD, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.UNDETERMINED


def lets_in(principal: Any, **more: Any) -> dict[str, Any]:
    return {**statement("s3:GetObject", "arn:aws:s3:::films/*"), "Principal": principal, **more}


OTHER = "444455556666"
STRANGER = '"another account" IS to "s3:GetObject" on "the input bucket"'
UNAUTHENTICATED = '"an unauthenticated caller" IS to "s3:GetObject" on "the input bucket"'


@pytest.mark.parametrize(
    ("policy", "stranger", "anybody"),
    [
        (lets_in("*"), (GOOD, BAD), (GOOD, BAD)),
        (lets_in({"AWS": ACCOUNT}), (BAD, GOOD), (BAD, GOOD)),
        (lets_in({"AWS": OTHER}), (BAD, BAD), (BAD, GOOD)),
        (lets_in({"AWS": f"arn:aws:iam::{OTHER}:role/reader"}), (BAD, BAD), (BAD, GOOD)),
        (lets_in({"Service": "s3.amazonaws.com"}), (BAD, GOOD), (BAD, GOOD)),
        (
            lets_in("*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
            (BAD, GOOD),
            (BAD, GOOD),
        ),
        (
            lets_in("*", Condition={"StringEquals": {"aws:PrincipalAccount": OTHER}}),
            (BAD, BAD),
            (BAD, GOOD),
        ),
        (
            lets_in(
                "*", Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/r*"}}
            ),
            (BAD, BAD),
            (BAD, GOOD),
        ),
        (
            lets_in("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}),
            (OPEN, OPEN),
            (BAD, GOOD),
        ),
        (
            lets_in("*", Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::films"}}),
            (BAD, GOOD),
            (BAD, GOOD),
        ),
        (
            lets_in("*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
            (OPEN, OPEN),
            (OPEN, OPEN),
        ),
    ],
)
def test_principals_of_a_bucket_policy(policy: Any, stranger: Any, anybody: Any) -> None:
    assert both(STRANGER, resource_policy(bucket(), policy)) == stranger
    assert both(UNAUTHENTICATED, resource_policy(bucket(), policy)) == anybody


def test_without_a_policy_no_external_principal_has_access() -> None:
    assert both(STRANGER) == both(UNAUTHENTICATED) == (BAD, GOOD)
    # Nor where resources have no policies, whatever the other account grants.
    pass_role = '"another account" IS to "iam:PassRole" on "the MediaConvert role"'
    assert both(pass_role) == (BAD, GOOD)
    trusting = role(
        "converter",
        assume_role_policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": OTHER, "Service": "mediaconvert.amazonaws.com"},
                    "Action": "*",
                },
            }
        ),
    )
    assert both(pass_role, trusting) == (BAD, GOOD)
    assume = pass_role.replace("iam:PassRole", "sts:AssumeRole")
    assert both(assume, trusting) == (BAD, BAD)


def test_accounts_of_a_key_policy() -> None:
    for account, expected in ((ACCOUNT, (BAD, GOOD)), (OTHER, (BAD, BAD))):
        limit = {"StringEquals": {"kms:CallerAccount": account}}
        open_ = {**statement("kms:Decrypt", Condition=limit), "Principal": {"AWS": "*"}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [open_]})
        key = declare(
            "aws_kms_key.media", arn=KEY_ARN, id="0f6337be", key_id="0f6337be", policy=policy
        )
        assert both('"another account" IS to "kms:Decrypt" on "the key"', key) == expected


def test_the_allowed_account_is_named() -> None:
    evidence = ask(
        STRANGER.replace("IS", "is not allowed"),
        pipeline_of(resource_policy(bucket(), lets_in({"AWS": OTHER}))),
    )
    assert evidence.evidence[0].address == "another account"
    assert f"decided for arn:aws:iam::{OTHER}:role/planproof" in evidence.evidence[0].found


def test_a_principal_outside_the_stack_has_unknown_policies() -> None:
    other = f'"arn:aws:iam::{OTHER}:role/reader" IS to "s3:GetObject" on "the input bucket"'
    assert both(other) == (BAD, GOOD)
    assert both(other, resource_policy(bucket(), lets_in({"AWS": OTHER}))) == (OPEN, OPEN)
    own = other.replace(OTHER, ACCOUNT)
    assert both(own) == (OPEN, OPEN)
    deny = lets_in("*", Effect="Deny")
    assert both(own, resource_policy(bucket(), deny)) == (BAD, GOOD)
    root = own.replace("role/reader", "root")
    assert both(root) == (GOOD, BAD)


def test_a_resource_outside_the_stack_has_an_unknown_policy() -> None:
    elsewhere = "arn:aws:s3:::elsewhere/x"
    step = f'"the function" IS to "s3:GetObject" on "{elsewhere}"'
    assert both(step, worker_policy(statement("s3:*", elsewhere))) == (OPEN, OPEN)
    assert both(step.replace("the function", "another account")) == (OPEN, OPEN)
    assert both(step.replace("the function", "an unauthenticated caller")) == (OPEN, OPEN)
