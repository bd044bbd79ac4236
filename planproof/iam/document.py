"""Is this a policy document, and what are its statements?

Sources: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements
reference", "IAM and AWS STS quotas"; the size limits of other services are named beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NoReturn

from planproof.iam.elements import Place, parse_statement
from planproof.iam.principals import PrincipalElement
from planproof.iam.statement import Statement, StatementEffect
from planproof.values import UNKNOWN, Unknown


class PolicyKind(Enum):
    """What a document is attached to: its size limit in characters, and its rule on principals.

    White space does not count towards the limit. The rule is True for policies that must name a
    principal, False for those that must not, None where nothing is said.
    """

    ANY = "policy", None, None
    MANAGED = "managed policy", 6144, False
    INLINE_USER = "inline policy of a user", 2048, False
    INLINE_GROUP = "inline policy of a group", 5120, False
    INLINE_ROLE = "inline policy of a role", 10240, False
    IDENTITY = "identity-based policy", 10240, False
    SESSION = "session policy", 2048, False
    SERVICE_CONTROL = "service control policy", 5120, False
    RESOURCE_CONTROL = "resource control policy", 5120, True
    RESOURCE = "resource-based policy", None, True
    TRUST = "role trust policy", 8192, True
    BUCKET = "bucket policy", 20480, True
    KEY = "key policy", 32768, True

    def __init__(self, label: str, limit: int | None, names_principal: bool | None) -> None:
        self.label = label
        self.limit = limit
        self.names_principal = names_principal


_VERSIONS: Final = {"2008-10-17": False, "2012-10-17": True}
_ELEMENTS: Final = ("Version", "Id", "Statement")
_DEPTH: Final = 64


@dataclass(frozen=True, eq=False)
class PolicyDocument:
    """A parsed policy document.

    Attributes:
        name: what ``because`` calls the policy, such as its Terraform address.
        statements: the statements in their order; one that may be anything where the document is
            UNKNOWN.
        kind: what the document is attached to.
    """

    name: str
    statements: tuple[Statement, ...]
    kind: PolicyKind = PolicyKind.ANY

    @classmethod
    def parse(
        cls,
        raw: str | Mapping[str, Any] | Unknown,
        name: str = "",
        kind: PolicyKind = PolicyKind.ANY,
    ) -> PolicyDocument:
        """Parse a document from JSON text, or from the mapping that it describes.

        Args:
            raw: JSON text; or a mapping, in which UNKNOWN may stand for any value; or UNKNOWN.
            name: what to call the policy in reasons and errors.
            kind: what the document is attached to, which decides on size and principals.

        Raises:
            PolicyError: AWS would not accept the document; the error says where and why.
        """
        if isinstance(raw, Unknown):
            return cls(name, (unknown_statement(name, 0),), kind)
        place = Place(name)
        if isinstance(raw, str):
            if kind.limit is not None and _size(raw) > kind.limit:
                place.fail(
                    f"has {_size(raw)} characters without white space",
                    f"shorten it to the {kind.limit} that AWS takes here",
                )
            raw = _read_json(raw, place)
        elif kind.limit is not None:
            _check_size(raw, kind.limit, place)
        if not isinstance(raw, Mapping):
            place.fail(f"is {_kind_of(raw)}", "write a JSON object with Version and Statement")
        return cls(name, _statements(raw, place, kind), kind)

    def must_be(self, kind: PolicyKind) -> None:
        """Refuse a document that may not stand where ``kind`` says.

        Raises:
            PolicyError: it names a principal where it may not, or none where it must.
        """
        for statement in self.statements:
            if statement.effect is StatementEffect.UNKNOWN and not statement.conditions_known:
                continue  # a statement that may be anything
            named = statement.principal is not None or statement.not_principal is not None
            place = Place(self.name, f"Statement[{statement.index}]")
            if named and kind.names_principal is False:
                place.fail("names a principal, in a policy that is attached to one", "leave it out")
            if not named and kind.names_principal is True:
                place.fail("names no principal, in a policy of a resource", "add a Principal")
            if kind.names_principal is False and statement.names_no_resource:
                place.fail("has neither Resource nor NotResource", "add Resource")


def unknown_statement(name: str, index: int) -> Statement:
    """A statement that may be any: any effect, action, resource, principal and condition."""
    return Statement(
        policy=name,
        index=index,
        sid=None,
        effect=StatementEffect.UNKNOWN,
        actions=(UNKNOWN,),
        resources=(UNKNOWN,),
        principal=PrincipalElement(((UNKNOWN, UNKNOWN),)),
        conditions_known=False,
        variables=None,
    )


def _statements(raw: Mapping[str, Any], place: Place, kind: PolicyKind) -> tuple[Statement, ...]:
    place.only(raw, _ELEMENTS)
    variables = _variables(raw, place)
    identifier = raw.get("Id")
    if identifier is not None and not isinstance(identifier, str | Unknown):
        place.at("Id").fail(f"is {_kind_of(identifier)}", "write a string")
    if "Statement" not in raw:
        place.fail("has no Statement", "add at least one statement")
    written = raw["Statement"]
    here = place.at("Statement")
    if isinstance(written, Unknown):
        return (unknown_statement(place.policy, 0),)
    if isinstance(written, Mapping):
        return (_statement(written, here, 0, variables, kind),)
    if not isinstance(written, Sequence) or isinstance(written, str):
        here.fail(f"is {_kind_of(written)}", "write a statement or a list of statements")
    if not written:
        here.fail("is an empty list", "write at least one statement")
    statements = tuple(
        _statement(one, here.item(index), index, variables, kind)
        for index, one in enumerate(written)
    )
    _unique_sids(statements, here)
    return statements


def _statement(
    raw: Any, place: Place, index: int, variables: bool | None, kind: PolicyKind
) -> Statement:
    if isinstance(raw, Unknown):
        return unknown_statement(place.policy, index)
    if not isinstance(raw, Mapping):
        place.fail(f"is {_kind_of(raw)}", "write a JSON object")
    return parse_statement(
        raw,
        place,
        index,
        variables=variables,
        names_principal=kind.names_principal,
        trust=kind is PolicyKind.TRUST,
    )


def _variables(raw: Mapping[str, Any], place: Place) -> bool | None:
    """Whether the version knows policy variables; without a version it is 2008-10-17."""
    version = raw.get("Version", "2008-10-17")
    if isinstance(version, Unknown):
        return None
    if not isinstance(version, str) or version not in _VERSIONS:
        place.at("Version").fail(
            f"is {version!r}"[:44],
            'write "2012-10-17", or "2008-10-17" for the language without variables',
        )
    return _VERSIONS[version]


def _unique_sids(statements: Sequence[Statement], place: Place) -> None:
    seen: dict[str, int] = {}
    for statement in statements:
        if statement.sid is None:
            continue
        if statement.sid in seen:
            place.item(statement.index).at("Sid").fail(
                f'is "{statement.sid}", as in statement {seen[statement.sid]}',
                "give each statement its own Sid",
            )
        seen[statement.sid] = statement.index


def _size(text: str) -> int:
    return len("".join(text.split()))


def _check_size(raw: Any, limit: int, place: Place) -> None:
    try:
        size = _size(json.dumps(raw, default=lambda value: "", ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        return  # what is not JSON is found, with its place, by the parser
    if size > limit:
        place.fail(
            f"has {size} characters without white space",
            f"shorten it to the {limit} that AWS takes here",
        )


def _read_json(text: str, place: Place) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            names = [name for name, _ in items]
            twice = next(name for name in names if names.count(name) > 1)
            place.fail(f'has the element "{twice}" twice in one object', "leave one of them")
        return found

    def constant(name: str) -> NoReturn:
        place.fail(f"holds {name}, which is not JSON", "write a number or a string")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        place.fail(
            f"is not JSON: {error.msg}, line {error.lineno}, column {error.colno}",
            "write a JSON object with Version and Statement",
        )
    except RecursionError:
        place.fail("is nested too deeply to be a policy", "write a policy document")
    except ValueError:
        place.fail("holds a number too long to read", "write a shorter number")


def _kind_of(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    if value is None:
        return "null"
    return names.get(type(value), "a number" if isinstance(value, int | float) else "no JSON value")
