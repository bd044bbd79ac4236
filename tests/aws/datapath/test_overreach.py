"""What services may do beyond what the data path needs of them."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import Authority
from planproof.aws.datapath.overreach import service_grants
from planproof.aws.datapath.surplus import Grant
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import path_of
from tests.builders.parts import (
    KEY_ARN,
    arn,
    bucket,
    function,
    key,
    log_group,
    queue,
    resource_policy,
    role,
    rule,
)
from tests.builders.policies import EVENTS, S3, document, service_statement, statement, trust
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare, stack

SEND, USES = "sqs:SendMessage", ["kms:GenerateDataKey", "kms:Decrypt"]
FILMS, WORK = "arn:aws:s3:::films", arn("sqs", "work")
OURS = {
    "ArnEquals": {"aws:SourceArn": FILMS},
    "StringEquals": {"aws:SourceAccount": ACCOUNT},
}
LOGS = f"logs.{REGION}.amazonaws.com"
GROUP = arn("logs", "log-group:/aws/lambda/job")
NOTICE = declare("aws_s3_bucket_notification.n", bucket="films", queue=[{"queue_arn": WORK}])


def weighed(part: DeclaredResource, *others: DeclaredResource) -> list[Grant]:
    """Each grant to a service at a part of a stack in which a bucket notifies a queue."""
    given = {one.resource.address: one for one in (bucket(), NOTICE, queue(), *others, part)}
    found = stack(*given.values())
    return list(service_grants(Authority(found), path_of(found), found[part.resource.address]))


def at_queue(
    *statements: Any, of: DeclaredResource | None = None
) -> list[tuple[str, str, bool | None, str]]:
    work = of or queue()
    found = weighed(work, resource_policy(work, *statements))
    return [(str(g.principal), g.granted, g.holds, g.excess) for g in found]


def test_what_is_needed_is_no_excess() -> None:
    assert at_queue(service_statement(S3, SEND, Condition=OURS)) == [(S3, SEND, True, "")]
    assert at_queue(service_statement("S3.AmazonAWS.com", "SQS:sendmessage")) == [
        ("S3.AmazonAWS.com", "SQS:sendmessage", True, "")
    ]


def test_what_comes_with_it_is() -> None:
    assert at_queue(service_statement(S3, [SEND, "sqs:DeleteQueue"])) == [
        (S3, SEND, True, ""),
        (S3, "sqs:DeleteQueue", False, "nothing needs sqs:DeleteQueue"),
    ]
    (found,) = at_queue(service_statement(S3, "sqs:Send*", Condition=OURS))
    assert found == (S3, "sqs:Send*", True, "")


@pytest.mark.parametrize("wide", ["sqs:*", "*"])
def test_a_wildcard_is_all_that_aws_checks_there(wide: str) -> None:
    ((_, granted, holds, excess),) = at_queue(service_statement(S3, wide))
    assert (granted, holds) == (wide, False)
    assert excess.startswith("nothing needs sqs:AddPermission, sqs:CancelMessageMoveTask, ")
    assert excess.endswith(" more")
    assert "sqs:SendMessage" not in excess


def test_a_wildcard_that_is_about_nothing_there_is_needed_by_nobody() -> None:
    assert at_queue(service_statement(S3, "s3:*")) == [(S3, "s3:*", False, "nothing needs s3:*")]


def test_all_but_something_is_everything_else() -> None:
    but = {**service_statement(S3, SEND), "NotAction": "sqs:DeleteQueue"}
    del but["Action"]
    ((_, granted, holds, excess),) = at_queue(but)
    assert (granted, holds) == ("all but sqs:DeleteQueue", False)
    assert "sqs:DeleteQueue" not in excess


def test_each_service_is_weighed_by_its_own_needs() -> None:
    found = at_queue({**service_statement(S3, SEND), "Principal": {"Service": [S3, EVENTS]}})
    assert [(who, holds) for who, _, holds, _ in found] == [(S3, True), (EVENTS, False)]


def test_a_statement_that_lets_nothing_through_is_idle() -> None:
    theirs = {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::other"}}
    found = at_queue(
        service_statement(S3, SEND, Condition=OURS), service_statement(S3, SEND, Condition=theirs)
    )
    assert [holds for *_, holds, _ in found] == [True, False]


def test_denials_and_principals_that_are_no_service_are_not_weighed() -> None:
    own = statement(SEND, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"})
    assert at_queue({**service_statement(S3, "sqs:*"), "Effect": "Deny"}, own) == []


def test_what_is_about_something_else_grants_nothing_here() -> None:
    assert at_queue(service_statement(S3, "sqs:*", Resource=arn("sqs", "other"))) == []
    assert len(at_queue(service_statement(S3, "sqs:*", Resource=WORK))) == 1


# Keys ----------------------------------------------------------------------------------------

ENCRYPTED = queue(kms_master_key_id=KEY_ARN)


def at_key(*statements: Any) -> dict[tuple[str, str], bool | None]:
    group = log_group(kms_key_id=KEY_ARN)
    held = resource_policy(ENCRYPTED, service_statement(S3, SEND))
    found = weighed(key(*statements), ENCRYPTED, held, function(), role("r"), group)
    return {(str(grant.principal), grant.granted): grant.holds for grant in found}


def test_a_key_for_more_than_its_use() -> None:
    assert at_key(service_statement(S3, USES)) == {(S3, action): True for action in USES}
    assert at_key(service_statement(S3, [*USES, "kms:Encrypt"]))[S3, "kms:Encrypt"] is False
    assert at_key(service_statement(S3, "kms:*")) == {(S3, "kms:*"): False}


def test_the_key_policy_that_aws_gives_for_log_groups_is_needed_whole() -> None:
    only = {"Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": GROUP}}}
    given = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"]
    found = at_key(service_statement(LOGS, [*given, "kms:Describe*"], **only))
    assert set(found.values()) == {True}
    assert len(found) == 5
    assert (
        at_key(service_statement(LOGS, [*given, "kms:CreateGrant"], **only))[
            LOGS, "kms:CreateGrant"
        ]
        is False
    )


# Trust ---------------------------------------------------------------------------------------


def at_role(action: Any) -> dict[str, bool | None]:
    trusted = trust("lambda.amazonaws.com", Action=action)
    found = weighed(role("r", assume_role_policy=trusted), function())
    return {grant.granted: grant.holds for grant in found}


def test_a_service_that_runs_under_a_role_assumes_it_and_that_is_all() -> None:
    assert at_role("sts:AssumeRole") == {"sts:AssumeRole": True}
    assert at_role("sts:*") == {"sts:*": False}
    assert at_role(["sts:AssumeRole", "sts:TagSession"])["sts:TagSession"] is False


# Everybody -----------------------------------------------------------------------------------


def test_everybody_is_the_services_too() -> None:
    named = {"Principal": "*", "Condition": OURS}
    assert at_queue(statement(SEND, **named)) == []
    ((who, granted, holds, excess),) = at_queue(statement("sqs:*", **named))
    assert (who, holds, excess) == (S3, False, "nothing needs it")
    assert granted.startswith("sqs:AddPermission, ")
    office = {**OURS, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    ((_, _, open_, _),) = at_queue(statement("sqs:*", Principal="*", Condition=office))
    assert open_ is None


def test_everybody_somewhere_else_is_no_service_here() -> None:
    theirs = {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::other"}}
    assert at_queue(statement("sqs:*", Principal="*", Condition=theirs)) == []


# What nobody knows ---------------------------------------------------------------------------


def test_a_policy_of_unknown_text_leaves_it_open() -> None:
    unread = declare(
        "aws_sqs_queue_policy.p", queue_url=queue().resource.get("url"), policy=UNKNOWN
    )
    (grant,) = weighed(queue(), unread)
    assert (str(grant.principal), grant.holds) == ("an unknown service", None)
    assert grant.excess


@pytest.mark.parametrize(
    "said",
    [
        statement("sqs:*", Principal=UNKNOWN),
        statement(UNKNOWN, Principal={"Service": S3}),
        {**statement("sqs:*", Principal={"Service": S3}), "Effect": UNKNOWN},
    ],
    ids=["principal", "action", "effect"],
)
def test_what_is_unknown_of_a_statement_leaves_it_open(said: Any) -> None:
    written = {"Version": "2012-10-17", "Statement": [said]}
    url = queue().resource.get("url")
    policy = declare("aws_sqs_queue_policy.p", queue_url=url, policy=written)
    found = weighed(queue(), policy)
    assert found
    assert {grant.holds for grant in found} == {None}


def test_an_undetermined_edge_may_need_the_excess() -> None:
    unknown = declare("aws_cloudwatch_event_target.t", rule="done", arn=UNKNOWN)
    work = queue()
    found = weighed(
        work, resource_policy(work, service_statement(S3, [SEND, "sqs:*"])), rule(), unknown
    )
    assert [grant.holds for grant in found] == [True, None]
    assert "aws_cloudwatch_event_rule.r delivers events to" in found[1].excess


def test_a_log_group_is_judged_by_what_is_about_it() -> None:
    said = service_statement(EVENTS, "logs:*", Resource=arn("logs", "log-group:/aws/events/x:*"))
    policy = declare("aws_cloudwatch_log_resource_policy.p", policy_document=document(said))
    assert weighed(log_group(), policy, function(), role("r")) == []
    near = service_statement(EVENTS, "logs:PutLogEvents", Resource=f"{GROUP}:*")
    policy = declare("aws_cloudwatch_log_resource_policy.p", policy_document=document(near))
    assert [g.holds for g in weighed(log_group(), policy, function(), role("r"))] == [False]
