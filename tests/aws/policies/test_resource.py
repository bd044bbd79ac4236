"""Access by resource policies, declared ones and the defaults of AWS."""

from __future__ import annotations

import json

import pytest

from planproof.aws.policies.resource import resource_policies
from planproof.iam import Effect, Request, evaluate
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN
from tests.aws.policies.applicable_policies import applicable_policies
from tests.aws.policies.resource_kinds import (
    KINDS,
    WITH_POLICY_ATTRIBUTE,
    allow_s3,
    arn_values,
    decide,
    key_values,
    queue_values,
)
from tests.builders.parts import arn, role, role_arn
from tests.builders.stacks import ACCOUNT, SECOND_ACCOUNT, declare, stack


@pytest.mark.parametrize("name", KINDS)
def test_a_policy_grants_access_to_its_resource_only(name: str) -> None:
    kind = KINDS[name]
    for by in kind.identities:
        found = stack(
            kind.resource(), kind.resource("other"), kind.policy(**{kind.reference: kind.own[by]})
        )
        assert decide(found, f"{kind.type}.r", kind.action) is Effect.ALLOWED
        assert decide(found, f"{kind.type}.other", kind.action) is Effect.IMPLICITLY_DENIED
        (policy, *_) = resource_policies(found, found[f"{kind.type}.r"])
        assert policy.source.address == policy.attachment.address == f"{kind.policy_type}.w"


@pytest.mark.parametrize("name", KINDS)
def test_a_policy_with_an_unknown_text_or_resource_leaves_it_undetermined(name: str) -> None:
    kind = KINDS[name]
    for values, problem in (
        ({"policy": UNKNOWN}, "text"),
        ({kind.reference: UNKNOWN}, f"{kind.type}.r"),
        ({"policy": "{"}, "is not JSON"),
    ):
        found = stack(kind.resource(), kind.policy(**values))
        assert decide(found, f"{kind.type}.r", kind.action) is Effect.UNDETERMINED
        (policy,) = resource_policies(found, found[f"{kind.type}.r"])
        assert problem in policy.problem


@pytest.mark.parametrize("name", WITH_POLICY_ATTRIBUTE)
def test_a_policy_in_an_attribute_of_the_resource_grants_access(name: str) -> None:
    kind = KINDS[name]
    address = f"{kind.type}.r"
    known = stack(kind.resource(policy=allow_s3(kind.action)))
    assert decide(known, address, kind.action) is Effect.ALLOWED
    unknown = stack(kind.resource(policy=UNKNOWN))
    assert decide(unknown, address, kind.action) is Effect.UNDETERMINED


@pytest.mark.parametrize("name", WITH_POLICY_ATTRIBUTE)
def test_a_computed_policy_attribute_is_no_policy(name: str) -> None:
    kind = KINDS[name]
    address = f"{kind.type}.r"
    filled = declare(address, computed=("policy",), **kind.own, policy=UNKNOWN)
    nothing = [
        filled,
        kind.resource(policy=None),
        kind.resource(policy=""),
        # set to null, by a variable
        declare(
            address, computed=("policy",), **kind.own, policy=UNKNOWN, refers={"policy": ["var.p"]}
        ),
        declare(address, computed=("policy",), **kind.own, policy=UNKNOWN, refers={"policy": {}}),
    ]
    for one in nothing:
        assert decide(stack(one), address, kind.action) is Effect.IMPLICITLY_DENIED
    for reference in ("aws_sqs_queue.q.arn", "local.lost", "data.aws_iam_policy_document.d.json"):
        refers = {"policy": [reference]}
        one = declare(address, computed=("policy",), **kind.own, policy=UNKNOWN, refers=refers)
        others = [declare("aws_sqs_queue.q"), declare("data.aws_iam_policy_document.d")]
        assert decide(stack(one, *others), address, kind.action) is Effect.UNDETERMINED


def test_a_policy_text_that_differs_in_each_run_is_unknown() -> None:
    sources = 'resource "aws_sqs_queue" "r" {\n  policy = "${var.p}${timestamp()}"\n}\n'
    queue = declare(
        "aws_sqs_queue.r",
        computed=("policy",),
        **queue_values("r"),
        policy=UNKNOWN,
        refers={"policy": ["var.p"]},
    )
    assert decide(stack(queue, sources=sources), "aws_sqs_queue.r", "sqs:SendMessage") is (
        Effect.UNDETERMINED
    )


@pytest.mark.parametrize("name", KINDS)
def test_two_policies_of_one_resource_are_unknown(name: str) -> None:
    kind = KINDS[name]
    address = f"{kind.type}.r"
    second = declare(
        f"{kind.policy_type}.v",
        **{kind.reference: kind.own[kind.identities[0]], "policy": allow_s3("a:B")},
    )
    found = stack(kind.resource(), kind.policy(), second)
    assert decide(found, address, kind.action) is Effect.UNDETERMINED
    (problem,) = {policy.problem for policy in resource_policies(found, found[address])}
    assert f"{address} is set more than once" in problem
    twin = declare(f"{kind.policy_type}.v", **dict(kind.policy().resource.values))
    assert decide(stack(kind.resource(), kind.policy(), twin), address, kind.action) is (
        Effect.ALLOWED
    )


@pytest.mark.parametrize("name", KINDS)
def test_a_data_source_has_an_unknown_policy(name: str) -> None:
    kind = KINDS[name]
    address = f"data.{kind.type}.r"
    looked_up = declare(address, **kind.own)
    found = stack(looked_up)
    (policy,) = resource_policies(found, found[address])
    assert f"{address} are not part of this stack" in policy.problem
    assert decide(found, address, kind.action) is Effect.UNDETERMINED
    assert decide(stack(looked_up, kind.policy()), address, kind.action) is Effect.ALLOWED


