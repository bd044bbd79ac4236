"""Excess permissions of a role: actions, resources, patterns."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import Authority
from planproof.aws.datapath.surplus import Grant, role_grants
from planproof.aws.sdk_calls import SdkCalls
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import calling, path_of
from tests.builders.parts import (
    KEY_ARN,
    arn,
    bucket,
    function,
    inline_policy,
    key,
    queue,
    role,
    role_arn,
    table,
    topic,
)
from tests.builders.policies import document, statement, trust
from tests.builders.stacks import ACCOUNT, SECOND_ACCOUNT, DeclaredResource, declare, stack

ASSETS = arn("dynamodb", "table/assets")
PUT = calling("dynamodb.PutItem")
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/limit"


def job(**more: Any) -> DeclaredResource:
    return function(environment=[{"variables": {"T": "assets"}}], **more)


def weighed(
    *statements: Any,
    calls: SdkCalls = PUT,
    parts: tuple[DeclaredResource, ...] = (),
    of: DeclaredResource | None = None,
    runs: DeclaredResource | None = None,
) -> list[Grant]:
    """Each grant of the role of a function that writes to a table."""
    policy = [inline_policy(*statements)] if statements else []
    found = stack(of or role("r"), runs or job(), table(), *policy, *parts)
    authority = Authority(found)
    return list(role_grants(authority, path_of(found, calls), found["aws_iam_role.r"]))


def verdicts(*statements: Any, **more: Any) -> list[tuple[str, bool | None, str]]:
    return [(grant.granted, grant.holds, grant.excess) for grant in weighed(*statements, **more)]


NEEDED = statement("dynamodb:PutItem", ASSETS)


def test_what_is_needed_is_no_excess() -> None:
    assert verdicts(NEEDED) == [("dynamodb:PutItem", True, "")]
    (grant,) = weighed(NEEDED)
    assert (str(grant.principal), str(grant.policy.source)) == (
        "aws_iam_role.r",
        "aws_iam_role_policy.r",
    )
    assert grant.statement is grant.policy.document.statements[0]


def test_case_of_an_action_does_not_matter() -> None:
    assert verdicts(statement("DynamoDB:putitem", ASSETS)) == [("DynamoDB:putitem", True, "")]


@pytest.mark.parametrize(
    ("stmt", "excess"),
    [
        (statement("dynamodb:GetItem", ASSETS), "nothing needs dynamodb:GetItem"),
        (statement("s3:PutObject", "arn:aws:s3:::films/*"), "nothing needs s3:PutObject"),
        (statement("dynamodb:PutItem", f"{ASSETS}-2"), "nothing needs dynamodb:PutItem"),
        (statement("dynamodb:PutItem"), "nothing needs dynamodb:PutItem on *"),
        (
            statement("dynamodb:PutItem", f"{ASSETS}*"),
            f"nothing needs dynamodb:PutItem on {ASSETS}*",
        ),
        (
            statement("dynamodb:PutItem", [ASSETS, f"{ASSETS}-2"]),
            f"nothing needs dynamodb:PutItem on {ASSETS}-2",
        ),
        (
            statement("dynamodb:PutItem", [ASSETS, f"{ASSETS}/index/*"]),
            f"nothing needs dynamodb:PutItem on {ASSETS}/index/*",
        ),
        (statement("dynamodb:Put*Item", ASSETS), ""),
        (statement("dynamodb:PutI*", ASSETS), ""),
        (statement("dynamodb:Put*", ASSETS), "nothing needs dynamodb:PutResourcePolicy"),
        (
            statement("dynamodb:Putt*", ASSETS),
            "nothing needs dynamodb:Putt*: AWS has no such action",
        ),
        (
            statement(
                "dynamodb:PutItem",
                ASSETS,
                Condition={"StringEquals": {"aws:PrincipalType": "User"}},
            ),
            "nothing needs dynamodb:PutItem",
        ),
    ],
)
def test_each_excess_is_named(stmt: Any, excess: str) -> None:
    ((_, holds, found),) = verdicts(stmt)
    assert (found, holds) == (excess, not excess)


@pytest.mark.parametrize("pattern", ["*", "dynamodb:*"])
def test_many_unneeded_actions_are_counted(pattern: str) -> None:
    ((shown, holds, found),) = verdicts(statement(pattern, ASSETS))
    assert (shown, holds) == (pattern, False)
    assert found.startswith("nothing needs ")
    assert found.endswith(" more")
    assert "dynamodb:PutItem," not in found


def test_not_action_is_a_grant_too() -> None:
    stmt = {"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}
    ((shown, holds, found),) = verdicts(stmt)
    assert (shown, holds) == ("all but iam:*, s3:*", False)
    assert "iam:" not in found


@pytest.mark.parametrize(("kept", "shown"), [(f"{ASSETS}-2", f"everything but {ASSETS}-2")])
def test_all_resources_but_some_are_too_wide(kept: str, shown: str) -> None:
    stmt = {"Effect": "Allow", "Action": "dynamodb:PutItem", "NotResource": kept}
    ((_, holds, found),) = verdicts(stmt)
    assert (holds, found) == (False, f"nothing needs dynamodb:PutItem on {shown}")


def test_each_action_of_a_statement_is_a_grant() -> None:
    stmt = statement(["dynamodb:PutItem", "dynamodb:GetItem"], ASSETS)
    assert [(shown, holds) for shown, holds, _ in verdicts(stmt)] == [
        ("dynamodb:PutItem", True),
        ("dynamodb:GetItem", False),
    ]


def test_several_statements_that_allow_the_same_are_all_in_use() -> None:
    assert [holds for _, holds, _ in verdicts(NEEDED, NEEDED)] == [True, True]
    twice = verdicts(NEEDED, statement("dynamodb:*", ASSETS))
    assert [holds for _, holds, _ in twice] == [True, False]


def test_a_denial_is_not_a_grant() -> None:
    assert verdicts({**NEEDED, "Effect": "Deny"}) == []


def test_the_pattern_of_all_objects_covers_an_object() -> None:
    films = function(environment=[{"variables": {"B": "films"}}])
    calls = calling("s3.GetObject")
    for pattern, holds in (
        ("arn:aws:s3:::films/*", True),
        ("arn:aws:s3:::films/**", True),
        ("arn:aws:s3:::films*", False),
        ("arn:aws:s3:::*/*", False),
        ("arn:aws:s3:::films", False),
    ):
        stmt = statement("s3:GetObject", pattern)
        found = verdicts(stmt, calls=calls, parts=(bucket(),), runs=films)
        assert [one[1] for one in found] == [holds], pattern


# Boundaries and denials -----------------------------------------------------------------------

SPARE = statement(["dynamodb:PutItem", "dynamodb:GetItem"], ASSETS)


def limit(*statements: Any, text: Any = None) -> DeclaredResource:
    policy = document(*statements) if text is None else text
    return declare("aws_iam_policy.limit", name="limit", arn=LIMIT, id=LIMIT, policy=policy)


BOUNDED = role("r", permissions_boundary=LIMIT)


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        (limit(statement("dynamodb:PutItem")), [True, True]),
        (limit(statement("*")), [True, False]),
        (limit(statement("*"), {**statement("dynamodb:GetItem"), "Effect": "Deny"}), [True, True]),
        (
            limit(statement("*"), {**statement("dynamodb:GetItem", ASSETS), "Effect": "Deny"}),
            [True, False],
        ),
    ],
)
def test_a_boundary_takes_back_grants(limits: DeclaredResource, left: list[bool]) -> None:
    found = verdicts(SPARE, parts=(limits,), of=BOUNDED)
    assert [holds for _, holds, _ in found] == left


@pytest.mark.parametrize(
    ("more", "left"),
    [
        ({}, [True, True]),
        ({"Resource": ASSETS}, [True, False]),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, [True, False]),
    ],
)
def test_denied_actions_are_not_grants(more: dict[str, Any], left: list[bool]) -> None:
    denial = {**statement("dynamodb:GetItem"), "Effect": "Deny", **more}
    assert [holds for _, holds, _ in verdicts(SPARE, denial)] == left


# Unknown values -------------------------------------------------------------------------------


def test_a_policy_of_unknown_text_may_allow() -> None:
    unread = declare("aws_iam_role_policy.r", name="p", role="r", policy=UNKNOWN)
    assert verdicts(parts=(unread,)) == [("an unknown policy", None, "its text is not known")]


def test_an_unknown_policy_may_allow_too() -> None:
    unread = declare("aws_iam_role_policy.s", name="s", role="r", policy=UNKNOWN)
    found = verdicts(statement("dynamodb:GetItem", ASSETS), NEEDED, parts=(unread,))
    assert [holds for _, holds, _ in found] == [False, True, None]


def test_code_that_could_not_be_analyzed_may_need_more() -> None:
    unread = calling("dynamodb.PutItem", unread=("a.py:1 is beyond reading.",))
    found = verdicts(NEEDED, statement("dynamodb:GetItem", ASSETS), calls=unread)
    assert [(granted, holds) for granted, holds, _ in found] == [
        ("dynamodb:PutItem", True),
        ("dynamodb:GetItem", None),
    ]
    assert found[1][2].startswith("nothing needs dynamodb:GetItem, ")
    assert "code of aws_lambda_function.job" in found[1][2]


def test_the_code_of_another_function_does_not_matter() -> None:
    unread = calling("dynamodb.PutItem", unread=("a.py:1 is beyond reading.",))
    found = verdicts(NEEDED, calls=unread, parts=(role("s"),), runs=job(role=role_arn("s")))
    assert [holds for _, holds, _ in found] == [False]


@pytest.mark.parametrize(
    ("runs", "parts"),
    [
        (job(role=UNKNOWN), ()),
        (job(dead_letter_config=[{"target_arn": UNKNOWN}]), ()),
        (
            job(),
            (
                declare(
                    "aws_lambda_event_source_mapping.m",
                    function_name="job",
                    event_source_arn=UNKNOWN,
                ),
            ),
        ),
    ],
    ids=["role", "dead letters", "event source"],
)
def test_a_function_with_undetermined_edges_may_need_more(
    runs: DeclaredResource, parts: tuple[DeclaredResource, ...]
) -> None:
    found = verdicts(statement("sqs:SendMessage", arn("sqs", "work")), runs=runs, parts=parts)
    assert [holds for _, holds, _ in found] == [None]
    assert "undetermined edge" in found[0][2]
    assert "aws_lambda_function.job" in found[0][2]


def test_a_need_of_a_role_of_unknown_arn_may_use_the_grant() -> None:
    found = verdicts(
        NEEDED,
        statement("dynamodb:GetItem", ASSETS),
        of=role("r", arn=UNKNOWN),
        runs=declare(
            job().resource.address,
            refers={"role": ["aws_iam_role.r.arn", "aws_iam_role.r"]},
            **{**job().resource.values, "role": UNKNOWN},
        ),
    )
    assert found == [
        ("dynamodb:PutItem", None, "whether anything needs dynamodb:PutItem is not known"),
        ("dynamodb:GetItem", False, "nothing needs dynamodb:GetItem"),
    ]


def test_a_grant_on_a_key_outside_the_stack_is_used() -> None:
    theirs = arn("kms", "key/theirs", account=SECOND_ACCOUNT)
    reads = declare(
        "aws_lambda_event_source_mapping.m",
        function_name="job",
        event_source_arn=arn("sqs", "work"),
    )
    found = verdicts(
        statement("kms:Decrypt", theirs), parts=(queue(kms_master_key_id=theirs), reads)
    )
    assert found == [("kms:Decrypt", True, "")]


def test_a_grant_that_the_key_policy_denies_is_used() -> None:
    """The edge is broken, but not by the grants of the role."""
    reads = declare(
        "aws_lambda_event_source_mapping.m",
        function_name="job",
        event_source_arn=arn("sqs", "work"),
    )
    closed = key(policy=document(statement("kms:*", Principal={"AWS": role_arn("admin")})))
    parts = (queue(kms_master_key_id=KEY_ARN), reads, closed)
    assert verdicts(statement("kms:Decrypt", KEY_ARN), parts=parts) == [("kms:Decrypt", True, "")]


def test_a_grant_on_a_candidate_target_may_be_needed() -> None:
    stmt = statement("sns:Publish", arn("sns", "news"))
    found = verdicts(stmt, calls=calling("sns.Publish"), parts=(topic(),))
    assert found == [("sns:Publish", None, "whether anything needs sns:Publish is not known")]


def test_an_unused_role_needs_nothing() -> None:
    found = stack(role("r", assume_role_policy=trust("ec2.amazonaws.com")), inline_policy(NEEDED))
    (grant,) = role_grants(Authority(found), path_of(found), found["aws_iam_role.r"])
    assert grant.holds is False
