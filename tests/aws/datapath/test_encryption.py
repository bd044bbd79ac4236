"""The key permissions of writers and readers of a queue, topic, table or bucket."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import JudgedEdge
from planproof.results import EdgeState
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import calling, judged
from tests.builders.parts import (
    KEY_ARN,
    KEY_ID,
    arn,
    bucket,
    function,
    inline_policy,
    key,
    queue,
    resource_policy,
    role,
    role_arn,
    rule,
    table,
    topic,
)
from tests.builders.policies import ALARMS, EVENTS, S3, SNS, document, service_statement, statement
from tests.builders.stacks import ACCOUNT, REGION, SECOND_ACCOUNT, DeclaredResource, declare, stack

USES = ["kms:GenerateDataKey", "kms:Decrypt"]
WORK, NEWS, RULE = arn("sqs", "work"), arn("sns", "news"), arn("events", "rule/done")
FILMS, ALARM = "arn:aws:s3:::films", arn("cloudwatch", "alarm:a")


def alias(name: str = "alias/films", of: str = KEY_ID) -> DeclaredResource:
    own = {"name": name, "id": name, "arn": arn("kms", name)}
    return declare("aws_kms_alias.a", target_key_id=of, target_key_arn=KEY_ARN, **own)


def sent(service: str, to: DeclaredResource, *more: DeclaredResource) -> JudgedEdge:
    """The edge on which a service delivers to an encrypted queue or topic that allows it."""
    target = to.resource.get("arn")
    kind = to.resource.type.removeprefix("aws_")
    action = "sqs:SendMessage" if kind == "sqs_queue" else "sns:Publish"
    block = {"sqs_queue": ("queue", "queue_arn"), "sns_topic": ("topic", "topic_arn")}[kind]
    written = {"arn": {"constant_value": target}}
    declared = {
        S3: [
            bucket(),
            declare(
                "aws_s3_bucket_notification.n", bucket="films", **{block[0]: [{block[1]: target}]}
            ),
        ],
        EVENTS: [
            rule(),
            declare("aws_cloudwatch_event_target.t", refers=written, rule="done", arn=target),
        ],
        SNS: [
            topic("source"),
            declare(
                "aws_sns_topic_subscription.s",
                topic_arn=arn("sns", "source"),
                protocol="sqs",
                endpoint=target,
            ),
        ],
        ALARMS: [declare("aws_cloudwatch_metric_alarm.a", arn=ALARM, alarm_actions=[target])],
    }[service]
    (edge,) = judged(
        stack(*declared, to, resource_policy(to, service_statement(service, action)), *more)
    ).values()
    return edge


ENCRYPTED = [
    (S3, queue(kms_master_key_id=KEY_ARN)),
    (S3, topic(kms_master_key_id=KEY_ARN)),
    (EVENTS, queue(kms_master_key_id=KEY_ARN)),
    (EVENTS, topic(kms_master_key_id=KEY_ARN)),
    (SNS, queue(kms_master_key_id=KEY_ARN)),
    (ALARMS, topic(kms_master_key_id=KEY_ARN)),
]
each = pytest.mark.parametrize(
    ("service", "to"), ENCRYPTED, ids=[f"{s} to {t.resource.address}" for s, t in ENCRYPTED]
)


@each
def test_the_key_has_to_allow_the_service(service: str, to: DeclaredResource) -> None:
    assert sent(service, to, key(service_statement(service, USES))).state is EdgeState.PROVEN
    edge = sent(service, to, key())
    assert edge.missing == tuple(f"{use} on aws_kms_key.k for {service}" for use in USES)


@each
@pytest.mark.parametrize("lost", USES)
def test_both_actions_are_needed(service: str, to: DeclaredResource, lost: str) -> None:
    left = [use for use in USES if use != lost]
    edge = sent(service, to, key(service_statement(service, left)))
    assert edge.missing == (f"{lost} on aws_kms_key.k for {service}",)


@each
def test_a_key_policy_for_another_service_breaks_it(service: str, to: DeclaredResource) -> None:
    assert (
        sent(service, to, key(service_statement("ses.amazonaws.com", USES))).state
        is EdgeState.BROKEN
    )


@each
def test_the_encryption_context_names_what_is_encrypted(service: str, to: DeclaredResource) -> None:
    kind = "sqs" if "sqs" in to.resource.type else "sns"
    name = {
        "sqs": "kms:EncryptionContext:aws:sqs:arn",
        "sns": "kms:EncryptionContext:aws:sns:topicArn",
    }
    for value, state in (
        (to.resource.get("arn"), EdgeState.PROVEN),
        (arn(kind, "other"), EdgeState.BROKEN),
    ):
        only = {"StringEquals": {name[kind]: value}}
        assert (
            sent(service, to, key(service_statement(service, USES, Condition=only))).state is state
        )


def test_eventbridge_uses_the_key_of_a_topic_without_a_source() -> None:
    """SNS Developer Guide, "Managing Amazon SNS encryption keys and costs"."""
    only = {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnEquals": {"aws:SourceArn": RULE}}
    limited = key(service_statement(EVENTS, USES, Condition=only))
    assert sent(EVENTS, topic(kms_master_key_id=KEY_ARN), limited).state is EdgeState.BROKEN
    assert sent(EVENTS, queue(kms_master_key_id=KEY_ARN), limited).state is EdgeState.PROVEN


@pytest.mark.parametrize(
    ("key_name", "value", "state"),
    [
        ("aws:SourceArn", FILMS, EdgeState.PROVEN),
        ("aws:SourceArn", f"{FILMS}-2", EdgeState.BROKEN),
        ("aws:SourceAccount", ACCOUNT, EdgeState.PROVEN),
        ("aws:SourceAccount", SECOND_ACCOUNT, EdgeState.BROKEN),
        ("aws:PrincipalTag/team", "films", EdgeState.UNDETERMINED),
    ],
)
def test_a_condition_on_the_source_limits_the_key(
    key_name: str, value: str, state: EdgeState
) -> None:
    stmt = service_statement(S3, USES, Condition={"StringEquals": {key_name: value}})
    assert sent(S3, queue(kms_master_key_id=KEY_ARN), key(stmt)).state is state


# Names of a key -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [KEY_ARN, KEY_ID, "alias/films", arn("kms", "alias/films")],
    ids=["ARN", "id", "alias", "alias ARN"],
)
@pytest.mark.parametrize("part", [queue, topic])
def test_a_key_of_the_stack_by_any_name(name: str, part: Any) -> None:
    to = part(kms_master_key_id=name)
    assert sent(S3, to, key(service_statement(S3, USES)), alias()).state is EdgeState.PROVEN
    assert sent(S3, to, key(), alias()).state is EdgeState.BROKEN


@pytest.mark.parametrize("of", [KEY_ID, KEY_ARN])
def test_an_alias_names_its_key_by_id_or_arn(of: str) -> None:
    to = queue(kms_master_key_id="alias/films")
    assert (
        sent(S3, to, key(), alias(of=of)).missing[0].endswith("aws_kms_key.k for s3.amazonaws.com")
    )


@pytest.mark.parametrize("name", ["alias/aws/sqs", arn("kms", "alias/aws/sqs")])
def test_the_aws_managed_key_allows_no_other_service(name: str) -> None:
    edge = sent(S3, queue(kms_master_key_id=name))
    assert edge.missing == ("a key that s3.amazonaws.com may use, or no KMS key",)


@pytest.mark.parametrize(
    "encrypted", [{"sqs_managed_sse_enabled": True}, {"kms_master_key_id": ""}, {}]
)
def test_without_a_kms_key_none_is_needed(encrypted: dict[str, Any]) -> None:
    edge = sent(S3, queue(**encrypted))
    assert edge.state is EdgeState.PROVEN
    assert [r.need.action for r in edge.decided_needs] == ["sqs:SendMessage"]


@pytest.mark.parametrize(
    "name",
    [
        arn("kms", "key/0000"),
        arn("kms", "key/0000", account=SECOND_ACCOUNT),
        "0000",
        "alias/other",
        UNKNOWN,
    ],
    ids=["ARN", "another account's ARN", "id", "alias", "unknown"],
)
def test_a_key_outside_the_stack_is_undetermined(name: Any) -> None:
    edge = sent(S3, queue(kms_master_key_id=name), key(service_statement(S3, USES)))
    assert edge.state is EdgeState.UNDETERMINED
    assert [r.allowed for r in edge.decided_needs] == [True, None, None]


def test_a_key_policy_of_unknown_text_is_undetermined() -> None:
    assert (
        sent(S3, queue(kms_master_key_id=KEY_ARN), key(policy=UNKNOWN)).state
        is EdgeState.UNDETERMINED
    )


# Roles ----------------------------------------------------------------------------------------

READ = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
VIA = f"sqs.{REGION}.amazonaws.com"


def read(
    *statements: Any, of: DeclaredResource | None = None, key_policy: tuple[Any, ...] = ()
) -> JudgedEdge:
    """The edge on which a function's role reads an encrypted queue."""
    parts = (
        queue(kms_master_key_id=KEY_ARN),
        of or key(*key_policy),
        function(),
        role("r"),
        inline_policy(statement(READ, WORK), *statements),
        declare("aws_lambda_event_source_mapping.m", function_name="job", event_source_arn=WORK),
    )
    (edge,) = [e for e in judged(stack(*parts)).values() if e.edge.kind == "is read by"]
    return edge


