"""Properties of every stack: no analysis raises, and unknown values prove nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from planproof.aws.datapath import Authority, DataPath, Edge, draw
from planproof.aws.datapath.deputies import confused_deputies
from planproof.aws.datapath.guarded import resources_with_policies
from planproof.aws.datapath.outsiders import external_access
from planproof.aws.datapath.surplus import role_grants
from planproof.aws.datapath.unneeded_services import unneeded_services
from planproof.aws.escalation import escalations, permissions_management
from planproof.aws.policies.principal import permissions_boundaries
from planproof.results import EdgeState
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import calling, judged, without_value
from tests.aws.datapath.shipped_grants import (
    BREAKS,
    draw_path,
    edge_states,
    shipped_path,
    without_grant,
)
from tests.builders.parts import (
    arn,
    bucket,
    function,
    inline_policy,
    log_group,
    queue,
    resource_policy,
    role,
    rule,
    table,
    topic,
)
from tests.builders.policies import S3, document, service_statement, statement
from tests.builders.shipped import shipped, with_document
from tests.builders.stacks import declare, stack

CHANGEABLE = [
    (part.address, attribute)
    for part in shipped().managed()
    for attribute, value in sorted(part.values.items())
    if value is not UNKNOWN and value not in (None, [], {}, "")
]


def proven(stack_: Stack) -> set[str]:
    return {edge for edge, state in edge_states(stack_).items() if state is EdgeState.PROVEN}


def all_asked(stack_: Stack, path: DataPath) -> Iterator[bool | None]:
    """Every verdict that steps use."""
    authority = Authority(stack_)
    for principal in stack_.managed("aws_iam_role"):
        yield from (grant.holds for grant in role_grants(authority, path, principal))
        held = authority.identity_policies(principal), permissions_boundaries(stack_, principal)
        yield from (way.available for way in (*escalations(*held), *permissions_management(*held)))
    for part in resources_with_policies(authority):
        yield from (attempt.holds for attempt in external_access(authority, part))
        yield from (attempt.holds for attempt in unneeded_services(authority, path, part))
    yield from (decided.allowed for _, decided in confused_deputies(authority, path))


# Unknown values -------------------------------------------------------------------------------


@cache
def proven_at_first() -> frozenset[str]:
    return frozenset(proven(shipped()))


@pytest.mark.parametrize("attribute", sorted({attribute for _, attribute in CHANGEABLE}))
def test_an_unknown_value_proves_nothing(attribute: str) -> None:
    """And no unknown value raises an error, wherever it is."""
    for address in [a for a, name in CHANGEABLE if name == attribute]:
        assert proven(without_value(shipped(), address, attribute)) <= proven_at_first(), address


LOST = [grant for grant, edges in BREAKS.items() if edges]


@pytest.mark.parametrize("lost", LOST[::7], ids=[f"{a} {s} {x}" for a, s, x in LOST[::7]])
def test_unknown_values_prove_no_further_edge(lost: tuple[str, str, str]) -> None:
    broken = without_grant(shipped(), *lost)
    at_first = proven(broken)
    assert at_first < proven_at_first()
    for part in broken.managed():
        # All its values at once, and the one that says most.
        hidden = dict.fromkeys(part.values, UNKNOWN)
        nothing = broken.with_resources([replace(part, values=hidden)])
        assert proven(nothing) <= at_first, part
        for name in ("arn", "policy", "name", "id"):
            if name in part.values:
                assert proven(without_value(broken, part.address, name)) <= at_first, (part, name)


def test_every_analysis_accepts_a_stack_with_unknown_values() -> None:
    """No analysis raises, and an unknown policy is undetermined."""
    at_first = list(all_asked(shipped(), shipped_path()))
    assert len(at_first) > 150
    assert None not in at_first
    one_of_each = {part.type: part for part in shipped().managed()}
    for part in one_of_each.values():
        hidden = dict.fromkeys(part.values, UNKNOWN)
        gap = shipped().with_resources([replace(part, values=hidden)])
        found = list(all_asked(gap, draw_path(gap)))
        if part.type in SAYING:
            assert None in found, part


SAYING = ("aws_iam_policy", "aws_iam_role", "aws_kms_key", "aws_sqs_queue_policy")


# Denials --------------------------------------------------------------------------------------

DENIED = sorted({need.action for need in shipped_path().needs if need.required})


def deny(action: str) -> Any:
    def edit(document: dict[str, Any]) -> None:
        document["Statement"].append({"Effect": "Deny", "Action": action, "Resource": "*"})

    return edit


def denied(stack_: Stack, need_of: Edge, action: str) -> Stack:
    """The stack with a denial on the side of the principal, or of the resource of a service."""
    (need,) = [need for need in need_of.needs if need.action == action][:1]
    if isinstance(need.principal, Resource):
        name = str(need.principal).removeprefix("aws_iam_role.")
        return with_document(stack_, f"aws_iam_policy.{name}", deny(action))
    assert need.on is not None
    holder = {
        "aws_sqs_queue": ("aws_sqs_queue_policy", "policy"),
        "aws_kms_key": ("aws_kms_key", "policy"),
        "aws_iam_role": ("aws_iam_role", "assume_role_policy"),
    }[need.on.type]

    def edit(document: dict[str, Any]) -> None:
        stmt = {"Effect": "Deny", "Principal": "*", "Action": action}
        document["Statement"].append(
            stmt if holder[0] == "aws_iam_role" else {**stmt, "Resource": "*"}
        )

    return with_document(stack_, f"{holder[0]}.{need.on.name}", edit, holder[1])


@pytest.mark.parametrize("action", DENIED)
def test_a_denial_of_anything_that_an_edge_needs_breaks_it(action: str) -> None:
    needing = [edge for edge in shipped_path() if action in {n.action for n in edge.needs}]
    assert needing
    for edge in needing:
        found = edge_states(denied(shipped(), edge, action))
        assert found[str(edge)] is EdgeState.BROKEN
        # And proves nothing else.
        assert {e for e, state in found.items() if state is EdgeState.PROVEN} < proven_at_first()


# Order, emptiness, plans ----------------------------------------------------------------------


def shown(path: DataPath) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(edge), tuple(f"{n} {n.why}" for n in edge.needs)) for edge in path]


def test_edges_and_needs_come_in_the_same_order_every_time() -> None:
    again = shipped().with_resources([])
    assert shown(draw_path(again)) == shown(shipped_path())
    assert len({str(edge) for edge in shipped_path()}) == len(shipped_path().edges)


def test_an_empty_stack_has_no_edges() -> None:
    empty = stack()
    assert draw(empty, lambda _: calling("s3.GetObject")).edges == ()
    assert list(all_asked(empty, DataPath(()))) == []


PLANNED = ("arn", "id", "url", "key_id")


def planned(text: Any = UNKNOWN) -> Stack:
    """A stack as a plan knows it: no ARNs, no account, but all references.

    Args:
        text: the queue's policy, which is not known if it names an ARN.
    """
    to_queue = {"queue": [{"queue_arn": {"references": ["aws_sqs_queue.work.arn"]}}]}
    run = {
        "role": ["aws_iam_role.r.arn", "aws_iam_role.r"],
        "environment": [{"variables": {"references": ["aws_dynamodb_table.assets.name"]}}],
    }
    url = {"queue_url": ["aws_sqs_queue.work.id", "aws_sqs_queue.work"]}
    read = {"event_source_arn": ["aws_sqs_queue.work.arn", "aws_sqs_queue.work"]}
    target = {"arn": ["aws_sqs_queue.work.arn", "aws_sqs_queue.work"]}
    news = {"alarm_actions": ["aws_sns_topic.news.arn", "aws_sns_topic.news"]}
    full = [
        bucket(),
        queue(),
        topic(),
        table(),
        rule(),
        log_group(),
        role("r"),
        inline_policy(statement("*")),
        declare("aws_sqs_queue_policy.work", policy=text, refers=url),
        declare("aws_s3_bucket_notification.n", bucket="films", queue=[{}], refers=to_queue),
        function(
            environment=[{"variables": {"T": "assets"}}],
            refers=run,
            tracing_config=[{"mode": "Active"}],
        ),
        declare("aws_lambda_event_source_mapping.m", function_name="job", refers=read),
        declare("aws_cloudwatch_event_target.t", rule="done", refers=target),
        declare("aws_cloudwatch_metric_alarm.a", alarm_actions=[UNKNOWN], refers=news),
    ]
    values = {
        "aws_s3_bucket_notification.n": {"queue": [{"queue_arn": UNKNOWN}]},
        "aws_lambda_function.job": {"role": UNKNOWN},
        "aws_lambda_event_source_mapping.m": {"event_source_arn": UNKNOWN},
        "aws_sqs_queue_policy.work": {"queue_url": UNKNOWN},
    }
    found = stack(*full, region=None)
    changed = []
    for part in found:
        hidden = dict.fromkeys(PLANNED, UNKNOWN)
        changed.append(
            replace(part, values={**part.values, **hidden, **values.get(part.address, {})})
        )
    return found.with_resources(changed)


def test_a_plan_proves_no_edge_that_needs_a_permission() -> None:
    found = judged(planned(), calling("dynamodb.PutItem"))
    ends = {(str(e.edge.source), str(e.edge.target)) for e in found.values() if e.edge.needs}
    assert ends >= {
        ("aws_s3_bucket.films", "aws_sqs_queue.work"),
        ("aws_sqs_queue.work", "aws_lambda_function.job"),
        ("aws_lambda_function.job", "aws_iam_role.r"),
        ("aws_lambda_function.job", "aws_dynamodb_table.assets"),
        ("aws_lambda_function.job", "aws_cloudwatch_log_group.g"),
        ("aws_lambda_function.job", "X-Ray"),
        ("aws_cloudwatch_event_rule.r", "aws_sqs_queue.work"),
        ("aws_cloudwatch_metric_alarm.a", "aws_sns_topic.news"),
    }
    # But a role that trusts a service does so whatever the ARNs will be.
    proven = {name for name, edge in found.items() if edge.state is EdgeState.PROVEN}
    assert proven == {"aws_lambda_function.job runs under aws_iam_role.r"}
    assert {edge.state for edge in found.values()} == {EdgeState.PROVEN, EdgeState.UNDETERMINED}


def test_a_plan_proves_edges_that_need_no_arn() -> None:
    notified = "aws_s3_bucket.films notifies aws_sqs_queue.work"
    mine = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    for stmt, state in (
        (service_statement(S3, "sqs:SendMessage"), EdgeState.PROVEN),
        (service_statement(S3, "sqs:SendMessage", Condition=mine), EdgeState.UNDETERMINED),
        (service_statement("events.amazonaws.com", "sqs:SendMessage"), EdgeState.BROKEN),
    ):
        assert judged(planned(document(stmt)))[notified].state is state


def test_every_analysis_accepts_a_plan() -> None:
    path = draw(planned(), lambda _: calling("dynamodb.PutItem"))
    assert None in list(all_asked(planned(), path))


def test_the_same_stack_with_its_arns_is_proven() -> None:
    """So the plan is undetermined only because of its unknown values."""
    work = queue()
    notice = declare(
        "aws_s3_bucket_notification.n", bucket="films", queue=[{"queue_arn": arn("sqs", "work")}]
    )
    found = judged(
        stack(bucket(), work, notice, resource_policy(work, service_statement(S3, "sqs:*")))
    )
    assert {edge.state for edge in found.values()} == {EdgeState.PROVEN}
