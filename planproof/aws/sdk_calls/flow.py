"""Follows the values of a whole package until nothing new is found."""

from __future__ import annotations

import ast
import time
from collections import defaultdict
from functools import cached_property
from typing import Final

from planproof.aws.sdk_calls.abstract_values import FUNCTION_KINDS, AbstractValues, union
from planproof.aws.sdk_calls.expressions import Expressions
from planproof.aws.sdk_calls.findings import Findings
from planproof.aws.sdk_calls.scopes import positional
from planproof.aws.sdk_calls.sources import Sources
from planproof.aws.sdk_calls.statements import FOLLOWED, Statements

CPU_LIMIT: Final = 15.0
"""Seconds of CPU time before the analysis stops. A function and its libraries take well below one;
large libraries that are copied among its own files may take more."""

_MAX_DEPTH = 4
"""Nested calls that are told apart."""

CallSite = tuple[ast.Call, bool]
"""A call, and whether it calls a method of an instance."""


class Flow:
    """The values of a package's expressions.

    Attributes:
        timed_out: whether the analysis stopped at :data:`CPU_LIMIT`.
        sources: of the package.
        findings: the values found so far.
        expressions: evaluates expressions by them.
        nodes: all nodes that are followed.
        without_boto3: nodes of modules that do not use boto3; only their imports are followed.
    """

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.nodes = [one for module in sources.modules.values() for one in module.nodes]
        self.without_boto3 = [one for module in sources.without_boto3 for one in module.nodes]
        self.timed_out = False
        self.findings = Findings()
        self.expressions = Expressions(sources, self.findings)
        self._statements = Statements(sources, self.findings, self.expressions)

    def settle(self) -> None:
        """Follow all nodes until nothing new is found."""
        followed = [at for at, node in enumerate(self.nodes) if isinstance(node, FOLLOWED)]
        started = time.process_time()
        for self.expressions.is_complete in (False, True):
            for at in self.findings.worklist(followed):
                if time.process_time() - started > CPU_LIMIT:
                    self.timed_out = True
                    break
                self.expressions.clear_cache()
                self._statements.follow(self.nodes[at])
        self.expressions.clear_cache()
        for node in self.without_boto3:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._statements.follow_import(node)

    def value(self, node: ast.AST) -> AbstractValues:
        """The possible values of an expression."""
        return self.expressions.value(node)

    def values_by_call(
        self, node: ast.expr, visited: tuple[tuple[ast.AST, str], ...] = ()
    ) -> list[AbstractValues]:
        """The values of an expression, one item for each call in which they may differ.

        The values of a parameter are merged from all calls. Where each call's value is known, a
        request that uses the parameter targets each of them, not just one of them.

        Args:
            visited: the parameters on the way here.
        """
        whole = self.value(node)
        if not isinstance(node, ast.Name) or len(whole) < 2 or len(visited) > _MAX_DEPTH:
            return [whole]
        owner = self.sources.scopes[node].defining_scope(node.id)
        if owner is None or not isinstance(owner.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return [whole]
        parameter = (owner.node, node.id)
        if parameter in visited:
            return []  # a recursive call adds no value
        found: list[AbstractValues] = []
        for call, is_bound in self._sites.get(owner.node, ()):
            argument = _argument_for(owner.node, node.id, call, is_bound)
            if argument is None:
                return [whole]
            found += self.values_by_call(argument, (*visited, parameter))
        # Other values come from assignments or defaults, not from calls.
        return [*dict.fromkeys(found)] if union(found) == whole else [whole]

    @cached_property
    def _sites(self) -> dict[ast.AST, list[CallSite]]:
        found: dict[ast.AST, list[CallSite]] = defaultdict(list)
        for node in self.nodes:
            if isinstance(node, ast.Call):
                for one in self.value(node.func):
                    if one.kind in FUNCTION_KINDS:
                        found[one.what].append((node, one.kind == "bound"))
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
    return positional(call, taken.index(name)) if name in taken else None
