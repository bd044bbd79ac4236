"""The edges of a Lambda function: its role, log group, traces, event sources and destinations, and
the calls in its code.

Sources: Lambda Developer Guide, "Defining Lambda function permissions with an execution role",
"Using Lambda with Amazon SQS" (execution role permissions), "Process Amazon Kinesis Data Streams
records with Lambda", "Visualize Lambda function invocations using AWS X-Ray", "Giving Lambda
functions access to resources in an Amazon VPC", "Capturing records of Lambda asynchronous
invocations"; Lambda API Reference, "CreateEventSourceMapping" (FunctionName); CloudWatch Logs User
Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from planproof.aws.authorization import ContextKeys
from planproof.aws.datapath.calls import code_edges, function_context
from planproof.aws.datapath.deliveries import edge_to_target, named_by_arn, service_in
from planproof.aws.datapath.keys import caller_needs, encryption_of, log_group_needs
from planproof.aws.datapath.locations import (
    arn_below,
    arn_of,
    arn_parts,
    is_configured,
    location_of,
    scope_below,
)
from planproof.aws.datapath.model import NOT_YET, Edge, Fact, Need, unknown_fact
from planproof.aws.sdk_calls import SdkCalls
from planproof.iam.actions import resource_types
from planproof.service_facts import receiving_type, resource_type
from planproof.service_facts import service as facts_of_service
from planproof.terraform.link_index import holders, targets, with_value
from planproof.terraform.links import linked, links, references
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Truth, Unknown, is_unknown

RUNS: Final = "runs under"
READ: Final = "is read by"
LOGS: Final = "writes its log to"
TRACES: Final = "sends traces to"
NETWORK: Final = "has network interfaces in"
FAILURES: Final = "sends failures to"
ENCRYPTED: Final = "is encrypted with"
X_RAY: Final = "X-Ray"

_NAMES: Final = ("arn", "function_name", "id", "qualified_arn", "invoke_arn")

CallsOf = Callable[[Resource], SdkCalls]
"""What a function's code calls."""

_MAPPING: Final = "aws_lambda_event_source_mapping"
_LAMBDA: Final = "lambda.amazonaws.com"


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
            # Not ``outside``: without the role, no edge of the function is known.
            fact = unknown_fact(function, "role", "a role of this stack")
            yield Edge(function, "an unknown role", RUNS, (), (fact,), declared_by=function)
            continue
        need = Need("sts:AssumeRole", _LAMBDA, arn_of(role), role, {}, why=f"to run {function}")
        yield Edge(function, role, RUNS, (need,), declared_by=function)
        yield from _sources(stack, function, role)
        yield _logs(stack, function, role)
        mode = function.get("tracing_config.mode")
        if is_unknown(mode) and is_configured(stack, function, "tracing_config.0.mode"):
            fact = unknown_fact(function, "tracing_config.mode", "a known mode")
            yield Edge(function, X_RAY, TRACES, (), (fact,), declared_by=function)
        elif not is_unknown(mode) and mode == "Active":
            context, why = function_context(function), "because tracing is active"
            needs = _needs_of_block("tracing_config", role, context, why)
            yield Edge(function, X_RAY, TRACES, needs, declared_by=function)
        subnets = function.get("vpc_config.subnet_ids")
        if is_unknown(subnets) or subnets:
            needs = _needs_of_block("vpc_config", role, {}, "because it runs in a VPC")
            yield Edge(function, "VPC", NETWORK, needs, declared_by=function)
        yield from _failures(stack, function, role)
        yield from code_edges(stack, function, role, calls_of(function), handled)


