"""Follows statements: what each node adds to names, attributes, parameters and returned values."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from planproof.aws.sdk_calls.abstract_values import (
    DATA,
    FUNCTION_KINDS,
    PYTHON_NONE,
    SESSION,
    UNKNOWN,
    AbstractValue,
    AbstractValues,
    all_texts,
    container_of,
    sdk_objects,
    texts,
    union,
)
from planproof.aws.sdk_calls.boto3_objects import members
from planproof.aws.sdk_calls.expressions import Expressions
from planproof.aws.sdk_calls.findings import ANYTHING, RETURNED, STARS, Findings
from planproof.aws.sdk_calls.outside_names import (
    CONTAINER_BUILDERS,
    INSERTING_METHODS,
    STORES_NOTHING,
    TRANSPARENT_DECORATORS,
)
from planproof.aws.sdk_calls.scopes import bindings, decorators, last_name, parameters
from planproof.aws.sdk_calls.sources import Sources

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FOLLOWED = (
    *(ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.For, ast.AsyncFor),
    *(ast.comprehension, ast.withitem, ast.Import, ast.ImportFrom, ast.FunctionDef),
    *(ast.AsyncFunctionDef, ast.ClassDef, ast.arguments, ast.Return, ast.Yield, ast.YieldFrom),
    *(ast.Match, ast.ExceptHandler, ast.Call),
)
"""Nodes that add values to names, attributes, parameters or results."""


@dataclass(frozen=True)
class _Arguments:
    """The values of the arguments of one call.

    Attributes:
        positional: each with whether it is unpacked by a star.
        named: each with its name, which is None if it is unpacked by two stars.
    """

    positional: list[tuple[AbstractValues, bool]]
    named: list[tuple[str | None, AbstractValues]]

    def all(self) -> AbstractValues:
        return union([*(one for one, _ in self.positional), *(one for _, one in self.named)])


class Statements:
    """Follows nodes one by one, in any order and any number of times."""

    def __init__(self, sources: Sources, findings: Findings, expressions: Expressions) -> None:
        self._sources = sources
        self._findings = findings
        self._expressions = expressions

    def follow(self, node: ast.AST) -> None:
        """Add the values that one node assigns, returns or passes."""
        value_of, iterate = self._expressions.value, self._expressions.iterate
        match node:
            case ast.Assign():
                for target in node.targets:
                    self._assign(target, node.value)
            case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                self._assign(node.target, value)
            case ast.AugAssign():
                self._store(node.target, value_of(node.value))
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self._store(node.target, iterate(value_of(node.iter)))
            case ast.withitem(optional_vars=ast.expr() as target):
                entered = self._expressions.entered(value_of(node.context_expr))
                self._store(target, entered)
            case ast.Import() | ast.ImportFrom():
                self.follow_import(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._findings.add(node, RETURNED, PYTHON_NONE)
                self._define(node, AbstractValue("def", node))
            case ast.ClassDef():
                self._define(node, AbstractValue("class", node))
                self._inherit(node)
            case ast.arguments():
                self._bind_defaults(node)
            case ast.Return(value=ast.expr() as value):
                self._return(value_of(value), node)
            case ast.Yield(value=ast.expr() as value):
                self._return(container_of(value_of(value)), node)
            case ast.YieldFrom():
                self._return(container_of(iterate(value_of(node.value))), node)
            case ast.Match():
                subject = value_of(node.subject)
                patterns = (part for case in node.cases for part in ast.walk(case.pattern))
                for name in (name for part in patterns for name in bindings(part)):
                    self._bind(name, subject | iterate(subject), node)
            case ast.ExceptHandler(name=str(name)):
                self._bind(name, DATA, node)
            case ast.Call() if node.args or node.keywords:
                self._pass_arguments(node)

    def follow_import(self, node: ast.Import | ast.ImportFrom) -> None:
        """Bind the names that a node imports."""
        if isinstance(node, ast.Import):
            for one in node.names:
                name = one.name if one.asname else one.name.partition(".")[0]
                self._bind(one.asname or name, self._expressions.module(name), node)
            return
        module = self._sources.scopes[node].module
        base = module.imported_from(node)
        for one in node.names:
            if one.name == "*":
                self._findings.add(module, STARS, {AbstractValue("module", base)})
            else:
                values = self._expressions.of_module(base, one.name)
                self._bind(one.asname or one.name, values, node)

    def _return(self, values: AbstractValues, node: ast.AST) -> None:
        function = self._sources.scopes[node].node
        self._findings.add(function, RETURNED, values)
        if self._findings.has_escaped(AbstractValue("def", function)):
            self._mark_escaped(values, function)

    # Definitions -------------------------------------------------------------------------------

    def _define(self, node: _Definition, own: AbstractValue) -> None:
        """Bind a definition and the results of its decorators to its name."""
        values = frozenset({own})
        for decorator in node.decorator_list:
            if last_name(decorator) in TRANSPARENT_DECORATORS:
                continue
            for one in self._expressions.value(decorator):
                if one.kind in FUNCTION_KINDS:
                    accepted = parameters(one.what)
                    if accepted and not isinstance(decorator, ast.Call):
                        self._findings.add(one.what, accepted[0].arg, {own})
                    values |= self._expressions.returned([one])
                else:
                    values |= UNKNOWN
                    self._mark_escaped({own}, node)
        self._bind(node.name, values, node)

    def _inherit(self, node: ast.ClassDef) -> None:
        for base in node.bases:
            for one in self._expressions.value(base):
                if one.kind == "Session":
                    self._mark_escaped(SESSION, base)
                elif one.kind == "class":
                    self._findings.unite(node, one.what)

    def _bind_defaults(self, arguments: ast.arguments) -> None:
        """Bind parameters to their defaults, and ``self`` and ``cls`` to their class."""
        scope = self._sources.scopes[arguments]
        outer = scope.outer or scope
        positional = [*arguments.posonlyargs, *arguments.args]
        pairs = [
            *zip(reversed(positional), reversed(arguments.defaults), strict=False),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        for parameter, default in pairs:
            if default is not None:
                values = self._expressions.value(default)
                self._findings.add(scope.node, parameter.arg, values)
        names = decorators(scope.node)
        if isinstance(outer.node, ast.ClassDef) and positional and "staticmethod" not in names:
            kind = "class" if "classmethod" in names else "instance"
            self._findings.add(scope.node, positional[0].arg, {AbstractValue(kind, outer.node)})

    # Assignments -------------------------------------------------------------------------------

    def _assign(self, target: ast.AST, value: ast.expr) -> None:
        """Assign an expression to a target, element by element where both are tuples or lists."""
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            stars = any(isinstance(one, ast.Starred) for one in (*target.elts, *value.elts))
            if len(target.elts) == len(value.elts) and not stars:
                for part, one in zip(target.elts, value.elts, strict=True):
                    self._assign(part, one)
                return
        self._store(target, self._expressions.value(value))

    def _store(self, target: ast.AST, values: AbstractValues) -> None:
        """Assign values to a target."""
        match target:
            case ast.Name():
                self._bind(target.id, values, target)
            case ast.Attribute():
                bases = self._expressions.value(target.value)
                self._set_attribute(bases, target.attr, values)
            case ast.Subscript():
                self._put_into(target.value, values)
                self._expressions.environment.set(target, values)
            case ast.Tuple() | ast.List():
                for part in target.elts:
                    self._store(part, self._expressions.iterate(values))
            case ast.Starred():
                self._store(target.value, container_of(values))

    def _bind(self, name: str, values: AbstractValues, at: ast.AST) -> None:
        """Assign values to a name, in the scope of a node."""
        scope = self._sources.scopes[at]
        owner = scope.defining_scope(name) or scope
        self._findings.add(owner.node, name, values)
        if isinstance(owner.node, ast.ClassDef):
            self._findings.add(ANYTHING, name, values)

    def _set_attribute(
        self, bases: Iterable[AbstractValue], name: str, values: AbstractValues
    ) -> None:
        """Assign values to an attribute of objects, classes or modules."""
        self._findings.add(ANYTHING, name, values)
        for base in bases:
            if base.kind in ("instance", "class"):
                self._findings.add(base.what, name, values)
            elif base.kind == "module" and base.what in self._sources.modules:
                self._findings.add(self._sources.modules[base.what].scope.node, name, values)

    def _put_into(self, container: ast.AST, values: AbstractValues) -> None:
        """Put values into the container that an expression refers to."""
        if isinstance(container, ast.Name | ast.Attribute) and last_name(container) != "__dict__":
            self._store(container, container_of(values))
        elif isinstance(container, ast.Subscript):
            self._put_into(container.value, values)
        else:
            self._mark_escaped(values, container)

    def _mark_escaped(self, values: Iterable[AbstractValue], at: ast.AST) -> None:
        """Record that a node passes values to unanalyzed code, which may call functions."""
        location = self._sources.scopes[at].location(at)
        for value in values:
            match value.kind:
                case "container":
                    self._mark_escaped({value.what}, at)
                case "member":
                    returned = members(value.what)[value.name].returns
                    self._mark_escaped(sdk_objects(returned), at)
                case "def" | "bound":
                    if self._findings.mark_escaped(AbstractValue("def", value.what), location):
                        for one in parameters(value.what):
                            if one.arg not in ("self", "cls"):
                                self._findings.add(value.what, one.arg, UNKNOWN)
                case "pager":
                    self._findings.escaped_pagers.add(value)
                case "sdk" | "session" | "maker" | "Session":
                    self._findings.mark_escaped(value, location)

    # Arguments ---------------------------------------------------------------------------------

    def _pass_arguments(self, node: ast.Call) -> None:
        """Pass the arguments of a call to everything that it may call."""
        value_of = self._expressions.value
        arguments = _Arguments(
            [(value_of(one), isinstance(one, ast.Starred)) for one in node.args],
            [(one.arg, value_of(one.value)) for one in node.keywords],
        )
        for value in value_of(node.func):
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
                    self._pass_to_unknown(node, arguments)

    def _methods(self, instance: AbstractValue, *names: str) -> list[AbstractValue]:
        found = union(self._expressions.of_class(instance, name) for name in names)
        return [one for one in found if one.kind == "bound"]

    def _call(self, function: AbstractValue, arguments: _Arguments) -> None:
        """Assign arguments to the parameters of a function."""
        accepted = function.what.args
        names = [one.arg for one in (*accepted.posonlyargs, *accepted.args)]
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
            if accepted.vararg and (position >= fixed or not receivers):
                self._findings.add(function.what, accepted.vararg.arg, container_of(values))
        names += [one.arg for one in accepted.kwonlyargs]
        for key, values in arguments.named:
            if key is None:
                for name in names:
                    self._findings.add(function.what, name, self._expressions.iterate(values))
            elif key in names:
                self._findings.add(function.what, key, values)
                continue
            if accepted.kwarg:
                self._findings.add(function.what, accepted.kwarg.arg, container_of(values))

    def _construct(self, definition: AbstractValue, arguments: _Arguments) -> None:
        """Pass arguments to the constructor of a class, or to the fields of a dataclass."""
        instance = AbstractValue("instance", definition.what)
        if constructors := self._methods(instance, "__init__", "__new__"):
            for one in constructors:
                self._call(one, arguments)
            return
        unpacked = (self._expressions.iterate(one) for key, one in arguments.named if key is None)
        unnamed = union([*(one for one, _ in arguments.positional), *unpacked])
        # The order of the fields is unknown: related classes contribute to them.
        for field in self._fields(definition) if unnamed else ():
            self._set_attribute([instance], field, unnamed)
        for key, values in arguments.named:
            if key is not None:
                self._set_attribute([instance], key, values)

    def _fields(self, definition: AbstractValue) -> Iterator[str]:
        for one in self._findings.family(definition.what):
            for statement in getattr(one, "body", ()):
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    yield statement.target.id

    def _pass_elements(self, arguments: _Arguments) -> None:
        """Pass the elements of the arguments to the functions among them, as ``map`` does."""
        elements = self._expressions.iterate(union(one for one, _ in arguments.positional))
        for one in arguments.all():
            if one.kind in FUNCTION_KINDS and one.what.args.args:
                self._findings.add(one.what, one.what.args.args[-1].arg, elements)

    def _pass_to_unknown(self, node: ast.Call, arguments: _Arguments) -> None:
        """Pass arguments to an unknown function: into a container, or out of sight."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in INSERTING_METHODS:
            self._put_into(node.func.value, arguments.all())
            return
        if last_name(node.func) == "setattr" and len(arguments.positional) == 3:
            (bases, _), (names, _), (values, _) = arguments.positional
            for name in texts(names):
                self._set_attribute(bases, name, values)
            if all_texts(names) or not names:
                return
        self._mark_escaped(arguments.all(), node)
