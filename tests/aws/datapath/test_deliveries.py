"""Deliveries by AWS services: sources, targets and the permissions that they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from planproof.aws.datapath import JudgedEdge
from planproof.results import EdgeState
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import judged
from tests.builders.parts import (
    arn,
    bucket,
    function,
    log_group,
    queue,
    resource_policy,
    rule,
    topic,
)
from tests.builders.policies import (
    ALARMS,
    ALARMS_CALL,
    EVENTS,
    S3,
    SNS,
    document,
    service_statement,
)
from tests.builders.stacks import ACCOUNT, SECOND_ACCOUNT, DeclaredResource, declare, stack

NOBODY = service_statement("ses.amazonaws.com", "sns:Publish")
STREAMS = ["logs:CreateLogStream", "logs:PutLogEvents"]


@dataclass(frozen=True)
class Inlet:
    """A target of deliveries, and the resource that holds its policy."""

    part: DeclaredResource
    actions: tuple[str, ...]

    @property
    def arn(self) -> str:
        return str(self.part.resource.get("arn"))

    def policy(
        self, service: str, *, limits: dict[str, str], actions: Any = None
    ) -> DeclaredResource:
        """The policy that admits a service where these keys have these values."""
        actions = list(self.actions) if actions is None else actions
        if self.part.resource.type == "aws_lambda_function":
            names = {"aws:SourceArn": "source_arn", "aws:SourceAccount": "source_account"}
            return declare(
                "aws_lambda_permission.p",
                function_name="job",
                principal=service,
                action=actions[0] if actions else "lambda:GetFunction",
                **{names[name]: value for name, value in limits.items()},
            )
        conditions = {"Condition": {"StringEquals": limits}} if limits else {}
        stmt = service_statement(service, actions or "sns:Nothing", **conditions)
        if self.part.resource.type == "aws_cloudwatch_log_group":
            stmt["Resource"] = f"{self.arn}:*"
            text = document(stmt)
            return declare("aws_cloudwatch_log_resource_policy.p", policy_document=text)
        return resource_policy(self.part, stmt)


INLETS = {
    "queue": Inlet(queue(), ("sqs:SendMessage",)),
    "topic": Inlet(topic(), ("sns:Publish",)),
    "function": Inlet(function(role=None), ("lambda:InvokeFunction",)),
    "log group": Inlet(log_group("/events"), tuple(STREAMS)),
}


@dataclass(frozen=True)
class Source:
    """A source of deliveries, and its service principal."""

    service: str
    arn: str
    kind: str
    declared: Callable[[str, Any], list[DeclaredResource]]
    """Resources that deliver to a target of a kind, by its ARN."""


def notification(kind: str, target: Any) -> list[DeclaredResource]:
    block, attribute = {
        "queue": ("queue", "queue_arn"),
        "topic": ("topic", "topic_arn"),
        "function": ("lambda_function", "lambda_function_arn"),
    }[kind]
    return [
        bucket(),
        declare("aws_s3_bucket_notification.n", bucket="films", **{block: [{attribute: target}]}),
    ]


def event_target(_: str, target: Any) -> list[DeclaredResource]:
    return [rule(), rule_target(arn=target)]


def rule_target(**values: Any) -> DeclaredResource:
    # Its ARN is no identity of its own, but written in the sources.
    written = {"arn": {"constant_value": values["arn"]}}
    return declare("aws_cloudwatch_event_target.t", refers=written, rule="done", **values)


def undelivered(_: str, target: Any) -> list[DeclaredResource]:
    """A target outside the stack with a dead-letter queue."""
    dead = [{"arn": target}]
    other = arn("firehose", "deliverystream/s")
    return [rule(), rule_target(arn=other, dead_letter_config=dead)]


def subscription(kind: str, target: Any) -> list[DeclaredResource]:
    protocol = {"queue": "sqs", "function": "lambda"}[kind]
    return [
        topic("source"),
        declare(
            "aws_sns_topic_subscription.s",
            topic_arn=arn("sns", "source"),
            protocol=protocol,
            endpoint=target,
        ),
    ]


def alarm(_: str, target: Any) -> list[DeclaredResource]:
    own = arn("cloudwatch", "alarm:a")
    return [declare("aws_cloudwatch_metric_alarm.a", arn=own, alarm_actions=[target])]


RULE = arn("events", "rule/done")
SOURCES = {
    "S3": Source(S3, "arn:aws:s3:::films", "notifies", notification),
    "EventBridge": Source(EVENTS, RULE, "delivers events to", event_target),
    "EventBridge's dead letters": Source(EVENTS, RULE, "sends undelivered events to", undelivered),
    "SNS": Source(SNS, arn("sns", "source"), "delivers messages to", subscription),
    "an alarm": Source(ALARMS, arn("cloudwatch", "alarm:a"), "alarms", alarm),
    "an alarm that calls": Source(ALARMS_CALL, arn("cloudwatch", "alarm:a"), "alarms", alarm),
}
WAYS = [
    *(("S3", inlet) for inlet in ("queue", "topic", "function")),
    *(("EventBridge", inlet) for inlet in INLETS),
    ("EventBridge's dead letters", "queue"),
    ("SNS", "queue"),
    ("SNS", "function"),
    ("an alarm", "topic"),
    ("an alarm that calls", "function"),
]
each_way = pytest.mark.parametrize(("source", "inlet"), WAYS, ids=[f"{s} to {i}" for s, i in WAYS])


def right(source: Source) -> dict[str, str]:
    return {"aws:SourceArn": source.arn, "aws:SourceAccount": ACCOUNT}


def delivered(
    source: str, inlet: str, *policies: DeclaredResource, target: Any = None
) -> JudgedEdge:
    """The edge from the source to the target."""
    from_, to = SOURCES[source], INLETS[inlet]
    parts = from_.declared(inlet, to.arn if target is None else target)
    found = judged(stack(*parts, to.part, *policies)).values()
    (edge,) = [one for one in found if one.edge.kind == from_.kind]
    return edge


@each_way
def test_the_right_policy_proves_it(source: str, inlet: str) -> None:
    from_, to = SOURCES[source], INLETS[inlet]
    edge = delivered(source, inlet, to.policy(from_.service, limits=right(from_)))
    assert edge.state is EdgeState.PROVEN
    assert edge.missing == ()
    assert edge.edge.target == to.part.resource
    assert tuple(decided.need.action for decided in edge.decided_needs) == to.actions
    assert {decided.need.principal for decided in edge.decided_needs} == {from_.service}


@each_way
def test_a_policy_without_conditions_proves_it_too(source: str, inlet: str) -> None:
    to = INLETS[inlet]
    policy = to.policy(SOURCES[source].service, limits={})
    assert delivered(source, inlet, policy).state is EdgeState.PROVEN


@each_way
def test_without_a_policy_the_grant_is_named(source: str, inlet: str) -> None:
    to, service = INLETS[inlet], SOURCES[source].service
    # Without a policy of its own a topic has the one that AWS gives it.
    edge = delivered(
        source, inlet, *([resource_policy(to.part, NOBODY)] if inlet == "topic" else [])
    )
    assert edge.state is EdgeState.BROKEN
    address = to.part.resource.address
    assert edge.missing == tuple(f"{action} on {address} for {service}" for action in to.actions)


@each_way
def test_each_action_is_needed(source: str, inlet: str) -> None:
    from_, to = SOURCES[source], INLETS[inlet]
    for lost in to.actions:
        left = [action for action in to.actions if action != lost]
        edge = delivered(source, inlet, to.policy(from_.service, limits={}, actions=left))
        address = to.part.resource.address
        assert edge.state is EdgeState.BROKEN
        assert edge.missing == (f"{lost} on {address} for {from_.service}",)


@each_way
@pytest.mark.parametrize("key", ["aws:SourceArn", "aws:SourceAccount"])
def test_a_condition_on_another_source_breaks_the_edge(source: str, inlet: str, key: str) -> None:
    from_ = SOURCES[source]
    wrong = {"aws:SourceArn": f"{from_.arn}-2", "aws:SourceAccount": SECOND_ACCOUNT}
    limits = {**right(from_), key: wrong[key]}
    edge = delivered(source, inlet, INLETS[inlet].policy(from_.service, limits=limits))
    assert edge.state is EdgeState.BROKEN
    assert len(edge.missing) == len(INLETS[inlet].actions)


@each_way
def test_a_policy_for_another_service_breaks_the_edge(source: str, inlet: str) -> None:
    edge = delivered(source, inlet, INLETS[inlet].policy("ses.amazonaws.com", limits={}))
    assert edge.state is EdgeState.BROKEN


@each_way
def test_a_policy_of_unknown_text_is_undetermined(source: str, inlet: str) -> None:
    from_, to = SOURCES[source], INLETS[inlet]
    policy = to.policy(from_.service, limits=right(from_))
    attributes = {"aws_cloudwatch_log_resource_policy": "policy_document"}
    if to.part.resource.type == "aws_lambda_function":
        attributes["aws_lambda_permission"] = "principal"
    type_ = policy.resource.type
    attribute = attributes.get(type_, "policy")
    values = {**policy.resource.values, attribute: UNKNOWN}
    edge = delivered(source, inlet, declare(f"{type_}.p", **values))
    assert edge.state is EdgeState.UNDETERMINED
    assert edge.missing == ()


@each_way
def test_an_alarm_with_unknown_target_is_undetermined(source: str, inlet: str) -> None:
    from_ = SOURCES[source]
    policy = INLETS[inlet].policy(from_.service, limits=right(from_))
    edge = delivered(source, inlet, policy, target=UNKNOWN)
    assert edge.state is EdgeState.UNDETERMINED
    assert edge.edge.target == "an unknown target"
    assert edge.decided_needs == ()
    (fact,) = edge.edge.facts
    assert (fact.holds, fact.found) == (None, "unknown before it is built")


@each_way
def test_a_target_outside_the_stack_is_undetermined(source: str, inlet: str) -> None:
    outside = INLETS[inlet].arn.replace(ACCOUNT, SECOND_ACCOUNT)
    edge = delivered(source, inlet, target=outside)
    assert edge.state is EdgeState.UNDETERMINED
    assert edge.edge.outside
    assert edge.edge.target == outside
    assert {decided.need.action for decided in edge.decided_needs} == set(INLETS[inlet].actions)


@each_way
def test_an_unknown_source_is_undetermined_for_arn_conditions(source: str, inlet: str) -> None:
    from_, to = SOURCES[source], INLETS[inlet]
    first, *more = from_.declared(inlet, to.arn)
    values = {**first.resource.values, "arn": UNKNOWN}
    source_part = declare(first.resource.address, **values)
    for limits, state in (
        ({"aws:SourceArn": from_.arn}, EdgeState.UNDETERMINED),
        ({"aws:SourceAccount": ACCOUNT}, EdgeState.PROVEN),
        ({"aws:SourceAccount": SECOND_ACCOUNT}, EdgeState.BROKEN),
    ):
        policy = to.policy(from_.service, limits=limits)
        found = judged(stack(source_part, *more, to.part, policy)).values()
        (edge,) = [one for one in found if one.edge.kind == from_.kind]
        assert edge.state is state, limits


@pytest.mark.parametrize(
    ("source", "state"),
    [("S3", EdgeState.BROKEN), ("EventBridge", EdgeState.BROKEN), ("an alarm", EdgeState.PROVEN)],
)
def test_the_default_policy_of_a_topic_allows_only_alarms(source: str, state: EdgeState) -> None:
    assert delivered(source, "topic").state is state


def test_nothing_is_delivered_where_nothing_is_declared() -> None:
    assert judged(stack()) == {}
    assert judged(stack(INLETS["queue"].part, INLETS["topic"].part, bucket(), rule())) == {}
