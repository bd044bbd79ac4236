"""Are the elements of one statement well formed, and what do they say?

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
from planproof.iam.operators import Family, Operator, comparison, truth
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
class Place:
    """A place in a document: the policy's name and the path of elements."""

    policy: str
    path: str = ""

    def at(self, element: str) -> Place:
        """The element of that name, here."""
        return Place(self.policy, f"{self.path}.{element}" if self.path else element)

    def item(self, index: int) -> Place:
        """The item of that position, here."""
        return Place(self.policy, f"{self.path}[{index}]")

    def fail(self, what: str, todo: str) -> NoReturn:
        """Raise the error of this place."""
        raise PolicyError(self.policy, self.path, what, todo)

    def only(self, raw: Mapping[Any, Any], elements: Sequence[str]) -> None:
        """Refuse elements that AWS does not know."""
        for name in raw:
            if name not in elements:
                near = difflib.get_close_matches(str(name).title(), elements, 1)
                hint = f"write {near[0]}" if near else "leave it out"
                self.fail(f'has an element "{str(name)[:40]}" that AWS does not know', hint)


def parse_statement(
    raw: Mapping[str, Any],
    place: Place,
    index: int,
    *,
    variables: bool | None,
    names_principal: bool | None,
    trust: bool,
) -> Statement:
    """Parse one statement.

    Args:
        raw: the statement as JSON; UNKNOWN may stand for any value.
        place: where it stands.
        index: its position in the document.
        variables: whether the document's version knows policy variables, None if not known.
        names_principal: True if it must name a principal, False if it must not.
        trust: whether it belongs to a role trust policy, which has no ``Resource``.

    Raises:
        PolicyError: AWS would not accept the statement.
    """
    place.only(raw, _ELEMENTS)
    _one_of(raw, place, "Action", "NotAction", required=True)
    _one_of(raw, place, "Resource", "NotResource", required=names_principal is False)
    _one_of(raw, place, "Principal", "NotPrincipal", required=names_principal is True)
    _placement(raw, place, names_principal=names_principal, trust=trust)
    conditions = _conditions(raw.get("Condition", {}), place.at("Condition"), variables)
    known = [condition for condition in conditions if condition is not None]
    return Statement(
        policy=place.policy,
        index=index,
        sid=_sid(raw.get("Sid"), place.at("Sid"), plain=trust or names_principal is False),
        effect=_effect(raw, place),
        actions=_texts(raw, place, "Action", _check_action),
        not_actions=_texts(raw, place, "NotAction", _check_action),
        resources=_texts(raw, place, "Resource", _check_resource),
        not_resources=_texts(raw, place, "NotResource", _check_resource),
        principal=_principal(raw, place, "Principal"),
        not_principal=_principal(raw, place, "NotPrincipal"),
        conditions=tuple(known),
        conditions_known=len(known) == len(conditions),
        variables=variables,
    )


def _one_of(raw: Mapping[str, Any], place: Place, one: str, other: str, *, required: bool) -> None:
    if one in raw and other in raw:
        place.fail(f"has both {one} and {other}", "leave one of them")
    if required and one not in raw and other not in raw:
        place.fail(f"has neither {one} nor {other}", f"add {one}")


def _placement(
    raw: Mapping[str, Any], place: Place, *, names_principal: bool | None, trust: bool
) -> None:
    for name in ("Principal", "NotPrincipal"):
        if name in raw and names_principal is False:
            place.at(name).fail(
                "names a principal in a policy that is attached to one",
                "leave it out, or attach the policy to a resource",
            )
    if trust:
        for name in ("Resource", "NotResource", "NotPrincipal"):
            if name in raw:
                place.at(name).fail("has no place in a role trust policy", "leave it out")


def _effect(raw: Mapping[str, Any], place: Place) -> StatementEffect:
    if "Effect" not in raw:
        place.fail("has no Effect", 'add "Effect": "Allow" or "Deny"')
    effect = raw["Effect"]
    if isinstance(effect, Unknown):
        return StatementEffect.UNKNOWN
    if effect not in ("Allow", "Deny"):
        place.at("Effect").fail(f"is {str(effect)[:40]!r}", 'write "Allow" or "Deny"')
    return StatementEffect(effect)


def _sid(raw: Any, place: Place, *, plain: bool) -> str | None:
    if raw is None or isinstance(raw, Unknown):
        return None
    if not isinstance(raw, str):
        place.fail("is not a string", "write letters and digits")
    if plain and not _SID.match(raw):
        place.fail(f"is {raw[:40]!r}", "write only letters and digits, as IAM demands")
    return raw or None


def _texts(raw: Mapping[str, Any], place: Place, name: str, check: Any) -> Texts | None:
    """The strings of ``Action`` or ``Resource``: one or a list, each checked."""
    if name not in raw:
        return None
    here = place.at(name)
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