@pytest.mark.parametrize(
    ("operator", "key_name", "value", "state"),
    [
        ("StringEquals", "kms:ViaService", VIA, EdgeState.PROVEN),
        ("StringEquals", "kms:ViaService", f"sns.{REGION}.amazonaws.com", EdgeState.BROKEN),
        ("StringEquals", "kms:ViaService", "sqs.eu-west-1.amazonaws.com", EdgeState.BROKEN),
        ("StringLike", "kms:ViaService", "sqs.*.amazonaws.com", EdgeState.PROVEN),
        ("StringEquals", "kms:CallerAccount", ACCOUNT, EdgeState.PROVEN),
        ("StringEquals", "kms:CallerAccount", SECOND_ACCOUNT, EdgeState.BROKEN),
        ("StringEquals", "kms:EncryptionContext:aws:sqs:arn", WORK, EdgeState.PROVEN),
        ("ArnLike", "kms:EncryptionContext:aws:sqs:arn", arn("sqs", "*"), EdgeState.PROVEN),
        ("StringEquals", "kms:EncryptionContext:aws:sqs:arn", f"{WORK}-2", EdgeState.BROKEN),
        ("Bool", "kms:GrantIsForAWSResource", "true", EdgeState.UNDETERMINED),
    ],
)
@pytest.mark.parametrize("side", ["identity", "key"])
def test_conditions_on_how_a_role_uses_a_key(
    operator: str, key_name: str, value: str, state: EdgeState, side: str
) -> None:
    only = {"Condition": {operator: {key_name: value}}}
    stmt = statement("kms:Decrypt", KEY_ARN if side == "identity" else "*", **only)
    if side == "identity":
        assert read(stmt).state is state
        return
    named = {**stmt, "Principal": {"AWS": role_arn("r")}}
    alone = key(policy=document(named))
    assert read(of=alone).state is state


