"""What may an expression be, by what has been found so far?"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable

from planproof.aws.api_actions import is_service
from planproof.aws.sdk_calls.abstract_values import (
    ABSENT,
    DATA,
    DEFS,
    NAMES,
    NOBODY_KNOWS,
    NONE,
    PENDING,
    SESSION,
    UNKNOWN,
    Atom,
    Atoms,
    all_texts,
    are_names,
    box,
    external,
    texts,
    things,
    union,
)
from planproof.aws.sdk_calls.boto3_objects import Thing, elements, has_resource, members
from planproof.aws.sdk_calls.builtin_calls import CONTAINERS, FIRST, HARMLESS, IMPORTERS
from planproof.aws.sdk_calls.environment import Environment
from planproof.aws.sdk_calls.findings import ANYTHING, RETURNED, Findings
from planproof.aws.sdk_calls.scopes import Scope, decorators, first_argument
from planproof.aws.sdk_calls.sdk import MAKERS
from planproof.aws.sdk_calls.sources import Sources
from planproof.aws.sdk_calls.strings import pieces, segment


class Expressions:
    """The values of expressions.

    Attributes:
        is_complete: whether all values that come from the package have arrived, so that what has
            none is unknown.
        environment: what the code knows of the function's environment.
    """

    def __init__(self, sources: Sources, findings: Findings) -> None:
        self.is_complete = False
        self._sources = sources
        self._findings = findings
        self._memo: dict[ast.AST, Atoms] = {}
        self.environment = Environment(findings, self.value)

    def forget(self) -> None:
        """Evaluate everything anew from now on, since more may have been found."""
        self._memo.clear()

    def value(self, node: ast.AST, scope: Scope) -> Atoms:
        """What an expression may be; nothing where no value has arrived yet."""
        known = self._memo.get(node)
        if known is None:
            known = self._memo[node] = self._value(node, scope) or self._nothing
        return known

    @property
    def _nothing(self) -> Atoms:
        """What is known of that of which no value has arrived."""
        return UNKNOWN if self.is_complete else NONE

    def _value(self, node: ast.AST, scope: Scope) -> Atoms:
        match node:
            case ast.Constant(value=str(text)):
                return frozenset({Atom("text", text)})
            case ast.Constant(value=None):
                return ABSENT
            case ast.Name():
                return self._named(node.id, scope)
            case ast.Attribute():
                return self._attribute(self.value(node.value, scope), node.attr)
            case ast.Call():
                return self._called(node, scope)
            case ast.IfExp():
                return self.environment.chosen(
                    self.value(node.body, scope), self.value(node.orelse, scope)
                )
            case ast.BoolOp():
                values = [self.value(one, scope) for one in node.values]
                return (
                    self.environment.either(values)
                    if isinstance(node.op, ast.Or)
                    else union(values)
                )
            case ast.NamedExpr() | ast.Await() | ast.Starred():
                return self.value(node.value, scope)
            case ast.Subscript():
                holders = self.value(node.value, scope)
                found = self.environment.looked_up(holders, node.slice, scope)
                return self.each(holders) if found is None else found
            case ast.List() | ast.Tuple() | ast.Set():
                return self._container(node.elts, scope)
            case ast.Dict():
                return self._container(node.values, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._container([node.elt], scope)
            case ast.DictComp():
                return self._container([node.value], scope)
            case ast.JoinedStr():
                return self._composed(node, scope)
            case ast.BinOp(op=ast.Mod()):
                return self._composed(node, scope)
            case ast.BinOp(op=ast.Add() | ast.BitOr()):
                both = self.value(node.left, scope) | self.value(node.right, scope)
                kept = frozenset(one for one in both if one.kind not in NAMES)
                named = self._composed(node, scope) if kept != both else DATA
                return named if named != DATA else kept | DATA
            case ast.Lambda():
                return frozenset({Atom("def", node)})
        return DATA

    def _composed(self, node: ast.expr, scope: Scope) -> Atoms:
        """What names something in a text that is made of others."""
        parts = pieces(node)
        if parts == [node]:
            return DATA
        return segment([one if isinstance(one, str) else self.value(one, scope) for one in parts])

    def _container(self, parts: Iterable[ast.AST], scope: Scope) -> Atoms:
        held = [self.value(one, scope) for one in parts]
        return box(union(held)) if held else DATA

    def _named(self, name: str, scope: Scope) -> Atoms:
        owner = scope.owner(name)
        if owner is not None:
            return self._findings.get(owner.node, name)
        for star in self._findings.stars(scope.module):
            if found := self.of_module(star, name):
                return found
        return external(f"builtins.{name}") if hasattr(builtins, name) else UNKNOWN

    def module(self, name: str) -> Atoms:
        """A module that is imported, of the package or not."""
        located = self._sources.locate(name)
        return frozenset({Atom("module", located)}) if located else external(name)

    def of_module(self, name: str, attribute: str, asked: frozenset[str] = frozenset()) -> Atoms:
        """A name of a module, of the package or not; nothing where it has none.

        Args:
            name: of the module, in full.
            attribute: the name.
            asked: modules that have been asked on the way, since two may import all of each other.
        """
        located = self._sources.locate(name)
        if located is None:
            return external(f"{name}.{attribute}")
        module = self._sources.modules.get(located)
        found = NONE
        if module is not None:
            found = self._findings.get(module.scope.node, attribute)
            stars = self._findings.stars(module)
            for star in () if attribute in module.scope.bound else stars - asked - {name}:
                found |= self.of_module(star, attribute, asked | {name})
        below = f"{located}.{attribute}"
        if below in self._sources.modules or below in self._sources.folders:
            found |= {Atom("module", below)}
        return found

    def _attribute(self, atoms: Atoms, name: str) -> Atoms:
        return union(self._attribute_of(one, name) for one in self._there(atoms))

    def _there(self, atoms: Atoms) -> Atoms:
        """What has attributes, elements and results: None only where there is nothing else."""
        kept = atoms - ABSENT
        return atoms if not kept and self.is_complete else kept

    def _attribute_of(self, atom: Atom, name: str) -> Atoms:
        match atom.kind:
            case "sdk":
                member = members(atom.what).get(name)
                if member is None and name in IDENTIFIERS and atom.of is not None:
                    return NONE if atom.of == PENDING else frozenset({atom.of})
                if member is None:
                    return DATA
                if member.is_method:
                    return frozenset({Atom("member", atom.what, name, atom.of)})
                return things(member.gives, atom.of)
            case "session":
                if name in MAKERS:
                    return frozenset({Atom("maker", MAKERS[name])})
                return SESSION if name == "_session" else DATA
            case "external":
                kept = self._findings.get(ANYTHING, name)
                kept = frozenset(one for one in kept if one.kind in ("sdk", "box", "session"))
                return external(f"{atom.what}.{name}") | kept
            case "module":
                return self.of_module(atom.what, name)
            case "instance" | "class":
                return self.of_class(atom, name) or UNKNOWN
            case "box" | "opened":
                return frozenset({Atom("opened", atom.what)}) | DATA
            case "unknown" | "def" | "bound":
                kept = self._findings.get(ANYTHING, name)
                found = union(map(self._bound, kept))
                if any(one.kind in NAMES for one in found):
                    # An object of the sort that nobody knows has its own attribute of that name.
                    found = frozenset(one for one in found if one.kind not in NAMES) | DATA
                return found | UNKNOWN if self._findings.is_any_lost() or not found else found
            case "variable" if name in ("strip", "lstrip", "rstrip"):
                return frozenset({atom})  # the method; called, it gives the value again
        return DATA

    def of_class(self, atom: Atom, name: str) -> Atoms:
        """An attribute of an instance or a class, wherever in its family it is set."""
        family = self._findings.family(atom.what)
        found = union(self._findings.get(one, name) for one in family)
        return union(map(self._bound, found)) if atom.kind == "instance" else found

    def _bound(self, atom: Atom) -> Atoms:
        """A function of a class, taken from an instance."""
        if atom.kind != "def" or isinstance(atom.what, ast.Lambda):
            return frozenset({atom})
        names = decorators(atom.what)
        if names & {"property", "cached_property"}:
            return self._findings.get(atom.what, RETURNED)
        return frozenset({atom if "staticmethod" in names else Atom("bound", atom.what)})

    def each(self, atoms: Atoms) -> Atoms:
        """What a loop over a value yields, or a look-up in it."""
        return union(map(self._each, self._there(atoms)))

    def _each(self, atom: Atom) -> Atoms:
        # What has no elements lay in a container within the container: box() keeps one level.
        match atom.kind:
            case "box":
                return frozenset({atom.what})
            case "sdk":
                found = elements(atom.what)
                # What holds others of its own kind, such as a queue its sources, is none of them.
                is_other = any(atom.what.kind.startswith(f"{one.kind}.") for one in found)
                of = NOBODY_KNOWS if is_other or atom.of is None else atom.of
                return things(found, of) or frozenset({atom})
            case "instance":
                given = self._returned_by(atom, *_LOOPED)
                given |= frozenset(one.what for one in given if one.kind == "box")
                return given or self._nothing
            case "data" | "text" | "variable" | "segment" | "absent" | "pager":
                return DATA
            case "member" | "maker" | "Session" | "session" | "def" | "bound":
                return frozenset({atom}) | UNKNOWN
        return UNKNOWN

    def entered(self, atoms: Atoms) -> Atoms:
        """What ``with`` gives."""
        found = {one.what if one.kind == "box" else one for one in atoms}
        instances = [one for one in atoms if one.kind == "instance"]
        return union(self._returned_by(one, *_ENTERED) for one in instances) | found

    def _returned_by(self, instance: Atom, *methods: str) -> Atoms:
        return union(self.returned(self.of_class(instance, one)) for one in methods)

    def returned(self, atoms: Iterable[Atom]) -> Atoms:
        """What functions give back."""
        return union(self._findings.get(one.what, RETURNED) for one in atoms if one.kind in DEFS)

    def _called(self, node: ast.Call, scope: Scope) -> Atoms:
        called = self.value(node.func, scope)
        found = union(self._result(one, node, scope) for one in self._there(called))
        if isinstance(node.func, ast.Attribute):
            if node.func.attr == "format" and isinstance(node.func.value, ast.Constant):
                return self._composed(node, scope)
            if node.func.attr in PAGERS and any(
                one.kind == "sdk" for one in self.value(node.func.value, scope)
            ):
                found |= {Atom("pager", node)}
        maker = MAKERS.get(node.func.attr) if isinstance(node.func, ast.Attribute) else None
        if maker and called >= UNKNOWN:
            found |= self._made(maker, node, scope)
        return found

    def _result(self, atom: Atom, node: ast.Call, scope: Scope) -> Atoms:
        match atom.kind:
            case "maker":
                return self._made(atom.what, node, scope)
            case "Session":
                return SESSION
            case "member":
                member = members(atom.what)[atom.name]
                if atom.name == "get_queue_url":
                    # The answer holds another name of the same queue.
                    return box(one for one in self._owners(atom, node, scope) if one != PENDING)
                owners = self._owners(atom, node, scope) if member.gives else ()
                given = union(things(member.gives, one) for one in owners) or DATA
                return box(given) if member.in_list else given
            case "def" | "bound":
                return self.returned([atom])
            case "class":
                return frozenset({Atom("instance", atom.what)})
            case "instance":
                return self._returned_by(atom, "__call__") or UNKNOWN
            case "external":
                return self._result_outside(atom.what, node, scope)
            case "opened":
                return frozenset({atom.what, Atom("box", atom.what)}) | DATA
            case "data" | "text" | "segment" | "absent" | "pager":
                return DATA
            case "variable":
                return frozenset({atom})
        return UNKNOWN

    def _owners(self, member: Atom, node: ast.Call, scope: Scope) -> Iterable[Atom]:
        """What names the resource that a method gives: what it is called with, if nothing yet."""
        if member.of is not None:
            return (member.of,)
        named = [one.value for one in node.keywords if one.arg in IDENTIFIERS]
        first = next(iter((*node.args[:1], *named)), None)
        if first is None or isinstance(first, ast.Starred):
            return (NOBODY_KNOWS,)
        values = self.value(first, scope)
        if not values:
            return (PENDING,)
        return values if are_names(values) else (NOBODY_KNOWS,)

    def _result_outside(self, name: str, node: ast.Call, scope: Scope) -> Atoms:
        """What a call of something outside of the package gives."""
        given = [self.value(one, scope) for one in node.args]
        if name == "builtins.super":
            while scope.outer is not None and not isinstance(scope.node, ast.ClassDef):
                scope = scope.outer
            return frozenset({Atom("instance", scope.node)})
        if (read := self.environment.read_by(name, node, scope)) is not None:
            return read
        if name == "builtins.str" and given:
            return given[0] if not given[0] or are_names(given[0]) else DATA
        if name in HARMLESS:
            return DATA
        match given:
            case [first, *_] if name in FIRST:
                return first
            case [_, *_] if name in CONTAINERS:
                return box(union(map(self.each, given))) | DATA
            case [first, *_] if name == "builtins.next":
                return self.each(first)
            case [_, second, *_] if name == "typing.cast":
                return second
            case [first, second, *default] if name == "builtins.getattr":
                known = [self._attribute(first, one) for one in texts(second)]
                return union([*known, *default[:1]]) | (NONE if known else UNKNOWN)
            case [first, *_] if name in IMPORTERS:
                return union(map(self.module, texts(first)))
        return UNKNOWN

    def _made(self, maker: str, node: ast.Call, scope: Scope) -> Atoms:
        names = [one for one in self.service_names(node, scope) if is_service(one)]
        kept = [one for one in names if maker == "client" or has_resource(one)]
        return things(Thing(one, maker) for one in kept) or UNKNOWN

    def service_names(self, node: ast.Call, scope: Scope) -> list[str]:
        """The services that the maker of a client is called with; nothing if it is no constant."""
        name = first_argument(node, "service_name")
        values = NONE if name is None else self.value(name, scope)
        return texts(values) if all_texts(values) else []


PAGERS = ("get_paginator", "get_waiter")
"""Methods of a client that give what makes requests later, with arguments of its own."""

IDENTIFIERS = ("name", "bucket_name", "url", "queue_url", "arn", "topic_arn", "QueueName", "Bucket")
"""What the name of a resource is called where boto3 makes an object of it."""

_LOOPED = ("__iter__", "__next__", "__getitem__", "__aiter__", "__anext__")
_ENTERED = ("__enter__", "__aenter__")
