"""Follows statements: what each node adds to names, attributes and returned values."""

from __future__ import annotations

import ast

from planproof.aws.sdk_calls.abstract_values import (
    DATA,
    FUNCTION_KINDS,
    PYTHON_NONE,
    SESSION,
    UNKNOWN,
    AbstractValue,
    AbstractValues,
    container_of,
)
from planproof.aws.sdk_calls.arguments import Arguments
from planproof.aws.sdk_calls.assignments import Assignments
from planproof.aws.sdk_calls.builtin_calls import TRANSPARENT_DECORATORS
from planproof.aws.sdk_calls.expressions import Expressions
from planproof.aws.sdk_calls.findings import RETURNED, Findings
from planproof.aws.sdk_calls.scopes import LexicalScope, bindings, decorators, last_name, parameters
from planproof.aws.sdk_calls.sources import Sources

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FOLLOWED = (
    *(ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.For, ast.AsyncFor),
    *(ast.comprehension, ast.withitem, ast.Import, ast.ImportFrom, ast.FunctionDef),
    *(ast.AsyncFunctionDef, ast.ClassDef, ast.arguments, ast.Return, ast.Yield, ast.YieldFrom),
    *(ast.Match, ast.ExceptHandler, ast.Call),
)
"""Nodes that add values to names, attributes, parameters or results."""


class Statements:
    """Follows nodes one by one, in any order and any number of times."""

    def __init__(self, sources: Sources, findings: Findings, expressions: Expressions) -> None:
        self._findings = findings
        self._expressions = expressions
        self._assignments = Assignments(sources, findings, expressions)
        self._arguments = Arguments(findings, expressions, self._assignments)

    def follow(self, node: ast.AST, scope: LexicalScope) -> None:
        """Add the values that one node assigns, returns or passes."""
        value_of, iterate = self._expressions.value, self._expressions.iterate
        match node:
            case ast.Assign():
                for target in node.targets:
                    self._assignments.assign(target, node.value, scope)
            case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                self._assignments.assign(node.target, value, scope)
            case ast.AugAssign():
                self._assignments.store(node.target, value_of(node.value, scope), scope)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self._assignments.store(node.target, iterate(value_of(node.iter, scope)), scope)
            case ast.withitem(optional_vars=ast.expr() as target):
                entered = self._expressions.entered(value_of(node.context_expr, scope))
                self._assignments.store(target, entered, scope)
            case ast.Import() | ast.ImportFrom():
                self.follow_import(node, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._findings.add(node, RETURNED, PYTHON_NONE)
                self._define(node, AbstractValue("def", node), scope)
            case ast.ClassDef():
                self._define(node, AbstractValue("class", node), scope)
                self._inherit(node, scope)
            case ast.arguments():
                self._bind_defaults(node, scope)
            case ast.Return(value=ast.expr() as value):
                self._return(value_of(value, scope), scope)
            case ast.Yield(value=ast.expr() as value):
                self._return(container_of(value_of(value, scope)), scope)
            case ast.YieldFrom():
                self._return(container_of(iterate(value_of(node.value, scope))), scope)
            case ast.Match():
                self._match(node, scope)
            case ast.ExceptHandler(name=str(name)):
                self._assignments.bind(name, DATA, scope)
            case ast.Call():
                self._arguments.follow(node, scope)

    def follow_import(self, node: ast.Import | ast.ImportFrom, scope: LexicalScope) -> None:
        """Bind the names that a node imports."""
        if isinstance(node, ast.Import):
            for one in node.names:
                name = one.name if one.asname else one.name.partition(".")[0]
                self._assignments.bind(one.asname or name, self._expressions.module(name), scope)
            return
        base = scope.module.imported_from(node)
        for one in node.names:
            if one.name == "*":
                self._findings.add_star_import(scope.module, base)
            else:
                values = self._expressions.of_module(base, one.name)
                self._assignments.bind(one.asname or one.name, values, scope)

    def _match(self, node: ast.Match, scope: LexicalScope) -> None:
        subject = self._expressions.value(node.subject, scope)
        values = subject | self._expressions.iterate(subject)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                for name in bindings(part):
                    self._assignments.bind(name, values, scope)

    def _return(self, values: AbstractValues, scope: LexicalScope) -> None:
        self._findings.add(scope.node, RETURNED, values)
        if self._findings.has_escaped(AbstractValue("def", scope.node)):
            self._assignments.mark_escaped(values, scope.location(scope.node))

    def _define(self, node: _Definition, own: AbstractValue, scope: LexicalScope) -> None:
        """Bind a definition and the results of its decorators to its name."""
        values = frozenset({own})
        for decorator in node.decorator_list:
            if last_name(decorator) in TRANSPARENT_DECORATORS:
                continue
            for one in self._expressions.value(decorator, scope):
                if one.kind in FUNCTION_KINDS:
                    accepted = parameters(one.what)
                    if accepted and not isinstance(decorator, ast.Call):
                        self._findings.add(one.what, accepted[0].arg, {own})
                    values |= self._expressions.returned([one])
                else:
                    values |= UNKNOWN
                    self._assignments.mark_escaped(frozenset({own}), scope.location(node))
        self._assignments.bind(node.name, values, scope)

    def _inherit(self, node: ast.ClassDef, scope: LexicalScope) -> None:
        for base in node.bases:
            for one in self._expressions.value(base, scope):
                if one.kind == "Session":
                    self._assignments.mark_escaped(SESSION, scope.location(base))
                elif one.kind == "class":
                    self._findings.unite(node, one.what)

    def _bind_defaults(self, arguments: ast.arguments, scope: LexicalScope) -> None:
        """Bind parameters to their defaults, and ``self`` and ``cls`` to their class."""
        outer = scope.outer or scope
        positional = [*arguments.posonlyargs, *arguments.args]
        pairs = [
            *zip(reversed(positional), reversed(arguments.defaults), strict=False),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        for parameter, default in pairs:
            if default is not None:
                values = self._expressions.value(default, outer)
                self._findings.add(scope.node, parameter.arg, values)
        names = decorators(scope.node)
        if isinstance(outer.node, ast.ClassDef) and positional and "staticmethod" not in names:
            kind = "class" if "classmethod" in names else "instance"
            self._findings.add(scope.node, positional[0].arg, {AbstractValue(kind, outer.node)})
