"""Needed services that act for other sources: confused deputies."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import Authority
from planproof.aws.datapath.deputies import confused_deputies
from planproof.aws.datapath.guarded import OTHER_ACCOUNT
from planproof.aws.datapath.outsiders import external_access
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
    topic,
)
from tests.builders.policies import ALARMS, EVENTS, S3, service_statement, trust
from tests.builders.stacks import ACCOUNT, REGION, SECOND_ACCOUNT, DeclaredResource, declare, stack

SEND = "sqs:SendMessage"
NOBODY = "an unauthenticated caller"
FILMS = "arn:aws:s3:::films"
ABROAD, BESIDE = "on behalf of another account", "on behalf of arn:aws:s3:::another-films"
TAKEN_OVER = f"{S3} on behalf of {FILMS} of another account"
ELSEWHERE = {EVENTS, "lambda.amazonaws.com", "sns.amazonaws.com", ALARMS}


def decisions(*parts: DeclaredResource) -> dict[tuple[str, str], bool | None]:
    """Whether each other caller is allowed, by the caller and the action."""
    found = stack(*parts)
    decided_needs = confused_deputies(Authority(found), path_of(found))
    return {(who, decided.need.action): decided.allowed for who, decided in decided_needs}


def notified(
    *statements: Any, films: DeclaredResource | None = None, **more: Any
) -> dict[str, bool | None]:
    work = queue(**more)
    target = arn("sqs", "work")
    notice = declare("aws_s3_bucket_notification.n", bucket="films", queue=[{"queue_arn": target}])
    found = decisions(films or bucket(), notice, work, resource_policy(work, *statements))
    assert {action for _, action in found} == {SEND}
    return {who: allowed for (who, _), allowed in found.items()}


def limited(**keys: str) -> Any:
    return service_statement(
        S3, SEND, Condition={"StringLike": {f"aws:{k}": v for k, v in keys.items()}}
    )


@pytest.mark.parametrize(
    ("stmt", "abroad", "beside"),
    [
        (service_statement(S3, SEND), True, True),
        (limited(SourceAccount=ACCOUNT), False, True),
        (limited(SourceArn=FILMS), False, False),
        (limited(SourceArn=FILMS, SourceAccount=ACCOUNT), False, False),
        (limited(SourceArn="arn:aws:s3:::*"), True, True),
        (limited(SourceArn="arn:aws:s3:::*", SourceAccount=ACCOUNT), False, True),
        (limited(SourceArn="arn:aws:s3:::*films"), True, True),
        (limited(SourceArn="arn:aws:s3:::films*"), False, False),
        (limited(SourceAccount=OTHER_ACCOUNT), True, False),
    ],
)
def test_conditions_limit_the_sources(stmt: Any, abroad: bool, beside: bool) -> None:
    found = notified(stmt)
    assert found[f"{S3} {ABROAD}"] is abroad
    assert found[f"{S3} {BESIDE}"] is beside
    assert {found[service] for service in ELSEWHERE} == {False}


def test_other_services_are_tried_too() -> None:
    both = notified(
        service_statement([S3, EVENTS], SEND, Condition={"StringEquals": {"aws:SourceArn": FILMS}})
    )
    assert both[EVENTS] is True
    assert {both[service] for service in ELSEWHERE - {EVENTS}} == {False}


def test_every_service_is_tried_except_needed_ones() -> None:
    assert set(notified(limited(SourceArn=FILMS))) == {
        f"{S3} {ABROAD}",
        TAKEN_OVER,
        f"{S3} {BESIDE}",
        *ELSEWHERE,
    }


@pytest.mark.parametrize(
    ("stmt", "abroad"),
    [
        (service_statement(S3, SEND), True),
        (limited(SourceArn=FILMS), None),
        (limited(SourceAccount=ACCOUNT), False),
    ],
)
def test_a_source_of_unknown_arn_is_varied_too(stmt: Any, abroad: bool | None) -> None:
    assert notified(stmt, films=bucket(arn=UNKNOWN))[f"{S3} {ABROAD}"] is abroad


def test_a_source_outside_the_stack_is_varied_too() -> None:
    found = notified(service_statement(S3, SEND), films=bucket("other"))
    assert found[f"{S3} {ABROAD}"] is True


def events(*statements: Any) -> dict[str, bool | None]:
    written = {"arn": {"constant_value": arn("sqs", "work")}}
    target = declare(
        "aws_cloudwatch_event_target.t", refers=written, rule="done", arn=arn("sqs", "work")
    )
    found = decisions(rule(), target, queue(), resource_policy(queue(), *statements))
    return {who: allowed for (who, _), allowed in found.items() if "behalf" in who}


def test_a_rule_of_another_account_or_name_is_a_different_source() -> None:
    names = [f"{EVENTS} {ABROAD}", f"{EVENTS} on behalf of {arn('events', 'rule/another-done')}"]
    exact = {"ArnEquals": {"aws:SourceArn": arn("events", "rule/done")}}
    wide = {"ArnLike": {"aws:SourceArn": arn("events", "rule/*")}}
    anywhere = {"ArnLike": {"aws:SourceArn": f"arn:aws:events:{REGION}:*:rule/done"}}
    for condition, expected in (
        (exact, [False, False]),
        (wide, [False, True]),
        (anywhere, [True, False]),
    ):
        found = events(service_statement(EVENTS, SEND, Condition=condition))
        assert [found[name] for name in names] == expected


def alarms(*more: DeclaredResource) -> dict[str, bool | None]:
    own = {"arn": arn("cloudwatch", "alarm:a"), "alarm_actions": [arn("sns", "news")]}
    found = decisions(declare("aws_cloudwatch_metric_alarm.a", **own), topic(), *more)
    return {who: allowed for (who, _), allowed in found.items()}


def test_the_default_policy_of_a_topic_trusts_its_account() -> None:
    found = alarms()
    assert set(found.values()) == {False}
    assert f"{ALARMS} {ABROAD}" in found
    # Another alarm of the account may publish, and that is how AWS made it.
    beside = f"{ALARMS} on behalf of {arn('cloudwatch', 'alarm:another-a')}"
    assert beside not in found
    wide = resource_policy(topic(), service_statement(ALARMS, "sns:Publish"))
    assert alarms(wide)[beside] is True
    assert alarms(wide)[f"{ALARMS} {ABROAD}"] is True


def test_a_policy_with_the_source_account_denies_other_sources() -> None:
    only = {"StringEquals": {"aws:SourceOwner": ACCOUNT}}
    found = alarms(
        resource_policy(topic(), service_statement(ALARMS, "sns:Publish", Condition=only))
    )
    assert found[f"{ALARMS} {ABROAD}"] is False


def test_a_role_is_tried_for_other_services_and_accounts() -> None:
    assert {who for who, _ in decisions(role("r"), function())} == {S3, *ELSEWHERE} - {
        "lambda.amazonaws.com"
    }
    events_role = role("r", assume_role_policy=trust(EVENTS))
    written = {"arn": {"constant_value": arn("sqs", "work")}}
    target = declare(
        "aws_cloudwatch_event_target.t",
        refers=written,
        rule="done",
        arn=arn("sqs", "work"),
        role_arn=str(events_role.resource.get("arn")),
    )
    found = decisions(rule(), target, queue(), events_role)
    assert found[f"{EVENTS} {ABROAD}", "sts:AssumeRole"] is True
    # Only those who may pass the role can have it assumed within its account.
    assert not [who for who, _ in found if "another-done" in who]


def test_the_key_of_a_log_group_is_for_that_group() -> None:
    actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"]
    service = f"logs.{REGION}.amazonaws.com"
    group = arn("logs", "log-group:/aws/lambda/job")
    parts = (function(), role("r"), log_group(kms_key_id=KEY_ARN))
    for value, abroad, beside in (
        (group, False, False),
        (arn("logs", "log-group:*"), False, True),
        (f"arn:aws:logs:{REGION}:*:*", True, True),
    ):
        only = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": value}}
        found = decisions(*parts, key(service_statement(service, actions, Condition=only)))
        assert found[f"{service} {ABROAD}", "kms:Decrypt"] is abroad
        (other,) = [
            a for (who, use), a in found.items() if "another-" in who and use == "kms:Decrypt"
        ]
        assert other is beside


def test_resources_outside_the_stack_are_not_varied() -> None:
    notice = declare(
        "aws_s3_bucket_notification.n",
        bucket="films",
        queue=[{"queue_arn": arn("sqs", "work", account=SECOND_ACCOUNT)}],
    )
    assert decisions(bucket(), notice) == {}


# Functions and their permissions --------------------------------------------------------------


@pytest.mark.parametrize(
    ("principal", "limits", "others"),
    [
        (S3, {}, {}),
        (ACCOUNT, {}, {}),
        (SECOND_ACCOUNT, {}, {f"account {SECOND_ACCOUNT}": False}),
        (f"arn:aws:iam::{SECOND_ACCOUNT}:role/theirs", {}, {f"account {SECOND_ACCOUNT}": False}),
        ("*", {}, {"another account": False, NOBODY: False}),
        (
            "*",
            {"principal_org_id": "o-films"},
            {"another account of the organization o-films": False},
        ),
        ("*", {"source_account": ACCOUNT}, {}),
        (UNKNOWN, {}, {"another account": None, NOBODY: None}),
    ],
)
def test_a_permission_allows_the_named_principal(
    principal: Any, limits: dict[str, str], others: dict[str, bool | None]
) -> None:
    stmt = {"function_name": "job", "action": "lambda:InvokeFunction", "principal": principal}
    found = stack(function(), declare("aws_lambda_permission.p", **stmt, **limits))
    attempts = external_access(Authority(found), found["aws_lambda_function.job"])
    refused = {"another account": True, NOBODY: True}
    assert {attempt.caller: attempt.holds for attempt in attempts} == {**refused, **others}
