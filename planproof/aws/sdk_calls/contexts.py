"""Which values does an argument have, call by call of the function that it is in?

The values of a parameter are those of all calls together. Where each of them can be told, a
request with the parameter is made about each, and not about one of them.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cached_property

from planproof.aws.sdk_calls.abstract_values import DEFS, Atoms, union
from planproof.aws.sdk_calls.flow import Flow
from planproof.aws.sdk_calls.scopes import Scope

_DEEPEST = 4
"""Calls within calls that are told apart."""

Site = tuple[ast.Call, Scope, bool]
"""A call of a function, and whether it is one of a method of an instance."""


class Contexts:
    """Tells the calls of a package's own functions apart."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def values(
        self, node: ast.expr, scope: Scope, asked: tuple[tuple[ast.AST, str], ...] = ()
    ) -> list[Atoms]:
        """What an expression is, once for each call that it may be different in.

        Args:
            asked: the parameters that have been asked on the way.
        """
        whole = self._flow.value(node, scope)
        if not isinstance(node, ast.Name) or len(whole) < 2 or len(asked) > _DEEPEST:
            return [whole]
        owner = scope.owner(node.id)
        if owner is None or not isinstance(owner.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return [whole]
        parameter = (owner.node, node.id)
        if parameter in asked:
            return []  # a function that calls itself brings nothing new
        found: list[Atoms] = []
        for call, outer, is_bound in self._sites.get(owner.node, ()):
            given = _given(owner.node, node.id, call, is_bound)
            if given is None:
                return [whole]
            found += self.values(given, outer, (*asked, parameter))
        # What comes from elsewhere is no argument: it is assigned, or a default.
        return [*dict.fromkeys(found)] if union(found) == whole else [whole]

    @cached_property
    def _sites(self) -> dict[ast.AST, list[Site]]:
        found: dict[ast.AST, list[Site]] = defaultdict(list)
        for node, scope in self._flow.nodes:
            if isinstance(node, ast.Call):
                for one in self._flow.value(node.func, scope):
                    if one.kind in DEFS:
                        found[one.what].append((node, scope, one.kind == "bound"))
        return found


def _given(
    function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, call: ast.Call, is_bound: bool
) -> ast.expr | None:
    """What a call gives for a parameter; None where that is not plain."""
    taken = [one.arg for one in (*function.args.posonlyargs, *function.args.args)][is_bound:]
    for one in call.keywords:
        if one.arg is None:
            return None
        if one.arg == name:
            return one.value
    at = taken.index(name) if name in taken else len(call.args)
    if at >= len(call.args) or any(isinstance(one, ast.Starred) for one in call.args[: at + 1]):
        return None
    return call.args[at]