def _sources(stack: Stack, function: Resource, role: Resource) -> Iterator[Edge]:
    """The event source mappings: Lambda polls the source with the role of the function."""
    for mapping, certain in _naming(stack, _MAPPING, function):
        queues = targets(stack, mapping, "event_source_arn", ("aws_sqs_queue",), ("arn",))
        sure, _ = linked(stack, mapping, "event_source_arn", queues, ("arn",))
        value = mapping.get("event_source_arn")
        part = sure[0] if sure else None
        arn = arn_of(part) if part is not None else value if isinstance(value, str) else UNKNOWN
        service = "sqs" if part is not None else service_in(arn)
        owner = part if part is not None else _stream_owner(stack, mapping, arn)
        scope: tuple[str, ...] = ()
        if owner is not None and owner.type == "aws_dynamodb_table" and isinstance(arn, Unknown):
            # The label of a stream is the time of its creation: a policy needs a wildcard for it.
            service, arn = "dynamodb", arn_below(owner, "/stream/2026-01-01T00:00:00.000")
            scope = scope_below(owner, "/stream/*")
        why = "to read the event source"
        needs = [
            Need(action, role, arn, part, {}, scope, why)
            if resource_types(action)
            else Need(action, role, "*", None, {}, ("*",), why)  # such as listing all streams
            for action in facts_of_service(service).polled
        ]
        facts: list[Fact] = []
        if not certain:
            needs = []
            expected = f"a known function, which may be {function}"
            facts.append(Fact(None, mapping, "function_name", expected, NOT_YET))
        elif not needs:
            expected = "an SQS queue, a Kinesis stream or a DynamoDB stream"
            facts.append(unknown_fact(mapping, "event_source_arn", expected))
        elif owner is not None and owner.type in ("aws_sqs_queue", "aws_kinesis_stream"):
            why = f"because {owner} is encrypted"
            needs += caller_needs(stack, owner, role, ("kms:Decrypt",), why)
        source = owner or (arn if isinstance(arn, str) else "an unknown source")
        outside = owner is None and isinstance(arn, str)
        yield Edge(source, function, READ, tuple(needs), tuple(facts), outside, mapping)


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
    """Lambda writes the log with the function's role, and creates a log group outside the stack."""
    name = log_group_name(stack, function)
    group = _log_group(stack, function, name)
    context = function_context(function)
    at = location_of(stack, function)
    arn = arn_of(group) if group is not None else UNKNOWN
    if group is None and at is not None and isinstance(name, str):
        arn = f"arn:{at.partition}:logs:{at.region}:{at.account}:log-group:{name}"
    known = isinstance(arn, str)
    scope = (f"{arn}:*", *((f"{arn}",) if group is None else ())) if known else ()
    stream = f"{arn}:log-stream:1" if known else UNKNOWN
    needs = [
        Need(action, role, stream, group, context, scope, "to write its log")
        for action in receiving_type("logs").receives.actions
    ]
    if group is not None:
        needs += log_group_needs(stack, group)
        return Edge(function, group, LOGS, tuple(needs), declared_by=function)
    why = "to create its log group"
    create = Need("logs:CreateLogGroup", role, arn, None, context, scope, why)
    target = f"log group {name if isinstance(name, str) else 'an unknown log group'}"
    return Edge(function, target, LOGS, (create, *needs), declared_by=function)


def _log_group(stack: Stack, function: Resource, name: str | Unknown) -> Resource | None:
    """The log group of this stack that a function writes to."""
    path, named, types = "logging_config.0.log_group", ("name", "id"), ("aws_cloudwatch_log_group",)
    groups = list(targets(stack, function, path, types, named))
    if isinstance(name, str):
        groups = [*with_value(stack, types, "name", name), *groups]
    here = location_of(stack, function)
    for group in groups:
        if here is not None and location_of(stack, group) not in (None, here):
            continue
        if group.get("name") == name or links(stack, function, path, group, named):
            return group
    return None


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


def encrypted_logs(stack: Stack, drawn: Iterable[Edge]) -> Iterator[Edge]:
    """The edge from each encrypted log group that no function writes to to its key: CloudWatch Logs
    cannot create such a group unless the key policy allows it.

    Args:
        drawn: the edges of functions; those to log groups already contain the needs of the key.
    """
    written = {id(edge.target) for edge in drawn if edge.kind == LOGS}
    for group in stack.managed("aws_cloudwatch_log_group"):
        key = encryption_of(stack, group).key
        needs = tuple(log_group_needs(stack, group))
        if id(group) not in written and key is not None and needs:
            yield Edge(group, key, ENCRYPTED, needs, declared_by=group)


