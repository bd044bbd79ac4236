"""Follows the variables of the function's environment."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from planproof.aws.sdk_calls.abstract_values import (
    DATA,
    EMPTY,
    NAME_KINDS,
    UNKNOWN_NAME,
    AbstractValue,
    AbstractValues,
    all_texts,
    texts,
    union,
)
from planproof.aws.sdk_calls.findings import Findings
from planproof.aws.sdk_calls.scopes import LexicalScope

_ENVIRON = "os.environ"
_READERS = ("os.environ.get", "os.getenv", "os.environ.setdefault", "os.environ.pop")
_ANY = ""
"""Stands for a variable whose name is not a constant."""


class Environment:
    """Evaluates reads of environment variables; ``value`` evaluates an expression."""

    def __init__(
        self, findings: Findings, value: Callable[[ast.AST, LexicalScope], AbstractValues]
    ) -> None:
        self._findings = findings
        self._value = value

    def lookup(
        self, holders: AbstractValues, key: ast.expr, scope: LexicalScope
    ) -> AbstractValues | None:
        """The values of ``os.environ[key]``; None if something else is subscripted."""
        if AbstractValue("external", _ENVIRON) not in holders:
            return None
        return self._variables(self._value(key, scope), None)

    def read(self, name: str, node: ast.Call, scope: LexicalScope) -> AbstractValues | None:
        """The values that a function of ``os`` reads; None for other functions."""
        if name not in _READERS:
            return None
        arguments = {one.arg: one.value for one in node.keywords}
        positional = [*node.args, None, None]
        key, default = (
            positional[0] or arguments.get("key"),
            positional[1] or arguments.get("default"),
        )
        if key is None or isinstance(key, ast.Starred):
            return DATA
        return self._variables(
            self._value(key, scope), None if default is None else self._value(default, scope)
        )

    def _variables(self, names: AbstractValues, default: AbstractValues | None) -> AbstractValues:
        if names and not all_texts(names):
            return DATA
        found = EMPTY
        for name in texts(names):
            found |= {AbstractValue("variable", name, of=one) for one in _defaults(default)}
            found |= self._findings.get(_ENVIRON, name)
        return found | self._findings.get(_ENVIRON, _ANY) if found else EMPTY

    def set(self, target: ast.Subscript, values: AbstractValues, scope: LexicalScope) -> None:
        """Record that the code itself sets a variable."""
        if AbstractValue("external", _ENVIRON) not in self._value(target.value, scope):
            return
        names = self._value(target.slice, scope)
        for name in texts(names) if all_texts(names) else (_ANY,):
            self._findings.add(_ENVIRON, name, values)

    def boolean_or(self, values: Sequence[AbstractValues]) -> AbstractValues:
        """The values of ``a or b``; where ``a`` is a variable, ``b`` is its default."""
        *firsts, last = values
        if not any(one.kind == "variable" for many in firsts for one in many):
            return union(values)
        found = last if not all(_all_variables(many) for many in firsts) else EMPTY
        for one in union(firsts):
            lacks_default = one.kind == "variable" and one.of is None and one not in last
            found |= (
                {AbstractValue("variable", one.what, of=other) for other in _defaults(last)}
                if lacks_default
                else {one}
            )
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
