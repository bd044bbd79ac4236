"""Who may invoke a Lambda function: each permission as the statement that AWS makes of it.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from planproof.aws.policies.attached import (
    AttachedPolicy,
    made_policy,
    unknown_parts,
    unknown_policy,
)
from planproof.iam import PolicyKind
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Value, is_unknown

# A name, a partial ARN or an ARN, each with or without a version or alias.
_FUNCTION: Final = re.compile(
    r"(?:(?:arn:[^:]+:lambda:(?P<region>[^:]*):)?(?:(?P<account>\d{12}):)?function:)?"
    r"(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>[^:]+))?\Z",
    re.ASCII,
)
# attribute → operator and context key of the condition that AWS makes of it
_CONDITIONS: Final = (
    ("source_arn", "ArnLike", "AWS:SourceArn"),
    ("source_account", "StringEquals", "AWS:SourceAccount"),
    ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
    ("function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("event_source_token", "StringEquals", "lambda:EventSourceToken"),
)
_IDENTITIES: Final = ("function_name", "arn", "id")


class _Named(NamedTuple):
    """Whether a permission names a function, and which version or alias of it."""

    sure: bool | None
    qualifier: Value = None


def permissions_of_function(stack: Stack, function: Resource) -> Iterator[AttachedPolicy]:
    """Each ``aws_lambda_permission`` for a function, as a policy of one statement."""
    for permission in stack.managed("aws_lambda_permission"):
        named = _named(stack, permission, function)
        if named.sure is None:
            why = f"whether it is for {function} is not known"
            yield unknown_policy(permission, "", PolicyKind.RESOURCE, permission, why)
        elif named.sure:
            yield _permission(permission, function, named.qualifier)


def _named(stack: Stack, permission: Resource, function: Resource) -> _Named:
    written = permission.get("function_name")
    qualifier = permission.get("qualifier")
    for alias in stack.managed("aws_lambda_alias"):
        if links(stack, permission, "function_name", alias, ("arn",)) is True:
            sure = links(stack, alias, "function_name", function, _IDENTITIES)
            return _Named(sure, alias.get("name"))
    if not isinstance(written, str):
        sure = links(stack, permission, "function_name", function, _IDENTITIES)
        refers = stack.configuration.references(permission.declared, "function_name")
        # A version's number is AWS's to give.
        version = any(".qualified_" in one for one in refers)
        return _Named(sure, UNKNOWN if version else qualifier)
    found = _FUNCTION.match(written)
    if found is None:
        return _Named(False)
    name, arn = function.get("function_name"), function.get("arn")
    if not isinstance(name, str):
        return _Named(links(stack, permission, "function_name", function, _IDENTITIES), qualifier)
    own = _FUNCTION.match(arn) if isinstance(arn, str) else None
    same = name == found["name"] and all(
        not found[part] or own is None or found[part] == own[part] for part in ("region", "account")
    )
    return _Named(same, found["qualifier"] or qualifier)


def _permission(permission: Resource, function: Resource, qualifier: Value) -> AttachedPolicy:
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
    problem = unknown_parts(permission, ("principal", "action", *(c[0] for c in _CONDITIONS)))
    if not problem and is_unknown(resource):
        problem = "nobody knows the ARN of the version, alias or function that it is for"
    return made_policy(permission, PolicyKind.RESOURCE, [statement], problem=problem)


def _principal(principal: Value) -> Value:
    """The principal as AWS writes it: everyone, an account or its ARN, else a service."""
    if not isinstance(principal, str):
        return UNKNOWN
    if principal == "*":
        return "*"
    if re.fullmatch(r"\d{12}", principal, re.ASCII) or principal.startswith("arn:"):
        return {"AWS": principal}
    return {"Service": principal}
