"""Which policies guard a resource of the account, and how is it tagged?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from planproof.emulation.account.decisions.keys import grants, key_of
from planproof.emulation.account.decisions.standing import Standing
from planproof.emulation.account.decisions.written import Written
from planproof.emulation.account.model import PARTITION
from planproof.iam import PolicyKind
from planproof.iam.arn import Arn, parse_arn

Tags = Mapping[str, str]


def guards(standing: Standing, service: str, arn: str) -> tuple[Written, ...] | None:
    """The resource-based policies of what an ARN names.

    Args:
        service: the prefix of the action, in lower case.

    Returns:
        None where there are none; one that may say anything for a resource of another account.
    """
    parts = parse_arn(arn)
    reader = _READERS.get(service)
    if parts is None or reader is None:
        return None
    if parts.account not in ("", standing.account_id):
        return (Written(f"policy of {arn}", None, PolicyKind.ANY),)
    found = tuple(
        Written(name, text if isinstance(text, str) else json.dumps(text), kind)
        for name, text, kind in reader(standing, parts, arn)
        if text
    )
    return found or None


def tags(standing: Standing, service: str, arn: str) -> Tags | None:
    """The tags of a resource, where every action on it can be decided by them; else None.

    Source: IAM User Guide, "AWS services that work with IAM", column "ABAC".
    """
    parts = parse_arn(arn)
    reader = _TAGS.get(service)
    if parts is None or reader is None or parts.account != standing.account_id:
        return None
    return reader(standing, parts, arn)


_Found = Iterable[tuple[str, Any, PolicyKind]]
_Reader = Callable[[Standing, Arn, str], _Found]


def _queue(standing: Standing, parts: Arn, arn: str) -> _Found:
    backend = standing.backend("sqs", parts.region)
    queue = backend.queues.get(parts.resource) if backend else None
    if queue is not None:
        yield f"policy of queue {parts.resource}", queue.policy, PolicyKind.RESOURCE


def _topic(standing: Standing, parts: Arn, arn: str) -> _Found:
    backend = standing.backend("sns", parts.region)
    topic = backend.topics.get(arn) if backend else None
    if topic is not None:
        yield f"policy of topic {parts.resource}", topic.policy, PolicyKind.RESOURCE


def _key(standing: Standing, parts: Arn, arn: str) -> _Found:
    key = key_of(standing, arn, parts.region)
    if key is not None:
        yield f"policy of key {key.id}", key.policy, PolicyKind.KEY
        for name, statement in grants(key):
            yield name, statement, PolicyKind.KEY


def _bucket(standing: Standing, parts: Arn, arn: str) -> _Found:
    bucket = standing.backend("s3", PARTITION).buckets.get(parts.resource.split("/")[0])
    if bucket is not None and bucket.policy:
        text = bucket.policy
        text = text.decode() if isinstance(text, bytes) else text
        yield f"policy of bucket {bucket.name}", text, PolicyKind.BUCKET


def _function(standing: Standing, parts: Arn, arn: str) -> _Found:
    # Moto keeps what is said of versions and aliases with the function; Resource tells them apart.
    function = standing.function(arn)
    if function is not None and function.policy.statements:
        text = json.dumps(function.policy.get_policy()["Policy"])
        yield f"policy of function {parts.resource.split(':')[1]}", text, PolicyKind.RESOURCE


def _bus(standing: Standing, parts: Arn, arn: str) -> _Found:
    backend = standing.backend("events", parts.region)
    name = parts.resource.removeprefix("event-bus/")
    bus = backend.event_buses.get(name) if backend else None
    if bus is not None:
        yield f"policy of event bus {name}", bus.policy, PolicyKind.RESOURCE


def _secret(standing: Standing, parts: Arn, arn: str) -> _Found:
    backend = standing.backend("secretsmanager", parts.region)
    secret = backend.secrets.get(arn) if backend else None
    if secret is not None:
        text = getattr(secret, "policy", None)
        yield f"policy of secret {secret.name}", text, PolicyKind.RESOURCE


def _table(standing: Standing, parts: Arn, arn: str) -> _Found:
    backend = standing.backend("dynamodb", parts.region)
    if backend is None:
        return
    # The policy of a table is for its indexes as well; a stream has one of its own.
    table = arn if "/stream/" in arn else arn.split("/index/")[0]
    policy = backend.resource_policies.get(table)
    if policy is not None:
        yield f"policy of {table}", policy.policy_doc, PolicyKind.RESOURCE


def _logs(standing: Standing, parts: Arn, arn: str) -> _Found:
    """CloudWatch Logs keeps them for an account and region, and for no group in particular."""
    backend = standing.backend("logs", parts.region)
    for policy in list(backend.resource_policies.values()) if backend else ():
        name = f"CloudWatch Logs resource policy {policy.policy_name}"
        yield name, policy.policy_document, PolicyKind.RESOURCE


def _stream(standing: Standing, parts: Arn, arn: str) -> _Found:
    backend = standing.backend("kinesis", parts.region)
    if backend is not None:
        yield f"policy of {arn}", backend.resource_policies.get(arn), PolicyKind.RESOURCE


def _role(standing: Standing, parts: Arn, arn: str) -> _Found:
    role = standing.role(arn)
    if role is not None:
        yield standing.trust(role)


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


def _queue_tags(standing: Standing, parts: Arn, arn: str) -> Tags | None:
    backend = standing.backend("sqs", parts.region)
    queue = backend.queues.get(parts.resource) if backend else None
    return dict(queue.tags or {}) if queue is not None else None


def _key_tags(standing: Standing, parts: Arn, arn: str) -> Tags | None:
    key = key_of(standing, arn, parts.region)
    backend = standing.backend("kms", parts.region)
    return backend.tagger.get_tag_dict_for_resource(key.id) if key is not None else None


def _function_tags(standing: Standing, parts: Arn, arn: str) -> Tags | None:
    function = standing.function(arn)
    tags = getattr(function, "tags", None)
    return dict(tags) if isinstance(tags, Mapping) else None


def _secret_tags(standing: Standing, parts: Arn, arn: str) -> Tags | None:
    backend = standing.backend("secretsmanager", parts.region)
    secret = backend.secrets.get(arn) if backend else None
    if secret is None:
        return None
    return {tag["Key"]: tag["Value"] for tag in getattr(secret, "tags", None) or ()}


_TAGS: Final[Mapping[str, Callable[[Standing, Arn, str], Tags | None]]] = {
    "kms": _key_tags,
    "lambda": _function_tags,
    "secretsmanager": _secret_tags,
    "sqs": _queue_tags,
}
