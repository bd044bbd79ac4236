"""Where do the arguments of a call go?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from planproof.aws.sdk_calls.abstract_values import (
    DEFS,
    Atom,
    Atoms,
    all_texts,
    box,
    texts,
    union,
)
from planproof.aws.sdk_calls.builtin_calls import CONTAINERS, FILLING, KEEPS_NOTHING
from planproof.aws.sdk_calls.expressions import Expressions
from planproof.aws.sdk_calls.findings import Findings
from planproof.aws.sdk_calls.scopes import Scope, last_name
from planproof.aws.sdk_calls.targets import Targets


@dataclass(frozen=True)
class _Given:
    """The arguments of one call.

    Attributes:
        positional: each with whether it has a star.
        named: each with its name, which is None after two stars.
    """

    positional: list[tuple[Atoms, bool]]
    named: list[tuple[str | None, Atoms]]

    def all(self) -> Atoms:
        return union([*(one for one, _ in self.positional), *(one for _, one in self.named)])


class Arguments:
    """Takes arguments to parameters, fields and containers, or notes that they are lost."""

    def __init__(self, findings: Findings, expressions: Expressions, targets: Targets) -> None:
        self._findings = findings
        self._expressions = expressions
        self._targets = targets

    def follow(self, node: ast.Call, scope: Scope) -> None:
        """Let whatever may be called take the arguments."""
        if not node.args and not node.keywords:
            return
        value = self._expressions.value
        given = _Given(
            [(value(one, scope), isinstance(one, ast.Starred)) for one in node.args],
            [(one.arg, value(one.value, scope)) for one in node.keywords],
        )
        for atom in value(node.func, scope):
            match atom.kind:
                case "def" | "bound":
                    self._call(atom, given)
                case "class":
                    self._construct(atom, given)
                case "instance":
                    for method in self._methods(atom, "__call__"):
                        self._call(method, given)
                case "member" | "maker" | "session" | "Session":
                    pass
                case "external" if atom.what in CONTAINERS:
                    self._call_with_elements(given)
                case "external" if atom.what in KEEPS_NOTHING:
                    pass
                case _:
                    self._hand_over(node, given, scope)

    def _methods(self, instance: Atom, *names: str) -> list[Atom]:
        found = union(self._expressions.of_class(instance, name) for name in names)
        return [one for one in found if one.kind == "bound"]

    def _call(self, function: Atom, given: _Given) -> None:
        """Let parameters take their arguments."""
        taken = function.what.args
        names = [one.arg for one in (*taken.posonlyargs, *taken.args)]
        if function.kind == "bound":
            del names[:1]
        stars = [has_star for _, has_star in given.positional]
        fixed = stars.index(True) if True in stars else len(stars)
        for position, (atoms, has_star) in enumerate(given.positional):
            # Behind a star, nobody knows which argument comes to which parameter.
            takers = names[position : position + 1] if position < fixed else names[fixed:]
            for name in takers:
                one = self._expressions.each(atoms) if has_star else atoms
                self._findings.add(function.what, name, one)
            if taken.vararg and (position >= fixed or not takers):
                self._findings.add(function.what, taken.vararg.arg, box(atoms))
        names += [one.arg for one in taken.kwonlyargs]
        for key, atoms in given.named:
            if key is None:
                for name in names:
                    self._findings.add(function.what, name, self._expressions.each(atoms))
            elif key in names:
                self._findings.add(function.what, key, atoms)
                continue
            if taken.kwarg:
                self._findings.add(function.what, taken.kwarg.arg, box(atoms))

    def _construct(self, definition: Atom, given: _Given) -> None:
        """Let a new instance take arguments by its maker, or as fields of a dataclass."""
        instance = Atom("instance", definition.what)
        makers = self._methods(instance, "__init__", "__new__")
        for one in makers:
            self._call(one, given)
        if makers:
            return
        unnamed = union(
            [
                *(one for one, _ in given.positional),
                *(self._expressions.each(one) for key, one in given.named if key is None),
            ]
        )
        # A family's fields come in no order that is known here.
        for field in self._fields(definition) if unnamed else ():
            self._targets.set_attribute([instance], field, unnamed)
        for key, atoms in given.named:
            if key is not None:
                self._targets.set_attribute([instance], key, atoms)

    def _fields(self, definition: Atom) -> Iterator[str]:
        for one in self._findings.family(definition.what):
            for statement in getattr(one, "body", ()):
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    yield statement.target.id

    def _call_with_elements(self, given: _Given) -> None:
        """What makes a container calls functions with elements of its other arguments."""
        elements = self._expressions.each(union(one for one, _ in given.positional))
        for one in given.all():
            if one.kind in DEFS and one.what.args.args:
                self._findings.add(one.what, one.what.args.args[-1].arg, elements)

    def _hand_over(self, node: ast.Call, given: _Given, scope: Scope) -> None:
        """Arguments of a call of nothing known: put into a container, or lost."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in FILLING:
            self._targets.put_into(node.func.value, given.all(), scope)
            return
        if last_name(node.func) == "setattr" and len(given.positional) == 3:
            (bases, _), (names, _), (atoms, _) = given.positional
            for name in texts(names):
                self._targets.set_attribute(bases, name, atoms)
            if all_texts(names) or not names:
                return
        self._targets.lose(given.all(), scope.place(node))