def test_the_policy_of_a_data_source_is_read() -> None:
    kind = KINDS["secret"]
    address = f"data.{kind.type}.r"
    read = declare(address, computed=("policy",), **kind.own, policy=allow_s3(kind.action))
    assert decide(stack(read), address, kind.action) is Effect.ALLOWED
    assert decide(stack(read), address, "secretsmanager:PutSecretValue") is Effect.IMPLICITLY_DENIED


def test_policies_are_found_through_modules_and_for_each() -> None:
    queues = [
        declare(f'module.m["{m}"].aws_sqs_queue.q["{q}"]', **queue_values(f"{m}-{q}"))
        for m in "ab"
        for q in "xy"
    ]
    url = queue_values("b-x")["url"]
    policy = declare(
        'aws_sqs_queue_policy.p["b"]', queue_url=url, policy=allow_s3("sqs:SendMessage")
    )
    found = stack(*queues, policy)
    verdicts = [decide(found, q.resource.address, "sqs:SendMessage") for q in queues]
    denied = Effect.IMPLICITLY_DENIED
    assert verdicts == [denied, denied, Effect.ALLOWED, denied]


def test_a_plan_alone_follows_plain_references_and_no_others() -> None:
    unknown = dict.fromkeys(("id", "url"), UNKNOWN)
    refers = {"queue_url": ["aws_sqs_queue.q.id", "aws_sqs_queue.q"]}
    send = allow_s3("sqs:SendMessage")
    policy = declare("aws_sqs_queue_policy.p", queue_url=UNKNOWN, policy=send, refers=refers)
    one = declare("aws_sqs_queue.q", arn=arn("sqs", "q"), **unknown)
    two = [declare(f"aws_sqs_queue.q[{i}]", arn=arn("sqs", "q"), **unknown) for i in (0, 1)]
    other = declare("aws_sqs_queue.other", arn=arn("sqs", "other"), **unknown)
    alone = stack(one, other, policy, region=None)
    assert decide(alone, "aws_sqs_queue.q", "sqs:SendMessage") is Effect.ALLOWED
    assert decide(alone, "aws_sqs_queue.other", "sqs:SendMessage") is Effect.IMPLICITLY_DENIED
    counted = stack(*two, policy, region=None)
    assert decide(counted, "aws_sqs_queue.q[1]", "sqs:SendMessage") is Effect.UNDETERMINED


def test_the_policy_of_a_stream_is_not_that_of_its_table() -> None:
    table = declare(
        "aws_dynamodb_table.r", **arn_values("dynamodb", "table/", "r"), stream_arn=UNKNOWN
    )
    refers = ["aws_dynamodb_table.r.stream_arn", "aws_dynamodb_table.r"]
    policy = declare(
        "aws_dynamodb_resource_policy.p",
        resource_arn=UNKNOWN,
        policy=allow_s3("dynamodb:GetRecords"),
        refers={"resource_arn": refers},
    )
    found = stack(table, policy)
    assert resource_policies(found, found["aws_dynamodb_table.r"]) == []


def test_an_empty_object_removes_the_policy_of_a_secret() -> None:
    kind = KINDS["secret"]
    found = stack(kind.resource(policy="{}"))
    assert resource_policies(found, found[f"{kind.type}.r"]) == []


# Default policies ----------------------------------------------------------------------------


def test_a_topic_without_a_policy_allows_its_own_account() -> None:
    topic = declare("aws_sns_topic.t", **arn_values("sns", "", "t"))
    found = stack(topic)

    def publish(owner: str) -> Effect:
        alarms, context = "cloudwatch.amazonaws.com", {"aws:SourceOwner": owner}
        return decide(found, "aws_sns_topic.t", "sns:Publish", alarms, context)

    assert publish(ACCOUNT) is Effect.ALLOWED
    assert publish(SECOND_ACCOUNT) is Effect.IMPLICITLY_DENIED
    nowhere = stack(topic, region=None)
    assert decide(nowhere, "aws_sns_topic.t", "sns:Publish") is Effect.UNDETERMINED
    (policy,) = resource_policies(nowhere, nowhere["aws_sns_topic.t"])
    assert "the account of the topic" in policy.problem
    written = stack(
        topic,
        declare(
            "aws_sns_topic_policy.p",
            arn=topic.resource.get("arn"),
            policy=allow_s3("sns:Subscribe"),
        ),
    )
    assert (
        decide(written, "aws_sns_topic.t", "sns:Publish", context={"aws:SourceOwner": ACCOUNT})
        is Effect.IMPLICITLY_DENIED
    )


def test_a_key_without_a_policy_delegates_to_the_identity_policies_of_its_account() -> None:
    key = declare("aws_kms_key.k", **key_values("k"))
    grant = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key.resource.get("arn")}
    identity = json.dumps({"Version": "2012-10-17", "Statement": grant})
    items = [role("r"), declare("aws_iam_role_policy.p", role="r", name="p", policy=identity), key]
    request = Request("kms:Decrypt", key.resource.get("arn"), role_arn("r"))

    def may(found: Stack) -> Effect:
        policies = applicable_policies(found, found["aws_iam_role.r"], found["aws_kms_key.k"])
        return evaluate(request, policies).effect

    assert may(stack(*items)) is Effect.ALLOWED
    assert may(stack(*items, region=None)) is Effect.UNDETERMINED
    assert decide(stack(key), "aws_kms_key.k", "kms:Decrypt") is Effect.IMPLICITLY_DENIED
    closed = declare("aws_kms_key_policy.p", key_id="k", policy=allow_s3("kms:Decrypt"))
    assert may(stack(*items, closed)) is Effect.IMPLICITLY_DENIED
