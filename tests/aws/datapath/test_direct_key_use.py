"""May a role use a key directly, or through services that no edge uses?"""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import Authority
from planproof.aws.datapath.direct_key_use import DIRECTLY, DirectKeyUse, direct_key_uses
from planproof.aws.sdk_calls import SdkCalls
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import NOTHING, calling, path_of
from tests.builders.parts import KEY_ARN, arn, function, inline_policy, key, queue, role, role_arn
from tests.builders.policies import statement
from tests.builders.stacks import REGION, DeclaredResource, declare, stack

WORK = arn("sqs", "work")
SQS, S3 = f"sqs.{REGION}.amazonaws.com", f"s3.{REGION}.amazonaws.com"
ANY = "through a service that no policy names"
MAPPING = declare("aws_lambda_event_source_mapping.m", event_source_arn=WORK, function_name="job")


def via(*services: str, operator: str = "StringEquals") -> dict[str, Any]:
    return {"Condition": {operator: {"kms:ViaService": list(services)}}}


def used(
    *statements: Any,
    of_key: DeclaredResource | None = None,
    calls: SdkCalls = NOTHING,
    at: DeclaredResource | None = None,
) -> dict[str, DirectKeyUse]:
    """The ways in which the role of a function that reads an encrypted queue may use the key."""
    held = [inline_policy(*statements)] if statements else []
    encrypted = queue(kms_master_key_id=KEY_ARN)
    job_ = function(environment=[{"variables": {"KEY_ARN": KEY_ARN}}])
    found = stack(
        role("r"), job_, MAPPING, encrypted, of_key or key(), *held, *([at] if at else [])
    )
    ways = direct_key_uses(
        Authority(found), path_of(found, calls), found["aws_iam_role.r"], found["aws_kms_key.k"]
    )
    return {way.how: way for way in ways}


def holds(*statements: Any, **more: Any) -> dict[str, bool | None]:
    return {how: way.holds for how, way in used(*statements, **more).items()}


def test_through_the_service_that_needs_it_and_no_other() -> None:
    assert holds(statement("kms:Decrypt", KEY_ARN, **via(SQS))) == {
        DIRECTLY: True,
        ANY: True,
        f"through {SQS}": True,
    }


def test_without_a_grant_every_use_is_denied() -> None:
    assert holds() == {DIRECTLY: True, ANY: True}


def test_without_the_condition_every_use_is_allowed() -> None:
    found = used(statement("kms:Decrypt", KEY_ARN))
    assert {how: way.holds for how, way in found.items()} == {DIRECTLY: False, ANY: False}
    way = found[DIRECTLY]
    assert way.actions == ("kms:Decrypt",)
    assert way.found.startswith("allowed: ")
    assert way.decided is not None


@pytest.mark.parametrize(
    ("conditions", "open_"),
    [
        (via("*", operator="StringLike"), {ANY}),
        (via("*.amazonaws.com", operator="StringLike"), {ANY}),
        (via(SQS, operator="StringEqualsIfExists"), {DIRECTLY}),
        (via(S3, operator="StringNotEquals"), {DIRECTLY, ANY}),
        (via(SQS, S3), {f"through {S3}"}),
        (via("sqs.*.amazonaws.com", operator="StringLike"), set()),
        (via("s3.*.amazonaws.com", operator="StringLike"), {f"through {S3}"}),
        ({"Condition": {"Null": {"kms:ViaService": "false"}}}, {ANY}),
        ({"Condition": {"StringEquals": {"kms:CallerAccount": "123456789012"}}}, {DIRECTLY, ANY}),
    ],
)
def test_ways_that_a_condition_allows(conditions: Any, open_: set[str]) -> None:
    found = holds(statement("kms:Decrypt", KEY_ARN, **conditions))
    assert {how for how, kept in found.items() if kept is False} == open_
    assert None not in found.values()


def test_actions_that_no_edge_needs_are_tried() -> None:
    found = used(
        statement("kms:Decrypt", KEY_ARN, **via(SQS)),
        statement(["kms:Encrypt", "kms:Sign"], KEY_ARN),
    )
    assert found[DIRECTLY].actions == ("kms:Encrypt", "kms:Sign")
    assert found[DIRECTLY].holds is found[ANY].holds is False


def test_a_key_policy_that_names_the_role_counts() -> None:
    own = statement("kms:Decrypt", Principal={"AWS": role_arn("r")})
    assert holds(of_key=key(own))[DIRECTLY] is False
    assert holds(of_key=key({**own, **via(SQS)}))[DIRECTLY] is True


def test_a_denial_counts() -> None:
    allowed = statement("kms:Decrypt", KEY_ARN)
    denied = {
        **statement("kms:*", Principal="*"),
        "Effect": "Deny",
        **via(SQS, operator="StringNotEquals"),
    }
    assert set(holds(allowed, of_key=key(denied)).values()) == {True}


def test_code_that_calls_kms_uses_the_key_directly() -> None:
    open_to_all = statement("kms:Decrypt", KEY_ARN)
    assert holds(open_to_all, calls=calling("kms.Decrypt"))[DIRECTLY] is True
    assert holds(open_to_all, calls=calling("kms.Encrypt"))[DIRECTLY] is False


def test_code_that_could_not_be_analyzed_may_use_the_key() -> None:
    found = used(
        statement("kms:Decrypt", KEY_ARN),
        calls=calling(unread=("a.py:3 makes a client at run time",)),
    )
    assert {way.holds for way in found.values()} == {None}
    assert "code of aws_lambda_function.job" in found[DIRECTLY].found


def test_a_policy_of_unknown_text_is_undetermined() -> None:
    unread = declare("aws_iam_role_policy.u", name="u", role="r", policy=UNKNOWN)
    found = used(statement("kms:Decrypt", KEY_ARN, **via(SQS)), at=unread)
    assert [way.holds for way in found.values()] == [None]
    assert found[DIRECTLY].decided is None
    found = used(of_key=key(policy=UNKNOWN))
    assert [way.holds for way in found.values()] == [None]


def test_an_unknown_condition_is_undetermined() -> None:
    office = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    assert holds(statement("kms:Decrypt", KEY_ARN, **office)) == {DIRECTLY: None, ANY: None}