def test_without_the_key_a_role_reads_nothing() -> None:
    assert read().missing == ("kms:Decrypt on aws_kms_key.k for aws_iam_role.r",)


def test_a_key_policy_without_the_account_denies_the_role() -> None:
    granted_it = statement("kms:Decrypt", KEY_ARN)
    assert read(granted_it).state is EdgeState.PROVEN
    assert (
        read(granted_it, of=key(policy=document(service_statement(S3, USES)))).state
        is EdgeState.BROKEN
    )


def test_the_default_key_policy_trusts_the_account() -> None:
    unwritten = key(policy=UNKNOWN, computed=("policy",))
    assert read(statement("kms:Decrypt", KEY_ARN), of=unwritten).state is EdgeState.PROVEN
    assert read(of=unwritten).state is EdgeState.BROKEN


def test_a_denial_of_the_key_policy_wins() -> None:
    denial = {**statement("kms:Decrypt", Principal="*"), "Effect": "Deny"}
    assert read(statement("kms:Decrypt", KEY_ARN), key_policy=(denial,)).state is EdgeState.BROKEN


# Tables and buckets that code uses ------------------------------------------------------------


def called(
    part: DeclaredResource, *more: DeclaredResource, operation: str, named: str, **values: Any
) -> JudgedEdge:
    environment = [{"variables": {"IT": named}}]
    parts = (part, key(), function(environment=environment), role("r"), *more)
    found = judged(stack(*parts), calling(operation))
    (edge,) = [e for e in found.values() if e.edge.kind == "calls"]
    return edge


