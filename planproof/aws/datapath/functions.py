"""The edges of a Lambda function: its role, log group, traces, event sources and destinations, and
the calls in its code.

Sources: Lambda Developer Guide, "Defining Lambda function permissions with an execution role",
"Using Lambda with Amazon SQS" (execution role permissions), "Process Amazon Kinesis Data Streams
records with Lambda", "Visualize Lambda function invocations using AWS X-Ray", "Giving Lambda
functions access to resources in an Amazon VPC", "Capturing records of Lambda asynchronous
invocations"; CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from planproof.aws.datapath.calls import code_edges
from planproof.aws.datapath.deliveries import named_by_arn, target_of
from planproof.aws.datapath.keys import caller_needs, log_group_needs
from planproof.aws.datapath.locations import (
    arn_below,
    arn_of,
    is_configured,
    location_of,
    scope_below,
)
from planproof.aws.datapath.model import NOT_YET, Edge, Fact, Need
from planproof.aws.datapath.named_functions import named_by
from planproof.aws.sdk_calls import SdkCalls
from planproof.iam.actions import resource_types
from planproof.iam.arn import parse_arn
from planproof.service_facts import receiving_type, resource_type
from planproof.service_facts import service as facts_of_service
from planproof.terraform.link_index import targets, with_value
from planproof.terraform.links import linked, links, references
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, is_unknown

RUNS: Final = "runs under"
READ: Final = "is read by"
LOGS: Final = "writes its log to"
TRACES: Final = "sends traces to"
NETWORK: Final = "has network interfaces in"
FAILURES: Final = "sends failures to"
X_RAY: Final = "X-Ray"

CallsOf = Callable[[Resource], SdkCalls]
"""What a function's code calls."""

_MAPPING: Final = "aws_lambda_event_source_mapping"
_LAMBDA: Final = "lambda.amazonaws.com"
_LOG_ACTIONS: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
_WHY_SENT: Final = "to send the result of an invocation"


def function_edges(
    stack: Stack, calls_of: CallsOf, handled: frozenset[str] = frozenset()
) -> Iterator[Edge]:
    """Every edge that starts or ends at a function, except those of service principals.

    Args:
        calls_of: what the code of a function calls.
        handled: services, as botocore names them, whose edges the caller draws.
    """
    for function in stack.managed("aws_lambda_function"):
        role = named_by_arn(stack, function, "role", "aws_iam_role")
        if role is None:
            yield _without_role(function)
            continue
        need = Need("sts:AssumeRole", _LAMBDA, arn_of(role), role, {}, why=f"to run {function}")
        yield Edge(function, role, RUNS, (need,), declared_by=function)
        yield from _sources(stack, function, role)
        yield _logs(stack, function, role)
        mode = function.get("tracing_config.mode")
        if is_unknown(mode) and is_configured(stack, function, "tracing_config.0.mode"):
            fact = Fact(None, function, "tracing_config.mode", "a known mode", NOT_YET)
            yield Edge(function, X_RAY, TRACES, (), (fact,), declared_by=function)
        elif not is_unknown(mode) and mode == "Active":
            yield _traces(function, role)
        subnets = function.get("vpc_config.subnet_ids")
        if is_unknown(subnets) or subnets:
            yield _network(function, role)
        yield from _failures(stack, function, role)
        yield from code_edges(stack, function, role, calls_of(function), handled)


def function_context(function: Resource) -> dict[str, str | Unknown]:
    """The condition keys that every request of a running function contains.

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    """
    return {"lambda:SourceFunctionArn": arn_of(function)}


def _without_role(function: Resource) -> Edge:
    value = function.get("role")
    found = value if isinstance(value, str) else NOT_YET
    fact = Fact(None, function, "role", "a role of this stack", found)
    # Not ``outside``: without the role, no edge of the function is known.
    return Edge(function, "an unknown role", RUNS, (), (fact,), declared_by=function)


