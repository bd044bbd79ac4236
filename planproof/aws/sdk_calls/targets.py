"""Where does a value go that is assigned, kept or handed on?"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from planproof.aws.sdk_calls.abstract_values import UNKNOWN, Atom, Atoms, box, things
from planproof.aws.sdk_calls.boto3_objects import members
from planproof.aws.sdk_calls.expressions import Expressions
from planproof.aws.sdk_calls.findings import ANYTHING, Findings
from planproof.aws.sdk_calls.scopes import Scope, last_name, parameters
from planproof.aws.sdk_calls.sources import Sources


class Targets:
    """Lets names, attributes and containers hold values, or notes that values are lost."""

    def __init__(self, sources: Sources, findings: Findings, expressions: Expressions) -> None:
        self._sources = sources
        self._findings = findings
        self._expressions = expressions

    def assign(self, target: ast.AST, value: ast.expr, scope: Scope) -> None:
        """Let a target hold the value of an expression, part by part where both have parts."""
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            stars = any(isinstance(one, ast.Starred) for one in (*target.elts, *value.elts))
            if len(target.elts) == len(value.elts) and not stars:
                for part, one in zip(target.elts, value.elts, strict=True):
                    self.assign(part, one, scope)
                return
        self.store(target, self._expressions.value(value, scope), scope)

    def store(self, target: ast.AST, atoms: Atoms, scope: Scope) -> None:
        """Let a target hold a value."""
        match target:
            case ast.Name():
                self.bind(target.id, atoms, scope)
            case ast.Attribute():
                bases = self._expressions.value(target.value, scope)
                self.set_attribute(bases, target.attr, atoms)
            case ast.Subscript():
                self.put_into(target.value, atoms, scope)
                self._expressions.environment.set(target, atoms, scope)
            case ast.Tuple() | ast.List():
                for part in target.elts:
                    self.store(part, self._expressions.each(atoms), scope)
            case ast.Starred():
                self.store(target.value, box(atoms), scope)

    def bind(self, name: str, atoms: Atoms, scope: Scope) -> None:
        """Let a name hold a value."""
        owner = scope.owner(name) or scope
        self._findings.add(owner.node, name, atoms)
        if isinstance(owner.node, ast.ClassDef):
            self._findings.add(ANYTHING, name, atoms)

    def set_attribute(self, bases: Iterable[Atom], name: str, atoms: Atoms) -> None:
        """Let an attribute of objects, classes or modules hold a value."""
        self._findings.add(ANYTHING, name, atoms)
        for base in bases:
            if base.kind in ("instance", "class"):
                self._findings.add(base.what, name, atoms)
            elif base.kind == "module" and base.what in self._sources.modules:
                self._findings.add(self._sources.modules[base.what].scope.node, name, atoms)

    def put_into(self, container: ast.AST, atoms: Atoms, scope: Scope) -> None:
        """Let the container that an expression gives hold a value."""
        if isinstance(container, ast.Name | ast.Attribute) and last_name(container) != "__dict__":
            self.store(container, box(atoms), scope)
        elif isinstance(container, ast.Subscript):
            self.put_into(container.value, atoms, scope)
        else:
            self.lose(atoms, scope.place(container))

    def lose(self, atoms: Atoms, place: str) -> None:
        """Take note that values went where they are not followed, which may call functions."""
        for atom in atoms:
            match atom.kind:
                case "box":
                    self.lose(frozenset({atom.what}), place)
                case "member":
                    self.lose(things(members(atom.what)[atom.name].gives), place)
                case "def" | "bound":
                    if self._findings.lose(Atom("def", atom.what), place):
                        for one in parameters(atom.what):
                            if one.arg not in ("self", "cls"):
                                self._findings.add(atom.what, one.arg, UNKNOWN)
                case "pager":
                    self._findings.handed.add(atom)
                case "sdk" | "session" | "maker" | "Session":
                    self._findings.lose(atom, place)
