"""IAM policy documents, however they are written: ``jsonencode``, a heredoc, or
``aws_iam_policy_document``.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from check_support.configuration import Part
from check_support.scope import instance_frame
from check_support.values import Choice, Reference, Template, Value, options, shown

_TYING_OPERATORS = {"arnequals", "arnlike", "stringequals", "stringequalsignorecase", "stringlike"}
_EVERYBODY: list[tuple[str, Value]] = [("*", "*")]
_MARK = "\x00{}\x00"


@dataclass(frozen=True)
class Condition:
    """One line of a Condition element; ``operator`` is empty if its content is not decided."""

    operator: str
    key: str
    values: list[Value]

    @property
    def ties(self) -> bool:
        """Whether only the given values will do, and not a missing key or whatever a ``*`` matches.
        Without a value there is nothing to tie to.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
        """
        operator = self.operator.lower().removeprefix("foranyvalue:")
        return operator in _TYING_OPERATORS and bool(self.values) and "*" not in self.values


@dataclass(frozen=True)
class Statement:
    """A statement. Every element is a list, empty if the element is absent.

    ``principals`` are pairs of kind (``Service``, ``AWS``, ``*``) and identifier; who allows
    something to all but some (``NotPrincipal``) allows it to everybody. ``certain`` is false for a
    statement that a condition may leave out.
    """

    sid: Value
    effect: Value
    actions: list[Value]
    not_actions: list[Value]
    resources: list[Value]
    not_resources: list[Value]
    principals: list[tuple[str, Value]]
    conditions: list[Condition]
    certain: bool

    @property
    def label(self) -> str:
        """The statement in a sentence."""
        return f"statement {self.sid}" if isinstance(self.sid, str) else "a statement"

    @property
    def allows(self) -> bool:
        """Whether the effect is Allow; one that is not decided is taken for Allow."""
        return self.effect == "Allow" or not isinstance(self.effect, str | None)

    @property
    def is_valid(self) -> bool:
        """Whether the effect is one that AWS takes, or is not decided."""
        return self.allows or self.effect == "Deny"

    def covers(self, action: str) -> bool | None:
        """Whether the statement is about an action such as ``iam:PassRole``; ``None`` if that is
        not decided.
        """
        patterns = self.actions or self.not_actions
        texts = [pattern.lower() for pattern in patterns if isinstance(pattern, str)]
        if any(fnmatchcase(action.lower(), text) for text in texts):
            return bool(self.actions)
        if len(texts) < len(patterns):
            return None
        return bool(self.not_actions)

    def limits(self, key: str) -> bool | None:
        """Whether a condition ties the key to a value; ``None`` if that is not decided."""
        if any(c.key.lower() == key.lower() and c.ties for c in self.conditions):
            return True
        return None if any(not condition.operator for condition in self.conditions) else False

    def services(self) -> list[Value]:
        """The service principals."""
        return [identifier for kind, identifier in self.principals if kind == "Service"]


@dataclass(frozen=True)
class Policy:
    """The statements of a document; ``complete`` is false if there may be more than the source
    decides.
    """

    statements: tuple[Statement, ...] = ()
    complete: bool = True

    def __add__(self, other: Policy) -> Policy:
        return Policy(self.statements + other.statements, self.complete and other.complete)

    def allowing(self, action: str) -> list[tuple[Statement, bool | None]]:
        """The statements that allow the action, or may (``None``)."""
        allowed = [s for s in self.statements if s.allows]
        return [(s, covers) for s in allowed if (covers := s.covers(action)) is not False]


def read_policy(value: Value) -> Policy:
    """The statements of the document that ``value`` is."""
    if isinstance(value, Choice):
        return sum((_uncertain(read_policy(option)) for option in value.options), Policy())
    if value is None or value == "":
        return Policy()
    if isinstance(value, str | Template):
        return _from_text(value)
    if isinstance(value, dict):
        return _from_elements(value)
    if isinstance(value, Reference):
        return _from_reference(value)
    return Policy(complete=False)


def _uncertain(policy: Policy) -> Policy:
    statements = (replace(statement, certain=False) for statement in policy.statements)
    return Policy(tuple(statements), policy.complete)


def _from_text(text: str | Template) -> Policy:
    document = read_json(text)
    return Policy(complete=False) if document is None else _from_elements(document)


def read_json(text: str | Template) -> dict[str, Any] | None:
    """The object that the text is, ``None`` if it is none. Undecided parts of the text travel
    through the JSON parser as marks.
    """
    parts = text.parts if isinstance(text, Template) else (text,)
    marks: dict[str, Value] = {}
    joined = ""
    for number, part in enumerate(parts):
        if isinstance(part, str):
            joined += part
        else:
            marks[_MARK.format(number)] = part
            joined += json.dumps(_MARK.format(number))[1:-1]
    try:
        document = json.loads(joined, strict=False)
    except ValueError:
        return None
    restored = _restore(document, marks)
    return restored if isinstance(restored, dict) else None


def _restore(value: Any, marks: dict[str, Value]) -> Any:
    if isinstance(value, dict):
        return {str(key): _restore(item, marks) for key, item in value.items()}
    if isinstance(value, list):
        return [_restore(item, marks) for item in value]
    if not isinstance(value, str) or "\x00" not in value:
        return value
    if value in marks:
        return marks[value]
    pieces = value.split("\x00")
    parts = [marks[_MARK.format(p)] if n % 2 else p for n, p in enumerate(pieces)]
    return Template(tuple(part for part in parts if part != ""))


def _from_elements(document: dict[str, Any]) -> Policy:
    statements: list[Statement] = []
    complete = True
    for entry in _entries(document.get("Statement")):
        for option in options(entry):
            certain = option is entry
            for item in _entries(option):
                if isinstance(item, dict):
                    statements.append(_from_json(item, certain))
                    complete = complete and statements[-1].is_valid
                else:
                    complete = False
    return Policy(tuple(statements), complete)


def _from_json(element: dict[str, Any], certain: bool) -> Statement:
    effect = element.get("Effect")
    everybody_else = "NotPrincipal" in element and effect != "Deny"
    return Statement(
        sid=element.get("Sid"),
        effect=effect,
        actions=_entries(element.get("Action")),
        not_actions=_entries(element.get("NotAction")),
        resources=_entries(element.get("Resource")),
        not_resources=_entries(element.get("NotResource")),
        principals=[*_principals(element.get("Principal")), *(_EVERYBODY * everybody_else)],
        conditions=list(_conditions(element.get("Condition"))),
        certain=certain,
    )


def _principals(value: Any) -> Iterator[tuple[str, Value]]:
    if isinstance(value, dict):
        for kind, identifiers in value.items():
            yield from ((kind, identifier) for identifier in _entries(identifiers))
    elif value is not None:
        yield ("*" if value == "*" else "?", value)


def _conditions(value: Any) -> Iterator[Condition]:
    if isinstance(value, dict) and all(isinstance(keys, dict) for keys in value.values()):
        for operator, keys in value.items():
            for key, wanted in keys.items():
                yield Condition(operator, key, _entries(wanted))
    elif value is not None:
        yield Condition("", "", [value])


def _from_reference(reference: Reference) -> Policy:
    """The document of an ``aws_iam_policy_document``, or of another policy resource."""
    block = reference.scope.block(reference.root) if reference.scope else None
    if block is None or reference.scope is None:
        return Policy(complete=False)
    part = Part(block, instance_frame(block, reference.scope, reference.key))
    if reference.resource_type == "data.aws_iam_policy_document":
        return _from_blocks(part)
    if reference.path == ("policy",):
        return read_policy(part.value("policy"))
    return Policy(complete=False)


def _from_blocks(document: Part) -> Policy:
    statements = tuple(_from_block(part) for part in document.parts("statement"))
    policy = Policy(statements, all(statement.is_valid for statement in statements))
    for name in ("source_policy_documents", "override_policy_documents"):
        for entry in _entries(document.value(name)):
            policy += read_policy(entry)
    for name in ("source_json", "override_json"):
        policy += read_policy(document.value(name))
    return policy


def _from_block(part: Part) -> Statement:
    effect = part.value("effect") or "Allow"
    everybody_else = bool(part.parts("not_principals")) and effect != "Deny"
    return Statement(
        sid=part.value("sid"),
        effect=effect,
        actions=_entries(part.value("actions")),
        not_actions=_entries(part.value("not_actions")),
        resources=_entries(part.value("resources")),
        not_resources=_entries(part.value("not_resources")),
        principals=[
            (shown(principal.value("type")).strip('"'), identifier)
            for principal in part.parts("principals")
            for identifier in _entries(principal.value("identifiers"))
        ]
        + _EVERYBODY * everybody_else,
        conditions=[
            Condition(
                shown(condition.value("test")).strip('"'),
                shown(condition.value("variable")).strip('"'),
                _entries(condition.value("values")),
            )
            for condition in part.parts("condition")
        ],
        certain=part.certain,
    )


def _entries(value: Any) -> list[Value]:
    """A single value or a list of them, as a list, as the policy grammar has it."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