def _sources(stack: Stack, function: Resource, role: Resource) -> Iterator[Edge]:
    """The event source mappings: Lambda polls the source with the role of the function."""
    for mapping, certain in named_by(stack, _MAPPING, function):
        queues = targets(stack, mapping, "event_source_arn", ("aws_sqs_queue",), ("arn",))
        sure, _ = linked(stack, mapping, "event_source_arn", queues, ("arn",))
        value = mapping.get("event_source_arn")
        part = sure[0] if sure else None
        arn = arn_of(part) if part is not None else value if isinstance(value, str) else UNKNOWN
        parts = parse_arn(arn) if isinstance(arn, str) else None
        service = "sqs" if part is not None else parts.service if parts else ""
        owner = part if part is not None else _stream_owner(stack, mapping, arn)
        scope: tuple[str, ...] = ()
        if owner is not None and owner.type == "aws_dynamodb_table" and isinstance(arn, Unknown):
            # The label of a stream is the time of its creation: a policy needs a wildcard for it.
            service, arn = "dynamodb", arn_below(owner, "/stream/2026-01-01T00:00:00.000")
            scope = scope_below(owner, "/stream/*")
        actions = facts_of_service(service).polled
        needs = [_read(action, role, arn, part, scope) for action in actions]
        facts: list[Fact] = []
        if not certain:
            needs = []
            expected = f"a known function, which may be {function}"
            facts.append(Fact(None, mapping, "function_name", expected, NOT_YET))
        elif not needs:
            expected = "an SQS queue, a Kinesis stream or a DynamoDB stream"
            found = value if isinstance(value, str) else NOT_YET
            facts.append(Fact(None, mapping, "event_source_arn", expected, found))
        elif owner is not None and owner.type in ("aws_sqs_queue", "aws_kinesis_stream"):
            why = f"because {owner} is encrypted"
            needs += caller_needs(stack, owner, role, ("kms:Decrypt",), why)
        source = owner or (arn if isinstance(arn, str) else "an unknown source")
        outside = owner is None and isinstance(arn, str)
        yield Edge(source, function, READ, tuple(needs), tuple(facts), outside, mapping)


def _read(
    action: str, role: Resource, arn: str | Unknown, part: Resource | None, scope: tuple[str, ...]
) -> Need:
    why = "to read the event source"
    if not resource_types(action):  # such as listing all streams
        return Need(action, role, "*", None, {}, ("*",), why)
    return Need(action, role, arn, part, {}, scope, why)


def _stream_owner(stack: Stack, mapping: Resource, arn: str | Unknown) -> Resource | None:
    if isinstance(arn, Unknown):
        named = references(stack, mapping, "event_source_arn")
        tables = [t for t in stack.managed("aws_dynamodb_table") if t.declared in named]
        return tables[0] if len(tables) == 1 else None
    for part in stack.managed("aws_dynamodb_table", "aws_kinesis_stream"):
        if isinstance(arn, str) and arn in (part.get("stream_arn"), part.get("arn")):
            return part
    return None


def _logs(stack: Stack, function: Resource, role: Resource) -> Edge:
    name = log_group_name(stack, function)
    context = function_context(function)
    path, named, types = "logging_config.0.log_group", ("name", "id"), ("aws_cloudwatch_log_group",)
    groups = list(targets(stack, function, path, types, named))
    if isinstance(name, str):
        groups = [*with_value(stack, types, "name", name), *groups]
    here = location_of(stack, function)
    for group in groups:
        if here is not None and location_of(stack, group) not in (None, here):
            continue
        if group.get("name") != name and not links(stack, function, path, group, named):
            continue
        stream = arn_below(group, ":log-stream:1")
        scope = scope_below(group, ":*")
        needs = [
            Need(action, role, stream, group, context, scope, "to write its log")
            for action in _LOG_ACTIONS
        ]
        needs += log_group_needs(stack, group)
        return Edge(function, group, LOGS, tuple(needs), declared_by=function)
    return _log_group_outside(stack, function, role, name)


def log_group_name(stack: Stack, function: Resource) -> str | Unknown:
    """The name of the log group of a function: the default one unless the function sets another."""
    name = function.get("logging_config.log_group")
    if is_unknown(name) and not is_configured(stack, function, "logging_config.0.log_group"):
        name = None  # Lambda uses the default name
    if is_unknown(name):
        return UNKNOWN
    own = function.get("function_name")
    if name:
        return str(name)
    return f"/aws/lambda/{own}" if isinstance(own, str) else UNKNOWN


