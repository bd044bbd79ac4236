"""Evaluates expressions to abstract values, by what has been found so far."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable

from planproof.aws.api_actions import is_service
from planproof.aws.sdk_calls.abstract_values import (
    DATA,
    EMPTY,
    FUNCTION_KINDS,
    NAME_KINDS,
    PENDING,
    PYTHON_NONE,
    SESSION,
    UNKNOWN,
    UNKNOWN_NAME,
    AbstractValue,
    AbstractValues,
    all_texts,
    are_names,
    container_of,
    external,
    sdk_objects,
    texts,
    union,
)
from planproof.aws.sdk_calls.boto3_objects import Boto3Object, elements, has_resource, members
from planproof.aws.sdk_calls.findings import ANYTHING, RETURNED, STARS, Findings
from planproof.aws.sdk_calls.names import Environment, pieces, segment
from planproof.aws.sdk_calls.outside_names import (
    CONTAINER_BUILDERS,
    IMPORTERS,
    MAKERS,
    RETURNS_DATA,
    RETURNS_FIRST_ARGUMENT,
)
from planproof.aws.sdk_calls.scopes import decorators, first_argument
from planproof.aws.sdk_calls.sources import Sources


class Expressions:
    """Evaluates expressions.

    Attributes:
        is_complete: whether all values from within the package have arrived, so that an
            expression without values is unknown.
        environment: evaluates reads of environment variables.
    """

    def __init__(self, sources: Sources, findings: Findings) -> None:
        self.is_complete = False
        self._sources = sources
        self._findings = findings
        self._cache: dict[ast.AST, AbstractValues] = {}
        self.environment = Environment(findings, self.value)

    def clear_cache(self) -> None:
        """Evaluate all expressions again from now on, since more may have been found."""
        self._cache.clear()

    def value(self, node: ast.AST) -> AbstractValues:
        """The possible values of an expression; empty if none has arrived yet."""
        known = self._cache.get(node)
        if known is None:
            known = self._cache[node] = self._value(node) or self._no_value_yet
        return known

    @property
    def _no_value_yet(self) -> AbstractValues:
        """The values of an expression for which none has arrived."""
        return UNKNOWN if self.is_complete else EMPTY

    def _value(self, node: ast.AST) -> AbstractValues:
        match node:
            case ast.Constant(value=str(text)):
                return frozenset({AbstractValue("text", text)})
            case ast.Constant(value=None):
                return PYTHON_NONE
            case ast.Name():
                return self._value_of_name(node)
            case ast.Attribute():
                return self._values_of_attribute(self.value(node.value), node.attr)
            case ast.Call():
                return self._value_of_call(node)
            case ast.IfExp():
                body, other = self.value(node.body), self.value(node.orelse)
                return self.environment.conditional(body, other)
            case ast.BoolOp():
                values = [self.value(one) for one in node.values]
                is_or = isinstance(node.op, ast.Or)
                return self.environment.boolean_or(values) if is_or else union(values)
            case ast.NamedExpr() | ast.Await() | ast.Starred():
                return self.value(node.value)
            case ast.Subscript():
                holders = self.value(node.value)
                found = self.environment.lookup(holders, node.slice)
                return self.iterate(holders) if found is None else found
            case ast.List() | ast.Tuple() | ast.Set():
                return self._container(node.elts)
            case ast.Dict():
                return self._container(node.values)
            case ast.ListComp(elt=one) | ast.SetComp(elt=one) | ast.GeneratorExp(elt=one):
                return self._container([one])
            case ast.DictComp(value=one):
                return self._container([one])
            case ast.JoinedStr() | ast.BinOp(op=ast.Mod()):
                return self._value_of_text(node)
            case ast.BinOp(op=ast.Add() | ast.BitOr()):
                both = self.value(node.left) | self.value(node.right)
                others = frozenset(one for one in both if one.kind not in NAME_KINDS)
                named = self._value_of_text(node) if others != both else DATA
                return named if named != DATA else others | DATA
            case ast.Lambda():
                return frozenset({AbstractValue("def", node)})
        return DATA

    def _value_of_text(self, node: ast.expr) -> AbstractValues:
        """The name that a text composed of others contains, if any."""
        parts = pieces(node)
        if parts == [node]:
            return DATA
        return segment([one if isinstance(one, str) else self.value(one) for one in parts])

    def _container(self, parts: Iterable[ast.AST]) -> AbstractValues:
        values = [self.value(one) for one in parts]
        return container_of(union(values)) if values else DATA

    def _value_of_name(self, node: ast.Name) -> AbstractValues:
        name, scope = node.id, self._sources.scopes[node]
        owner = scope.defining_scope(name)
        if owner is not None:
            return self._findings.get(owner.node, name)
        for star in self._findings.get(scope.module, STARS):
            if found := self.of_module(star.what, name):
                return found
        return external(f"builtins.{name}") if hasattr(builtins, name) else UNKNOWN

    def module(self, name: str) -> AbstractValues:
        """The value of an imported module, inside or outside of the package."""
        located = self._sources.locate(name)
        return frozenset({AbstractValue("module", located)}) if located else external(name)

    def of_module(
        self, name: str, attribute: str, visited: frozenset[str] = frozenset()
    ) -> AbstractValues:
        """The values of a module's attribute; empty if the module has none of that name.

        Args:
            name: of the module, in full, inside or outside of the package.
            attribute: its name.
            visited: modules on the way here, since two may import all names of each other.
        """
        located = self._sources.locate(name)
        if located is None:
            return external(f"{name}.{attribute}")
        module = self._sources.modules.get(located)
        found = EMPTY
        if module is not None:
            found = self._findings.get(module.scope.node, attribute)
            stars = {one.what for one in self._findings.get(module, STARS)}
            for star in () if attribute in module.scope.bound else stars - visited - {name}:
                found |= self.of_module(star, attribute, visited | {name})
        below = f"{located}.{attribute}"
        if below in self._sources.modules or below in self._sources.folders:
            found |= {AbstractValue("module", below)}
        return found

    def _values_of_attribute(self, values: AbstractValues, name: str) -> AbstractValues:
        return union(self._attribute_of_value(one, name) for one in self._without_none(values))

    def _without_none(self, values: AbstractValues) -> AbstractValues:
        """The values without None, which has no attributes, elements or results."""
        others = values - PYTHON_NONE
        return values if not others and self.is_complete else others

    def _attribute_of_value(self, value: AbstractValue, name: str) -> AbstractValues:
        match value.kind:
            case "sdk":
                member = members(value.what).get(name)
                if member is None and name in IDENTIFIERS and value.of is not None:
                    return EMPTY if value.of == PENDING else frozenset({value.of})
                if member is None:
                    return DATA
                if member.is_method:
                    return frozenset({AbstractValue("member", value.what, name, value.of)})
                return sdk_objects(member.returns, value.of)
            case "session":
                if name in MAKERS:
                    return frozenset({AbstractValue("maker", MAKERS[name])})
                return SESSION if name == "_session" else DATA
            case "external":
                named = self._findings.get(ANYTHING, name)
                objects = {one for one in named if one.kind in ("sdk", "container", "session")}
                return external(f"{value.what}.{name}") | objects
            case "module":
                return self.of_module(value.what, name)
            case "instance" | "class":
                return self.of_class(value, name) or UNKNOWN
            case "container" | "container method":
                return frozenset({AbstractValue("container method", value.what)}) | DATA
            case "unknown" | "def" | "bound":
                found = union(map(self._bound, self._findings.get(ANYTHING, name)))
                if any(one.kind in NAME_KINDS for one in found):
                    # An unknown object may have an attribute of its own of that name.
                    found = frozenset(one for one in found if one.kind not in NAME_KINDS) | DATA
                return found | UNKNOWN if self._findings.has_escaped() or not found else found
            case "variable" if name in ("strip", "lstrip", "rstrip"):
                return frozenset({value})  # the method, whose result is the variable
        return DATA

    def of_class(self, value: AbstractValue, name: str) -> AbstractValues:
        """The values of an attribute of an instance or a class, set in any related class."""
        family = self._findings.family(value.what)
        found = union(self._findings.get(one, name) for one in family)
        return union(map(self._bound, found)) if value.kind == "instance" else found

    def _bound(self, value: AbstractValue) -> AbstractValues:
        """The value of a class attribute when it is read from an instance."""
        if value.kind != "def" or isinstance(value.what, ast.Lambda):
            return frozenset({value})
        names = decorators(value.what)
        if names & {"property", "cached_property"}:
            return self._findings.get(value.what, RETURNED)
        return frozenset({value if "staticmethod" in names else AbstractValue("bound", value.what)})

    def iterate(self, values: AbstractValues) -> AbstractValues:
        """The values that a loop or a subscript yields."""
        return union(map(self._iterate, self._without_none(values)))

    def _iterate(self, value: AbstractValue) -> AbstractValues:
        # A value without elements was in a nested container, which container_of() flattens.
        match value.kind:
            case "container":
                return frozenset({value.what})
            case "sdk":
                found = elements(value.what)
                # A collection of its own kind, such as a queue's source queues, has other names.
                is_other = any(value.what.kind.startswith(f"{one.kind}.") for one in found)
                of = UNKNOWN_NAME if is_other or value.of is None else value.of
                return sdk_objects(found, of) or frozenset({value})
            case "instance":
                returned = self._returned_by(value, *_ITERATION_METHODS)
                returned |= {one.what for one in returned if one.kind == "container"}
                return returned or self._no_value_yet
            case "data" | "text" | "variable" | "segment" | "none" | "pager":
                return DATA
            case "member" | "maker" | "Session" | "session" | "def" | "bound":
                return frozenset({value}) | UNKNOWN
        return UNKNOWN

    def entered(self, values: AbstractValues) -> AbstractValues:
        """The values that a ``with`` statement binds."""
        found = {one.what if one.kind == "container" else one for one in values}
        instances = [one for one in values if one.kind == "instance"]
        return union(self._returned_by(one, *_ENTER_METHODS) for one in instances) | found

    def _returned_by(self, instance: AbstractValue, *methods: str) -> AbstractValues:
        return union(self.returned(self.of_class(instance, one)) for one in methods)

    def returned(self, values: Iterable[AbstractValue]) -> AbstractValues:
        """The values that functions return."""
        return union(
            self._findings.get(one.what, RETURNED) for one in values if one.kind in FUNCTION_KINDS
        )

    def _value_of_call(self, node: ast.Call) -> AbstractValues:
        called = self.value(node.func)
        found = union(self._result(one, node) for one in self._without_none(called))
        if isinstance(node.func, ast.Attribute):
            if node.func.attr == "format" and isinstance(node.func.value, ast.Constant):
                return self._value_of_text(node)
            values = self.value(node.func.value) if node.func.attr in PAGERS else EMPTY
            if any(one.kind == "sdk" for one in values):
                found |= {AbstractValue("pager", node)}
            if node.func.attr in MAKERS and called >= UNKNOWN:
                found |= self._made_objects(MAKERS[node.func.attr], node)
        return found

    def _result(self, value: AbstractValue, node: ast.Call) -> AbstractValues:
        match value.kind:
            case "maker":
                return self._made_objects(value.what, node)
            case "Session":
                return SESSION
            case "member":
                member = members(value.what)[value.name]
                if value.name == "get_queue_url":
                    # The response contains another name of the same queue.
                    names = self._resource_names(value, node)
                    return container_of(one for one in names if one != PENDING)
                names = self._resource_names(value, node) if member.returns else ()
                result = union(sdk_objects(member.returns, one) for one in names) or DATA
                return container_of(result) if member.in_list else result
            case "def" | "bound":
                return self.returned([value])
            case "class":
                return frozenset({AbstractValue("instance", value.what)})
            case "instance":
                return self._returned_by(value, "__call__") or UNKNOWN
            case "external":
                return self._result_of_external(value.what, node)
            case "container method":
                return frozenset({value.what, AbstractValue("container", value.what)}) | DATA
            case "data" | "text" | "segment" | "none" | "pager":
                return DATA
            case "variable":
                return frozenset({value})
        return UNKNOWN

    def _resource_names(self, member: AbstractValue, node: ast.Call) -> Iterable[AbstractValue]:
        """The names of the resource that a method returns: the object's own, else its argument."""
        if member.of is not None:
            return (member.of,)
        named = [one.value for one in node.keywords if one.arg in IDENTIFIERS]
        first = next(iter((*node.args[:1], *named)), None)
        if first is None or isinstance(first, ast.Starred):
            return (UNKNOWN_NAME,)
        values = self.value(first)
        if not values:
            return (PENDING,)
        return values if are_names(values) else (UNKNOWN_NAME,)

    def _result_of_external(self, name: str, node: ast.Call) -> AbstractValues:
        """The values that a call of a function outside of the package returns."""
        arguments = [self.value(one) for one in node.args]
        if name == "builtins.super":
            scope = self._sources.scopes[node]
            while scope.outer is not None and not isinstance(scope.node, ast.ClassDef):
                scope = scope.outer
            return frozenset({AbstractValue("instance", scope.node)})
        if (read := self.environment.read(name, node)) is not None:
            return read
        if name == "builtins.str" and arguments:
            return arguments[0] if not arguments[0] or are_names(arguments[0]) else DATA
        if name in RETURNS_DATA:
            return DATA
        match arguments:
            case [first, *_] if name in RETURNS_FIRST_ARGUMENT:
                return first
            case [_, *_] if name in CONTAINER_BUILDERS:
                return container_of(union(map(self.iterate, arguments))) | DATA
            case [first, *_] if name == "builtins.next":
                return self.iterate(first)
            case [_, second, *_] if name == "typing.cast":
                return second
            case [first, second, *default] if name == "builtins.getattr":
                known = [self._values_of_attribute(first, one) for one in texts(second)]
                return union([*known, *default[:1]]) | (EMPTY if known else UNKNOWN)
            case [first, *_] if name in IMPORTERS:
                return union(map(self.module, texts(first)))
        return UNKNOWN

    def _made_objects(self, maker: str, node: ast.Call) -> AbstractValues:
        names = [one for one in self.service_names(node) if is_service(one)]
        offered = [one for one in names if maker == "client" or has_resource(one)]
        return sdk_objects(Boto3Object(one, maker) for one in offered) or UNKNOWN

    def service_names(self, node: ast.Call) -> list[str]:
        """The services that a client is made for; empty if they are not constants."""
        name = first_argument(node, "service_name")
        values = EMPTY if name is None else self.value(name)
        return texts(values) if all_texts(values) else []


PAGERS = ("get_paginator", "get_waiter")
"""Methods of a client that return an object that makes requests later."""

IDENTIFIERS = ("name", "bucket_name", "url", "queue_url", "arn", "topic_arn", "QueueName", "Bucket")
"""Attributes and parameters of boto3's objects that hold the name of the resource."""

_ITERATION_METHODS = ("__iter__", "__next__", "__getitem__", "__aiter__", "__anext__")
_ENTER_METHODS = ("__enter__", "__aenter__")
