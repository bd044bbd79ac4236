"""Access by the policies of log groups, event buses and roles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from planproof.aws.policies.resource import resource_policies
from planproof.iam import Effect, Policies, PolicyKind, Request, evaluate
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN
from tests.aws.policies.resource_kinds import BUS, KINDS, bus_permission, decide
from tests.builders.parts import arn, role, role_arn
from tests.builders.policies import S3, trust
from tests.builders.stacks import ACCOUNT, REGION, SECOND_ACCOUNT, DeclaredResource, declare, stack

# Log groups ----------------------------------------------------------------------------------

EVENTS = "events.amazonaws.com"
LOGS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": EVENTS},
            "Action": "logs:PutLogEvents",
            "Resource": f"{arn('logs', 'log-group:/films')}:*",
        },
    }
)
STREAM = f"{arn('logs', 'log-group:/films')}:log-stream:s"


def log_group(provider: str = "aws", region: str | None = REGION) -> Stack:
    """A log group with two policies, of which the second is another provider's."""
    group = declare(
        "aws_cloudwatch_log_group.g", name="/films", arn=arn("logs", "log-group:/films")
    )
    policy = declare("aws_cloudwatch_log_resource_policy.p", policy_name="p", policy_document=LOGS)
    policy.configuration["provider_config_key"] = provider  # type: ignore[index]
    found = stack(group, policy)
    if region:
        other = ProviderLocation("aws", region, ACCOUNT)
        found = replace(found, provider_locations={**found.provider_locations, "aws.other": other})
    return found


def test_a_log_group_has_the_policies_of_its_account_and_region() -> None:
    def put(found: Stack, arn_: str = STREAM) -> Effect:
        address = "aws_cloudwatch_log_group.g"
        return decide(found, address, "logs:PutLogEvents", EVENTS, arn_=arn_)

    assert put(log_group()) is Effect.ALLOWED
    other = f"{arn('logs', 'log-group:/songs')}:log-stream:s"
    assert put(log_group(), other) is Effect.IMPLICITLY_DENIED
    assert put(log_group("aws.other")) is Effect.ALLOWED
    assert put(log_group("aws.other", "eu-west-1")) is Effect.IMPLICITLY_DENIED
    unknown = log_group("aws.other", None)
    assert put(unknown) is Effect.UNDETERMINED
    (policy,) = resource_policies(unknown, unknown["aws_cloudwatch_log_group.g"])
    assert "account and region of aws_cloudwatch_log_group.g" in policy.problem


# Event buses ---------------------------------------------------------------------------------

ELSEWHERE = f"arn:aws:iam::{SECOND_ACCOUNT}:role/w"


def put_events(*items: DeclaredResource, context: Mapping[str, Any] | None = None) -> Effect:
    found = stack(*items)
    address = items[0].resource.address
    own = [policy.document for policy in resource_policies(found, found[address])]
    identity = [json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})]
    request = Request(
        "events:PutEvents",
        found[address].get("arn"),
        ELSEWHERE,
        context=context or {},
        complete=True,
    )
    return evaluate(request, Policies(identity=identity, resource=own or None)).effect


def test_an_event_permission_allows_another_account() -> None:
    assert put_events(BUS, bus_permission()) is Effect.ALLOWED
    assert put_events(BUS, bus_permission(action="events:PutEvents")) is Effect.ALLOWED
    assert put_events(BUS, bus_permission(action="events:PutRule")) is Effect.IMPLICITLY_DENIED
    assert put_events(BUS, bus_permission(principal="444455556666")) is Effect.IMPLICITLY_DENIED
    assert put_events(BUS, bus_permission(event_bus_name="x")) is Effect.IMPLICITLY_DENIED
    assert put_events(BUS, bus_permission(event_bus_name=None)) is Effect.IMPLICITLY_DENIED
    assert put_events(BUS) is Effect.IMPLICITLY_DENIED


def test_an_event_permission_without_a_bus_is_for_the_default_bus() -> None:
    bus = declare(
        "data.aws_cloudwatch_event_bus.d", name="default", arn=arn("events", "event-bus/default")
    )
    found = stack(bus, bus_permission(event_bus_name=None), bus_permission())
    first, second = resource_policies(
        stack(bus, bus_permission(event_bus_name=None)), found["data.aws_cloudwatch_event_bus.d"]
    )
    assert first.problem == ""
    assert "data.aws_cloudwatch_event_bus.d" in second.problem


def test_the_condition_of_an_event_permission_applies() -> None:
    block = {"type": "StringEquals", "key": "aws:PrincipalOrgID", "value": "o-123"}
    limited = bus_permission(principal="*", condition=[block])
    assert put_events(BUS, limited, context={"aws:PrincipalOrgID": "o-123"}) is Effect.ALLOWED
    assert put_events(BUS, limited, context={"aws:PrincipalOrgID": "o-4"}) is (
        Effect.IMPLICITLY_DENIED
    )


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"event_bus_name": UNKNOWN}, "aws_cloudwatch_event_bus.r"),
        ({"principal": UNKNOWN}, "principal"),
        ({"action": UNKNOWN}, "action"),
        ({"condition": UNKNOWN}, "condition"),
        (
            {"condition": [{"type": UNKNOWN, "key": "k", "value": "v"}]},
            "condition",
        ),
    ],
)
def test_an_unknown_part_of_an_event_permission_leaves_it_undetermined(
    values: dict[str, Any], problem: str
) -> None:
    one = bus_permission(**values)
    assert put_events(BUS, one) is Effect.UNDETERMINED
    found = stack(BUS, one)
    (policy,) = resource_policies(found, found["aws_cloudwatch_event_bus.r"])
    assert problem in policy.problem


def test_a_bus_policy_overwrites_permissions() -> None:
    found = stack(BUS, KINDS["event bus"].policy(), bus_permission())
    written, overwritten = resource_policies(found, found["aws_cloudwatch_event_bus.r"])
    assert written.problem == ""
    assert "aws_cloudwatch_event_bus_policy" in overwritten.problem


# Roles ---------------------------------------------------------------------------------------


def test_a_role_can_be_assumed_by_its_trusted_principal() -> None:
    found = stack(
        role("r"), role("other", "sns.amazonaws.com"), role("open", assume_role_policy=UNKNOWN)
    )
    caller = "lambda.amazonaws.com"
    verdicts = [
        decide(found, f"aws_iam_role.{name}", "sts:AssumeRole", caller)
        for name in ("r", "other", "open")
    ]
    assert verdicts == [Effect.ALLOWED, Effect.IMPLICITLY_DENIED, Effect.UNDETERMINED]
    (policy,) = resource_policies(found, found["aws_iam_role.r"])
    assert policy.document.kind is PolicyKind.TRUST


def test_the_trust_policy_of_a_role_data_source_is_read() -> None:
    known = declare("data.aws_iam_role.r", arn=role_arn("r"), assume_role_policy=trust(S3))
    assert decide(stack(known), "data.aws_iam_role.r", "sts:AssumeRole") is Effect.ALLOWED
