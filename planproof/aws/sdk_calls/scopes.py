"""Which names does each part of a module bind, and whose is a name?"""

from __future__ import annotations

import ast
from collections.abc import Iterable

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Scope:
    """A module, a function or a class, with the names that it binds."""

    def __init__(self, node: ast.AST, module: Module, outer: Scope | None) -> None:
        self.node = node
        self.module = module
        self.outer = outer
        self.bound: set[str] = set()
        self.declared: set[str] = set()
        """Names that ``global`` or ``nonlocal`` gives to another scope."""

    def owner(self, name: str) -> Scope | None:
        """The scope whose name it is; the names of a class are not those of its methods."""
        scope: Scope | None = self
        while scope is not None:
            if (
                name in scope.bound
                and name not in scope.declared
                and (scope is self or not isinstance(scope.node, ast.ClassDef))
            ):
                return scope
            scope = scope.outer
        return None

    def place(self, node: ast.AST) -> str:
        """Where a node is, as ``file:line``."""
        return f"{self.module.file}:{getattr(node, 'lineno', 1)}"


class Module:
    """One source file: its nodes with their scopes.

    Attributes:
        file: path in the package.
        is_vendored: whether an installer brought it.
        stars: modules whose names it imports by ``*``; they are found while values are followed.
        optional: imports that may fail without harm.
    """

    def __init__(self, name: str, file: str, tree: ast.Module, is_vendored: bool) -> None:
        self.file = file
        self.is_vendored = is_vendored
        self.stars: set[str] = set()
        self.nodes: list[tuple[ast.AST, Scope]] = []
        self.optional: set[ast.AST] = set()
        self.scope = Scope(tree, self, None)
        self._package = name if file.endswith("__init__.py") else name.rpartition(".")[0]
        self._collect_all(tree.body, self.scope)

    def imported_from(self, node: ast.ImportFrom) -> str:
        """The module that names are imported from, in full."""
        if not node.level:
            return node.module or ""
        parts = self._package.split(".") if self._package else []
        parts = parts[: len(parts) - node.level + 1]
        return ".".join([*parts, node.module] if node.module else parts)

    def _collect_all(self, nodes: Iterable[ast.AST | None], scope: Scope) -> None:
        for node in nodes:
            if node is not None:
                self._collect(node, scope)

    def _collect(self, node: ast.AST, scope: Scope) -> None:
        self.nodes.append((node, scope))
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._collect_function(node, scope)
            case ast.ClassDef():
                scope.bound.add(node.name)
                outer = [*node.decorator_list, *node.bases, *(one.value for one in node.keywords)]
                self._collect_all(outer, scope)
                self._collect_all(node.body, Scope(node, self, scope))
            case ast.If() if last_name(node.test) == "TYPE_CHECKING":
                self._collect_all(node.orelse, scope)
            case ast.AnnAssign():
                self._collect_all([node.target, node.value], scope)
            case ast.Global() | ast.Nonlocal():
                scope.declared.update(node.names if scope is not self.scope else ())
                if isinstance(node, ast.Global):
                    self.scope.bound.update(node.names)
            case _:
                if isinstance(node, ast.Try) and any(map(_spares_imports, node.handlers)):
                    self.optional.update(one for part in node.body for one in ast.walk(part))
                scope.bound.update(bindings(node))
                self._collect_all(ast.iter_child_nodes(node), scope)

    def _collect_function(self, node: Function, scope: Scope) -> None:
        inner = Scope(node, self, scope)
        inner.bound.update(one.arg for one in parameters(node))
        self.nodes.append((node.args, inner))
        outer = [*getattr(node, "decorator_list", ()), *node.args.defaults, *node.args.kw_defaults]
        self._collect_all(outer, scope)
        if isinstance(node, ast.Lambda):
            self._collect(ast.Return(node.body), inner)
        else:
            scope.bound.add(node.name)
            self._collect_all(node.body, inner)


def bindings(node: ast.AST) -> list[str]:
    """The names that a node itself binds."""
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
    """Names of the decorators of a definition, without what they are taken of."""
    return {last_name(one) for one in getattr(node, "decorator_list", ())}


def last_name(node: ast.AST) -> str:
    """The name at the end of a dotted expression."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def first_argument(node: ast.Call, keyword: str) -> ast.expr | None:
    """The first argument of a call, or the one that has this name."""
    named = (one.value for one in node.keywords if one.arg == keyword)
    return next(iter((*node.args, *named)), None)


def _spares_imports(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or last_name(one) in _IMPORT_ERRORS for one in caught)


_IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
