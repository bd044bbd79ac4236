"""Tells the values of a parameter apart by the call that passes them.

The value store merges the values of a parameter from all calls. Where each call's value is known,
a request that uses the parameter targets each of them, not just one of them.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cached_property

from planproof.aws.sdk_calls.abstract_values import FUNCTION_KINDS, AbstractValues, union
from planproof.aws.sdk_calls.flow import Flow
from planproof.aws.sdk_calls.scopes import LexicalScope

_MAX_DEPTH = 4
"""Nested calls that are told apart."""

CallSite = tuple[ast.Call, LexicalScope, bool]
"""A call, its scope, and whether it calls a method of an instance."""


class Contexts:
    """Tells the calls of a package's own functions apart."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def values(
        self, node: ast.expr, scope: LexicalScope, visited: tuple[tuple[ast.AST, str], ...] = ()
    ) -> list[AbstractValues]:
        """The values of an expression, one item for each call in which they may differ.

        Args:
            visited: the parameters on the way here.
        """
        whole = self._flow.value(node, scope)
        if not isinstance(node, ast.Name) or len(whole) < 2 or len(visited) > _MAX_DEPTH:
            return [whole]
        owner = scope.defining_scope(node.id)
        if owner is None or not isinstance(owner.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return [whole]
        parameter = (owner.node, node.id)
        if parameter in visited:
            return []  # a recursive call adds no value
        found: list[AbstractValues] = []
        for call, outer, is_bound in self._sites.get(owner.node, ()):
            argument = _argument_for(owner.node, node.id, call, is_bound)
            if argument is None:
                return [whole]
            found += self.values(argument, outer, (*visited, parameter))
        # Other values come from assignments or defaults, not from calls.
        return [*dict.fromkeys(found)] if union(found) == whole else [whole]

    @cached_property
    def _sites(self) -> dict[ast.AST, list[CallSite]]:
        found: dict[ast.AST, list[CallSite]] = defaultdict(list)
        for node, scope in self._flow.nodes:
            if isinstance(node, ast.Call):
                for one in self._flow.value(node.func, scope):
                    if one.kind in FUNCTION_KINDS:
                        found[one.what].append((node, scope, one.kind == "bound"))
        return found


def _argument_for(
    function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, call: ast.Call, is_bound: bool
) -> ast.expr | None:
    """The argument of a call for a parameter; None if it is left out or may be unpacked."""
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