def _check_action(text: str, place: Place) -> None:
    if not _ACTION.match(text):
        place.fail(f"is {text[:60]!r}", 'write "service:Action", with * and ? as wildcards, or "*"')


def _check_resource(text: str, place: Place) -> None:
    if text == "*":
        return
    parts = text.split(":")
    complete = len(parts) >= 6 and parts[2] and text.split(":", 5)[5]
    open_end = any(part.endswith("*") for part in parts[2:])
    if parts[0] != "arn" or len(parts) < 3 or not parts[1] or not (complete or open_end):
        place.fail(
            f"is {text[:80]!r}, which is no ARN",
            'write arn:partition:service:region:account:resource, or "*"',
        )


def _principal(raw: Mapping[str, Any], place: Place, name: str) -> PrincipalElement | None:
    if name not in raw:
        return None
    here = place.at(name)
    value = raw[name]
    if isinstance(value, Unknown):
        return PrincipalElement(((UNKNOWN, UNKNOWN),))
    if value == "*":
        return PrincipalElement(((PrincipalType.AWS, "*"),))
    if not isinstance(value, Mapping):
        here.fail('is neither "*" nor an object', 'write "*" or {"AWS": ...}, {"Service": ...}')
    if not value:
        here.fail("is an empty object", "name at least one principal")
    here.only(value, [kind.value for kind in PrincipalType])
    entries = [
        (PrincipalType(kind), one)
        for kind, given in value.items()
        for one in _principals(PrincipalType(kind), given, here.at(kind))
    ]
    return PrincipalElement(tuple(entries))


def _principals(kind: PrincipalType, given: Any, place: Place) -> Iterable[str | Unknown]:
    if isinstance(given, str | Unknown):
        given, places = [given], [place]
    elif isinstance(given, Sequence):
        places = [place.item(i) for i in range(len(given))]
    else:
        place.fail("is neither a string nor a list of strings", "write strings")
    if not given:
        place.fail("is an empty list", "name at least one principal")
    for one, here in zip(given, places, strict=True):
        if isinstance(one, Unknown):
            continue
        if not isinstance(one, str) or not one:
            here.fail("is not a string", "write a string")
        if kind is PrincipalType.AWS:
            _check_aws_principal(one, here)
    return tuple(given)


def _check_aws_principal(text: str, place: Place) -> None:
    if text == "*" or ACCOUNT_ID.match(text) or _UNIQUE_ID.match(text):
        return
    arn = parse_arn(text)
    if arn is None or arn.service not in ("iam", "sts"):
        place.fail(
            f"is {text[:80]!r}, which is no principal",
            'write an account id, the ARN of an account, user, role or session, or "*"',
        )
    if "*" in text or "?" in text:
        place.fail(
            f"is {text[:80]!r}, with a wildcard in part of a principal",
            'name each principal, or write "*" and a condition on aws:PrincipalArn',
        )


def _conditions(raw: Any, place: Place, variables: bool | None) -> list[Condition | None]:
    """The conditions of a statement; None for one that nobody knows."""
    if isinstance(raw, Unknown):
        return [None]
    if not isinstance(raw, Mapping):
        place.fail("is not an object", 'write {"StringEquals": {"key": "value"}}')
    found: list[Condition | None] = []
    for name, keys in raw.items():
        operator = parse_operator(name) if isinstance(name, str) else None
        if operator is None:
            near = difflib.get_close_matches(str(name), [one.label for one in Operator], 1)
            hint = f"write {near[0]}" if near else "write one of AWS's condition operators"
            place.fail(f'has an operator "{str(name)[:60]}" that AWS does not know', hint)
        here = place.at(name)
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
    raw: Any, operator: OperatorName, place: Place, variables: bool | None
) -> Texts:
    if isinstance(raw, str | bool | int | float | Unknown):
        raw, places = [raw], [place]
    elif isinstance(raw, Sequence):
        places = [place.item(i) for i in range(len(raw))]
    else:
        place.fail("is neither a value nor a list of values", "write strings")
    texts: list[str | Unknown] = []
    for one, here in zip(raw, places, strict=True):
        if isinstance(one, Unknown):
            texts.append(one)
            continue
        if not isinstance(one, str | bool | int | float):
            here.fail("is not a string, number or boolean", "write a string")
        text = text_of(one)
        if not _fits(text, operator.operator, variables):
            here.fail(
                f"is {text[:60]!r}, which {operator.operator.label} cannot compare",
                f"write {operator.operator.family.value}",
            )
        texts.append(text)
    return tuple(texts)


def _fits(text: str, operator: Operator, variables: bool | None) -> bool:
    """Whether the operator's family can take the value."""
    family = operator.family
    if family is Family.STRING or ("${" in text and family in (Family.ARN, Family.BOOL)):
        return True
    if family is Family.ARN:
        return text == "*" or (text.startswith(("arn:", "*:")) and text.count(":") >= 5)
    if family in (Family.BOOL, Family.NULL):
        return truth(text) is not None
    return comparison(operator, text) is not None
