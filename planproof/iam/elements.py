"""Parses and validates the elements of one statement.

Source: IAM User Guide, "IAM JSON policy elements reference" and "Grammar of the IAM JSON policy
language".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from planproof.iam.arn import parse_arn
from planproof.iam.conditions import Condition, OperatorName, parse_operator
from planproof.iam.context import text_of
from planproof.iam.errors import PolicyError
from planproof.iam.operators import Family, Operator, boolean, comparison
from planproof.iam.principals import ACCOUNT_ID, PrincipalElement, PrincipalType
from planproof.iam.statement import Statement, StatementEffect, Texts
from planproof.values import UNKNOWN, Unknown

_ELEMENTS: Final = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_ACTION: Final = re.compile(r"(?:\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+)\Z", re.ASCII)
_SID: Final = re.compile(r"[A-Za-z0-9]*\Z", re.ASCII)
_UNIQUE_ID: Final = re.compile(r"A[A-Z0-9]{10,}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class ElementPath:
    """The path of an element in a policy document, such as ``Statement[0].Action``."""

    policy: str
    elements: str = ""

    def at(self, element: str) -> ElementPath:
        """The path of the element of this name below this one."""
        return ElementPath(self.policy, f"{self.elements}.{element}" if self.elements else element)

    def item(self, index: int) -> ElementPath:
        """The path of the list item of this index."""
        return ElementPath(self.policy, f"{self.elements}[{index}]")

    def fail(self, what: str, todo: str) -> NoReturn:
        """Raise a :class:`PolicyError` for this path."""
        raise PolicyError(self.policy, self.elements, what, todo)

    def refuse_unknown(self, raw: Mapping[Any, Any], elements: Sequence[str]) -> None:
        """Refuse elements that the policy language does not have."""
        for name in raw:
            if name not in elements:
                near = difflib.get_close_matches(str(name).title(), elements, 1)
                hint = f"write {near[0]}" if near else "remove it"
                self.fail(f'has an unknown element "{str(name)[:40]}"', hint)


def parse_statement(
    raw: Mapping[str, Any],
    path: ElementPath,
    index: int,
    *,
    variables: bool | None,
    names_principal: bool | None,
    trust: bool,
) -> Statement:
    """Parse one statement.

    Args:
        raw: the statement as JSON; UNKNOWN may stand for any value.
        path: where it is.
        index: its position in the document.
        variables: whether the document's version supports policy variables, None if not known.
        names_principal: True if it must name a principal, False if it must not.
        trust: whether it belongs to a role trust policy, which has no ``Resource``.

    Raises:
        PolicyError: AWS would not accept the statement.
    """
    path.refuse_unknown(raw, _ELEMENTS)
    _one_of(raw, path, "Action", "NotAction", required=True)
    _one_of(raw, path, "Resource", "NotResource", required=names_principal is False)
    _one_of(raw, path, "Principal", "NotPrincipal", required=names_principal is True)
    _check_allowed(raw, path, names_principal=names_principal, trust=trust)
    conditions = _conditions(raw.get("Condition", {}), path.at("Condition"), variables)
    known = [condition for condition in conditions if condition is not None]
    return Statement(
        policy=path.policy,
        index=index,
        sid=_sid(raw.get("Sid"), path.at("Sid"), plain=trust or names_principal is False),
        effect=_effect(raw, path),
        actions=_texts(raw, path, "Action", _check_action),
        not_actions=_texts(raw, path, "NotAction", _check_action),
        resources=_texts(raw, path, "Resource", _check_resource),
        not_resources=_texts(raw, path, "NotResource", _check_resource),
        principal=_principal(raw, path, "Principal"),
        not_principal=_principal(raw, path, "NotPrincipal"),
        conditions=tuple(known),
        conditions_known=len(known) == len(conditions),
        variables=variables,
    )


def _one_of(
    raw: Mapping[str, Any], path: ElementPath, one: str, other: str, *, required: bool
) -> None:
    if one in raw and other in raw:
        path.fail(f"has both {one} and {other}", "remove one of them")
    if required and one not in raw and other not in raw:
        path.fail(f"has neither {one} nor {other}", f"add {one}")


def _check_allowed(
    raw: Mapping[str, Any], path: ElementPath, *, names_principal: bool | None, trust: bool
) -> None:
    for name in ("Principal", "NotPrincipal"):
        if name in raw and names_principal is False:
            path.at(name).fail(
                "is not allowed in a policy that is attached to a principal",
                "remove it, or attach the policy to a resource",
            )
    if trust:
        for name in ("Resource", "NotResource", "NotPrincipal"):
            if name in raw:
                path.at(name).fail("is not allowed in a role trust policy", "remove it")


def _effect(raw: Mapping[str, Any], path: ElementPath) -> StatementEffect:
    if "Effect" not in raw:
        path.fail("has no Effect", 'add "Effect": "Allow" or "Deny"')
    effect = raw["Effect"]
    if isinstance(effect, Unknown):
        return StatementEffect.UNKNOWN
    if effect not in ("Allow", "Deny"):
        path.at("Effect").fail(f"is {str(effect)[:40]!r}", 'write "Allow" or "Deny"')
    return StatementEffect(effect)


def _sid(raw: Any, path: ElementPath, *, plain: bool) -> str | None:
    if raw is None or isinstance(raw, Unknown):
        return None
    if not isinstance(raw, str):
        path.fail("is not a string", "write letters and digits")
    if plain and not _SID.match(raw):
        path.fail(f"is {raw[:40]!r}", "write only letters and digits, as IAM requires")
    return raw or None


def _texts(raw: Mapping[str, Any], path: ElementPath, name: str, check: Any) -> Texts | None:
    """The strings of ``Action`` or ``Resource``: one or a list, each checked."""
    if name not in raw:
        return None
    here = path.at(name)
    value = raw[name]
    if isinstance(value, Unknown):
        return (UNKNOWN,)
    if isinstance(value, str):
        check(value, here)
        return (value,)
    if not isinstance(value, Sequence):
        here.fail("is neither a string nor a list of strings", "write strings")
    if not value:
        here.fail("is an empty list", "write at least one string")
    for i, one in enumerate(value):
        if isinstance(one, Unknown):
            continue
        if not isinstance(one, str):
            here.item(i).fail("is not a string", "write a string")
        check(one, here.item(i))
    return tuple(value)


def _check_action(text: str, path: ElementPath) -> None:
    if not _ACTION.match(text):
        path.fail(f"is {text[:60]!r}", 'write "service:Action", with * and ? as wildcards, or "*"')


def _check_resource(text: str, path: ElementPath) -> None:
    if text == "*":
        return
    parts = text.split(":")
    complete = len(parts) >= 6 and parts[2] and text.split(":", 5)[5]
    open_end = any(part.endswith("*") for part in parts[2:])
    if parts[0] != "arn" or len(parts) < 3 or not parts[1] or not (complete or open_end):
        path.fail(
            f"is {text[:80]!r}, which is not an ARN",
            'write arn:partition:service:region:account:resource, or "*"',
        )


def _principal(raw: Mapping[str, Any], path: ElementPath, name: str) -> PrincipalElement | None:
    if name not in raw:
        return None
    here = path.at(name)
    value = raw[name]
    if isinstance(value, Unknown):
        return PrincipalElement(((UNKNOWN, UNKNOWN),))
    if value == "*":
        return PrincipalElement(((PrincipalType.AWS, "*"),))
    if not isinstance(value, Mapping):
        here.fail('is neither "*" nor an object', 'write "*" or {"AWS": ...}, {"Service": ...}')
    if not value:
        here.fail("is an empty object", "name at least one principal")
    here.refuse_unknown(value, [kind.value for kind in PrincipalType])
    entries = [
        (PrincipalType(kind), one)
        for kind, given in value.items()
        for one in _principals(PrincipalType(kind), given, here.at(kind))
    ]
    return PrincipalElement(tuple(entries))


def _principals(kind: PrincipalType, given: Any, path: ElementPath) -> Iterable[str | Unknown]:
    if isinstance(given, str | Unknown):
        given, paths = [given], [path]
    elif isinstance(given, Sequence):
        paths = [path.item(i) for i in range(len(given))]
    else:
        path.fail("is neither a string nor a list of strings", "write strings")
    if not given:
        path.fail("is an empty list", "name at least one principal")
    for one, here in zip(given, paths, strict=True):
        if isinstance(one, Unknown):
            continue
        if not isinstance(one, str) or not one:
            here.fail("is not a string", "write a string")
        if kind is PrincipalType.AWS:
            _check_aws_principal(one, here)
    return tuple(given)


def _check_aws_principal(text: str, path: ElementPath) -> None:
    if text == "*" or ACCOUNT_ID.match(text) or _UNIQUE_ID.match(text):
        return
    arn = parse_arn(text)
    if arn is None or arn.service not in ("iam", "sts"):
        path.fail(
            f"is {text[:80]!r}, which is not a principal",
            'write an account id, the ARN of an account, user, role or session, or "*"',
        )
    if "*" in text or "?" in text:
        path.fail(
            f"is {text[:80]!r}, with a wildcard in part of a principal",
            'name each principal, or write "*" and a condition on aws:PrincipalArn',
        )


def _conditions(raw: Any, path: ElementPath, variables: bool | None) -> list[Condition | None]:
    """The conditions of a statement; None for one that is not known."""
    if isinstance(raw, Unknown):
        return [None]
    if not isinstance(raw, Mapping):
        path.fail("is not an object", 'write {"StringEquals": {"key": "value"}}')
    found: list[Condition | None] = []
    for name, keys in raw.items():
        operator = parse_operator(name) if isinstance(name, str) else None
        if operator is None:
            near = difflib.get_close_matches(
                str(name), [operator.label for operator in Operator], 1
            )
            hint = f"write {near[0]}" if near else "write one of AWS's condition operators"
            path.fail(f'has an unknown condition operator "{str(name)[:60]}"', hint)
        here = path.at(name)
        if isinstance(keys, Unknown):
            found.append(None)
            continue
        if not isinstance(keys, Mapping):
            here.fail("is not an object", 'write {"key": "value"}')
        for key, values in keys.items():
            if not isinstance(key, str) or not key:
                here.fail("has a key that is not a string", "write a condition key")
            texts = _condition_values(values, operator, here.at(key), variables)
            found.append(Condition(name, operator, key, texts, variables=variables))
    return found


def _condition_values(
    raw: Any, operator: OperatorName, path: ElementPath, variables: bool | None
) -> Texts:
    if isinstance(raw, str | bool | int | float | Unknown):
        raw, paths = [raw], [path]
    elif isinstance(raw, Sequence):
        paths = [path.item(i) for i in range(len(raw))]
    else:
        path.fail("is neither a value nor a list of values", "write strings")
    texts: list[str | Unknown] = []
    for one, here in zip(raw, paths, strict=True):
        if isinstance(one, Unknown):
            texts.append(one)
            continue
        if not isinstance(one, str | bool | int | float):
            here.fail("is not a string, number or boolean", "write a string")
        text = text_of(one)
        if not _is_valid_value(text, operator.operator, variables):
            here.fail(
                f"is {text[:60]!r}, which {operator.operator.label} cannot compare",
                f"write {operator.operator.family.value}",
            )
        texts.append(text)
    return tuple(texts)


def _is_valid_value(text: str, operator: Operator, variables: bool | None) -> bool:
    """Whether the value is valid for the operator's family."""
    family = operator.family
    if family is Family.STRING or ("${" in text and family in (Family.ARN, Family.BOOL)):
        return True
    if family is Family.ARN:
        return text == "*" or (text.startswith(("arn:", "*:")) and text.count(":") >= 5)
    if family in (Family.BOOL, Family.NULL):
        return boolean(text) is not None
    return comparison(operator, text) is not None
