"""What does the code take from the function's environment?"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from planproof.aws.sdk_calls.abstract_values import (
    DATA,
    NAMES,
    NOBODY_KNOWS,
    NONE,
    Atom,
    Atoms,
    all_texts,
    texts,
    union,
)
from planproof.aws.sdk_calls.findings import Findings
from planproof.aws.sdk_calls.scopes import Scope

_ENVIRON = "os.environ"
_READERS = ("os.environ.get", "os.getenv", "os.environ.setdefault", "os.environ.pop")
_ANY = ""
"""Stands for a variable whose name is no constant; none is called so."""


class Environment:
    """Follows variables of the environment as values.

    Args:
        value: what an expression may be.
    """

    def __init__(self, findings: Findings, value: Callable[[ast.AST, Scope], Atoms]) -> None:
        self._findings = findings
        self._value = value

    def looked_up(self, holders: Atoms, key: ast.expr, scope: Scope) -> Atoms | None:
        """``os.environ[key]``; None where another thing is looked into."""
        if Atom("external", _ENVIRON) not in holders:
            return None
        return self._variables(self._value(key, scope), None)

    def read_by(self, name: str, node: ast.Call, scope: Scope) -> Atoms | None:
        """What a function of ``os`` gives of the environment; None for any other function."""
        if name not in _READERS:
            return None
        arguments = {one.arg: one.value for one in node.keywords}
        given = [*node.args, None, None]
        key, default = given[0] or arguments.get("key"), given[1] or arguments.get("default")
        if key is None or isinstance(key, ast.Starred):
            return DATA
        return self._variables(
            self._value(key, scope), None if default is None else self._value(default, scope)
        )

    def _variables(self, names: Atoms, default: Atoms | None) -> Atoms:
        if names and not all_texts(names):
            return DATA
        found = NONE
        for name in texts(names):
            found |= {Atom("variable", name, of=one) for one in _defaults(default)}
            found |= self._findings.get(_ENVIRON, name)
        return found | self._findings.get(_ENVIRON, _ANY) if found else NONE

    def set(self, target: ast.Subscript, atoms: Atoms, scope: Scope) -> None:
        """Take note that the code itself sets a variable."""
        if Atom("external", _ENVIRON) not in self._value(target.value, scope):
            return
        names = self._value(target.slice, scope)
        for name in texts(names) if all_texts(names) else (_ANY,):
            self._findings.add(_ENVIRON, name, atoms)

    def either(self, values: Sequence[Atoms]) -> Atoms:
        """What ``a or b`` may be: where ``a`` is a variable, ``b`` is what it is by default."""
        *firsts, last = values
        if not any(one.kind == "variable" for many in firsts for one in many):
            return union(values)
        found = last if not all(_are_variables(many) for many in firsts) else NONE
        for one in union(firsts):
            is_open = one.kind == "variable" and one.of is None and one not in last
            found |= (
                {Atom("variable", one.what, of=other) for other in _defaults(last)}
                if is_open
                else {one}
            )
        return found

    def chosen(self, one: Atoms, other: Atoms) -> Atoms:
        """What ``one if … else other`` may be: a text beside a variable is what it is unset."""
        for variables, given in ((one, other), (other, one)):
            if _are_variables(variables) and all_texts(given):
                return self.either([variables, given])
        return one | other


def _are_variables(atoms: Atoms) -> bool:
    return bool(atoms) and all(one.kind == "variable" for one in atoms)


def _defaults(default: Atoms | None) -> set[Atom | None]:
    """What a variable is that is not set: a text, something unknown, or (None) nothing."""
    if default is None:
        return {None}
    if any(one.kind not in ("text", "absent") for one in default):
        return {NOBODY_KNOWS}
    return {one if one.kind in NAMES and one.what else None for one in default}
