"""Reads the resource-based policies and the tags of a resource."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.decisions.kms_keys import grants, key_of
from planproof.emulation.account.decisions.stored_policies import StoredPolicy
from planproof.emulation.account.model import PARTITION
from planproof.iam import PolicyKind
from planproof.iam.arn import Arn, parse_arn

Tags = Mapping[str, str]


def policies_of(state: AccountState, service: str, arn: str) -> tuple[StoredPolicy, ...] | None:
    """The resource-based policies of a resource.

    Args:
        service: the prefix of the action, in lower case.

    Returns:
        None if there are none; an unknown policy for a resource of another account.
    """
    parts = parse_arn(arn)
    reader = _READERS.get(service)
    if parts is None or reader is None:
        return None
    if parts.account not in ("", state.account_id):
        return (StoredPolicy(f"policy of {arn}", None, PolicyKind.ANY),)
    policies = tuple(
        StoredPolicy(name, text if isinstance(text, str) else json.dumps(text), kind)
        for name, text, kind in reader(state, parts, arn)
        if text
    )
    return policies or None


def tags_of(state: AccountState, service: str, arn: str) -> Tags | None:
    """The tags of a resource, if its service supports tags in every policy; else None.

    Source: IAM User Guide, "AWS services that work with IAM", column "ABAC".
    """
    parts = parse_arn(arn)
    reader = _TAGS.get(service)
    if parts is None or reader is None or parts.account != state.account_id:
        return None
    return reader(state, parts, arn)


_Policies = Iterable[tuple[str, Any, PolicyKind]]
_Reader = Callable[[AccountState, Arn, str], _Policies]


def _queue(state: AccountState, parts: Arn, arn: str) -> _Policies:
    backend = state.backend("sqs", parts.region)
    queue = backend.queues.get(parts.resource) if backend else None
    if queue is not None:
        yield f"policy of queue {parts.resource}", queue.policy, PolicyKind.RESOURCE


def _topic(state: AccountState, parts: Arn, arn: str) -> _Policies:
    backend = state.backend("sns", parts.region)
    topic = backend.topics.get(arn) if backend else None
    if topic is not None:
        yield f"policy of topic {parts.resource}", topic.policy, PolicyKind.RESOURCE


def _key(state: AccountState, parts: Arn, arn: str) -> _Policies:
    key = key_of(state, arn, parts.region)
    if key is not None:
        yield f"policy of key {key.id}", key.policy, PolicyKind.KEY
        for name, statement in grants(key):
            yield name, statement, PolicyKind.KEY


def _bucket(state: AccountState, parts: Arn, arn: str) -> _Policies:
    bucket = state.backend("s3", PARTITION).buckets.get(parts.resource.split("/")[0])
    if bucket is not None and bucket.policy:
        text = bucket.policy
        text = text.decode() if isinstance(text, bytes) else text
        yield f"policy of bucket {bucket.name}", text, PolicyKind.BUCKET


def _function(state: AccountState, parts: Arn, arn: str) -> _Policies:
    # moto keeps the statements of versions and aliases in the policy of the function.
    function = state.function(arn)
    if function is not None and function.policy.statements:
        text = json.dumps(function.policy.get_policy()["Policy"])
        yield f"policy of function {parts.resource.split(':')[1]}", text, PolicyKind.RESOURCE


def _bus(state: AccountState, parts: Arn, arn: str) -> _Policies:
    backend = state.backend("events", parts.region)
    name = parts.resource.removeprefix("event-bus/")
    bus = backend.event_buses.get(name) if backend else None
    if bus is not None:
        yield f"policy of event bus {name}", bus.policy, PolicyKind.RESOURCE


def _secret(state: AccountState, parts: Arn, arn: str) -> _Policies:
    backend = state.backend("secretsmanager", parts.region)
    secret = backend.secrets.get(arn) if backend else None
    if secret is not None:
        text = getattr(secret, "policy", None)
        yield f"policy of secret {secret.name}", text, PolicyKind.RESOURCE


def _table(state: AccountState, parts: Arn, arn: str) -> _Policies:
    backend = state.backend("dynamodb", parts.region)
    if backend is None:
        return
    # The policy of a table covers its indexes; a stream has its own.
    table = arn if "/stream/" in arn else arn.split("/index/")[0]
    policy = backend.resource_policies.get(table)
    if policy is not None:
        yield f"policy of {table}", policy.policy_doc, PolicyKind.RESOURCE


def _logs(state: AccountState, parts: Arn, arn: str) -> _Policies:
    """CloudWatch Logs has resource policies for a region, not for a log group."""
    backend = state.backend("logs", parts.region)
    for policy in list(backend.resource_policies.values()) if backend else ():
        name = f"CloudWatch Logs resource policy {policy.policy_name}"
        yield name, policy.policy_document, PolicyKind.RESOURCE


def _stream(state: AccountState, parts: Arn, arn: str) -> _Policies:
    backend = state.backend("kinesis", parts.region)
    if backend is not None:
        yield f"policy of {arn}", backend.resource_policies.get(arn), PolicyKind.RESOURCE


def _role(state: AccountState, parts: Arn, arn: str) -> _Policies:
    role = state.role(arn)
    if role is not None:
        yield state.trust(role)


_READERS: Final[Mapping[str, _Reader]] = {
    "dynamodb": _table,
    "events": _bus,
    "kinesis": _stream,
    "kms": _key,
    "lambda": _function,
    "logs": _logs,
    "s3": _bucket,
    "secretsmanager": _secret,
    "sns": _topic,
    "sqs": _queue,
    "sts": _role,
}


def _queue_tags(state: AccountState, parts: Arn, arn: str) -> Tags | None:
    backend = state.backend("sqs", parts.region)
    queue = backend.queues.get(parts.resource) if backend else None
    return dict(queue.tags or {}) if queue is not None else None


def _key_tags(state: AccountState, parts: Arn, arn: str) -> Tags | None:
    key = key_of(state, arn, parts.region)
    backend = state.backend("kms", parts.region)
    return backend.tagger.get_tag_dict_for_resource(key.id) if key is not None else None


def _function_tags(state: AccountState, parts: Arn, arn: str) -> Tags | None:
    function = state.function(arn)
    tags = getattr(function, "tags", None)
    return dict(tags) if isinstance(tags, Mapping) else None


def _secret_tags(state: AccountState, parts: Arn, arn: str) -> Tags | None:
    backend = state.backend("secretsmanager", parts.region)
    secret = backend.secrets.get(arn) if backend else None
    if secret is None:
        return None
    return {tag["Key"]: tag["Value"] for tag in getattr(secret, "tags", None) or ()}


_TAGS: Final[Mapping[str, Callable[[AccountState, Arn, str], Tags | None]]] = {
    "kms": _key_tags,
    "lambda": _function_tags,
    "secretsmanager": _secret_tags,
    "sqs": _queue_tags,
}
