"""Passes the arguments of calls to parameters, fields and containers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from planproof.aws.sdk_calls.abstract_values import (
    FUNCTION_KINDS,
    AbstractValue,
    AbstractValues,
    all_texts,
    container_of,
    texts,
    union,
)
from planproof.aws.sdk_calls.assignments import Assignments
from planproof.aws.sdk_calls.builtin_calls import (
    CONTAINER_BUILDERS,
    INSERTING_METHODS,
    STORES_NOTHING,
)
from planproof.aws.sdk_calls.expressions import Expressions
from planproof.aws.sdk_calls.findings import Findings
from planproof.aws.sdk_calls.scopes import LexicalScope, last_name


@dataclass(frozen=True)
class _Values:
    """The values of the arguments of one call.

    Attributes:
        positional: each with whether it is unpacked by a star.
        named: each with its name, which is None if it is unpacked by two stars.
    """

    positional: list[tuple[AbstractValues, bool]]
    named: list[tuple[str | None, AbstractValues]]

    def all(self) -> AbstractValues:
        return union([*(one for one, _ in self.positional), *(one for _, one in self.named)])


class Arguments:
    """Passes arguments to parameters, fields and containers, or records that they escape."""

    def __init__(
        self, findings: Findings, expressions: Expressions, assignments: Assignments
    ) -> None:
        self._findings = findings
        self._expressions = expressions
        self._assignments = assignments

    def follow(self, node: ast.Call, scope: LexicalScope) -> None:
        """Pass the arguments of a call to everything that it may call."""
        if not node.args and not node.keywords:
            return
        value_of = self._expressions.value
        arguments = _Values(
            [(value_of(one, scope), isinstance(one, ast.Starred)) for one in node.args],
            [(one.arg, value_of(one.value, scope)) for one in node.keywords],
        )
        for value in value_of(node.func, scope):
            match value.kind:
                case "def" | "bound":
                    self._call(value, arguments)
                case "class":
                    self._construct(value, arguments)
                case "instance":
                    for method in self._methods(value, "__call__"):
                        self._call(method, arguments)
                case "member" | "maker" | "session" | "Session":
                    pass
                case "external" if value.what in CONTAINER_BUILDERS:
                    self._pass_elements(arguments)
                case "external" if value.what in STORES_NOTHING:
                    pass
                case _:
                    self._pass_to_unknown(node, arguments, scope)

    def _methods(self, instance: AbstractValue, *names: str) -> list[AbstractValue]:
        found = union(self._expressions.of_class(instance, name) for name in names)
        return [one for one in found if one.kind == "bound"]

    def _call(self, function: AbstractValue, arguments: _Values) -> None:
        """Assign arguments to the parameters of a function."""
        parameters = function.what.args
        names = [one.arg for one in (*parameters.posonlyargs, *parameters.args)]
        if function.kind == "bound":
            del names[:1]
        stars = [has_star for _, has_star in arguments.positional]
        fixed = stars.index(True) if True in stars else len(stars)
        for position, (values, has_star) in enumerate(arguments.positional):
            # After a star, any argument may be passed to any parameter.
            receivers = names[position : position + 1] if position < fixed else names[fixed:]
            for name in receivers:
                one = self._expressions.iterate(values) if has_star else values
                self._findings.add(function.what, name, one)
            if parameters.vararg and (position >= fixed or not receivers):
                self._findings.add(function.what, parameters.vararg.arg, container_of(values))
        names += [one.arg for one in parameters.kwonlyargs]
        for key, values in arguments.named:
            if key is None:
                for name in names:
                    self._findings.add(function.what, name, self._expressions.iterate(values))
            elif key in names:
                self._findings.add(function.what, key, values)
                continue
            if parameters.kwarg:
                self._findings.add(function.what, parameters.kwarg.arg, container_of(values))

    def _construct(self, definition: AbstractValue, arguments: _Values) -> None:
        """Pass arguments to the constructor of a class, or to the fields of a dataclass."""
        instance = AbstractValue("instance", definition.what)
        constructors = self._methods(instance, "__init__", "__new__")
        for one in constructors:
            self._call(one, arguments)
        if constructors:
            return
        unpacked = (self._expressions.iterate(one) for key, one in arguments.named if key is None)
        unnamed = union([*(one for one, _ in arguments.positional), *unpacked])
        # The order of the fields is unknown: related classes contribute to them.
        for field in self._fields(definition) if unnamed else ():
            self._assignments.set_attribute([instance], field, unnamed)
        for key, values in arguments.named:
            if key is not None:
                self._assignments.set_attribute([instance], key, values)

    def _fields(self, definition: AbstractValue) -> Iterator[str]:
        for one in self._findings.family(definition.what):
            for statement in getattr(one, "body", ()):
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    yield statement.target.id

    def _pass_elements(self, arguments: _Values) -> None:
        """Pass the elements of the arguments to the functions among them, as ``map`` does."""
        elements = self._expressions.iterate(union(one for one, _ in arguments.positional))
        for one in arguments.all():
            if one.kind in FUNCTION_KINDS and one.what.args.args:
                self._findings.add(one.what, one.what.args.args[-1].arg, elements)

    def _pass_to_unknown(self, node: ast.Call, arguments: _Values, scope: LexicalScope) -> None:
        """Pass arguments to an unknown function: into a container, or out of sight."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in INSERTING_METHODS:
            self._assignments.put_into(node.func.value, arguments.all(), scope)
            return
        if last_name(node.func) == "setattr" and len(arguments.positional) == 3:
            (bases, _), (names, _), (values, _) = arguments.positional
            for name in texts(names):
                self._assignments.set_attribute(bases, name, values)
            if all_texts(names) or not names:
                return
        self._assignments.mark_escaped(arguments.all(), scope.location(node))
