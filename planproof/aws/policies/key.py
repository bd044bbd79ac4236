"""The default key policy and the grants of a KMS key.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from planproof.aws.policies.attached import (
    AttachedPolicy,
    generated_policy,
    unknown_attributes,
    unknown_policy,
)
from planproof.iam import PolicyKind, default_key_policy
from planproof.service_facts import types
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Value, contains_unknown, is_unknown

KEY_IDENTITIES: Final = ("id", "key_id", "arn")

# Constraints do not apply to these operations, which have no encryption context.
_UNCONSTRAINED: Final = frozenset({"DescribeKey", "RetireGrant"})


def key_types() -> tuple[str, ...]:
    """The resource types of KMS keys."""
    return types(lambda facts: facts.policy is not None and facts.policy.kind == "KEY")


def default_policy_of_key(stack: Stack, key: Resource) -> AttachedPolicy:
    """The key policy that AWS gives a key that is declared without one."""
    location = stack.provider_location(key)
    if location is None:
        problem = "the account of the key, which its default key policy names, is not known"
        return unknown_policy(key, "", PolicyKind.KEY, problem)
    name = f"{key.address} (default key policy)"
    document = default_key_policy(location.account, location.partition, name)
    return AttachedPolicy(document, key, "", key)


def grants_of_key(stack: Stack, key: Resource) -> Iterator[AttachedPolicy]:
    """Each ``aws_kms_grant`` for a key, as an equivalent key policy."""
    for grant in stack.managed("aws_kms_grant"):
        applies = links(stack, grant, "key_id", key, KEY_IDENTITIES)
        if applies is None:
            problem = f"whether it is for {key} is not known"
            yield unknown_policy(grant, "", PolicyKind.KEY, problem)
        elif applies:
            yield _policy(grant)


def grant_statements(grantee: Value, operations: Value, constraints: Value) -> list[dict[str, Any]]:
    """The statements of a key policy that is equivalent to a grant.

    Args:
        constraints: each with ``encryption_context_equals`` and ``encryption_context_subset``.
    """
    conditions = _conditions(constraints)
    common = {"Effect": "Allow", "Principal": _principal(grantee)}
    if contains_unknown(operations):
        # Whether constraints apply depends on the operation.
        return [_statement(common, UNKNOWN, {})]
    unconstrained = {
        one for one in operations if one in _UNCONSTRAINED or not _may_constrain(conditions)
    }
    return [
        _statement(common, [f"kms:{one}" for one in group], limits)
        for group, limits in (
            ([one for one in operations if one not in unconstrained], conditions),
            ([one for one in operations if one in unconstrained], {}),
        )
        if group
    ]


def _policy(grant: Resource) -> AttachedPolicy:
    statements = grant_statements(
        *map(grant.get, ("grantee_principal", "operations", "constraints"))
    )
    problem = unknown_attributes(grant, ("grantee_principal", "operations", "constraints"))
    return generated_policy(grant, PolicyKind.KEY, statements, label="grant", problem=problem)


def _may_constrain(conditions: Value) -> bool:
    return is_unknown(conditions) or bool(conditions)


def _statement(common: Mapping[str, Any], actions: Value, conditions: Value) -> dict[str, Any]:
    limits = {"Condition": conditions} if _may_constrain(conditions) else {}
    return {**common, "Action": actions, "Resource": "*", **limits}


def _principal(grantee: Value) -> Value:
    if not isinstance(grantee, str):
        return UNKNOWN
    return {"AWS" if grantee.startswith("arn:") else "Service": grantee}


def _conditions(constraints: Value) -> Value:
    """The Condition element for the constraints on the encryption context.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
    """
    if is_unknown(constraints) or any(map(is_unknown, constraints or ())):
        return UNKNOWN
    required: dict[str, Value] = {}
    exact: list[str] | None = None
    for constraint in constraints or ():
        equal = constraint.get("encryption_context_equals")
        subset = constraint.get("encryption_context_subset")
        if is_unknown(equal) or is_unknown(subset):
            return UNKNOWN
        for pairs in (equal or {}, subset or {}):
            required |= {f"kms:EncryptionContext:{name}": value for name, value in pairs.items()}
        if equal:
            exact = list(equal)
    conditions: dict[str, Any] = {}
    if required:
        conditions["StringEquals"] = required
    if exact is not None:
        # No other pairs; constraints compare names case-insensitively.
        keys = {"kms:EncryptionContextKeys": exact}
        conditions["ForAllValues:StringEqualsIgnoreCase"] = keys
    return conditions
