"""The statements that allow an action, their limits, and the actions of patterns."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.iam import (
    Effect,
    Policies,
    PolicyDocument,
    Request,
    RequestError,
    default_key_policy,
    evaluate,
    pattern_covers,
    pattern_covers_more,
    statements_allowing,
)
from planproof.iam.actions import AccessLevel, access_level, expand_action, expand_statement
from planproof.values import UNKNOWN, Truth, Unknown
from tests.builders.policies import policy, statement

ROLE = "arn:aws:iam::111122223333:role/media/convert"


def allow(action: Any, resource: Any = ROLE, **more: Any) -> dict[str, Any]:
    return statement(action, resource, **more)


def test_statements_that_allow_an_action_are_listed_with_their_index() -> None:
    document = PolicyDocument.parse(
        policy(
            allow("s3:*", "*"),
            allow(["iam:Get*", "iam:PassRole"], Sid="Pass"),
            {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"},
            {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
            allow("IAM:PASS*", "*"),
        ),
        "aws_iam_policy.pass",
    )
    found = statements_allowing([document], "iam:PassRole")
    assert [(ref.index, ref.sid, ref.resources) for ref in found] == [
        (1, "Pass", (ROLE,)),
        (3, None, ("*",)),
        (4, None, ("*",)),
    ]
    assert {ref.policy for ref in found} == {"aws_iam_policy.pass"}
    assert all(ref.certain for ref in found)


def test_statements_that_may_allow_are_listed_as_uncertain() -> None:
    documents = [
        policy(allow(UNKNOWN)),
        UNKNOWN,
        policy({"Effect": UNKNOWN, "Action": "iam:*", "Resource": "*"}),
        policy({"Effect": "Deny", "Action": UNKNOWN, "Resource": "*"}),
        policy(allow("s3:*")),
    ]
    found = statements_allowing(documents, "iam:PassRole")
    assert [(ref.policy, ref.certain) for ref in found] == [
        ("policy[0]", False),
        ("policy[1]", False),
        ("policy[2]", False),
    ]


SERVICE = "mediaconvert.amazonaws.com"


@pytest.mark.parametrize(
    ("condition", "limit"),
    [
        ({"StringEquals": {"iam:PassedToService": SERVICE}}, (SERVICE,)),
        ({"StringEquals": {"IAM:passedtoservice": [SERVICE, "a.b"]}}, (SERVICE, "a.b")),
        ({"StringLike": {"iam:PassedToService": "*.amazonaws.com"}}, ("*.amazonaws.com",)),
        ({"StringEqualsIgnoreCase": {"iam:PassedToService": SERVICE}}, (SERVICE,)),
        ({"ForAnyValue:StringEquals": {"iam:PassedToService": SERVICE}}, (SERVICE,)),
        (
            {
                "StringLike": {"iam:PassedToService": ["*.com", "*.cn"]},
                "StringEquals": {"iam:PassedToService": SERVICE},
            },
            (SERVICE,),
        ),
        ({}, None),
        ({"StringEquals": {"aws:SourceArn": SERVICE}}, None),
        ({"StringEqualsIfExists": {"iam:PassedToService": SERVICE}}, None),
        ({"StringNotEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}, None),
        ({"ForAllValues:StringEquals": {"iam:PassedToService": SERVICE}}, None),
        ({"Null": {"iam:PassedToService": "false"}}, None),
    ],
)
def test_the_limit_that_conditions_set_to_a_key(
    condition: dict[str, Any], limit: tuple[str, ...] | None
) -> None:
    (ref,) = statements_allowing(
        [policy(allow("iam:PassRole", Condition=condition))], "iam:PassRole"
    )
    assert ref.limited_to("iam:PassedToService") == limit


def test_a_limit_may_be_unknown() -> None:
    condition = {"StringEquals": {"iam:PassedToService": UNKNOWN}}
    (ref,) = statements_allowing(
        [policy(allow("iam:PassRole", Condition=condition))], "iam:PassRole"
    )
    limit = ref.limited_to("iam:PassedToService")
    assert limit is not None
    assert [type(one) for one in limit] == [Unknown]


@pytest.mark.parametrize(
    ("pattern", "covers", "more"),
    [
        (ROLE, True, False),
        ("*", True, True),
        ("arn:aws:iam::111122223333:role/*", True, True),
        (ROLE + "*", True, True),
        (ROLE + "?", False, True),
        ("arn:aws:iam::111122223333:role/other", False, True),
        ("arn:aws:iam::111122223333:role/media/Convert", False, True),
        ("arn:aws:iam::*:role/media/convert", True, True),
        ("arn:aws:iam::111122223333:role/media/${aws:PrincipalTag/x}", None, None),
        ("arn:aws:iam::111122223333:role/other/${aws:PrincipalTag/x}", False, None),
        (UNKNOWN, None, None),
    ],
)
def test_what_a_resource_pattern_covers(pattern: Any, covers: Truth, more: Truth) -> None:
    assert pattern_covers(pattern, ROLE) is covers
    assert pattern_covers_more(pattern, ROLE) is more


def test_the_default_key_policy_delegates_to_iam_policies() -> None:
    request = Request(
        action="kms:Decrypt",
        resource="arn:aws:kms:us-east-1:111122223333:key/k",
        principal="arn:aws:iam::111122223333:role/r",
    )
    key = default_key_policy("111122223333")
    own = policy(allow("kms:Decrypt", "*"))
    assert evaluate(request, Policies(identity=[own], resource=key)).effect is Effect.ALLOWED
    assert evaluate(request, Policies(resource=key)).effect is Effect.IMPLICITLY_DENIED
    other = default_key_policy("444455556666")
    decision = evaluate(request, Policies(identity=[own], resource=other))
    assert decision.effect is Effect.IMPLICITLY_DENIED


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        "alice",
        "arn:aws:s3:::bucket",
        "arn:aws:iam::111122223333:group/g",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:sts::111122223333:assumed-role/r",
        "1111222233334",
        "",
    ],
)
def test_a_request_refuses_an_invalid_principal(principal: str) -> None:
    with pytest.raises(RequestError, match="not a principal"):
        Request(action="s3:GetObject", principal=principal)


def test_a_pattern_expands_to_the_actions_of_aws() -> None:
    assert expand_action("s3:GetObject") == ("s3:GetObject",)
    assert "s3:GetObject" in expand_action("S3:get*")
    assert "s3:PutObject" not in expand_action("S3:get*")
    assert expand_action("s3:NoSuchAction") == ()
    assert len(expand_action("*")) > 10_000


def test_a_statement_expands_to_the_actions_that_it_covers() -> None:
    (statement,) = PolicyDocument.parse(
        policy({"Effect": "Allow", "NotAction": ["s3:*", "iam:*"], "Resource": "*"})
    ).statements
    covered = dict(expand_statement(statement))
    assert covered["sqs:SendMessage"] is True
    assert "s3:GetObject" not in covered
    (uncertain,) = PolicyDocument.parse(policy(allow([UNKNOWN, "sqs:*"], "*"))).statements
    covered = dict(expand_statement(uncertain))
    assert covered["sqs:SendMessage"] is True
    assert covered["s3:GetObject"] is None


@pytest.mark.parametrize(
    ("action", "level"),
    [
        ("s3:GetObject", AccessLevel.READ),
        ("S3:putobject", AccessLevel.WRITE),
        ("s3:ListBucket", AccessLevel.LIST),
        ("s3:PutBucketPolicy", AccessLevel.PERMISSIONS_MANAGEMENT),
        ("s3:PutObjectTagging", AccessLevel.TAGGING),
        ("s3:NoSuchAction", None),
        ("nosuchservice:Get", None),
    ],
)
def test_access_level_of_an_action(action: str, level: AccessLevel | None) -> None:
    assert access_level(action) is level