def _needs_of_block(block: str, role: Resource, context: ContextKeys, why: str) -> tuple[Need, ...]:
    """The needs of a function's role for a block of its configuration."""
    actions = facts_of_service("lambda").role_actions[block]
    return tuple(Need(action, role, "*", None, context, ("*",), why) for action in actions)


def _failures(stack: Stack, function: Resource, role: Resource) -> Iterator[Edge]:
    """The dead-letter queue, and the destinations of asynchronous invocations and event sources."""
    holders = [(function, "dead_letter_config.0.target_arn")]
    for config, _ in _naming(stack, "aws_lambda_function_event_invoke_config", function):
        for outcome in ("on_failure", "on_success"):
            holders.append((config, f"destination_config.0.{outcome}.0.destination"))
    for mapping, _ in _naming(stack, _MAPPING, function):
        holders.append((mapping, "destination_config.0.on_failure.0.destination_arn"))
    for holder, path in holders:
        if holder.get(path) is not None:
            needs_of = partial(_needs_of_result, stack, role)
            expected = "a queue, topic or function"
            yield edge_to_target(stack, function, holder, path, FAILURES, needs_of, expected)


def _needs_of_result(stack: Stack, role: Resource, target: Resource | str) -> Iterator[Need]:
    """The needs of Lambda to send the result of an invocation with the role of the function."""
    if isinstance(target, Resource):
        on, arn, received = target, arn_of(target), resource_type(target.type).receives
    else:
        on, arn, received = None, target, receiving_type(service_in(target)).receives
    if len(received.actions) == 1:
        yield Need(received.actions[0], role, arn, on, why="to send the result of an invocation")
        if on is not None:
            why = f"because {on} is encrypted"
            yield from caller_needs(stack, on, role, received.key_actions, why)


# Resources that name a function ----------------------------------------------------------------


def _naming(stack: Stack, type_: str, function: Resource) -> Iterator[tuple[Resource, bool]]:
    """The resources of a type that name, or may name, a function; and whether that is certain.

    ``function_name`` is a name, an ARN or a partial ARN, each with or without a version or alias.
    """
    found = {r.address: r for r in holders(stack, (type_,), "function_name", function, _NAMES)}
    name = function.get("function_name")
    if isinstance(name, str):
        found |= {r.address: r for r in _by_name(stack, type_).get(name, ())}
    for holder in found.values():
        named = _names_function(stack, holder, function)
        if named is not False:
            yield holder, named is True


def _names_function(stack: Stack, holder: Resource, function: Resource) -> Truth:
    value = holder.get("function_name")
    if not isinstance(value, str):
        for alias in stack.managed("aws_lambda_alias"):
            if links(stack, holder, "function_name", alias, ("arn",)):
                return links(stack, alias, "function_name", function, _NAMES)
    named = links(stack, holder, "function_name", function, _NAMES)
    if named is not False or not isinstance(value, str):
        return named
    own, other = arn_parts(function.get("arn")), arn_parts(value)
    if own is not None and other is not None:
        return other[:4] == own[:4] and _name_in(value) == _name_in(str(own))
    account = value.partition(":")[0]
    if own is not None and account.isdigit() and account != own.account:
        return False
    return bool(_name_in(value) == function.get("function_name"))


def _name_in(text: str) -> str:
    """The plain name in a name, ARN or partial ARN of a function."""
    parts = arn_parts(text)
    rest = parts.resource if parts is not None else text
    before, marker, after = rest.partition("function:")
    return (after if marker and (not before or before[:-1].isdigit()) else rest).partition(":")[0]


def _by_name(stack: Stack, type_: str) -> dict[str, list[Resource]]:
    """Plain name → the resources of a type that name a function by it."""

    def compute() -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for holder in stack.managed(type_):
            if isinstance(value := holder.get("function_name"), str):
                found.setdefault(_name_in(value), []).append(holder)
        return found

    return stack.resources.derived(("function names", type_), compute)
