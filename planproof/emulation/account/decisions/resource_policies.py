"""Reads the resource-based policies and the tags of a resource."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.decisions.kms_keys import grants, key_of
from planproof.emulation.account.decisions.stored_policies import StoredPolicy
from planproof.iam import PolicyKind
from planproof.iam.arn import Arn, parse_arn
from planproof.service_facts import governed_type, has_policies
from planproof.service_facts import service as facts_of

Tags = Mapping[str, str]


def policies_of(state: AccountState, service: str, arn: str) -> tuple[StoredPolicy, ...]:
    """The resource-based policies of a resource.

    Args:
        service: the prefix of the action, in lower case.

    Returns:
        an unknown policy for a resource of another account.
    """
    parts = parse_arn(arn)
    reader = _READERS.get(service, _stored)
    if parts is None or not has_policies(service):
        return ()
    if parts.account not in ("", state.account_id):
        return (StoredPolicy(f"policy of {arn}", None, PolicyKind.ANY),)
    return tuple(
        StoredPolicy(name, text if isinstance(text, str) else json.dumps(text), kind)
        for name, text, kind in reader(state, parts, arn)
        if text
    )


def tags_of(state: AccountState, service: str, arn: str) -> Tags | None:
    """The tags of a resource, if its service supports tags in every policy; else None.

    Source: IAM User Guide, "AWS services that work with IAM", column "ABAC".
    """
    parts = parse_arn(arn)
    tested = facts_of(service).tags_in_conditions
    if parts is None or not tested or parts.account != state.account_id:
        return None
    return _TAGS.get(service, _stored_tags)(state, parts, arn)


_Policies = Iterable[tuple[str, Any, PolicyKind]]
_Reader = Callable[[AccountState, Arn, str], _Policies]


def _stored(state: AccountState, parts: Arn, arn: str) -> _Policies:
    model, facts = state.stored(arn), governed_type(parts.service)
    if model is not None and facts.policy is not None:
        text = getattr(model, "policy", None)
        text = text.decode() if isinstance(text, bytes) else text
        word = facts.kind.lower().replace("-", " ")
        yield f"policy of {word} {model.name}", text, PolicyKind[facts.policy.kind]


def _key(state: AccountState, parts: Arn, arn: str) -> _Policies:
    key = key_of(state, arn, parts.region)
    if key is not None:
        yield f"policy of key {key.id}", key.policy, PolicyKind.KEY
        for name, statement in grants(key):
            yield name, statement, PolicyKind.KEY


def _function(state: AccountState, parts: Arn, arn: str) -> _Policies:
    # moto keeps the statements of versions and aliases in the policy of the function.
    function = state.function(arn)
    if function is not None and function.policy.statements:
        text = json.dumps(function.policy.get_policy()["Policy"])
        yield f"policy of function {parts.resource.split(':')[1]}", text, PolicyKind.RESOURCE


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
    "kinesis": _stream,
    "kms": _key,
    "lambda": _function,
    "logs": _logs,
    "sts": _role,
}


def _stored_tags(state: AccountState, parts: Arn, arn: str) -> Tags | None:
    model = state.stored(arn)
    tags = getattr(model, "tags", None) or {}
    if not isinstance(tags, Mapping):
        tags = {tag["Key"]: tag["Value"] for tag in tags}
    return dict(tags) if model is not None else None


def _key_tags(state: AccountState, parts: Arn, arn: str) -> Tags | None:
    key = key_of(state, arn, parts.region)
    backend = state.backend("kms", parts.region)
    return backend.tagger.get_tag_dict_for_resource(key.id) if key is not None else None


def _function_tags(state: AccountState, parts: Arn, arn: str) -> Tags | None:
    function = state.function(arn)
    tags = getattr(function, "tags", None)
    return dict(tags) if isinstance(tags, Mapping) else None


_TAGS: Final[Mapping[str, Callable[[AccountState, Arn, str], Tags | None]]] = {
    "kms": _key_tags,
    "lambda": _function_tags,
}
