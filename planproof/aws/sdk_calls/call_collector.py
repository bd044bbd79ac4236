"""Collects the calls of a package from its values, and the reasons why some may be missing."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from planproof.aws.api_actions import is_service
from planproof.aws.sdk_calls.abstract_values import (
    EMPTY,
    PENDING,
    AbstractValue,
    AbstractValues,
    all_texts,
    texts,
)
from planproof.aws.sdk_calls.boto3_objects import (
    Boto3Object,
    Member,
    members,
    reachable,
    waiter_operations,
)
from planproof.aws.sdk_calls.call_targets import ArgumentNode, CallTargets, argument
from planproof.aws.sdk_calls.calls import SdkCall
from planproof.aws.sdk_calls.flow import Flow
from planproof.aws.sdk_calls.outside_names import (
    AVAILABLE_MODULES,
    HIDDEN_METHOD,
    IMPORTERS,
    MAKERS,
    OWN_REQUEST,
    SDK,
    unread_outside,
)
from planproof.aws.sdk_calls.scopes import first_argument
from planproof.service_facts import service_of_client

_RUNTIME = frozenset({"awslambdaric", "bootstrap", "runtime_client", "snapshot_restore_py"})
_RAW = frozenset({"_make_api_call", "_make_request"})
_HIDDEN = frozenset({"__getattr__", "__getattribute__", "__dict__"})
_NAME_PARAMETERS = {
    "get_paginator": "operation_name",
    "get_waiter": "waiter_name",
    "generate_presigned_url": "ClientMethod",
}
"""Methods of every client that take the name of an operation or of a waiter, by parameter."""


class CallCollector:
    """Visits every node of a package whose values are settled."""

    def __init__(self, flow: Flow) -> None:
        self._calls: dict[SdkCall, bool] = {}  # whether it only cleans up
        self._page_arguments: defaultdict[ast.AST, list[ArgumentNode]] = defaultdict(list)
        self._pagers: list[tuple[ast.Call, str, str]] = []
        self._flow = flow
        self._escaped = flow.findings.escaped
        self._calls_by_function: dict[ast.AST, ast.Call] = {}
        self._operations_by_method: dict[str, list[tuple[str, str]]] = {}
        self._sdk_objects = reachable(
            value.what
            for node in flow.nodes
            if isinstance(node, ast.Call)
            for value in flow.value(node)
            if value.kind == "sdk"
        )
        self._services = sorted({obj.service for obj in self._sdk_objects})
        self._escaped_members = self._find_escaped_members()

    def _find_escaped_members(self) -> dict[str, AbstractValue]:
        """Members of escaped objects whose operations cannot be told by the name alone."""
        found: dict[str, AbstractValue] = {}
        for escaped in self._escaped:
            for obj in reachable([escaped.what]) if escaped.kind == "sdk" else ():
                for name, member in members(obj).items():
                    if member.operations and not self._operations_of_method(name):
                        found.setdefault(name, escaped)
        return found

    def collect(self) -> None:
        """Visit every node."""
        for value, location in self._escaped.items():
            if value.kind in ("maker", "Session"):
                reason = "a function that makes clients is passed to unanalyzed code"
                self._flow.sources.unread.add(reason, location)
        any_escaped = any(one.kind == "sdk" for one in self._escaped)
        for node in self._flow.nodes:
            self._visit(node, has_objects=True)
        for node in self._flow.without_boto3:
            self._visit(node, has_objects=any_escaped)
        for call, service, operation in self._pagers:
            is_followed = AbstractValue("pager", call) not in self._flow.findings.escaped_pagers
            arguments = self._page_arguments[call] if is_followed else ()
            self._add_call(service, operation, call, arguments)

    def _visit(self, node: ast.AST, *, has_objects: bool) -> None:
        match node:
            case ast.Call():
                called = self._flow.value(node.func)
                if any(one.kind == "external" and one.what in IMPORTERS for one in called):
                    self._visit_dynamic_import(node)
                if has_objects:
                    self._visit_call(node, called)
            case ast.Attribute(ctx=ast.Load()):
                if has_objects:
                    self._visit_member(node, node.attr, self._flow.value(node.value))
                self._visit_external(node)
            case ast.Name(ctx=ast.Load()):
                self._visit_external(node)
            case ast.Import():
                for one in node.names:
                    self._visit_import(one.name, node)
            case ast.ImportFrom():
                module = self._flow.sources.scopes[node].module
                self._visit_import(module.imported_from(node), node)
            case ast.Constant(value=str(text)) if "AWS4-HMAC-SHA256" in text:
                self._report(OWN_REQUEST, node)

    def _report(self, what: str, node: ast.AST) -> None:
        self._flow.sources.unread.add(what, self._flow.sources.scopes[node].location(node))

    def _add_call(
        self,
        service: str,
        operation: str,
        node: ast.AST,
        arguments: Collection[ArgumentNode] = (),
        method: str = "",
        resource_names: AbstractValues = EMPTY,
    ) -> None:
        """Record a call; for the last parameters see :meth:`CallTargets.of`."""
        member = node.func if isinstance(node, ast.Call) else node
        line = getattr(member, "end_lineno", None) or 1
        transfers = service_of_client(service).transfers
        is_cleanup = operation == "AbortMultipartUpload" and method in transfers
        file = self._flow.sources.scopes[node].module.file
        targets = CallTargets(self._flow)
        for names, action, suffix in targets.of(
            service, operation, method, arguments, resource_names
        ):
            call = SdkCall(service, operation, file, line, action, names, arn_suffix=suffix)
            self._calls[call] = is_cleanup and self._calls.get(call, True)

    @property
    def calls(self) -> Collection[SdkCall]:
        """The calls that were found."""
        return [replace(call, is_cleanup=cleanup) for call, cleanup in self._calls.items()]

    # Methods and attributes --------------------------------------------------------------------

    def _operations_of_method(self, name: str) -> list[tuple[str, str]]:
        """The operations that a method of an unknown object may call, of the services in use."""
        if name in self._operations_by_method:
            return self._operations_by_method[name]
        found = self._operations_by_method[name] = list[tuple[str, str]]()
        for obj in self._sdk_objects:
            member = members(obj).get(name)
            if member is None or not member.is_method or "BatchWriter" in obj.kind:
                continue
            is_api = obj.kind == "client" and len(member.operations) == 1
            if is_api or ("_" in name and "." not in obj.kind):
                found += [(obj.service, operation) for operation in member.operations]
        return found

    def _may_be_unknown(self, name: str, values: AbstractValues) -> bool:
        """Whether the object of a member may be unknown."""
        if AbstractValue("unknown") not in values:
            return False
        settled = any(one.kind == "sdk" and name in members(one.what) for one in values)
        return not settled or bool(self._escaped)

    def _visit_member(self, node: ast.AST, name: str, values: AbstractValues) -> None:
        """Record what a method or an attribute calls."""
        call = self._calls_by_function.get(node)
        arguments = [] if call is None else [call]
        for obj, resource_names in _objects_with_names(values).items():
            if name in members(obj):
                for operation in members(obj)[name].operations:
                    self._add_call(obj.service, operation, node, arguments, name, resource_names)
        for value in values:
            if value.kind == "pager" and name in ("paginate", "wait"):
                self._page_arguments[value.what] += arguments
                if call is None:
                    self._flow.findings.escaped_pagers.add(value)
            if value.kind == "sdk" and name in _HIDDEN:
                self._report(HIDDEN_METHOD, node)
            if value.kind == "session" and name == "get_credentials":
                self._report(OWN_REQUEST, node)
        is_sdk = any(one.kind == "sdk" for one in values)
        if self._may_be_unknown(name, values):
            for service, operation in self._operations_of_method(name):
                self._add_call(service, operation, node, arguments)
            if name in self._escaped_members:
                escaped = self._escaped_members[name]
                service, kind, _ = escaped.what
                article = "an" if kind[0] in "AEIO" else "a"
                self._report(
                    f"{article} {kind} of {service} is passed to unanalyzed code at "
                    f"{self._escaped[escaped]}, and may be the object whose .{name} is used",
                    node,
                )
            is_sdk = is_sdk or bool(self._services)
        if name in _RAW and is_sdk:
            self._report("an operation called by _make_api_call is not analyzed", node)
        if name in _NAME_PARAMETERS and is_sdk and node not in self._calls_by_function:
            self._report(f"{name} is passed to unanalyzed code", node)

    # Calls -------------------------------------------------------------------------------------

    def _visit_call(self, node: ast.Call, called: AbstractValues) -> None:
        self._calls_by_function[node.func] = node
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        is_escaped_session = (
            attribute in MAKERS
            and AbstractValue("unknown") in called
            and AbstractValue("session") in self._escaped
        )
        if is_escaped_session or any(one.kind == "maker" for one in called):
            names = self._flow.expressions.service_names(node)
            if not names:
                self._report("the service of a client is not a constant", node)
            for name in names:
                if not is_service(name):
                    self._report(f"botocore knows no service {name!r}", node)
        if AbstractValue("external", "builtins.getattr") in called:
            self._visit_getattr(node)
        if attribute in _NAME_PARAMETERS and isinstance(node.func, ast.Attribute):
            self._visit_naming_method(node, attribute, self._flow.value(node.func.value))

    def _visit_getattr(self, node: ast.Call) -> None:
        if len(node.args) < 2:
            return
        values, names = (self._flow.value(one) for one in node.args[:2])
        for name in texts(names):
            self._visit_member(node, name, values)
        if all_texts(names):
            return
        any_escaped = bool(self._escaped_members) and AbstractValue("unknown") in values
        if any_escaped or any(
            one.kind in ("sdk", "session")
            or (one.kind == "external" and one.what.partition(".")[0] in SDK)
            for one in values
        ):
            self._report(HIDDEN_METHOD, node)

    def _visit_naming_method(self, node: ast.Call, method: str, values: AbstractValues) -> None:
        """Record the operation that a paginator, a waiter or a presigned URL is made for."""
        services = {one.what.service for one in values if one.kind == "sdk"}
        if self._may_be_unknown("meta", values):
            services.update(self._services)
        if not services:
            return
        name = first_argument(node, _NAME_PARAMETERS[method])
        names = EMPTY if name is None else self._flow.value(name)
        if not all_texts(names):
            self._report(f"{method} is called with a name that is not a constant", node)
        for text in texts(names):
            for service in services:
                named = members(Boto3Object(service, "client")).get(text, Member()).operations
                if method == "get_waiter":
                    named = waiter_operations(service, text)
                for operation in named:
                    if method == "generate_presigned_url":
                        params = argument("Params", node, 1)
                        arguments = [params] if isinstance(params, ast.Dict) else []
                        self._add_call(service, operation, node, arguments)
                    else:
                        self._pagers.append((node, service, operation))

    # Code outside of the package ---------------------------------------------------------------

    def _visit_external(self, node: ast.Attribute | ast.Name) -> None:
        for value in self._flow.value(node):
            if value.kind == "external":
                for what in unread_outside(value.what):
                    self._report(what, node)

    def _visit_import(self, name: str, node: ast.AST) -> None:
        top = name.partition(".")[0]
        if not top or top in AVAILABLE_MODULES or top in _RUNTIME or self._flow.sources.has(name):
            return
        module = self._flow.sources.scopes[node].module
        if not (module.is_vendored and node in module.optional_imports):
            self._report(f"the module {top} is not in the package, so it is not analyzed", node)

    def _visit_dynamic_import(self, node: ast.Call) -> None:
        names = self._flow.value(node.args[0]) if node.args else EMPTY
        for name in texts(names):
            self._visit_import(name.lstrip("."), node)
        if not all_texts(names):
            reason = "a module imported by a name that is not a constant is not analyzed"
            self._report(reason, node)


def _objects_with_names(values: AbstractValues) -> dict[Boto3Object, AbstractValues]:
    """The objects of boto3 among values, each with the names of the resource it stands for."""
    found: dict[Boto3Object, AbstractValues] = {}
    for one in values:
        if one.kind == "sdk":
            has_name = one.what.kind not in ("client", "meta", "resource")
            names = {one.of or PENDING} if has_name else EMPTY
            found[one.what] = found.get(one.what, EMPTY) | names
    return found
