"""The edges of a function: its role, event sources, log group, traces and network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from planproof.aws.datapath import JudgedEdge
from planproof.results import EdgeState
from planproof.terraform.identities import ProviderLocation
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import judged
from tests.builders.parts import (
    KEY_ARN,
    arn,
    function,
    inline_policy,
    key,
    log_group,
    queue,
    role,
    table,
    topic,
)
from tests.builders.policies import document, service_statement, statement, trust
from tests.builders.stacks import REGION, SECOND_ACCOUNT, DeclaredResource, declare, stack

SQS = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
KINESIS = [
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:DescribeStream",
    "kinesis:ListShards",
]
STREAM = ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"]
FILMS = arn("kinesis", "stream/films")
TABLE_STREAM = arn("dynamodb", "table/assets/stream/2026-01-01T00:00:00.000")
GROUP = arn("logs", "log-group:/aws/lambda/job")
LOG = ["logs:CreateLogStream", "logs:PutLogEvents"]
LOG_KEY = [
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:DescribeKey",
]


def edges(
    kind: str, *parts: DeclaredResource, job: DeclaredResource | None = None
) -> list[JudgedEdge]:
    """The edges of one kind of a function that runs under a role."""
    found = judged(stack(job or function(), role("r"), *parts))
    return [edge for edge in found.values() if edge.edge.kind == kind]


def the(kind: str, *parts: DeclaredResource, job: DeclaredResource | None = None) -> JudgedEdge:
    (edge,) = edges(kind, *parts, job=job)
    return edge


# Role -----------------------------------------------------------------------------------------


def test_the_trust_policy_has_to_allow_lambda() -> None:
    assert the("runs under").state is EdgeState.PROVEN
    found = judged(stack(function(), role("r", "events.amazonaws.com")))
    edge = found["aws_lambda_function.job runs under aws_iam_role.r"]
    assert edge.missing == ("sts:AssumeRole on aws_iam_role.r for lambda.amazonaws.com",)


def test_a_trust_policy_for_another_function_is_undetermined() -> None:
    """Lambda does not send the ARN of the function."""
    only = {"Condition": {"ArnEquals": {"aws:SourceArn": arn("lambda", "function:other")}}}
    limited = role("r", assume_role_policy=trust("lambda.amazonaws.com", **only))
    found = judged(stack(function(), limited))
    assert (
        found["aws_lambda_function.job runs under aws_iam_role.r"].state is EdgeState.UNDETERMINED
    )


@pytest.mark.parametrize(
    ("named", "found"),
    [
        (f"arn:aws:iam::{SECOND_ACCOUNT}:role/r", f"arn:aws:iam::{SECOND_ACCOUNT}:role/r"),
        (UNKNOWN, "unknown before it is built"),
        (None, "unknown before it is built"),
    ],
)
def test_a_function_with_a_role_outside_the_stack_is_undetermined(named: Any, found: str) -> None:
    job = function(role=named, tracing_config=[{"mode": "Active"}])
    (edge,) = judged(stack(job, role("r"), log_group())).values()
    # No mere warning: none of what the function does is known to be allowed.
    assert (edge.state, edge.edge.outside) == (EdgeState.UNDETERMINED, False)
    assert edge.edge.facts[0].found == found


# Event sources --------------------------------------------------------------------------------


def mapping(source: Any, named: Any = "job", **more: Any) -> DeclaredResource:
    return declare(
        "aws_lambda_event_source_mapping.m", function_name=named, event_source_arn=source, **more
    )


def table_with_stream(**more: Any) -> DeclaredResource:
    return table(stream_enabled=True, stream_arn=TABLE_STREAM, computed=("stream_arn",), **more)


def stream(**more: Any) -> DeclaredResource:
    return declare("aws_kinesis_stream.films", name="films", arn=FILMS, id=FILMS, **more)


LIST_STREAMS = statement("dynamodb:ListStreams")
SOURCES: dict[str, tuple[DeclaredResource, str, list[Any]]] = {
    "queue": (queue(), arn("sqs", "work"), [statement(a, arn("sqs", "work")) for a in SQS]),
    "stream": (stream(), FILMS, [statement(action, FILMS) for action in KINESIS]),
    "table": (
        table_with_stream(),
        TABLE_STREAM,
        [*(statement(action, TABLE_STREAM) for action in STREAM), LIST_STREAMS],
    ),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_role_that_may_read_the_source_proves_it(kind: str) -> None:
    part, named, grants = SOURCES[kind]
    edge = the("is read by", part, mapping(named), inline_policy(*grants))
    assert edge.state is EdgeState.PROVEN
    assert edge.edge.source == part.resource
    assert not edge.edge.outside


@pytest.mark.parametrize("kind", SOURCES)
def test_every_action_of_reading_is_needed(kind: str) -> None:
    part, named, grants = SOURCES[kind]
    assert len(grants) == {"queue": 3, "stream": 4, "table": 4}[kind]
    for lost in grants:
        left = [grant for grant in grants if grant is not lost]
        edge = the("is read by", part, mapping(named), inline_policy(*left))
        assert [text.split()[0] for text in edge.missing] == [lost["Action"]]


def test_listing_streams_needs_the_wildcard_resource() -> None:
    part, named, grants = SOURCES["table"]
    narrow = statement("dynamodb:ListStreams", TABLE_STREAM)
    edge = the("is read by", part, mapping(named), inline_policy(*grants[:-1], narrow))
    assert edge.missing == ("dynamodb:ListStreams for aws_iam_role.r",)


@pytest.mark.parametrize("kind", SOURCES)
def test_reading_another_source_is_not_enough(kind: str) -> None:
    part, named, grants = SOURCES[kind]
    other = [{**grant, "Resource": f"{named}-2"} for grant in grants]
    assert the("is read by", part, mapping(named), inline_policy(*other)).state is EdgeState.BROKEN


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_in_another_account_may_have_any_policy(kind: str) -> None:
    _, named, grants = SOURCES[kind]
    theirs = named.replace("123456789012", SECOND_ACCOUNT)
    grants = [{**grant, "Resource": "*"} for grant in grants]
    edge = the("is read by", mapping(theirs), inline_policy(*grants))
    assert (edge.state, edge.edge.outside) == (EdgeState.UNDETERMINED, True)
    assert edge.edge.source == theirs
    assert the("is read by", mapping(theirs)).state is EdgeState.BROKEN


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (UNKNOWN, "an unknown source"),
        (arn("kafka", "cluster/films/1"), arn("kafka", "cluster/films/1")),
        (None, "an unknown source"),
    ],
)
def test_an_unknown_source_is_undetermined(source: Any, shown: str) -> None:
    edge = the("is read by", mapping(source), inline_policy(statement("*")))
    assert (edge.state, edge.edge.source, edge.decided_needs) == (EdgeState.UNDETERMINED, shown, ())


def test_an_encrypted_stream_needs_its_key() -> None:
    _, named, grants = SOURCES["stream"]
    films = stream(encryption_type="KMS", kms_key_id=KEY_ARN)
    edge = the("is read by", films, mapping(named), inline_policy(*grants), key())
    assert edge.missing == ("kms:Decrypt on aws_kms_key.k for aws_iam_role.r",)
    via = {"StringEquals": {"kms:ViaService": f"kinesis.{REGION}.amazonaws.com"}}
    use = statement("kms:Decrypt", KEY_ARN, Condition=via)
    proven = the("is read by", films, mapping(named), inline_policy(*grants, use), key())
    assert proven.state is EdgeState.PROVEN


JOB = arn("lambda", "function:job")


@pytest.mark.parametrize(
    "named",
    ["job", "job:live", "job:3", JOB, f"{JOB}:live", "function:job", "123456789012:function:job:1"],
)
def test_a_function_is_found_by_each_form_of_its_name(named: str) -> None:
    part, source, grants = SOURCES["queue"]
    edge = the("is read by", part, mapping(source, named), inline_policy(*grants))
    assert (edge.state, str(edge.edge.target)) == (EdgeState.PROVEN, "aws_lambda_function.job")


@pytest.mark.parametrize(
    "named",
    [
        "job-2",
        f"{JOB}-2",
        f"{JOB}-2:live",
        JOB.replace("123456789012", SECOND_ACCOUNT),
        JOB.replace(REGION, "eu-west-1"),
        f"{SECOND_ACCOUNT}:function:job",
    ],
)
def test_another_function_does_not_match(named: str) -> None:
    assert edges("is read by", queue(), mapping(arn("sqs", "work"), named)) == []


def test_an_alias_of_unknown_arn_is_one_of_its_function() -> None:
    live = declare("aws_lambda_alias.live", name="live", function_name="job", arn=UNKNOWN)
    reads = declare(
        "aws_lambda_event_source_mapping.m",
        function_name=UNKNOWN,
        event_source_arn=arn("sqs", "work"),
        refers={"function_name": ["aws_lambda_alias.live.arn", "aws_lambda_alias.live"]},
    )
    edge = the("is read by", queue(), live, reads, inline_policy(*SOURCES["queue"][2]))
    assert edge.state is EdgeState.PROVEN


def test_a_mapping_of_an_unknown_function_is_undetermined() -> None:
    part, source, grants = SOURCES["queue"]
    edge = the("is read by", part, mapping(source, UNKNOWN), inline_policy(*grants))
    assert (edge.state, edge.decided_needs) == (EdgeState.UNDETERMINED, ())


# Log ------------------------------------------------------------------------------------------

WRITES = inline_policy(statement(LOG, f"{GROUP}:*"))
THERE = [log_group(), WRITES]


def test_a_function_writes_to_the_log_group_of_its_name() -> None:
    edge = the("writes its log to", *THERE)
    assert (edge.state, str(edge.edge.target)) == (EdgeState.PROVEN, "aws_cloudwatch_log_group.g")
    assert the("writes its log to", log_group()).missing == tuple(
        f"{action} on aws_cloudwatch_log_group.g for aws_iam_role.r" for action in LOG
    )


def test_a_function_writes_to_the_configured_log_group() -> None:
    configured = function(logging_config=[{"log_group": "/films"}])
    films = log_group("/films")
    edge = the("writes its log to", films, WRITES, job=configured)
    assert edge.state is EdgeState.BROKEN
    grant = inline_policy(statement(LOG, arn("logs", "log-group:/films:*")))
    assert the("writes its log to", films, grant, job=configured).state is EdgeState.PROVEN


@pytest.mark.parametrize("lost", ["logs:CreateLogGroup", *LOG])
def test_without_a_log_group_the_function_has_to_create_one(lost: str) -> None:
    actions = ["logs:CreateLogGroup", *LOG]
    all_of_them = inline_policy(statement(actions, [GROUP, f"{GROUP}:*"]))
    edge = the("writes its log to", all_of_them)
    assert (edge.state, edge.edge.target) == (EdgeState.PROVEN, "log group /aws/lambda/job")
    left = inline_policy(statement([a for a in actions if a != lost], [GROUP, f"{GROUP}:*"]))
    assert [text.split()[0] for text in the("writes its log to", left).missing] == [lost]


def test_a_log_resource_policy_of_the_account_applies() -> None:
    actions = ["logs:CreateLogGroup", *LOG]
    grant = inline_policy(statement(actions))
    denial = {**statement(LOG, Principal="*"), "Effect": "Deny"}
    denied = declare("aws_cloudwatch_log_resource_policy.p", policy_document=document(denial))
    assert the("writes its log to", grant, denied).state is EdgeState.BROKEN
    unknown = declare("aws_cloudwatch_log_resource_policy.p", policy_document=UNKNOWN)
    assert the("writes its log to", grant, unknown).state is EdgeState.UNDETERMINED


def test_a_log_group_of_unknown_name_is_undetermined() -> None:
    configured = function(logging_config=[{"log_group": UNKNOWN}])
    configured = declare(
        configured.resource.address,
        **configured.resource.values,
        refers={"logging_config": [{"log_group": {"references": ["var.group"]}}]},
    )
    grant = inline_policy(statement(["logs:CreateLogGroup", *LOG], f"{GROUP}*"))
    edge = the("writes its log to", grant, job=configured)
    assert (edge.state, edge.edge.target) == (
        EdgeState.UNDETERMINED,
        "log group an unknown log group",
    )


def test_a_log_group_of_that_name_in_another_region_is_another() -> None:
    west = declare(
        "aws_cloudwatch_log_group.west",
        name="/aws/lambda/job",
        id="/aws/lambda/job",
        arn=GROUP.replace(REGION, "us-west-2"),
    )
    west.configuration["provider_config_key"] = "aws.west"  # type: ignore[index]
    base = stack(west, function(), role("r"), WRITES, log_group())
    away = ProviderLocation("aws", "us-west-2", "123456789012")
    found = replace(base, provider_locations={**base.provider_locations, "aws.west": away})
    (edge,) = [e for e in judged(found).values() if e.edge.kind == "writes its log to"]
    assert (edge.state, str(edge.edge.target)) == (EdgeState.PROVEN, "aws_cloudwatch_log_group.g")


@pytest.mark.parametrize("lost", LOG_KEY)
def test_the_service_of_an_encrypted_log_group_needs_its_key(lost: str) -> None:
    service = f"logs.{REGION}.amazonaws.com"
    only = {"Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": GROUP}}}
    group = log_group(kms_key_id=KEY_ARN)
    proven = the(
        "writes its log to", group, WRITES, key(service_statement(service, LOG_KEY, **only))
    )
    assert proven.state is EdgeState.PROVEN
    left = [action for action in LOG_KEY if action != lost]
    edge = the("writes its log to", group, WRITES, key(service_statement(service, left, **only)))
    assert edge.missing == (f"{lost} on aws_kms_key.k for {service}",)


@pytest.mark.parametrize(
    ("service", "group"),
    [("logs.eu-west-1.amazonaws.com", GROUP), (f"logs.{REGION}.amazonaws.com", f"{GROUP}-2")],
)
def test_the_key_of_a_log_group_is_for_its_region_and_itself(service: str, group: str) -> None:
    only = {"Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group}}}
    stmt = key(service_statement(service, LOG_KEY, **only))
    assert (
        the("writes its log to", log_group(kms_key_id=KEY_ARN), WRITES, stmt).state
        is EdgeState.BROKEN
    )


# Traces and network ---------------------------------------------------------------------------

XRAY = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
ENI = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
]
TRACED = function(tracing_config=[{"mode": "Active"}])
IN_VPC = function(vpc_config=[{"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}])


@pytest.mark.parametrize(
    ("kind", "job", "actions"),
    [("sends traces to", TRACED, XRAY), ("has network interfaces in", IN_VPC, ENI)],
)
def test_traces_and_networks_need_their_actions(
    kind: str, job: DeclaredResource, actions: list[str]
) -> None:
    assert the(kind, inline_policy(statement(actions)), job=job).state is EdgeState.PROVEN
    for lost in actions:
        left = [action for action in actions if action != lost]
        assert the(kind, inline_policy(statement(left)), job=job).missing == (
            f"{lost} for aws_iam_role.r",
        )


@pytest.mark.parametrize(
    "config",
    [None, [], [{"mode": "PassThrough"}], UNKNOWN],
    ids=["none", "empty", "passed", "open"],
)
def test_a_function_without_active_tracing_has_no_edge(config: Any) -> None:
    job = function(tracing_config=config, computed=("tracing_config",))
    assert edges("sends traces to", job=job) == []


def test_an_unknown_tracing_mode_is_undetermined() -> None:
    job = function(tracing_config=[{"mode": UNKNOWN}])
    edge = the("sends traces to", inline_policy(statement(XRAY)), job=job)
    assert edge.state is EdgeState.UNDETERMINED


@pytest.mark.parametrize("config", [None, [], [{"subnet_ids": [], "security_group_ids": []}]])
def test_without_subnets_there_is_no_network(config: Any) -> None:
    assert edges("has network interfaces in", topic(), job=function(vpc_config=config)) == []
