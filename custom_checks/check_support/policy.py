"""IAM policy documents in the source: ``jsonencode``, a heredoc, or ``aws_iam_policy_document``.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from check_support.configuration import EvaluatedBlock
from check_support.scope import instance_frame
from check_support.truth import Truth
from check_support.values import Choice, Reference, Template, Value, options, shown

_RESTRICTING_OPERATORS = {
    "arnequals",
    "arnlike",
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
}
_EVERY_PRINCIPAL: list[tuple[str, Value]] = [("*", "*")]
_PLACEHOLDER = "\x00{}\x00"


@dataclass(frozen=True)
class Condition:
    """One operator and key of a Condition element; ``operator`` is empty if it is not decided."""

    operator: str
    key: str
    values: list[Value]

    @property
    def restricts(self) -> bool:
        """Whether the condition holds for the given values only: not for a missing key, and not for
        every value, by a ``*``.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
        """
        operator = self.operator.lower().removeprefix("foranyvalue:")
        return operator in _RESTRICTING_OPERATORS and bool(self.values) and "*" not in self.values


@dataclass(frozen=True)
class SourceStatement:
    """A statement in the source. Every element is a list, empty if the element is absent.

    ``principals`` are pairs of kind (``Service``, ``AWS``, ``*``) and identifier; ``NotPrincipal``
    of an Allow statement counts as every principal. ``certain`` is false for a statement that a
    Terraform condition may omit.
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
        """The statement as messages name it."""
        return f"statement {self.sid}" if isinstance(self.sid, str) else "a statement"

    @property
    def allows(self) -> bool:
        """Whether the effect is Allow; an undecided one counts as Allow."""
        return self.effect == "Allow" or not isinstance(self.effect, str | None)

    @property
    def is_valid(self) -> bool:
        """Whether the effect is one that AWS accepts, or is not decided."""
        return self.allows or self.effect == "Deny"

    def covers(self, action: str) -> Truth:
        """Whether the statement covers an action such as ``iam:PassRole``; ``None`` if the source
        does not decide.
        """
        patterns = self.actions or self.not_actions
        texts = [pattern.lower() for pattern in patterns if isinstance(pattern, str)]
        if any(fnmatchcase(action.lower(), text) for text in texts):
            return bool(self.actions)
        if len(texts) < len(patterns):
            return None
        return bool(self.not_actions)

    def limits(self, key: str) -> Truth:
        """Whether a condition restricts the key; ``None`` if the source does not decide."""
        if any(c.key.lower() == key.lower() and c.restricts for c in self.conditions):
            return True
        return None if any(not condition.operator for condition in self.conditions) else False


@dataclass(frozen=True)
class Policy:
    """The statements of a document; ``complete`` is false if it may have others that the source
    does not decide.
    """

    statements: tuple[SourceStatement, ...] = ()
    complete: bool = True

    def __add__(self, other: Policy) -> Policy:
        return Policy(self.statements + other.statements, self.complete and other.complete)

    def allowing(self, action: str) -> list[tuple[SourceStatement, Truth]]:
        """The statements that allow the action (True), or may (``None``)."""
        allowed = [s for s in self.statements if s.allows]
        return [(s, covers) for s in allowed if (covers := s.covers(action)) is not False]


def read_policy(value: Value) -> Policy:
    """The statements of the document in ``value``."""
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
    """The JSON object of the text; ``None`` if it is not one. Placeholders stand for the undecided
    parts of the text in the JSON parser.
    """
    parts = text.parts if isinstance(text, Template) else (text,)
    placeholders: dict[str, Value] = {}
    joined = ""
    for number, part in enumerate(parts):
        if isinstance(part, str):
            joined += part
        else:
            placeholders[_PLACEHOLDER.format(number)] = part
            joined += json.dumps(_PLACEHOLDER.format(number))[1:-1]
    try:
        document = json.loads(joined, strict=False)
    except ValueError:
        return None
    restored = _restore(document, placeholders)
    return restored if isinstance(restored, dict) else None


def _restore(value: Any, placeholders: dict[str, Value]) -> Any:
    if isinstance(value, dict):
        return {str(key): _restore(item, placeholders) for key, item in value.items()}
    if isinstance(value, list):
        return [_restore(item, placeholders) for item in value]
    if not isinstance(value, str) or "\x00" not in value:
        return value
    if value in placeholders:
        return placeholders[value]
    pieces = value.split("\x00")
    parts = [placeholders[_PLACEHOLDER.format(p)] if n % 2 else p for n, p in enumerate(pieces)]
    return Template(tuple(part for part in parts if part != ""))


def _from_elements(document: dict[str, Any]) -> Policy:
    statements: list[SourceStatement] = []
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


def _from_json(element: dict[str, Any], certain: bool) -> SourceStatement:
    effect = element.get("Effect")
    not_principal = "NotPrincipal" in element and effect != "Deny"
    return SourceStatement(
        sid=element.get("Sid"),
        effect=effect,
        actions=_entries(element.get("Action")),
        not_actions=_entries(element.get("NotAction")),
        resources=_entries(element.get("Resource")),
        not_resources=_entries(element.get("NotResource")),
        principals=[*_principals(element.get("Principal")), *(_EVERY_PRINCIPAL * not_principal)],
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
            for key, values in keys.items():
                yield Condition(operator, key, _entries(values))
    elif value is not None:
        yield Condition("", "", [value])


def _from_reference(reference: Reference) -> Policy:
    """The document of an ``aws_iam_policy_document``, or of another policy resource."""
    source = reference.scope.block(reference.root) if reference.scope else None
    if source is None or reference.scope is None:
        return Policy(complete=False)
    block = EvaluatedBlock(source, instance_frame(source, reference.scope, reference.key))
    if reference.resource_type == "data.aws_iam_policy_document":
        return _from_blocks(block)
    if reference.path == ("policy",):
        return read_policy(block.value("policy"))
    return Policy(complete=False)


def _from_blocks(document: EvaluatedBlock) -> Policy:
    statements = tuple(_from_block(block) for block in document.nested("statement"))
    policy = Policy(statements, all(statement.is_valid for statement in statements))
    for name in ("source_policy_documents", "override_policy_documents"):
        for entry in _entries(document.value(name)):
            policy += read_policy(entry)
    for name in ("source_json", "override_json"):
        policy += read_policy(document.value(name))
    return policy


def _from_block(block: EvaluatedBlock) -> SourceStatement:
    effect = block.value("effect") or "Allow"
    not_principal = bool(block.nested("not_principals")) and effect != "Deny"
    return SourceStatement(
        sid=block.value("sid"),
        effect=effect,
        actions=_entries(block.value("actions")),
        not_actions=_entries(block.value("not_actions")),
        resources=_entries(block.value("resources")),
        not_resources=_entries(block.value("not_resources")),
        principals=[
            (shown(principal.value("type")).strip('"'), identifier)
            for principal in block.nested("principals")
            for identifier in _entries(principal.value("identifiers"))
        ]
        + _EVERY_PRINCIPAL * not_principal,
        conditions=[
            Condition(
                shown(condition.value("test")).strip('"'),
                shown(condition.value("variable")).strip('"'),
                _entries(condition.value("values")),
            )
            for condition in block.nested("condition")
        ],
        certain=block.certain,
    )


def _entries(value: Any) -> list[Value]:
    """A single value or a list of values, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
