"""Confused deputies for named sources and accounts, and under a wildcard principal."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import Authority
from planproof.aws.datapath.deputies import confused_deputies
from planproof.aws.datapath.guarded import OTHER_ACCOUNT
from planproof.aws.datapath.unneeded_services import unneeded_services
from tests.aws.datapath.judging import path_of
from tests.builders.parts import arn, bucket, function, key, queue, resource_policy, rule, topic
from tests.builders.policies import ALARMS, EVENTS, S3, SNS, document, service_statement, statement
from tests.builders.stacks import ACCOUNT, REGION, SECOND_ACCOUNT, DeclaredResource, declare, stack

SEND = "sqs:SendMessage"
FILMS, TRAILERS = "arn:aws:s3:::films", "arn:aws:s3:::trailers"
WORK = arn("sqs", "work")
TO_WORK = {"arn": {"constant_value": WORK}}


def decisions(*parts: DeclaredResource) -> dict[str, bool | None]:
    """Whether each other caller is allowed anything, by the caller: the worst decision."""
    found = stack(*parts)
    allowed: dict[str, set[bool | None]] = {}
    for who, decided in confused_deputies(Authority(found), path_of(found)):
        allowed.setdefault(who, set()).add(decided.allowed)
    return {
        who: True if True in seen else None if None in seen else False
        for who, seen in allowed.items()
    }


def notice(*, of: str = "films") -> DeclaredResource:
    return declare(f"aws_s3_bucket_notification.{of}", bucket=of, queue=[{"queue_arn": WORK}])


def sending(*conditions: Any, more: tuple[DeclaredResource, ...] = ()) -> dict[str, bool | None]:
    stmt = [service_statement(S3, SEND, Condition=condition) for condition in conditions]
    return decisions(bucket(), notice(), queue(), resource_policy(queue(), *stmt), *more)


def allowed_callers(found: dict[str, bool | None]) -> set[str]:
    return {who for who, allowed in found.items() if allowed is True}


def only(account: str | list[str] = ACCOUNT, source: str | list[str] = FILMS) -> Any:
    return {
        "ArnLike": {"aws:SourceArn": source},
        "StringEquals": {"aws:SourceAccount": account},
    }


# Sources --------------------------------------------------------------------------------------


def test_conditions_on_source_and_account_exclude_others() -> None:
    assert allowed_callers(sending(only())) == set()


def test_a_named_bucket_of_the_stack_is_tried() -> None:
    found = sending(only(source=[FILMS, TRAILERS]), more=(bucket("trailers"),))
    assert allowed_callers(found) == {f"{S3} on behalf of {TRAILERS}"}


def test_a_bucket_that_shares_a_prefix_is_tried() -> None:
    found = sending(only(source="arn:aws:s3:::f*"), more=(bucket("fables"),))
    assert f"{S3} on behalf of arn:aws:s3:::fables" in allowed_callers(found)
    assert f"{S3} on behalf of {FILMS}" not in found


def test_each_of_two_buckets_that_notify_is_needed() -> None:
    both = resource_policy(
        queue(), service_statement(S3, SEND, Condition=only(source=[FILMS, TRAILERS]))
    )
    parts = (bucket(), bucket("trailers"), notice(), notice(of="trailers"), queue(), both)
    assert allowed_callers(decisions(*parts)) == set()


@pytest.mark.parametrize(
    ("operator", "source", "name"),
    [
        ("ArnEquals", "arn:aws:s3:::elsewhere", "elsewhere"),
        ("ArnLike", "arn:aws:s3:::else*", "elseplanproof"),
        ("ArnLike", "arn:aws:*:::elsewhere", "elsewhere"),
        ("StringLike", "*where", "planproofwhere"),
    ],
)
def test_a_named_source_without_account_is_tried(operator: str, source: str, name: str) -> None:
    mine = {"aws:SourceAccount": ACCOUNT}
    named = {operator: {"aws:SourceArn": source}, "StringEquals": mine}
    assert allowed_callers(sending(only(), named)) == {f"{S3} on behalf of arn:aws:s3:::{name}"}


def test_a_source_of_another_service_is_not_tried() -> None:
    both = {"Service": [S3, SNS]}
    of_both = statement(SEND, Principal=both, Condition=only(source=[FILMS, arn("sns", "news")]))
    parts = (bucket(), notice(), queue(), resource_policy(queue(), of_both))
    assert f"{S3} on behalf of {arn('sns', 'news')}" not in decisions(*parts)


def test_a_named_rule_of_another_account_or_region_is_tried() -> None:
    target = declare("aws_cloudwatch_event_target.t", refers=TO_WORK, rule="done", arn=WORK)
    named = [
        arn("events", "rule/done"),
        arn("events", "rule/done", account=SECOND_ACCOUNT),
        arn("events", "rule/done", region="eu-west-1"),
    ]
    stmt = service_statement(EVENTS, SEND, Condition={"ArnEquals": {"aws:SourceArn": named}})
    found = allowed_callers(decisions(rule(), target, queue(), resource_policy(queue(), stmt)))
    assert found == {
        f"{EVENTS} on behalf of account {SECOND_ACCOUNT}",
        f"{EVENTS} on behalf of {named[2]}",
    }


def test_a_source_that_a_denial_exempts_is_tried() -> None:
    open_ = service_statement(S3, SEND, Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})
    spared = {"ArnNotEquals": {"aws:SourceArn": [FILMS, TRAILERS]}}
    denial = {**service_statement(S3, SEND, Condition=spared), "Effect": "Deny"}
    found = decisions(bucket(), notice(), queue(), resource_policy(queue(), open_, denial))
    assert allowed_callers(found) == {f"{S3} on behalf of {TRAILERS}"}


# Accounts -------------------------------------------------------------------------------------


def test_the_name_of_a_deleted_bucket_can_be_taken_in_another_account() -> None:
    found = sending({"ArnEquals": {"aws:SourceArn": FILMS}})
    assert allowed_callers(found) == {f"{S3} on behalf of {FILMS} of another account"}


def test_a_named_account_is_tried() -> None:
    found = sending(only([ACCOUNT, SECOND_ACCOUNT]))
    assert allowed_callers(found) == {f"{S3} on behalf of {FILMS} of account {SECOND_ACCOUNT}"}
    found = sending({"StringEquals": {"aws:SourceAccount": [ACCOUNT, SECOND_ACCOUNT]}})
    assert f"{S3} on behalf of account {SECOND_ACCOUNT}" in allowed_callers(found)
    assert found[f"{S3} on behalf of another account"] is False


def test_an_account_that_matches_a_pattern_is_tried() -> None:
    found = sending({"StringLike": {"aws:SourceAccount": [ACCOUNT, "4444*"]}})
    assert f"{S3} on behalf of account 444400000000" in allowed_callers(found)


# Keys -----------------------------------------------------------------------------------------


def on_key(*statements: Any) -> dict[str, bool | None]:
    encrypted = queue(kms_master_key_id=key().resource.get("arn"))
    send = service_statement(S3, SEND, Condition=only())
    parts = (bucket(), notice(), encrypted, resource_policy(queue(), send), key(*statements))
    return decisions(*parts)


USE = ["kms:Decrypt", "kms:GenerateDataKey"]
BY_ITSELF = service_statement(S3, USE, Condition=only())


def any_principal(**condition: Any) -> Any:
    return statement(USE, Principal={"AWS": "*"}, Condition=condition)


@pytest.mark.parametrize("name", ["kms:CallerAccount", "aws:PrincipalAccount"])
def test_a_service_principal_has_no_caller_account(name: str) -> None:
    assert set(on_key(BY_ITSELF, any_principal(StringEquals={name: ACCOUNT})).values()) == {False}
    via = {"kms:ViaService": f"sqs.{REGION}.amazonaws.com", name: ACCOUNT}
    assert set(on_key(BY_ITSELF, any_principal(StringEquals=via)).values()) == {False}


def test_a_condition_without_the_account_may_allow_another() -> None:
    for condition in (
        {"StringNotEquals": {"kms:CallerAccount": ACCOUNT}},
        {"StringLike": {"aws:SourceAccount": "*"}},
    ):
        assert True in on_key(BY_ITSELF, any_principal(**condition)).values()
    open_ = on_key(BY_ITSELF, any_principal(StringEqualsIfExists={"kms:CallerAccount": ACCOUNT}))
    assert None in open_.values()


# Within a resource ----------------------------------------------------------------------------


def test_other_sources_of_a_function_alias_are_tried() -> None:
    own = str(function().resource.get("arn"))
    told = [{"lambda_function_arn": own}]
    by_bucket = declare("aws_s3_bucket_notification.n", bucket="films", lambda_function=told)
    call = {"action": "lambda:InvokeFunction", "function_name": "job", "principal": S3}
    one = declare("aws_lambda_permission.one", **call, source_arn=FILMS, source_account=ACCOUNT)
    live = declare("aws_lambda_permission.live", **call, qualifier="live")
    parts = (bucket(), by_bucket, function(), one)
    assert allowed_callers(decisions(*parts)) == set()
    assert f"{S3} on behalf of another account" in allowed_callers(decisions(*parts, live))


# Wildcard principals and services -------------------------------------------------------------


def at_queue(*statements: Any) -> dict[str, tuple[bool | None, tuple[str, ...]]]:
    found = stack(bucket(), notice(), queue(), resource_policy(queue(), *statements))
    attempts = unneeded_services(Authority(found), path_of(found), found["aws_sqs_queue.work"])
    return {attempt.caller: (attempt.holds, attempt.actions) for attempt in attempts}


OTHERS = {ALARMS, EVENTS, "lambda.amazonaws.com", SNS}


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
def test_principal_wildcard_includes_every_service(principal: Any) -> None:
    found = at_queue(statement(SEND, Principal=principal))
    assert found == dict.fromkeys(OTHERS, (False, (SEND,)))


@pytest.mark.parametrize(
    ("condition", "who", "holds"),
    [
        ({"ArnEquals": {"aws:SourceArn": arn("events", "rule/x")}}, {EVENTS}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:news"}}, {SNS}, False),
        ({"ArnEquals": {"aws:SourceArn": FILMS}}, set(), False),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, OTHERS, False),
        ({"StringEquals": {"aws:SourceAccount": SECOND_ACCOUNT}}, OTHERS, False),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, set(), False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-films"}}, set(), False),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:*"}}, set(), False),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, OTHERS, None),
    ],
)
def test_a_condition_limits_the_services_of_a_principal_wildcard(
    condition: Any, who: set[str], holds: bool | None
) -> None:
    found = at_queue(statement(SEND, Principal="*", Condition=condition))
    assert {name: found[name][0] for name in found} == dict.fromkeys(who, holds)


def test_a_denial_excludes_services_from_a_principal_wildcard() -> None:
    open_ = statement(SEND, Principal="*")
    services = {"Bool": {"aws:PrincipalIsAWSService": "true"}}
    denial = {**open_, "Effect": "Deny", "Condition": services}
    assert at_queue(open_, denial) == {}


def test_the_default_policy_of_a_topic_allows_no_unneeded_service() -> None:
    mine = {"StringEquals": {"aws:SourceOwner": ACCOUNT}}
    stmt = statement("sns:Publish", Principal={"AWS": "*"}, Condition=mine)
    for parts in ((topic(),), (topic(), resource_policy(topic(), stmt))):
        found = stack(*parts)
        assert (
            list(unneeded_services(Authority(found), path_of(found), found["aws_sns_topic.news"]))
            == []
        )
    anybodys = {"StringEquals": {"aws:SourceOwner": OTHER_ACCOUNT}}
    found = stack(topic(), resource_policy(topic(), {**stmt, "Condition": anybodys}))
    attempts = unneeded_services(Authority(found), path_of(found), found["aws_sns_topic.news"])
    assert [(a.caller, a.holds) for a in attempts] == [(ALARMS, False)]


def test_a_key_for_every_principal_of_the_account_through_a_service() -> None:
    via = {"kms:ViaService": f"sqs.{REGION}.amazonaws.com", "kms:CallerAccount": ACCOUNT}
    found = stack(key(policy=document(any_principal(StringEquals=via))))
    attempts = unneeded_services(Authority(found), path_of(found), found["aws_kms_key.k"])
    assert list(attempts) == []
