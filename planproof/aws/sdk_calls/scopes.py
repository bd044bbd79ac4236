"""The lexical scopes of a module, and the names that each binds."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(eq=False)
class LexicalScope:
    """A module, a function or a class, with the names that it binds.

    Attributes:
        declared: names that ``global`` or ``nonlocal`` gives to another scope.
    """

    node: ast.AST
    module: Module
    outer: LexicalScope | None = None
    bound: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)

    def defining_scope(self, name: str) -> LexicalScope | None:
        """The scope that defines a name; methods do not see the names of their class."""
        scope: LexicalScope | None = self
        while scope is not None:
            if (
                name in scope.bound
                and name not in scope.declared
                and (scope is self or not isinstance(scope.node, ast.ClassDef))
            ):
                return scope
            scope = scope.outer
        return None

    def location(self, node: ast.AST) -> str:
        """The position of a node, as ``file:line``."""
        return f"{self.module.file}:{getattr(node, 'lineno', 1)}"


class Module:
    """One source file: its nodes with their scopes.

    Attributes:
        file: path in the package.
        is_vendored: whether it belongs to an installed distribution.
        optional_imports: imports whose failure the code handles.
    """

    def __init__(self, name: str, file: str, tree: ast.Module, is_vendored: bool) -> None:
        self.file = file
        self.is_vendored = is_vendored
        self.nodes: dict[ast.AST, LexicalScope] = {}
        self.optional_imports: set[ast.AST] = set()
        self.scope = LexicalScope(tree, self)
        self._package = name if file.endswith("__init__.py") else name.rpartition(".")[0]
        self._collect_all(tree.body, self.scope)

    def imported_from(self, node: ast.ImportFrom) -> str:
        """The module that names are imported from, in full."""
        if not node.level:
            return node.module or ""
        parts = self._package.split(".") if self._package else []
        parts = parts[: len(parts) - node.level + 1]
        return ".".join([*parts, node.module] if node.module else parts)

    def _collect_all(self, nodes: Iterable[ast.AST | None], scope: LexicalScope) -> None:
        for node in nodes:
            if node is not None:
                self._collect(node, scope)

    def _collect(self, node: ast.AST, scope: LexicalScope) -> None:
        self.nodes[node] = scope
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._collect_function(node, scope)
            case ast.ClassDef():
                scope.bound.add(node.name)
                outer = [*node.decorator_list, *node.bases, *(one.value for one in node.keywords)]
                self._collect_all(outer, scope)
                self._collect_all(node.body, LexicalScope(node, self, scope))
            case ast.If() if last_name(node.test) == "TYPE_CHECKING":
                self._collect_all(node.orelse, scope)
            case ast.AnnAssign():
                self._collect_all([node.target, node.value], scope)
            case ast.Global() | ast.Nonlocal():
                scope.declared.update(node.names if scope is not self.scope else ())
                if isinstance(node, ast.Global):
                    self.scope.bound.update(node.names)
            case _:
                if isinstance(node, ast.Try) and any(map(_catches_import_errors, node.handlers)):
                    self.optional_imports.update(
                        one for part in node.body for one in ast.walk(part)
                    )
                scope.bound.update(bindings(node))
                self._collect_all(ast.iter_child_nodes(node), scope)

    def _collect_function(self, node: Function, scope: LexicalScope) -> None:
        inner = LexicalScope(node, self, scope)
        inner.bound.update(one.arg for one in parameters(node))
        self.nodes[node.args] = inner
        outer = [*getattr(node, "decorator_list", ()), *node.args.defaults, *node.args.kw_defaults]
        self._collect_all(outer, scope)
        if isinstance(node, ast.Lambda):
            self._collect(ast.Return(node.body), inner)
        else:
            scope.bound.add(node.name)
            self._collect_all(node.body, inner)


def bindings(node: ast.AST) -> list[str]:
    """The names that a node itself binds, without those of its children."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            return [name]
        case ast.Import() | ast.ImportFrom():
            return [one.asname or one.name.partition(".")[0] for one in node.names]
        case (
            ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            return [name]
    return []


def parameters(function: Function) -> list[ast.arg]:
    """All parameters of a function."""
    given = function.args
    stars = [one for one in (given.vararg, given.kwarg) if one]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *stars]


def decorators(node: ast.AST) -> set[str]:
    """The last names of a definition's decorators: ``cache`` for ``functools.cache``."""
    return {last_name(one) for one in getattr(node, "decorator_list", ())}


def last_name(node: ast.AST) -> str:
    """The last name of a dotted expression."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def first_argument(node: ast.Call, keyword: str) -> ast.expr | None:
    """The first positional argument of a call, else the one of this name."""
    named = (one.value for one in node.keywords if one.arg == keyword)
    return next(iter((*node.args, *named)), None)


def positional(node: ast.Call, at: int) -> ast.expr | None:
    """The positional argument at an index; None if there is none, or one may be unpacked there."""
    given = node.args[: at + 1]
    is_given = len(given) > at and not any(isinstance(one, ast.Starred) for one in given)
    return given[at] if is_given else None


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or last_name(one) in _IMPORT_ERRORS for one in caught)


_IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
