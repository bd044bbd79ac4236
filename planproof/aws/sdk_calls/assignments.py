"""Assigns values to names, attributes and containers."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from planproof.aws.sdk_calls.abstract_values import (
    UNKNOWN,
    AbstractValue,
    AbstractValues,
    container_of,
    sdk_objects,
)
from planproof.aws.sdk_calls.boto3_objects import members
from planproof.aws.sdk_calls.expressions import Expressions
from planproof.aws.sdk_calls.findings import ANYTHING, Findings
from planproof.aws.sdk_calls.scopes import LexicalScope, last_name, parameters
from planproof.aws.sdk_calls.sources import Sources


class Assignments:
    """Adds values to names, attributes and containers, or records that values escape."""

    def __init__(self, sources: Sources, findings: Findings, expressions: Expressions) -> None:
        self._sources = sources
        self._findings = findings
        self._expressions = expressions

    def assign(self, target: ast.AST, value: ast.expr, scope: LexicalScope) -> None:
        """Assign an expression to a target, element by element where both are tuples or lists."""
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            stars = any(isinstance(one, ast.Starred) for one in (*target.elts, *value.elts))
            if len(target.elts) == len(value.elts) and not stars:
                for part, one in zip(target.elts, value.elts, strict=True):
                    self.assign(part, one, scope)
                return
        self.store(target, self._expressions.value(value, scope), scope)

    def store(self, target: ast.AST, values: AbstractValues, scope: LexicalScope) -> None:
        """Assign values to a target."""
        match target:
            case ast.Name():
                self.bind(target.id, values, scope)
            case ast.Attribute():
                bases = self._expressions.value(target.value, scope)
                self.set_attribute(bases, target.attr, values)
            case ast.Subscript():
                self.put_into(target.value, values, scope)
                self._expressions.environment.set(target, values, scope)
            case ast.Tuple() | ast.List():
                for part in target.elts:
                    self.store(part, self._expressions.iterate(values), scope)
            case ast.Starred():
                self.store(target.value, container_of(values), scope)

    def bind(self, name: str, values: AbstractValues, scope: LexicalScope) -> None:
        """Assign values to a name."""
        owner = scope.defining_scope(name) or scope
        self._findings.add(owner.node, name, values)
        if isinstance(owner.node, ast.ClassDef):
            self._findings.add(ANYTHING, name, values)

    def set_attribute(
        self, bases: Iterable[AbstractValue], name: str, values: AbstractValues
    ) -> None:
        """Assign values to an attribute of objects, classes or modules."""
        self._findings.add(ANYTHING, name, values)
        for base in bases:
            if base.kind in ("instance", "class"):
                self._findings.add(base.what, name, values)
            elif base.kind == "module" and base.what in self._sources.modules:
                self._findings.add(self._sources.modules[base.what].scope.node, name, values)

    def put_into(self, container: ast.AST, values: AbstractValues, scope: LexicalScope) -> None:
        """Put values into the container that an expression refers to."""
        if isinstance(container, ast.Name | ast.Attribute) and last_name(container) != "__dict__":
            self.store(container, container_of(values), scope)
        elif isinstance(container, ast.Subscript):
            self.put_into(container.value, values, scope)
        else:
            self.mark_escaped(values, scope.location(container))

    def mark_escaped(self, values: AbstractValues, location: str) -> None:
        """Record that values are passed to code that is not analyzed, which may call functions."""
        for value in values:
            match value.kind:
                case "container":
                    self.mark_escaped(frozenset({value.what}), location)
                case "member":
                    returned = members(value.what)[value.name].returns
                    self.mark_escaped(sdk_objects(returned), location)
                case "def" | "bound":
                    if self._findings.mark_escaped(AbstractValue("def", value.what), location):
                        for one in parameters(value.what):
                            if one.arg not in ("self", "cls"):
                                self._findings.add(value.what, one.arg, UNKNOWN)
                case "pager":
                    self._findings.escaped_pagers.add(value)
                case "sdk" | "session" | "maker" | "Session":
                    self._findings.mark_escaped(value, location)
