"""Parses and validates policy documents.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements
reference", "IAM and AWS STS quotas"; each service documents its own size limits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NoReturn

from planproof.iam.elements import ElementPath, parse_statement
from planproof.iam.principals import PrincipalElement
from planproof.iam.statement import Statement, StatementEffect
from planproof.stand_ins import without_unknown
from planproof.values import UNKNOWN, Unknown


class PolicyKind(Enum):
    """The kind of a document: its label, its size limit in characters, its rule on principals.

    White space does not count towards the limit. The rule is True for policies that must name a
    principal, False for those that must not, None where there is no rule.
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


@dataclass(frozen=True, eq=False)
class PolicyDocument:
    """A parsed policy document.

    Attributes:
        name: the policy's name in reasons, such as its Terraform address.
        statements: the statements in their order; a single unknown statement where the document
            is UNKNOWN.
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
        """Parse a document from JSON text, or from a mapping.

        Args:
            raw: JSON text; or a mapping, in which UNKNOWN may stand for any value; or UNKNOWN.
            name: the policy's name in reasons and errors.
            kind: decides on the size limit and the rule on principals.

        Raises:
            PolicyError: AWS would not accept the document; the error names the element path.
        """
        if isinstance(raw, Unknown):
            return cls(name, (unknown_statement(name, 0),), kind)
        path = ElementPath(name)
        _check_size(raw, kind, path)
        if isinstance(raw, str):
            raw = without_unknown(_read_json(raw, path))
        if not isinstance(raw, Mapping):
            path.fail(f"is {_kind_of(raw)}", "write a JSON object with Version and Statement")
        return cls(name, _statements(raw, path, kind), kind)

    def must_be(self, kind: PolicyKind) -> None:
        """Refuse a document that is not valid as this kind.

        Raises:
            PolicyError: it names a principal where it must not, or none where it must.
        """
        for statement in self.statements:
            if statement.effect is StatementEffect.UNKNOWN and not statement.conditions_known:
                continue  # an unknown statement
            named = statement.principal is not None or statement.not_principal is not None
            path = ElementPath(self.name, f"Statement[{statement.index}]")
            if named and kind.names_principal is False:
                path.fail("names a principal, but its policy is attached to one", "remove it")
            if not named and kind.names_principal is True:
                path.fail("names no principal in a resource-based policy", "add a Principal")
            if kind.names_principal is False and statement.names_no_resource:
                path.fail("has neither Resource nor NotResource", "add Resource")


def unknown_statement(name: str, index: int) -> Statement:
    """An unknown statement: any effect, action, resource, principal and condition."""
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


def _statements(
    raw: Mapping[str, Any], path: ElementPath, kind: PolicyKind
) -> tuple[Statement, ...]:
    path.refuse_unknown(raw, _ELEMENTS)
    variables = _variables(raw, path)
    identifier = raw.get("Id")
    if identifier is not None and not isinstance(identifier, str | Unknown):
        path.at("Id").fail(f"is {_kind_of(identifier)}", "write a string")
    if "Statement" not in raw:
        path.fail("has no Statement", "add at least one statement")
    written = raw["Statement"]
    here = path.at("Statement")
    if isinstance(written, Unknown):
        return (unknown_statement(path.policy, 0),)
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
    raw: Any, path: ElementPath, index: int, variables: bool | None, kind: PolicyKind
) -> Statement:
    if isinstance(raw, Unknown):
        return unknown_statement(path.policy, index)
    if not isinstance(raw, Mapping):
        path.fail(f"is {_kind_of(raw)}", "write a JSON object")
    return parse_statement(
        raw,
        path,
        index,
        variables=variables,
        names_principal=kind.names_principal,
        trust=kind is PolicyKind.TRUST,
    )


def _variables(raw: Mapping[str, Any], path: ElementPath) -> bool | None:
    """Whether the version supports policy variables; the default version is 2008-10-17."""
    version = raw.get("Version", "2008-10-17")
    if isinstance(version, Unknown):
        return None
    if not isinstance(version, str) or version not in _VERSIONS:
        path.at("Version").fail(
            f"is {version!r}"[:44],
            'write "2012-10-17", or "2008-10-17" for the language without variables',
        )
    return _VERSIONS[version]


def _unique_sids(statements: Sequence[Statement], path: ElementPath) -> None:
    seen: dict[str, int] = {}
    for statement in statements:
        if statement.sid is None:
            continue
        if statement.sid in seen:
            path.item(statement.index).at("Sid").fail(
                f'is "{statement.sid}", as in statement {seen[statement.sid]}',
                "give each statement its own Sid",
            )
        seen[statement.sid] = statement.index


def _check_size(raw: Any, kind: PolicyKind, path: ElementPath) -> None:
    if kind.limit is None:
        return
    text = raw
    if not isinstance(raw, str):
        try:
            text = json.dumps(raw, default=lambda value: "", ensure_ascii=False)
        except (TypeError, ValueError, RecursionError):
            return  # the parser reports what is not JSON, with its location
    size = len("".join(text.split()))
    if size > kind.limit:
        path.fail(
            f"has {size} characters without white space",
            f"shorten it to the {kind.limit} that AWS accepts for this {kind.label}",
        )


def _read_json(text: str, path: ElementPath) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            names = [name for name, _ in items]
            twice = next(name for name in names if names.count(name) > 1)
            path.fail(f'has the element "{twice}" twice in one object', "remove one of them")
        return found

    def constant(name: str) -> NoReturn:
        path.fail(f"contains {name}, which is not JSON", "write a number or a string")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        path.fail(
            f"is not JSON: {error.msg}, line {error.lineno}, column {error.colno}",
            "write a JSON object with Version and Statement",
        )
    except RecursionError:
        path.fail("is nested too deeply to be a policy", "write a policy document")
    except ValueError:
        path.fail("contains a number too long to parse", "write a shorter number")


def _kind_of(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    if value is None:
        return "null"
    return names.get(
        type(value), "a number" if isinstance(value, int | float) else "not a JSON value"
    )