def _log_group_outside(
    stack: Stack, function: Resource, role: Resource, name: str | Unknown
) -> Edge:
    """A log group outside the stack: Lambda creates it with the role of the function."""
    location = location_of(stack, function)
    arn: str | Unknown = UNKNOWN
    if location is not None and isinstance(name, str):
        arn = f"arn:{location.partition}:logs:{location.region}:{location.account}:log-group:{name}"
    scope = (f"{arn}:*", str(arn)) if isinstance(arn, str) else ()
    stream = f"{arn}:log-stream:1" if isinstance(arn, str) else UNKNOWN
    context = function_context(function)
    needs = (
        Need("logs:CreateLogGroup", role, arn, None, context, scope, "to create its log group"),
        *(
            Need(action, role, stream, None, context, scope, "to write its log")
            for action in _LOG_ACTIONS
        ),
    )
    target = name if isinstance(name, str) else "an unknown log group"
    return Edge(function, f"log group {target}", LOGS, needs, declared_by=function)


def _traces(function: Resource, role: Resource) -> Edge:
    context = function_context(function)
    needs = tuple(
        Need(action, role, "*", None, context, ("*",), "because tracing is active")
        for action in ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
    )
    return Edge(function, X_RAY, TRACES, needs, declared_by=function)


def _network(function: Resource, role: Resource) -> Edge:
    needs = tuple(
        Need(f"ec2:{action}", role, "*", None, {}, ("*",), "because it runs in a VPC")
        for action in (
            "CreateNetworkInterface",
            "DescribeNetworkInterfaces",
            "DescribeSubnets",
            "DeleteNetworkInterface",
            "AssignPrivateIpAddresses",
            "UnassignPrivateIpAddresses",
        )
    )
    return Edge(function, "VPC", NETWORK, needs, declared_by=function)


def _failures(stack: Stack, function: Resource, role: Resource) -> Iterator[Edge]:
    """The dead-letter queue, and the destinations of asynchronous invocations and event sources."""
    holders = [(function, "dead_letter_config.0.target_arn")]
    for config, _ in named_by(stack, "aws_lambda_function_event_invoke_config", function):
        for outcome in ("on_failure", "on_success"):
            holders.append((config, f"destination_config.0.{outcome}.0.destination"))
    for mapping, _ in named_by(stack, _MAPPING, function):
        holders.append((mapping, "destination_config.0.on_failure.0.destination_arn"))
    for holder, path in holders:
        if holder.get(path) is None:
            continue
        target = target_of(stack, holder, path)
        if isinstance(target, Resource) and len(resource_type(target.type).receives.actions) == 1:
            sent = resource_type(target.type).receives
            need = Need(sent.actions[0], role, arn_of(target), target, {}, why=_WHY_SENT)
            why = f"because {target} is encrypted"
            key = caller_needs(stack, target, role, sent.key_actions, why)
            yield Edge(function, target, FAILURES, (need, *key), declared_by=holder)
            continue
        yield _failures_outside(function, role, target, holder, path)


def _failures_outside(
    function: Resource,
    role: Resource,
    target: Resource | str | Unknown,
    holder: Resource,
    path: str,
) -> Edge:
    """The edge to a destination outside the stack; without needs if its service is unknown."""
    expected = "a queue, topic or function"
    if isinstance(target, Unknown):
        fact = Fact(None, holder, path, expected, NOT_YET)
        return Edge(function, "an unknown target", FAILURES, (), (fact,), False, holder)
    name = str(target)
    parts = parse_arn(name)
    actions = receiving_type(parts.service if parts else "").receives.actions
    if len(actions) == 1:
        need = Need(actions[0], role, name, None, {}, why=_WHY_SENT)
        return Edge(function, name, FAILURES, (need,), (), True, holder)
    fact = Fact(None, holder, path, expected, name)
    return Edge(function, name, FAILURES, (), (fact,), True, holder)
