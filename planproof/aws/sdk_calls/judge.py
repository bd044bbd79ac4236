"""What do the values amount to: which calls, and what cannot be told?"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection

from planproof.aws.api_actions import is_service
from planproof.aws.sdk_calls.abstract_values import NONE, PENDING, Atom, Atoms, all_texts, texts
from planproof.aws.sdk_calls.boto3_objects import (
    TRANSFER,
    Thing,
    members,
    reached,
    waiter_operation,
)
from planproof.aws.sdk_calls.builtin_calls import IMPORTERS
from planproof.aws.sdk_calls.call_targets import Abouts, Given, argument
from planproof.aws.sdk_calls.calls import Call
from planproof.aws.sdk_calls.flow import Flow
from planproof.aws.sdk_calls.scopes import Scope, first_argument
from planproof.aws.sdk_calls.sdk import GIVEN, MAKERS, SDK
from planproof.aws.sdk_calls.unread import HIDDEN_METHOD, OWN_REQUEST, Unread, unread_outside

_RUNTIME = frozenset({"awslambdaric", "bootstrap", "runtime_client", "snapshot_restore_py"})
_RAW = frozenset({"_make_api_call", "_make_request"})
_HIDDEN = frozenset({"__getattr__", "__getattribute__", "__dict__"})
_NAMING = {
    "get_paginator": "operation_name",
    "get_waiter": "waiter_name",
    "generate_presigned_url": "ClientMethod",
}
"""Methods of every client that take the name of another one, by the parameter of it."""


class Judge:
    """Judges every node of a package whose values are settled."""

    @property
    def made(self) -> Collection[Call]:
        """The calls that were found."""
        return self._made.values()

    def __init__(self, flow: Flow, unread: Unread) -> None:
        self._made: dict[tuple[str, str, str, int, str, object, str], Call] = {}
        self._paged: defaultdict[ast.AST, list[Given]] = defaultdict(list)
        self._pagers: list[tuple[ast.Call, Scope, str, str]] = []
        self._abouts = Abouts(flow)
        self._flow = flow
        self._unread = unread
        self._called: dict[ast.AST, ast.Call] = {}
        self._named: dict[str, list[tuple[str, str]]] = {}
        self._things = reached(
            atom.what
            for node, scope in flow.nodes
            if isinstance(node, ast.Call)
            for atom in flow.value(node, scope)
            if atom.kind == "sdk"
        )
        self._services = sorted({thing.service for thing in self._things})
        self._lost = self._lost_members()

    def _lost_members(self) -> dict[str, Atom]:
        """Members that call something, of objects that are lost and that no name gives away."""
        found: dict[str, Atom] = {}
        for lost in self._flow.escaped:
            for thing in reached([lost.what]) if lost.kind == "sdk" else ():
                for name, member in members(thing).items():
                    if member.operations and not self._by_name(name):
                        found.setdefault(name, lost)
        return found

    def walk(self) -> None:
        """Judge every node."""
        for atom, where in self._flow.escaped.items():
            if atom.kind in ("maker", "Session"):
                self._unread.say(
                    "what makes clients is handed on to where it is not followed", where
                )
        is_lost = any(one.kind == "sdk" for one in self._flow.escaped)
        for nodes, has_objects in ((self._flow.nodes, True), (self._flow.bystanders, is_lost)):
            for node, scope in nodes:
                self._judge(node, scope, has_objects)
        for call, scope, service, operation in self._pagers:
            is_followed = Atom("pager", call) not in self._flow.handed
            given = self._paged[call] if is_followed else ()
            self._count(service, operation, call, scope, given)

    def _judge(self, node: ast.AST, scope: Scope, has_objects: bool) -> None:
        match node:
            case ast.Call():
                called = self._flow.value(node.func, scope)
                if any(one.kind == "external" and one.what in IMPORTERS for one in called):
                    self._import_by_name(node, scope)
                if has_objects:
                    self._call(node, called, scope)
            case ast.Attribute(ctx=ast.Load()):
                if has_objects:
                    self._reference(node, node.attr, self._flow.value(node.value, scope), scope)
                self._outside(node, scope)
            case ast.Name(ctx=ast.Load()):
                self._outside(node, scope)
            case ast.Import():
                for one in node.names:
                    self._import(one.name, node, scope)
            case ast.ImportFrom():
                self._import(scope.module.imported_from(node), node, scope)
            case ast.Constant(value=str(text)) if "AWS4-HMAC-SHA256" in text:
                self._say(OWN_REQUEST, node, scope)

    def _say(self, what: str, node: ast.AST, scope: Scope) -> None:
        self._unread.say(what, scope.place(node))

    def _count(
        self,
        service: str,
        operation: str,
        node: ast.AST,
        scope: Scope,
        given: Collection[Given] = (),
        method: str = "",
        owners: Atoms = NONE,
    ) -> None:
        """Take note of a call; for the last arguments see :meth:`Abouts.of`."""
        named = node.func if isinstance(node, ast.Call) else node
        line = getattr(named, "end_lineno", None) or 1
        is_spare = operation == "AbortMultipartUpload" and method in TRANSFER
        for aspect in self._abouts.of(service, operation, method, given, owners, scope):
            only, about, within = aspect
            call = Call(service, operation, scope.module.file, line, only, about, is_spare, within)
            key = (service, operation, scope.module.file, line, only, about, within)
            if not is_spare or key not in self._made:
                self._made[key] = call

    # Methods and attributes --------------------------------------------------------------------

    def _by_name(self, name: str) -> list[tuple[str, str]]:
        """What a method of something unknown may call, of the services in use."""
        if name in self._named:
            return self._named[name]
        found = self._named[name] = list[tuple[str, str]]()
        for thing in self._things:
            member = members(thing).get(name)
            if member is None or not member.is_method or "BatchWriter" in thing.kind:
                continue
            is_api = thing.kind == "client" and len(member.operations) == 1
            if is_api or ("_" in name and "." not in thing.kind):
                found += [(thing.service, operation) for operation in member.operations]
        return found

    def _may_be_any(self, name: str, atoms: Atoms) -> bool:
        """Whether that of which a member is taken may be something of which nothing is known."""
        if Atom("unknown") not in atoms:
            return False
        settled = any(one.kind == "sdk" and name in members(one.what) for one in atoms)
        return not settled or bool(self._flow.escaped)

    def _reference(self, node: ast.AST, name: str, atoms: Atoms, scope: Scope) -> None:
        """A method or an attribute of something is named."""
        call = self._called.get(node)
        given = [] if call is None else [call]
        for thing, owners in _with_owners(atoms).items():
            if name in members(thing):
                for operation in members(thing)[name].operations:
                    self._count(thing.service, operation, node, scope, given, name, owners)
        for atom in atoms:
            if atom.kind == "pager" and name in ("paginate", "wait"):
                self._paged[atom.what] += given
                if call is None:
                    self._flow.handed.add(atom)
            if atom.kind == "sdk" and name in _HIDDEN:
                self._say(HIDDEN_METHOD, node, scope)
            if atom.kind == "session" and name == "get_credentials":
                self._say(OWN_REQUEST, node, scope)
        is_sdk = any(one.kind == "sdk" for one in atoms)
        if self._may_be_any(name, atoms):
            for service, operation in self._by_name(name):
                self._count(service, operation, node, scope, given)
            if name in self._lost:
                lost = self._lost[name]
                self._say(
                    f"{_described(lost.what)} is handed on at {self._flow.escaped[lost]} to where "
                    f"it is not followed, and may be what .{name} is taken of",
                    node,
                    scope,
                )
            is_sdk = is_sdk or bool(self._services)
        if name in _RAW and is_sdk:
            self._say("an operation that is called by _make_api_call is not read", node, scope)
        if name in _NAMING and is_sdk and node not in self._called:
            self._say(f"{name} is handed on to where it is not followed", node, scope)

    # Calls -------------------------------------------------------------------------------------

    def _call(self, node: ast.Call, called: Atoms, scope: Scope) -> None:
        self._called[node.func] = node
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        is_lost_session = (
            attribute in MAKERS
            and Atom("unknown") in called
            and Atom("session") in self._flow.escaped
        )
        if is_lost_session or any(one.kind == "maker" for one in called):
            names = self._flow.service_names(node, scope)
            if not names:
                self._say("the service of a client is named by no constant", node, scope)
            for name in names:
                if not is_service(name):
                    self._say(f"botocore knows no service {name!r}", node, scope)
        if Atom("external", "builtins.getattr") in called:
            self._getattr(node, scope)
        if attribute in _NAMING and isinstance(node.func, ast.Attribute):
            self._named_method(node, attribute, self._flow.value(node.func.value, scope), scope)

    def _getattr(self, node: ast.Call, scope: Scope) -> None:
        if len(node.args) < 2:
            return
        atoms, names = (self._flow.value(one, scope) for one in node.args[:2])
        for name in texts(names):
            self._reference(node, name, atoms, scope)
        if all_texts(names):
            return
        is_lost = bool(self._lost) and Atom("unknown") in atoms
        if is_lost or any(
            one.kind in ("sdk", "session")
            or (one.kind == "external" and one.what.partition(".")[0] in SDK)
            for one in atoms
        ):
            self._say(HIDDEN_METHOD, node, scope)

    def _named_method(self, node: ast.Call, method: str, atoms: Atoms, scope: Scope) -> None:
        """A method of every client takes the name of another one, or of a waiter."""
        services = {one.what.service for one in atoms if one.kind == "sdk"}
        if self._may_be_any("meta", atoms):
            services.update(self._services)
        if not services:
            return
        name = first_argument(node, _NAMING[method])
        names = NONE if name is None else self._flow.value(name, scope)
        if not all_texts(names):
            self._say(f"{method} is called with no constant", node, scope)
        for text in texts(names):
            for service in services:
                for operation in _operations(service, method, text):
                    if method == "generate_presigned_url":
                        params = argument("Params", node, 1)
                        given = [params] if isinstance(params, ast.Dict) else []
                        self._count(service, operation, node, scope, given)
                    else:
                        self._pagers.append((node, scope, service, operation))

    # What is not in the package ----------------------------------------------------------------

    def _outside(self, node: ast.Attribute | ast.Name, scope: Scope) -> None:
        for atom in self._flow.value(node, scope):
            if atom.kind == "external":
                for what in unread_outside(atom.what):
                    self._say(what, node, scope)

    def _import(self, name: str, node: ast.AST, scope: Scope) -> None:
        top = name.partition(".")[0]
        if not top or top in GIVEN or top in _RUNTIME or self._flow.sources.has(name):
            return
        if not (scope.module.is_vendored and node in scope.module.optional):
            self._say(f"the module {top} is not in the package, so it is not read", node, scope)

    def _import_by_name(self, node: ast.Call, scope: Scope) -> None:
        names = self._flow.value(node.args[0], scope) if node.args else NONE
        for name in texts(names):
            self._import(name.lstrip("."), node, scope)
        if not all_texts(names):
            self._say("a module that is imported by no constant is not read", node, scope)


def _with_owners(atoms: Atoms) -> dict[Thing, Atoms]:
    """The objects of boto3 among values, each with what names the resource that it is."""
    found: dict[Thing, set[Atom]] = {}
    for one in atoms:
        if one.kind == "sdk":
            owners = found.setdefault(one.what, set())
            if one.what.kind not in ("client", "meta", "resource"):
                owners.add(one.of or PENDING)
    return {thing: frozenset(owners) for thing, owners in found.items()}


def _operations(service: str, method: str, name: str) -> frozenset[str]:
    """What a method of a client calls that takes the name of another one, or of a waiter."""
    if method == "get_waiter":
        waited = waiter_operation(service, name)
        return frozenset({waited} if waited else ())
    member = members(Thing(service, "client")).get(name)
    return member.operations if member else frozenset()


def _described(thing: Thing) -> str:
    article = "an" if thing.kind[0] in "AEIO" else "a"
    return f"{article} {thing.kind} of {thing.service}"
