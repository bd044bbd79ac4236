"""What does a node do to names, attributes and returned values?"""

from __future__ import annotations

import ast

from planproof.aws.sdk_calls.abstract_values import (
    ABSENT,
    DATA,
    DEFS,
    SESSION,
    UNKNOWN,
    Atom,
    Atoms,
    box,
)
from planproof.aws.sdk_calls.arguments import Arguments
from planproof.aws.sdk_calls.builtin_calls import TRANSPARENT
from planproof.aws.sdk_calls.expressions import Expressions
from planproof.aws.sdk_calls.findings import RETURNED, Findings
from planproof.aws.sdk_calls.scopes import Scope, bindings, decorators, last_name, parameters
from planproof.aws.sdk_calls.sources import Sources
from planproof.aws.sdk_calls.targets import Targets

FOLLOWED = (
    *(ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.For, ast.AsyncFor),
    *(ast.comprehension, ast.withitem, ast.Import, ast.ImportFrom, ast.FunctionDef),
    *(ast.AsyncFunctionDef, ast.ClassDef, ast.arguments, ast.Return, ast.Yield, ast.YieldFrom),
    *(ast.Match, ast.ExceptHandler, ast.Call),
)
"""Nodes that change what a name, an attribute, a parameter or a returned value may be."""


class Statements:
    """Follows nodes one by one, in any order and as often as is asked."""

    def __init__(self, sources: Sources, findings: Findings, expressions: Expressions) -> None:
        self._findings = findings
        self._expressions = expressions
        self._targets = Targets(sources, findings, expressions)
        self._arguments = Arguments(findings, expressions, self._targets)

    def follow(self, node: ast.AST, scope: Scope) -> None:
        """Take note of what one node does."""
        value_of, each, store = self._expressions.value, self._expressions.each, self._targets.store
        match node:
            case ast.Assign():
                for target in node.targets:
                    self._targets.assign(target, node.value, scope)
            case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                self._targets.assign(node.target, value, scope)
            case ast.AugAssign():
                store(node.target, value_of(node.value, scope), scope)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                store(node.target, each(value_of(node.iter, scope)), scope)
            case ast.withitem(optional_vars=ast.expr() as target):
                entered = self._expressions.entered(value_of(node.context_expr, scope))
                store(target, entered, scope)
            case ast.Import() | ast.ImportFrom():
                self.follow_import(node, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._findings.add(node, RETURNED, ABSENT)
                self._define(node, Atom("def", node), scope)
            case ast.ClassDef():
                self._define(node, Atom("class", node), scope)
                self._inherit(node, scope)
            case ast.arguments():
                self._take_defaults(node, scope)
            case ast.Return(value=ast.expr() as value):
                self._give(value_of(value, scope), scope)
            case ast.Yield(value=ast.expr() as value):
                self._give(box(value_of(value, scope)), scope)
            case ast.YieldFrom():
                self._give(box(each(value_of(node.value, scope))), scope)
            case ast.Match():
                self._match(node, scope)
            case ast.ExceptHandler(name=str(name)):
                self._targets.bind(name, DATA, scope)
            case ast.Call():
                self._arguments.follow(node, scope)

    def follow_import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        """Take note of the names that are imported."""
        if isinstance(node, ast.Import):
            for one in node.names:
                name = one.name if one.asname else one.name.partition(".")[0]
                self._targets.bind(one.asname or name, self._expressions.module(name), scope)
            return
        base = scope.module.imported_from(node)
        for one in node.names:
            if one.name == "*":
                self._findings.add_star(scope.module, base)
            else:
                atoms = self._expressions.of_module(base, one.name)
                self._targets.bind(one.asname or one.name, atoms, scope)

    def _match(self, node: ast.Match, scope: Scope) -> None:
        subject = self._expressions.value(node.subject, scope)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                for name in bindings(part):
                    self._targets.bind(name, subject | self._expressions.each(subject), scope)

    def _give(self, atoms: Atoms, scope: Scope) -> None:
        self._findings.add(scope.node, RETURNED, atoms)
        if self._findings.is_lost(Atom("def", scope.node)):
            self._targets.lose(atoms, scope.place(scope.node))

    def _define(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, own: Atom, scope: Scope
    ) -> None:
        """A definition is what its decorators make of it, and still itself."""
        atoms = frozenset({own})
        for decorator in node.decorator_list:
            if last_name(decorator) in TRANSPARENT:
                continue
            for one in self._expressions.value(decorator, scope):
                if one.kind in DEFS:
                    taken = parameters(one.what)
                    if taken and not isinstance(decorator, ast.Call):
                        self._findings.add(one.what, taken[0].arg, {own})
                    atoms |= self._expressions.returned([one])
                else:
                    atoms |= UNKNOWN
                    self._targets.lose(frozenset({own}), scope.place(node))
        self._targets.bind(node.name, atoms, scope)

    def _inherit(self, node: ast.ClassDef, scope: Scope) -> None:
        for base in node.bases:
            for one in self._expressions.value(base, scope):
                if one.kind == "Session":
                    self._targets.lose(SESSION, scope.place(base))
                elif one.kind == "class":
                    self._findings.unite(node, one.what)

    def _take_defaults(self, given: ast.arguments, scope: Scope) -> None:
        """Values of parameters that no call brings."""
        outer = scope.outer or scope
        positional = [*given.posonlyargs, *given.args]
        pairs = [
            *zip(reversed(positional), reversed(given.defaults), strict=False),
            *zip(given.kwonlyargs, given.kw_defaults, strict=True),
        ]
        for parameter, default in pairs:
            if default is not None:
                atoms = self._expressions.value(default, outer)
                self._findings.add(scope.node, parameter.arg, atoms)
        names = decorators(scope.node)
        if isinstance(outer.node, ast.ClassDef) and positional and "staticmethod" not in names:
            kind = "class" if "classmethod" in names else "instance"
            self._findings.add(scope.node, positional[0].arg, {Atom(kind, outer.node)})
