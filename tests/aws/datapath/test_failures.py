"""Dead-letter queues and destinations of functions."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import JudgedEdge
from planproof.results import EdgeState
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import judged
from tests.builders.parts import (
    KEY_ARN,
    arn,
    function,
    inline_policy,
    key,
    queue,
    resource_policy,
    role,
    topic,
)
from tests.builders.policies import service_statement, statement
from tests.builders.stacks import SECOND_ACCOUNT, DeclaredResource, declare, stack

PARTS = {
    "queue": (queue(), "sqs:SendMessage"),
    "topic": (topic(), "sns:Publish"),
    "function": (function("other", role=None), "lambda:InvokeFunction"),
}


def dead_letters(target: Any) -> list[DeclaredResource]:
    return [function(dead_letter_config=[{"target_arn": target}])]


def failures(target: Any, named: Any = "job") -> list[DeclaredResource]:
    return [function(), config("on_failure", target, named)]


def successes(target: Any) -> list[DeclaredResource]:
    return [function(), config("on_success", target)]


def config(outcome: str, target: Any, named: Any = "job") -> DeclaredResource:
    destinations = [{outcome: [{"destination": target}]}]
    type_ = "aws_lambda_function_event_invoke_config"
    return declare(f"{type_}.c", function_name=named, destination_config=destinations)


def unread_records(target: Any) -> list[DeclaredResource]:
    destinations = [{"on_failure": [{"destination_arn": target}]}]
    return [
        function(),
        declare(
            "aws_lambda_event_source_mapping.m",
            function_name="job",
            event_source_arn=arn("kinesis", "stream/s"),
            destination_config=destinations,
        ),
    ]


DECLARED = {
    "dead letters": dead_letters,
    "failures": failures,
    "successes": successes,
    "unread records": unread_records,
}
each = pytest.mark.parametrize(("how", "what"), [(h, w) for h in DECLARED for w in PARTS])


def failure_edge(*parts: DeclaredResource) -> JudgedEdge:
    found = judged(stack(role("r"), *parts)).values()
    (edge,) = [edge for edge in found if edge.edge.kind == "sends failures to"]
    return edge


@each
def test_the_role_needs_to_send(how: str, what: str) -> None:
    part, action = PARTS[what]
    target = str(part.resource.get("arn"))
    parts = (*DECLARED[how](target), part)
    assert failure_edge(*parts, inline_policy(statement(action, target))).state is EdgeState.PROVEN
    # Without a policy of its own a topic has the one that AWS gives it.
    own = (
        [resource_policy(part, service_statement("ses.amazonaws.com", action))]
        if what == "topic"
        else []
    )
    edge = failure_edge(*parts, *own, inline_policy(statement(action, f"{target}-2")))
    assert edge.missing == (f"{action} on {part.resource} for aws_iam_role.r",)


@pytest.mark.parametrize("how", DECLARED)
@pytest.mark.parametrize(
    ("target", "shown", "outside"),
    [
        (UNKNOWN, "an unknown target", False),
        (
            arn("sqs", "work", account=SECOND_ACCOUNT),
            arn("sqs", "work", account=SECOND_ACCOUNT),
            True,
        ),
        (arn("events", "event-bus/default"), arn("events", "event-bus/default"), True),
    ],
)
def test_an_unknown_target_is_undetermined(
    how: str, target: Any, shown: str, outside: bool
) -> None:
    edge = failure_edge(*DECLARED[how](target), inline_policy(statement("*")))
    assert edge.state is EdgeState.UNDETERMINED
    assert (edge.edge.target, edge.edge.outside) == (shown, outside)


@pytest.mark.parametrize("how", DECLARED)
@pytest.mark.parametrize("lost", ["kms:GenerateDataKey", "kms:Decrypt"])
def test_an_encrypted_target_needs_its_key(how: str, lost: str) -> None:
    work, send = queue(kms_master_key_id=KEY_ARN), statement("sqs:SendMessage", arn("sqs", "work"))
    parts = (*DECLARED[how](arn("sqs", "work")), work, key())
    uses = ["kms:GenerateDataKey", "kms:Decrypt"]
    assert (
        failure_edge(*parts, inline_policy(send, statement(uses, KEY_ARN))).state
        is EdgeState.PROVEN
    )
    left = inline_policy(send, statement([use for use in uses if use != lost], KEY_ARN))
    assert failure_edge(*parts, left).missing == (f"{lost} on aws_kms_key.k for aws_iam_role.r",)


def test_an_aws_managed_key_needs_no_permission() -> None:
    work = queue(kms_master_key_id="alias/aws/sqs")
    grant = inline_policy(statement("sqs:SendMessage", arn("sqs", "work")))
    assert failure_edge(*dead_letters(arn("sqs", "work")), work, grant).state is EdgeState.PROVEN


def test_the_invoke_config_of_a_version_applies_to_the_function() -> None:
    for named in ("job:live", f"{arn('lambda', 'function:job')}:3"):
        assert failure_edge(*failures(arn("sqs", "work"), named), queue()).state is EdgeState.BROKEN
    found = judged(stack(role("r"), *failures(arn("sqs", "work"), "job-2"), queue())).values()
    assert not [edge for edge in found if edge.edge.kind == "sends failures to"]
