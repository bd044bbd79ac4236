"""Excess permissions of services that the data path needs."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import Authority
from planproof.aws.datapath.surplus import Grant
from planproof.aws.datapath.unneeded_services import service_grants
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


def test_an_excess_action_is_reported() -> None:
    assert at_queue(service_statement(S3, [SEND, "sqs:DeleteQueue"])) == [
        (S3, SEND, True, ""),
        (S3, "sqs:DeleteQueue", False, "nothing needs sqs:DeleteQueue"),
    ]
    (found,) = at_queue(service_statement(S3, "sqs:Send*", Condition=OURS))
    assert found == (S3, "sqs:Send*", True, "")


@pytest.mark.parametrize("wide", ["sqs:*", "*"])
def test_a_wildcard_covers_the_actions_that_aws_checks_there(wide: str) -> None:
    ((_, granted, holds, excess),) = at_queue(service_statement(S3, wide))
    assert (granted, holds) == (wide, False)
    assert excess.startswith("nothing needs sqs:AddPermission, sqs:CancelMessageMoveTask, ")
    assert excess.endswith(" more")
    assert "sqs:SendMessage" not in excess


def test_a_wildcard_without_checked_actions_is_unneeded() -> None:
    assert at_queue(service_statement(S3, "s3:*")) == [(S3, "s3:*", False, "nothing needs s3:*")]


def test_not_action_grants_all_other_actions() -> None:
    but = {**service_statement(S3, SEND), "NotAction": "sqs:DeleteQueue"}
    del but["Action"]
    ((_, granted, holds, excess),) = at_queue(but)
    assert (granted, holds) == ("all but sqs:DeleteQueue", False)
    assert "sqs:DeleteQueue" not in excess


def test_each_service_is_compared_with_its_own_needs() -> None:
    found = at_queue({**service_statement(S3, SEND), "Principal": {"Service": [S3, EVENTS]}})
    assert [(who, holds) for who, _, holds, _ in found] == [(S3, True), (EVENTS, False)]


def test_a_statement_without_needs_is_unused() -> None:
    theirs = {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::other"}}
    found = at_queue(
        service_statement(S3, SEND, Condition=OURS), service_statement(S3, SEND, Condition=theirs)
    )
    assert [holds for *_, holds, _ in found] == [True, False]


def test_denials_and_other_principals_are_no_service_grants() -> None:
    own = statement(SEND, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"})
    assert at_queue({**service_statement(S3, "sqs:*"), "Effect": "Deny"}, own) == []


def test_statements_on_other_resources_grant_nothing() -> None:
    assert at_queue(service_statement(S3, "sqs:*", Resource=arn("sqs", "other"))) == []
    assert len(at_queue(service_statement(S3, "sqs:*", Resource=WORK))) == 1


# Keys ----------------------------------------------------------------------------------------

ENCRYPTED = queue(kms_master_key_id=KEY_ARN)


def at_key(*statements: Any) -> dict[tuple[str, str], bool | None]:
    group = log_group(kms_key_id=KEY_ARN)
    held = resource_policy(ENCRYPTED, service_statement(S3, SEND))
    found = weighed(key(*statements), ENCRYPTED, held, function(), role("r"), group)
    return {(str(grant.principal), grant.granted): grant.holds for grant in found}


def test_a_key_policy_with_excess_actions() -> None:
    assert at_key(service_statement(S3, USES)) == {(S3, action): True for action in USES}
    assert at_key(service_statement(S3, [*USES, "kms:Encrypt"]))[S3, "kms:Encrypt"] is False
    assert at_key(service_statement(S3, "kms:*")) == {(S3, "kms:*"): False}


def test_every_action_of_the_documented_log_group_key_policy_is_needed() -> None:
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


def test_a_service_under_a_role_only_assumes_the_role() -> None:
    assert at_role("sts:AssumeRole") == {"sts:AssumeRole": True}
    assert at_role("sts:*") == {"sts:*": False}
    assert at_role(["sts:AssumeRole", "sts:TagSession"])["sts:TagSession"] is False


# Wildcard principals -------------------------------------------------------------------------


def test_principal_wildcard_includes_services() -> None:
    named = {"Principal": "*", "Condition": OURS}
    assert at_queue(statement(SEND, **named)) == []
    ((who, granted, holds, excess),) = at_queue(statement("sqs:*", **named))
    assert (who, holds, excess) == (S3, False, "nothing needs it")
    assert granted.startswith("sqs:AddPermission, ")
    office = {**OURS, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    ((_, _, open_, _),) = at_queue(statement("sqs:*", Principal="*", Condition=office))
    assert open_ is None


def test_a_wildcard_principal_for_another_source_allows_no_service() -> None:
    theirs = {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::other"}}
    assert at_queue(statement("sqs:*", Principal="*", Condition=theirs)) == []


# Unknown values ------------------------------------------------------------------------------


def test_a_policy_of_unknown_text_is_undetermined() -> None:
    unread = declare(
        "aws_sqs_queue_policy.p", queue_url=queue().resource.get("url"), policy=UNKNOWN
    )
    (grant,) = weighed(queue(), unread)
    assert (str(grant.principal), grant.holds) == ("an unknown service", None)
    assert grant.excess


@pytest.mark.parametrize(
    "stmt",
    [
        statement("sqs:*", Principal=UNKNOWN),
        statement(UNKNOWN, Principal={"Service": S3}),
        {**statement("sqs:*", Principal={"Service": S3}), "Effect": UNKNOWN},
    ],
    ids=["principal", "action", "effect"],
)
def test_an_unknown_part_of_a_statement_is_undetermined(stmt: Any) -> None:
    written = {"Version": "2012-10-17", "Statement": [stmt]}
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


def test_a_log_group_is_judged_by_the_statements_on_it() -> None:
    stmt = service_statement(EVENTS, "logs:*", Resource=arn("logs", "log-group:/aws/events/x:*"))
    policy = declare("aws_cloudwatch_log_resource_policy.p", policy_document=document(stmt))
    assert weighed(log_group(), policy, function(), role("r")) == []
    near = service_statement(EVENTS, "logs:PutLogEvents", Resource=f"{GROUP}:*")
    policy = declare("aws_cloudwatch_log_resource_policy.p", policy_document=document(near))
    assert [g.holds for g in weighed(log_group(), policy, function(), role("r"))] == [False]