PUT = inline_policy(statement("dynamodb:PutItem", arn("dynamodb", "table/assets")))


@pytest.mark.parametrize(
    ("block", "needed"),
    [
        ([{"enabled": True, "kms_key_arn": KEY_ARN}], True),
        ([{"enabled": True, "kms_key_arn": UNKNOWN}], False),
        ([{"enabled": True, "kms_key_arn": None}], False),
        ([], False),
        (None, False),
    ],
)
def test_a_table_with_its_own_key_needs_the_key(block: Any, needed: bool) -> None:
    written = [{"enabled": {"constant_value": True}}]
    assets = table(server_side_encryption=block, refers={"server_side_encryption": written})
    edge = called(assets, PUT, operation="dynamodb.PutItem", named="assets")
    assert edge.state is (EdgeState.BROKEN if needed else EdgeState.PROVEN)
    assert ("kms:Decrypt on aws_kms_key.k for aws_iam_role.r" in edge.missing) is needed


def test_a_table_of_unknown_key_is_undetermined() -> None:
    written = [{"kms_key_arn": {"references": ["var.key"]}}]
    block = [{"enabled": True, "kms_key_arn": UNKNOWN}]
    assets = table(server_side_encryption=block, refers={"server_side_encryption": written})
    edge = called(assets, PUT, operation="dynamodb.PutItem", named="assets")
    assert edge.state is EdgeState.UNDETERMINED


def sse(algorithm: Any = "aws:kms", key_name: Any = KEY_ARN, **more: Any) -> list[Any]:
    default = {"sse_algorithm": algorithm, "kms_master_key_id": key_name}
    return [{"apply_server_side_encryption_by_default": [default], **more}]


GET = inline_policy(statement("s3:GetObject", f"{FILMS}/*"))
READ_FILM: dict[str, Any] = {"operation": "s3.GetObject", "named": "films"}


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        (sse(), EdgeState.BROKEN),
        (sse("aws:kms:dsse"), EdgeState.BROKEN),
        (sse("AES256", None), EdgeState.PROVEN),
        (sse("aws:kms", None), EdgeState.PROVEN),
        (sse("aws:kms", "alias/aws/s3"), EdgeState.PROVEN),
        (sse("aws:kms", "alias/other"), EdgeState.UNDETERMINED),
        (sse("aws:kms", UNKNOWN), EdgeState.UNDETERMINED),
        (sse(UNKNOWN), EdgeState.UNDETERMINED),
    ],
)
@pytest.mark.parametrize("own", [False, True], ids=["by a resource", "by an attribute"])
def test_a_bucket_needs_the_key_of_its_rule(rules: Any, state: EdgeState, own: bool) -> None:
    films = bucket(server_side_encryption_configuration=[{"rule": rules}]) if own else bucket()
    type_ = "aws_s3_bucket_server_side_encryption_configuration"
    more = [] if own else [declare(f"{type_}.e", bucket="films", rule=rules)]
    assert called(films, GET, *more, **READ_FILM).state is state


@pytest.mark.parametrize(
    ("whole", "state"), [(True, EdgeState.PROVEN), (False, EdgeState.UNDETERMINED)]
)
def test_with_a_bucket_key_the_context_is_the_bucket(whole: bool, state: EdgeState) -> None:
    type_ = "aws_s3_bucket_server_side_encryption_configuration"
    rules = declare(f"{type_}.e", bucket="films", rule=sse(bucket_key_enabled=whole))
    only = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": FILMS}}
    use = statement("kms:Decrypt", KEY_ARN, Condition=only)
    grants = inline_policy(statement("s3:GetObject", f"{FILMS}/*"), use)
    assert called(bucket(), grants, rules, **READ_FILM).state is state
