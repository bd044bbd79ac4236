"""Follows the names of resources: through environment variables, and in composed texts.

``f"s3://{bucket}/{key}"`` contains the whole name of a bucket; ``f"{bucket}-logs"`` names another.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence

from planproof.aws.sdk_calls.abstract_values import (
    DATA,
    EMPTY,
    NAME_KINDS,
    UNKNOWN_NAME,
    AbstractValue,
    AbstractValues,
    all_texts,
    are_names,
    texts,
    union,
)
from planproof.aws.sdk_calls.findings import Findings

_ENVIRON = "os.environ"
_READERS = ("os.environ.get", "os.getenv", "os.environ.setdefault", "os.environ.pop")
_ANY = ""
"""Stands for a variable whose name is not a constant."""

_SEPARATORS = ("/", ":")
_PLACEHOLDER = re.compile(r"%s|\{\w*\}")


class Environment:
    """Evaluates reads of environment variables; ``value`` evaluates an expression."""

    def __init__(self, findings: Findings, value: Callable[[ast.AST], AbstractValues]) -> None:
        self._findings = findings
        self._value = value

    def lookup(self, holders: AbstractValues, key: ast.expr) -> AbstractValues | None:
        """The values of ``os.environ[key]``; None if something else is subscripted."""
        if AbstractValue("external", _ENVIRON) not in holders:
            return None
        return self._variables(self._value(key), None)

    def read(self, name: str, node: ast.Call) -> AbstractValues | None:
        """The values that a function of ``os`` reads; None for other functions."""
        if name not in _READERS:
            return None
        named = {one.arg: one.value for one in node.keywords}
        first, second = [*node.args, None, None][:2]
        key, default = first or named.get("key"), second or named.get("default")
        if key is None or isinstance(key, ast.Starred):
            return DATA
        defaults = None if default is None else self._value(default)
        return self._variables(self._value(key), defaults)

    def _variables(self, names: AbstractValues, default: AbstractValues | None) -> AbstractValues:
        if names and not all_texts(names):
            return DATA
        found = EMPTY
        for name in texts(names):
            found |= {AbstractValue("variable", name, of=one) for one in _defaults(default)}
            found |= self._findings.get(_ENVIRON, name)
        return found | self._findings.get(_ENVIRON, _ANY) if found else EMPTY

    def set(self, target: ast.Subscript, values: AbstractValues) -> None:
        """Record that the code itself sets a variable."""
        if AbstractValue("external", _ENVIRON) not in self._value(target.value):
            return
        names = self._value(target.slice)
        for name in texts(names) if all_texts(names) else (_ANY,):
            self._findings.add(_ENVIRON, name, values)

    def boolean_or(self, values: Sequence[AbstractValues]) -> AbstractValues:
        """The values of ``a or b``; where ``a`` is a variable, ``b`` is its default."""
        *firsts, last = values
        if not any(one.kind == "variable" for many in firsts for one in many):
            return union(values)
        found = last if not all(_all_variables(many) for many in firsts) else EMPTY
        for one in union(firsts):
            if one.kind == "variable" and one.of is None and one not in last:
                found |= {one._replace(of=default) for default in _defaults(last)}
            else:
                found |= {one}
        return found

    def conditional(self, one: AbstractValues, other: AbstractValues) -> AbstractValues:
        """The values of ``one if … else other``; a text is the default of a variable beside it."""
        for variables, default in ((one, other), (other, one)):
            if _all_variables(variables) and all_texts(default):
                return self.boolean_or([variables, default])
        return one | other


def _all_variables(values: AbstractValues) -> bool:
    return bool(values) and all(one.kind == "variable" for one in values)


def _defaults(default: AbstractValues | None) -> set[AbstractValue | None]:
    """The possible defaults of a variable: a text, an unknown name, or None for no default."""
    if default is None:
        return {None}
    if any(one.kind not in ("text", "none") for one in default):
        return {UNKNOWN_NAME}
    return {one if one.kind in NAME_KINDS and one.what else None for one in default}


def pieces(node: ast.expr) -> list[str | ast.expr]:
    """The parts of an f-string, a sum, ``"…" % …`` or ``"…".format(…)``, in order."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr():
            return [part for one in node.values for part in pieces(one)]
        case ast.FormattedValue(conversion=-1, format_spec=None):
            return [node.value]
        case ast.BinOp(op=ast.Add()):
            return [*pieces(node.left), *pieces(node.right)]
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
            arguments = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return _filled(text, arguments, node)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            placeholders = re.findall(r"\{(\w+)\}", text)
            named = {one.arg: one.value for one in node.keywords}
            if placeholders and all(one in named for one in placeholders):
                return _filled(text, [named[one] for one in placeholders], node)
            return [node] if placeholders else _filled(text, node.args, node)
    return [node]


def _filled(text: str, arguments: Sequence[ast.expr], node: ast.expr) -> list[str | ast.expr]:
    """A text with its placeholders replaced in order; the whole node if they do not match."""
    literals = _PLACEHOLDER.split(text)
    has_star = any(isinstance(one, ast.Starred) for one in arguments)
    if has_star or len(literals) != len(arguments) + 1:
        return [node]
    found: list[str | ast.expr] = [literals[0]]
    for value, literal in zip(arguments, literals[1:], strict=True):
        found += [value, literal]
    return found


def segment(parts: Sequence[str | AbstractValues]) -> AbstractValues:
    """The only named value in a text, if it is delimited by separators.

    Returns:
        empty as long as a value has not arrived.
    """
    if EMPTY in parts:
        return EMPTY
    parts = [one for one in parts if one]  # an empty text separates nothing
    named = [(at, one) for at, one in enumerate(parts) if isinstance(one, frozenset)]
    named = [(at, one) for at, one in named if are_names(one)]
    if len(named) != 1:
        return DATA
    ((at, values),) = named
    if len(parts) == 1:
        return values
    before, after = parts[at - 1] if at else "/", parts[at + 1] if at + 1 < len(parts) else "/"
    if not isinstance(before, str) or not before.endswith(_SEPARATORS):
        return DATA
    if not isinstance(after, str) or not after.startswith(_SEPARATORS):
        return DATA
    return frozenset(
        one if one.kind == "segment" else AbstractValue("segment", one)
        for one in values
        if one.kind != "none"
    )
