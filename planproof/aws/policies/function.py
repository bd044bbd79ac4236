"""The permissions of a Lambda function, each as the policy statement that AWS generates from it.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from planproof.aws.policies.attached import (
    AttachedPolicy,
    generated_policy,
    unknown_attributes,
    unknown_policy,
)
from planproof.iam import PolicyKind
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Truth, Value, is_unknown

# A name, a partial ARN or an ARN, each with or without a version or alias.
_FUNCTION: Final = re.compile(
    r"(?:(?:arn:[^:]+:lambda:(?P<region>[^:]*):)?(?:(?P<account>\d{12}):)?function:)?"
    r"(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>[^:]+))?\Z",
    re.ASCII,
)
# Attribute, with operator and key of the condition that AWS generates from it.
_CONDITIONS: Final = (
    ("source_arn", "ArnLike", "AWS:SourceArn"),
    ("source_account", "StringEquals", "AWS:SourceAccount"),
    ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
    ("function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("event_source_token", "StringEquals", "lambda:EventSourceToken"),
)
_IDENTITIES: Final = ("function_name", "arn", "id")


def permissions_of_function(stack: Stack, function: Resource) -> Iterator[AttachedPolicy]:
    """Each ``aws_lambda_permission`` for a function, as a policy of one statement."""
    for permission in stack.managed("aws_lambda_permission"):
        matches, qualifier = _reference(stack, permission, function)
        if matches is None:
            problem = f"whether it is for {function} is not known"
            yield unknown_policy(permission, "", PolicyKind.RESOURCE, problem)
        elif matches:
            yield _policy(permission, function, qualifier)


def _reference(stack: Stack, permission: Resource, function: Resource) -> tuple[Truth, Value]:
    """Whether a permission names a function, and the version or alias that it names."""
    name_or_arn = permission.get("function_name")
    qualifier = permission.get("qualifier")
    for alias in stack.managed("aws_lambda_alias"):
        if links(stack, permission, "function_name", alias, ("arn",)) is True:
            matches = links(stack, alias, "function_name", function, _IDENTITIES)
            return matches, alias.get("name")
    if not isinstance(name_or_arn, str):
        matches = links(stack, permission, "function_name", function, _IDENTITIES)
        references = stack.configuration.references(permission.declared, "function_name")
        # AWS assigns the number of a version.
        is_version = any(".qualified_" in one for one in references)
        return matches, UNKNOWN if is_version else qualifier
    parts = _FUNCTION.match(name_or_arn)
    if parts is None:
        return False, None
    name, arn = function.get("function_name"), function.get("arn")
    if not isinstance(name, str):
        return links(stack, permission, "function_name", function, _IDENTITIES), qualifier
    own = _FUNCTION.match(arn) if isinstance(arn, str) else None
    same = name == parts["name"] and all(
        not parts[key] or own is None or parts[key] == own[key] for key in ("region", "account")
    )
    return same, parts["qualifier"] or qualifier


def _policy(permission: Resource, function: Resource, qualifier: Value) -> AttachedPolicy:
    conditions: dict[str, dict[str, Value]] = {}
    for attribute, operator, key in _CONDITIONS:
        value = permission.get(attribute)
        if is_unknown(value) or value:
            conditions.setdefault(operator, {})[key] = value
    resource: Value = function.get("arn")
    if not isinstance(resource, str) or is_unknown(qualifier):
        resource = UNKNOWN
    elif qualifier:
        resource = f"{resource}:{qualifier}"
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": _principal(permission.get("principal")),
        "Action": permission.get("action"),
        "Resource": resource,
    }
    if isinstance(sid := permission.get("statement_id"), str):
        statement["Sid"] = sid
    if conditions:
        statement["Condition"] = conditions
    attributes = ("principal", "action", *(attribute for attribute, _, _ in _CONDITIONS))
    problem = unknown_attributes(permission, attributes)
    if not problem and is_unknown(resource):
        problem = "the ARN of the version, alias or function that it is for is not known"
    return generated_policy(permission, PolicyKind.RESOURCE, [statement], problem=problem)


def _principal(principal: Value) -> Value:
    """The Principal element: everyone, an account or an ARN, else a service."""
    if not isinstance(principal, str):
        return UNKNOWN
    if principal == "*":
        return "*"
    if re.fullmatch(r"\d{12}", principal, re.ASCII) or principal.startswith("arn:"):
        return {"AWS": principal}
    return {"Service": principal}
