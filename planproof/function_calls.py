"""Which AWS APIs does a Lambda function's package call?

Its Python sources are read, never run. Objects of boto3 are followed through names, attributes,
arguments, returned values and containers of the whole package, without regard to order. A method
of an object that nobody knows counts if a service that the package uses has an operation of its
name. What cannot be followed is said.
https://docs.aws.amazon.com/boto3/latest/guide/clients.html
"""

from __future__ import annotations

import ast
import builtins
import io
import sys
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from planproof.api_actions import (
    Thing,
    actions_of,
    elements,
    has_resource,
    is_service,
    members,
    waiter_operation,
)
from planproof.packages import Package


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One operation at one place.

    Attributes:
        service: botocore's name of the service: ``dynamodb``.
        operation: as AWS spells it: ``UpdateItem``.
        file: path in the package.
        line: from 1.
    """

    service: str
    operation: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Calls:
    """What a package calls.

    Attributes:
        made: in order, each operation once a place.
        unread: a sentence for each reason why ``made``, or its actions, may be incomplete; empty
            if they are complete.
    """

    made: tuple[Call, ...]
    unread: tuple[str, ...]

    def operations(self, service: str) -> frozenset[str]:
        """The operations of one service, by botocore's name of it."""
        return frozenset(call.operation for call in self.made if call.service == service)

    def actions(self, service: str) -> frozenset[str]:
        """The IAM actions that the operations of one service need."""
        return frozenset[str]().union(
            *(actions_of(service, operation) for operation in self.operations(service))
        )


def calls_of(package: Package) -> Calls:
    """What the Python sources of a package call; the same package is read once."""
    known = _READ.get(package.sha256)
    if known is None:
        known = _READ[package.sha256] = _read(package)
    return known


_READ: dict[str, Calls] = {}


def _read(package: Package) -> Calls:
    sources = _Sources(package)
    flow = _Flow(sources)
    flow.settle()
    judge = _Judge(flow)
    judge.walk()
    made = tuple(sorted(judge.made))
    unread = {f"{what}: {', '.join(where)}." for what, where in _placed(sources.unread)}
    for call in made:
        if not actions_of(call.service, call.operation):
            unread.add(
                f"AWS lists no action for {call.operation} of {call.service}, "
                f"which {call.file}:{call.line} calls."
            )
    return Calls(made, tuple(sorted(unread)))


def _placed(unread: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Each reason once, with its places."""
    places = defaultdict(set)
    for what, where in unread:
        places[what].add(where)
    for what, found in places.items():
        first = sorted(found, key=_in_source_order)[:_PLACES]
        more = len(found) - len(first)
        yield what, [*first, f"and {more} more"] if more else first


def _in_source_order(where: str) -> tuple[str, int]:
    file, _, line = where.rpartition(":")
    return (file, int(line)) if line.isdecimal() else (where, 0)


_PLACES = 4


class _Scope:
    """A module, a function or a class, with the names that it binds."""

    def __init__(self, node: ast.AST, module: _Module, outer: _Scope | None) -> None:
        self.node = node
        self.module = module
        self.outer = outer
        self.bound: set[str] = set()
        self.declared: set[str] = set()

    def owner(self, name: str) -> _Scope | None:
        """The scope whose name it is; the names of a class are not those of its methods."""
        scope: _Scope | None = self
        while scope is not None:
            if (
                name in scope.bound
                and name not in scope.declared
                and (scope is self or not isinstance(scope.node, ast.ClassDef))
            ):
                return scope
            scope = scope.outer
        return None


class _Module:
    """One source file: its nodes with their scopes."""

    def __init__(self, name: str, file: str, tree: ast.Module, is_vendored: bool) -> None:
        self.file = file
        self.is_vendored = is_vendored
        self.package = name if file.endswith("__init__.py") else name.rpartition(".")[0]
        self.stars: set[str] = set()
        self.nodes: list[tuple[ast.AST, _Scope]] = []
        self.optional: set[ast.AST] = set()
        """Imports that may fail without harm."""
        self.scope = _Scope(tree, self, None)
        self._collect_all(tree.body, self.scope)

    def _collect_all(self, nodes: Iterable[ast.AST | None], scope: _Scope) -> None:
        for node in nodes:
            if node is not None:
                self._collect(node, scope)

    def _collect(self, node: ast.AST, scope: _Scope) -> None:
        self.nodes.append((node, scope))
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                inner = _Scope(node, self, scope)
                inner.bound.update(one.arg for one in _parameters(node.args))
                self.nodes.append((node.args, inner))
                if not isinstance(node, ast.Lambda):
                    scope.bound.add(node.name)
                    self._collect_all(node.decorator_list, scope)
                self._collect_all([*node.args.defaults, *node.args.kw_defaults], scope)
                if isinstance(node, ast.Lambda):
                    self._collect(ast.Return(node.body), inner)
                else:
                    self._collect_all(node.body, inner)
            case ast.ClassDef():
                scope.bound.add(node.name)
                outer = [*node.decorator_list, *node.bases, *(one.value for one in node.keywords)]
                self._collect_all(outer, scope)
                self._collect_all(node.body, _Scope(node, self, scope))
            case ast.If() if _last_name(node.test) == "TYPE_CHECKING":
                self._collect_all(node.orelse, scope)
            case ast.AnnAssign():
                self._collect_all([node.target, node.value], scope)
                scope.bound.update(_bindings(node.target))
            case ast.Global() | ast.Nonlocal():
                scope.declared.update(node.names if scope is not self.scope else ())
                if isinstance(node, ast.Global):
                    self.scope.bound.update(node.names)
            case _:
                if isinstance(node, ast.Try) and any(map(_spares_imports, node.handlers)):
                    self.optional.update(one for part in node.body for one in ast.walk(part))
                scope.bound.update(_bindings(node))
                self._collect_all(ast.iter_child_nodes(node), scope)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def _bindings(node: ast.AST) -> list[str]:
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


def _parameters(given: ast.arguments) -> list[ast.arg]:
    stars = [one for one in (given.vararg, given.kwarg) if one]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *stars]


def _last_name(node: ast.AST) -> str:
    """The name at the end of a dotted expression."""
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _spares_imports(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or _last_name(one) in _IMPORT_ERRORS for one in caught)


_IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


class _Sources:
    """The modules of a package, and what in it is none."""

    def __init__(self, package: Package) -> None:
        self.unread: list[tuple[str, str]] = []
        self.modules: dict[str, _Module] = {}
        self.folders: set[str] = set()
        self.bystanders: list[_Module] = []
        """Of packages that an installer brought and that do not know boto3."""
        with zipfile.ZipFile(io.BytesIO(package.data)) as opened:
            vendored = frozenset(_vendored(opened, package.files))
            skipped = _SDK | (_SDK_NEEDS & vendored)
            texts = {}
            for file in package.files:
                path = PurePosixPath(file)
                if _top(file) in skipped:
                    continue
                if path.suffix == ".py":
                    texts[file] = self._text(opened, file)
                elif path.suffix in _NO_PYTHON and "__pycache__" not in path.parts:
                    self.unread.append(("a file that is no Python source is not read", file))
                elif file == "bootstrap":
                    self.unread.append(("a runtime of its own is not read", file))
        aware = {_top(file) for file, text in texts.items() if b"boto" in text}
        for file, text in texts.items():
            top = _top(file)
            self._parse(file, text, top in vendored, top in vendored and top not in aware)

    def _text(self, opened: zipfile.ZipFile, file: str) -> bytes:
        try:
            return opened.read(file)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError):
            self.unread.append(("a file in the package is damaged", file))
            return b""

    def _parse(self, file: str, text: bytes, is_vendored: bool, is_bystander: bool) -> None:
        name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        try:
            module = _Module(name, file, ast.parse(text, file), is_vendored)
        except (SyntaxError, ValueError, RecursionError) as problem:
            what = str(problem).partition(" (")[0]
            self.unread.append((f"a file cannot be read as Python ({what})", file))
            return
        if is_bystander:
            self.bystanders.append(module)
            return
        self.modules[name] = module
        parts = name.split(".")
        self.folders.update(".".join(parts[:size]) for size in range(1, len(parts)))

    def has(self, name: str) -> bool:
        """Whether a module that is imported is in the package, followed or not."""
        top = name.partition(".")[0]
        tops = {_top(one.file) for one in self.bystanders}
        return top in tops or bool(self.locate(name) or self.locate(top))

    def locate(self, name: str) -> str | None:
        """The module of that name, which may lie in a folder that is put on the path."""
        if name in self.modules or name in self.folders:
            return name
        if name.partition(".")[0] in sys.stdlib_module_names | _SDK | _SDK_NEEDS:
            return None
        return next((one for one in self.modules if one.endswith(f".{name}")), None)


def _top(file: str) -> str:
    return file.partition("/")[0].removesuffix(".py")


def _vendored(opened: zipfile.ZipFile, files: Iterable[str]) -> Iterator[str]:
    """Modules at the top that an installer brought.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    for file in files:
        if file.count("/") == 1 and file.endswith(".dist-info/RECORD"):
            for line in opened.read(file).decode(errors="replace").splitlines():
                yield line.partition(",")[0].partition("/")[0].removesuffix(".py")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SDK = frozenset({"boto3", "botocore", "s3transfer"})
_SDK_NEEDS = frozenset({"jmespath", "dateutil", "six", "urllib3"})
"""What boto3 needs, none of which calls AWS."""

_RUNTIME = frozenset({"awslambdaric", "bootstrap", "runtime_client", "snapshot_restore_py"})
_NO_PYTHON = _names(
    """.js .mjs .cjs .ts .node .jar .class .war .rb .go .sh .wasm .so .dll .exe .pyd .pyc .dylib
    .zip .whl .egg"""
)


class _Atom(NamedTuple):
    """One thing that a value may be.

    Attributes:
        kind: ``sdk`` (a Thing), ``member`` (of a Thing, by name), ``maker`` (of a client or of a
            resource), ``Session`` (the class), ``session``, ``external`` (a dotted name outside
            of the package), ``module``, ``def``, ``bound`` (a method of an instance), ``class``,
            ``instance``, ``text``, ``box`` (a container of an atom), ``opened`` (a method of it),
            ``data`` (anything else that is no object of boto3) or ``unknown``.
    """

    kind: str
    what: Any = None
    name: str = ""


_Atoms = frozenset[_Atom]
_NONE: _Atoms = frozenset()
_DATA = frozenset({_Atom("data")})
_UNKNOWN = frozenset({_Atom("unknown")})
_SESSION = frozenset({_Atom("session")})


def _box(atoms: Iterable[_Atom]) -> _Atoms:
    return frozenset(one if one.kind in _FLAT else _Atom("box", one) for one in atoms)


_FLAT = {"box", "data", "unknown"}


class _Flow:
    """What every expression of a package may be, as far as objects of boto3 are concerned."""

    def __init__(self, sources: _Sources) -> None:
        self.sources = sources
        self.nodes = [one for module in sources.modules.values() for one in module.nodes]
        self.bystanders = [one for module in sources.bystanders for one in module.nodes]
        self.escaped: dict[_Atom, str] = {}
        """What went where it is not followed, and the first place of it."""
        self._held: dict[Any, set[_Atom]] = defaultdict(set)
        self._readers: dict[Any, set[int]] = defaultdict(set)
        self._families: dict[ast.AST, set[ast.AST]] = {}
        self._memo: dict[ast.AST, _Atoms] = {}
        self._read: set[Any] = set()
        self._left: dict[int, None] = {}
        """Positions in nodes that have something to do, in order."""
        self._is_known = False
        """Whether all values that come from the package have arrived: the others are unknown."""

    def settle(self) -> None:
        """Follow everything until nothing new is found."""
        for self._is_known in (False, True):
            self._left = {
                at: None for at, (node, _) in enumerate(self.nodes) if isinstance(node, _FOLLOWED)
            }
            self._follow_all()
        for node, scope in self.bystanders:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node, scope)

    def _follow_all(self) -> None:
        while self._left:
            at = next(iter(self._left))
            del self._left[at]
            self._memo.clear()
            self._read = set()
            self._follow(*self.nodes[at])
            for key in self._read:
                self._readers[key].add(at)
        self._memo.clear()

    def _get(self, key: Any) -> _Atoms:
        self._read.add(key)
        return frozenset(self._held[key]) if key in self._held else _NONE

    def _family(self, node: ast.AST) -> set[ast.AST]:
        self._read.add(("family", node))
        return self._families.get(node, {node})

    def _renew(self, key: Any) -> None:
        """Let everything that read it be followed again."""
        self._left.update(dict.fromkeys(self._readers[key]))

    def value(self, node: ast.AST, scope: _Scope) -> _Atoms:
        """What an expression may be; nothing where no value has arrived yet."""
        known = self._memo.get(node)
        if known is None:
            known = self._value(node, scope) or (_UNKNOWN if self._is_known else _NONE)
            self._memo[node] = known
        return known

    # Values ------------------------------------------------------------------------------------

    def _value(self, node: ast.AST, scope: _Scope) -> _Atoms:
        match node:
            case ast.Constant(value=str(text)):
                return frozenset({_Atom("text", text)})
            case ast.Name():
                return self._named(node.id, scope)
            case ast.Attribute():
                return self._attribute(self.value(node.value, scope), node.attr)
            case ast.Call():
                return self._called(node, scope)
            case ast.IfExp():
                return self.value(node.body, scope) | self.value(node.orelse, scope)
            case ast.BoolOp():
                return _NONE.union(*(self.value(one, scope) for one in node.values))
            case ast.NamedExpr() | ast.Await() | ast.Starred():
                return self.value(node.value, scope)
            case ast.Subscript():
                return self.each(self.value(node.value, scope))
            case ast.List() | ast.Tuple() | ast.Set():
                return self._container(node.elts, scope)
            case ast.Dict():
                return self._container(node.values, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._container([node.elt], scope)
            case ast.DictComp():
                return self._container([node.value], scope)
            case ast.BinOp(op=ast.Add() | ast.BitOr()):
                both = self.value(node.left, scope) | self.value(node.right, scope)
                return frozenset(one for one in both if one.kind != "text") | _DATA
            case ast.Lambda():
                return frozenset({_Atom("def", node)})
        return _DATA

    def _container(self, parts: Iterable[ast.AST], scope: _Scope) -> _Atoms:
        held = [self.value(one, scope) for one in parts]
        return _box(_NONE.union(*held)) if held else _DATA

    def _named(self, name: str, scope: _Scope) -> _Atoms:
        owner = scope.owner(name)
        if owner is not None:
            return self._get((owner.node, name))
        self._read.add(("stars", scope.module))
        for star in scope.module.stars:
            if found := self._of_module(star, name):
                return found
        return _external(f"builtins.{name}") if hasattr(builtins, name) else _UNKNOWN

    def _of_module(self, name: str, attribute: str) -> _Atoms:
        """A name of a module, of the package or not; nothing where it has none."""
        located = self.sources.locate(name)
        if located is None:
            return _external(f"{name}.{attribute}")
        module = self.sources.modules.get(located)
        found: _Atoms = _NONE
        if module is not None:
            found = self._get((module.scope.node, attribute))
            self._read.add(("stars", module))
            for star in () if attribute in module.scope.bound else module.stars - {name}:
                found |= self._of_module(star, attribute)
        below = f"{located}.{attribute}"
        if below in self.sources.modules or below in self.sources.folders:
            found |= {_Atom("module", below)}
        return found

    def _attribute(self, atoms: _Atoms, name: str) -> _Atoms:
        return _NONE.union(*(self._attribute_of(one, name) for one in atoms))

    def _attribute_of(self, atom: _Atom, name: str) -> _Atoms:
        match atom.kind:
            case "sdk":
                member = members(atom.what).get(name)
                if member is None:
                    return _DATA
                if member.is_method:
                    return frozenset({_Atom("member", atom.what, name)})
                return _things(member.gives)
            case "session":
                if name in _MAKERS:
                    return frozenset({_Atom("maker", _MAKERS[name])})
                return _SESSION if name == "_session" else _DATA
            case "external":
                kept = (one for one in self._get(name) if one.kind in ("sdk", "box", "session"))
                return _external(f"{atom.what}.{name}").union(kept)
            case "module":
                return self._of_module(atom.what, name)
            case "instance" | "class":
                return self._of_class(atom, name) or _UNKNOWN
            case "box" | "opened":
                return frozenset({_Atom("opened", atom.what)}) | _DATA
            case "unknown" | "def" | "bound":
                found = self._get(name)
                found = _NONE.union(*(self._bound(one) for one in found))
                self._read.add("escaped")
                return found | _UNKNOWN if self.escaped or not found else found
            case "data" | "text" | "member" | "maker" | "Session":
                return _DATA
        return _UNKNOWN

    def _of_class(self, atom: _Atom, name: str) -> _Atoms:
        """An attribute of an instance or a class, wherever in its family it is set."""
        found: _Atoms = _NONE
        for one in self._family(atom.what):
            found |= self._get((one, name))
        if atom.kind == "instance":
            found = _NONE.union(*(self._bound(one) for one in found))
        return found

    def _bound(self, atom: _Atom) -> _Atoms:
        """A function of a class, taken from an instance."""
        if atom.kind != "def" or isinstance(atom.what, ast.Lambda):
            return frozenset({atom})
        decorators = {_last_name(one) for one in atom.what.decorator_list}
        if decorators & {"property", "cached_property"}:
            return self._get(("return", atom.what))
        return frozenset({atom if "staticmethod" in decorators else _Atom("bound", atom.what)})

    def each(self, atoms: _Atoms) -> _Atoms:
        """What a loop over a value yields, or a look-up in it."""
        found: set[_Atom] = set()
        for atom in atoms:
            match atom.kind:
                case "box":
                    found.add(atom.what)
                case "sdk":
                    found |= _things(elements(atom.what))
                case "instance":
                    for name in ("__iter__", "__next__", "__getitem__", "__aiter__", "__anext__"):
                        given = self._returned(self._of_class(atom, name))
                        found |= given | frozenset(one.what for one in given if one.kind == "box")
                case "data" | "text":
                    found |= _DATA
                case _:
                    found |= _UNKNOWN
        return frozenset(found)

    def _entered(self, atoms: _Atoms) -> _Atoms:
        """What ``with`` gives."""
        found: set[_Atom] = set()
        for atom in atoms:
            if atom.kind == "instance":
                for name in ("__enter__", "__aenter__"):
                    found |= self._returned(self._of_class(atom, name))
            found.add(atom.what if atom.kind == "box" else atom)
        return frozenset(found)

    def _returned(self, atoms: Iterable[_Atom]) -> _Atoms:
        return _NONE.union(*(self._get(("return", one.what)) for one in atoms if one.kind in _DEFS))

    def _called(self, node: ast.Call, scope: _Scope) -> _Atoms:
        called = self.value(node.func, scope)
        found: set[_Atom] = set()
        for atom in called:
            found |= self._result(atom, node, scope)
        maker = _MAKERS.get(node.func.attr) if isinstance(node.func, ast.Attribute) else None
        if maker and called >= _UNKNOWN:
            found |= self._made(maker, node, scope)
        return frozenset(found)

    def _result(self, atom: _Atom, node: ast.Call, scope: _Scope) -> _Atoms:
        match atom.kind:
            case "maker":
                return self._made(atom.what, node, scope)
            case "Session":
                return _SESSION
            case "member":
                member = members(atom.what)[atom.name]
                given = _things(member.gives) or _DATA
                return _box(given) if member.in_list else given
            case "def" | "bound":
                return self._returned([atom])
            case "class":
                return frozenset({_Atom("instance", atom.what)})
            case "instance":
                return self._returned(self._of_class(atom, "__call__")) or _UNKNOWN
            case "external":
                return self._outside(atom.what, node, scope)
            case "opened":
                return frozenset({atom.what, _Atom("box", atom.what)}) | _DATA
            case "data" | "text":
                return _DATA
        return _UNKNOWN

    def _outside(self, name: str, node: ast.Call, scope: _Scope) -> _Atoms:
        """What a call of something outside of the package gives."""
        given = [self.value(one, scope) for one in node.args]
        if name in _FIRST and given:
            return given[0]
        if name in _CONTAINERS and given:
            return _box(_NONE.union(*(self.each(one) for one in given))) | _DATA
        if name == "builtins.next" and given:
            return self.each(given[0])
        if name == "typing.cast" and len(given) > 1:
            return given[1]
        if name == "builtins.super":
            while scope.outer is not None and not isinstance(scope.node, ast.ClassDef):
                scope = scope.outer
            return frozenset({_Atom("instance", scope.node)})
        if name == "builtins.getattr" and len(given) > 1:
            names = [one.what for one in given[1] if one.kind == "text"]
            default = given[2] if len(given) > 2 else _NONE
            found = default.union(*(self._attribute(given[0], one) for one in names))
            return found if names else found | _UNKNOWN
        if name in _IMPORTERS and given:
            return _NONE.union(
                *(self._imported(one.what) for one in given[0] if one.kind == "text")
            )
        return _DATA if name in _HARMLESS else _UNKNOWN

    def _made(self, maker: str, node: ast.Call, scope: _Scope) -> _Atoms:
        names = self.service_names(node, scope)
        kept = [one for one in names if maker == "client" or has_resource(one)]
        return _things(Thing(one, maker) for one in kept if is_service(one)) or _UNKNOWN

    def service_names(self, node: ast.Call, scope: _Scope) -> list[str]:
        """The services that the maker of a client is called with; nothing if it is no constant."""
        named = [one.value for one in node.keywords if one.arg == "service_name"]
        values = self.value((node.args or named)[0], scope) if node.args or named else _NONE
        known = [one.what for one in values if one.kind == "text"]
        return known if len(known) == len(values) else []

    # What happens ------------------------------------------------------------------------------

    def _add(self, key: Any, atoms: Iterable[_Atom]) -> None:
        held = self._held[key]
        new = [one for one in atoms if one not in held]
        if new and sum(one.kind == "text" for one in held) > _TEXTS:
            new = [one for one in {*new, *_DATA} if one.kind != "text" and one not in held]
        if new:
            held.update(new)
            self._renew(key)

    def _bind(self, name: str, atoms: _Atoms, scope: _Scope) -> None:
        owner = scope.owner(name) or scope
        self._add((owner.node, name), atoms)
        if isinstance(owner.node, ast.ClassDef):
            self._add(name, atoms)

    def _store(self, target: ast.AST, atoms: _Atoms, scope: _Scope) -> None:
        match target:
            case ast.Name():
                self._bind(target.id, atoms, scope)
            case ast.Attribute():
                self._add(target.attr, atoms)
                for base in self.value(target.value, scope):
                    if base.kind in ("instance", "class"):
                        self._add((base.what, target.attr), atoms)
                    elif base.kind == "module" and base.what in self.sources.modules:
                        module = self.sources.modules[base.what]
                        self._add((module.scope.node, target.attr), atoms)
            case ast.Subscript():
                self._put_into(target.value, atoms, scope)
            case ast.Tuple() | ast.List():
                for part in target.elts:
                    self._store(part, self.each(atoms), scope)
            case ast.Starred():
                self._store(target.value, _box(atoms), scope)

    def _put_into(self, container: ast.AST, atoms: _Atoms, scope: _Scope) -> None:
        if isinstance(container, ast.Name | ast.Attribute) and _last_name(container) != "__dict__":
            self._store(container, _box(atoms), scope)
        elif isinstance(container, ast.Subscript):
            self._put_into(container.value, atoms, scope)
        else:
            self._escape(atoms, container, scope)

    def _follow(self, node: ast.AST, scope: _Scope) -> None:
        """Take note of what one node does to names, attributes, arguments and returned values."""
        match node:
            case ast.Assign():
                for target in node.targets:
                    self._assign(target, node.value, scope)
            case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                self._assign(node.target, value, scope)
            case ast.AugAssign():
                self._store(node.target, self.value(node.value, scope), scope)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self._store(node.target, self.each(self.value(node.iter, scope)), scope)
            case ast.withitem():
                entered = self._entered(self.value(node.context_expr, scope))
                if node.optional_vars is not None:
                    self._store(node.optional_vars, entered, scope)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._add(("return", node), _DATA)
                self._decorated(node, _Atom("def", node), scope)
            case ast.ClassDef():
                self._class(node, scope)
            case ast.arguments():
                self._defaults(node, scope)
            case ast.Return(value=ast.expr() as value):
                self._give(self.value(value, scope), scope)
            case ast.Yield(value=ast.expr() as value):
                self._give(_box(self.value(value, scope)), scope)
            case ast.YieldFrom():
                self._give(_box(self.each(self.value(node.value, scope))), scope)
            case ast.Match():
                self._match(node, scope)
            case ast.ExceptHandler(name=str(name)):
                self._bind(name, _DATA, scope)
            case ast.Call():
                self._pass_arguments(node, scope)

    def _assign(self, target: ast.AST, value: ast.expr, scope: _Scope) -> None:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            stars = any(isinstance(one, ast.Starred) for one in (*target.elts, *value.elts))
            if len(target.elts) == len(value.elts) and not stars:
                for part, one in zip(target.elts, value.elts, strict=True):
                    self._assign(part, one, scope)
                return
        self._store(target, self.value(value, scope), scope)

    def _match(self, node: ast.Match, scope: _Scope) -> None:
        subject = self.value(node.subject, scope)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                for name in _bindings(part):
                    self._bind(name, subject | self.each(subject), scope)

    def _give(self, atoms: _Atoms, scope: _Scope) -> None:
        self._add(("return", scope.node), atoms)
        self._read.add("escaped")
        if _Atom("def", scope.node) in self.escaped:
            self._escape(atoms, scope.node, scope)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: _Scope) -> None:
        if isinstance(node, ast.Import):
            for one in node.names:
                name = one.name if one.asname else one.name.partition(".")[0]
                self._bind(one.asname or name, self._imported(name), scope)
            return
        base = self.base(node, scope)
        for one in node.names:
            if one.name == "*":
                if base not in scope.module.stars:
                    scope.module.stars.add(base)
                    self._renew(("stars", scope.module))
            else:
                self._bind(one.asname or one.name, self._of_module(base, one.name), scope)

    @staticmethod
    def base(node: ast.ImportFrom, scope: _Scope) -> str:
        """The module that names are imported from, in full."""
        if not node.level:
            return node.module or ""
        parts = scope.module.package.split(".") if scope.module.package else []
        parts = parts[: len(parts) - node.level + 1]
        return ".".join([*parts, node.module] if node.module else parts)

    def _imported(self, name: str) -> _Atoms:
        located = self.sources.locate(name)
        return frozenset({_Atom("module", located)}) if located else _external(name)

    def _decorated(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, own: _Atom, scope: _Scope
    ) -> None:
        """A definition is what its decorators make of it, and still itself."""
        atoms = frozenset({own})
        for decorator in node.decorator_list:
            if _last_name(decorator) in _TRANSPARENT:
                continue
            for one in self.value(decorator, scope):
                if one.kind in _DEFS:
                    parameters = _parameters(one.what.args)
                    if parameters and not isinstance(decorator, ast.Call):
                        self._add((one.what, parameters[0].arg), {own})
                    atoms |= self._returned([one])
                else:
                    atoms |= _UNKNOWN
                    self._escape(frozenset({own}), node, scope)
        self._bind(node.name, atoms, scope)

    def _class(self, node: ast.ClassDef, scope: _Scope) -> None:
        self._decorated(node, _Atom("class", node), scope)
        family = self._families.setdefault(node, {node})
        for base in node.bases:
            atoms = self.value(base, scope)
            if any(one.kind == "Session" for one in atoms):
                self._escape(_SESSION, base, scope)
            for one in atoms:
                other = (
                    self._families.setdefault(one.what, {one.what})
                    if one.kind == "class"
                    else family
                )
                if other is not family:
                    family |= other
                    self._families.update(dict.fromkeys(other, family))
                    for member in family:
                        self._renew(("family", member))

    def _defaults(self, given: ast.arguments, scope: _Scope) -> None:
        """Values of parameters that no call brings."""
        outer = scope.outer or scope
        positional = [*given.posonlyargs, *given.args]
        pairs = [
            *zip(reversed(positional), reversed(given.defaults), strict=False),
            *zip(given.kwonlyargs, given.kw_defaults, strict=True),
        ]
        for parameter, default in pairs:
            if default is not None:
                self._take(scope.node, parameter.arg, self.value(default, outer))
        decorators = {_last_name(one) for one in getattr(scope.node, "decorator_list", ())}
        if isinstance(outer.node, ast.ClassDef) and positional and "staticmethod" not in decorators:
            kind = "class" if "classmethod" in decorators else "instance"
            self._take(scope.node, positional[0].arg, {_Atom(kind, outer.node)})

    def _pass_arguments(self, node: ast.Call, scope: _Scope) -> None:
        given = [self.value(one, scope) for one in node.args]
        named = [(one.arg, self.value(one.value, scope)) for one in node.keywords]
        called = self.value(node.func, scope)
        if not given and not named:
            return
        for atom in called:
            match atom.kind:
                case "def" | "bound":
                    self._call(atom.what, given, named, node, atom.kind == "bound")
                case "class":
                    self._construct(atom, given, named, node)
                case "instance":
                    for one in self._of_class(atom, "__call__"):
                        if one.kind == "bound":
                            self._call(one.what, given, named, node, True)
                case "member" | "maker" | "session" | "Session":
                    pass
                case "external" if atom.what in _CONTAINERS:
                    every = self.each(_NONE.union(*given))
                    for one in _NONE.union(*given, *(value for _, value in named)):
                        if one.kind in _DEFS and one.what.args.args:
                            self._take(one.what, one.what.args.args[-1].arg, every)
                case "external" if atom.what in _HARMLESS | _FIRST | _TRACKED:
                    pass
                case _:
                    self._hand_over(node, [*given, *(one for _, one in named)], scope)

    def _hand_over(self, node: ast.Call, given: list[_Atoms], scope: _Scope) -> None:
        """Arguments of a call of nothing known: put into a container, or lost."""
        everything = _NONE.union(*given)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _FILLING:
            self._put_into(node.func.value, everything, scope)
            return
        if _last_name(node.func) == "setattr" and len(node.args) == 3:
            for one in given[1]:
                if one.kind == "text":
                    self._add(one.what, given[2])
                    for base in given[0]:
                        self._add((base.what, one.what), given[2])
            if all(one.kind == "text" for one in given[1]):
                return
        self._escape(everything, node, scope)

    def _call(
        self,
        function: _Function,
        given: list[_Atoms],
        named: list[tuple[str | None, _Atoms]],
        node: ast.Call,
        is_bound: bool,
    ) -> None:
        """Let parameters take their arguments."""
        taken = function.args
        positional = [one.arg for one in (*taken.posonlyargs, *taken.args)][int(is_bound) :]
        for position, atoms in enumerate(given):
            if isinstance(node.args[position], ast.Starred):
                for name in positional[position:]:
                    self._take(function, name, self.each(atoms))
                if taken.vararg:
                    self._take(function, taken.vararg.arg, _box(atoms))
                break
            if position < len(positional):
                self._take(function, positional[position], atoms)
            elif taken.vararg:
                self._take(function, taken.vararg.arg, _box(atoms))
        names = {*positional, *(one.arg for one in taken.kwonlyargs)}
        for key, atoms in named:
            if key is None:
                for name in names:
                    self._take(function, name, self.each(atoms))
            elif key in names:
                self._take(function, key, atoms)
                continue
            if taken.kwarg:
                self._take(function, taken.kwarg.arg, _box(atoms))

    def _take(self, function: ast.AST, name: str, atoms: Iterable[_Atom]) -> None:
        self._add((function, name), atoms)

    def _construct(
        self,
        atom: _Atom,
        given: list[_Atoms],
        named: list[tuple[str | None, _Atoms]],
        node: ast.Call,
    ) -> None:
        instance = _Atom("instance", atom.what)
        makers = [
            one
            for name in ("__init__", "__new__")
            for one in self._of_class(instance, name)
            if one.kind == "bound"
        ]
        for one in makers:
            self._call(one.what, given, named, node, True)
        if makers:
            return
        fields = [
            statement.target.id
            for one in self._family(atom.what)
            for statement in getattr(one, "body", ())
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        ]
        everything = _NONE.union(*given, *(self.each(one) for key, one in named if key is None))
        pairs = [(key, one) for key, one in named if key is not None]
        # A family's fields come in no order that is known here.
        for key, atoms in [*pairs, *((field, everything) for field in fields if everything)]:
            self._add((atom.what, key), atoms)
            self._add(key, atoms)

    def _escape(self, atoms: _Atoms, node: ast.AST, scope: _Scope) -> None:
        """Take note that values went where they are not followed."""
        for atom in atoms:
            if atom.kind == "box":
                self._escape(frozenset({atom.what}), node, scope)
            elif atom.kind == "member":
                self._escape(_things(members(atom.what)[atom.name].gives), node, scope)
            elif atom.kind in _DEFS and _Atom("def", atom.what) not in self.escaped:
                self._lose(_Atom("def", atom.what), node, scope)
                for one in _parameters(atom.what.args):
                    if one.arg not in ("self", "cls"):
                        self._take(atom.what, one.arg, _UNKNOWN)
            elif atom.kind in ("sdk", "session", "maker", "Session") and atom not in self.escaped:
                self._lose(atom, node, scope)

    def _lose(self, atom: _Atom, node: ast.AST, scope: _Scope) -> None:
        self.escaped[atom] = place(node, scope)
        self._renew("escaped")


def place(node: ast.AST, scope: _Scope) -> str:
    """Where a node is."""
    return f"{scope.module.file}:{getattr(node, 'lineno', 1)}"


def _things(found: Iterable[Thing]) -> _Atoms:
    return frozenset(_Atom("sdk", one) for one in found)


def _external(name: str) -> _Atoms:
    if name in _SESSION_MAKERS:
        return frozenset({_Atom("Session")})
    if name in ("boto3.client", "boto3.resource"):
        return frozenset({_Atom("maker", name.removeprefix("boto3."))})
    if name == "boto3.DEFAULT_SESSION":
        return _SESSION
    return frozenset({_Atom("external", name)}) if name.count(".") < _DEEPEST else _UNKNOWN


_DEFS = ("def", "bound")
_FOLLOWED = (
    *(ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.For, ast.AsyncFor),
    *(ast.comprehension, ast.withitem, ast.Import, ast.ImportFrom, ast.FunctionDef),
    *(ast.AsyncFunctionDef, ast.ClassDef, ast.arguments, ast.Return, ast.Yield, ast.YieldFrom),
    *(ast.Match, ast.ExceptHandler, ast.Call),
)
"""Nodes that change what a name, an attribute, a parameter or a returned value may be."""

_MAKERS = {"client": "client", "resource": "resource", "create_client": "client"}
_SESSION_MAKERS = _names(
    """boto3.Session boto3.session.Session boto3._get_default_session
    botocore.session.Session botocore.session.get_session"""
)
_TEXTS = 40
"""Texts that one name may be; of one that may be more, none is known."""
_DEEPEST = 6
"""Dots of a name outside of the package, beyond which nothing is known by name."""

_TRANSPARENT = _names(
    """cache lru_cache cached_property property setter getter deleter wraps staticmethod
    classmethod contextmanager asynccontextmanager abstractmethod dataclass overload final override
    total_ordering runtime_checkable"""
)
"""Decorators that leave the meaning of a call, or of an attribute, as it is."""

_FIRST = _names(
    """copy.copy copy.deepcopy contextlib.closing functools.cache functools.lru_cache
    contextlib.contextmanager builtins.staticmethod builtins.classmethod"""
)
"""What gives its first argument back."""

_CONTAINERS = _names(
    """builtins.list builtins.tuple builtins.set builtins.frozenset builtins.dict builtins.sorted
    builtins.reversed builtins.iter builtins.enumerate builtins.zip builtins.filter builtins.map
    builtins.min builtins.max itertools.chain itertools.islice collections.deque"""
)
"""What puts the elements of its arguments into a container, and calls functions with them."""

_HARMLESS = _names(
    """builtins.print builtins.isinstance builtins.issubclass builtins.len builtins.repr
    builtins.str builtins.bool builtins.id builtins.type builtins.hasattr builtins.callable
    builtins.int builtins.any builtins.all builtins.sum builtins.hash"""
)
"""What keeps nothing of its arguments, and gives no object of boto3."""

_TRACKED = _names("builtins.next builtins.getattr builtins.super typing.cast")
_FILLING = _names("append add insert extend update setdefault appendleft put")
_IMPORTERS = frozenset({"importlib.import_module", "builtins.__import__"})

_UNSEEN = {
    "code that is made at run time is not read": "builtins.exec builtins.eval",
    "a module that is loaded by its file is not read": """runpy.run_path runpy.run_module
    importlib.util.spec_from_file_location importlib.machinery.SourceFileLoader""",
    "another program that is started is not read": """os.system os.popen os.execv os.execve
    os.execvp os.execvpe os.execl os.execlp os.spawnl os.spawnlp os.spawnv os.spawnve os.spawnvp
    os.posix_spawn os.posix_spawnp subprocess.run subprocess.Popen subprocess.call
    subprocess.check_call subprocess.check_output subprocess.getoutput subprocess.getstatusoutput
    asyncio.create_subprocess_exec asyncio.create_subprocess_shell""",
    "machine code that is loaded is not read": """ctypes.CDLL ctypes.cdll ctypes.PyDLL
    ctypes.pydll""",
    "requests that are made without a client are not read": """botocore.auth botocore.awsrequest
    botocore.endpoint botocore.httpsession botocore.signers botocore.crt
    botocore.client.ClientCreator""",
}
_UNSEEN_NAMES = {name: what for what, names in _UNSEEN.items() for name in names.split()}
_RAW = frozenset({"_make_api_call", "_make_request"})
_HIDDEN = frozenset({"__getattr__", "__getattribute__", "__dict__"})
_SPECIAL = frozenset({"get_paginator", "get_waiter", "generate_presigned_url"})


class _Judge:
    """What the values amount to: calls, and what cannot be told."""

    def __init__(self, flow: _Flow) -> None:
        self.made: set[Call] = set()
        self._flow = flow
        self._unread = flow.sources.unread
        self._called: set[ast.AST] = set()
        self._named: dict[str, list[tuple[str, str]]] = {}
        made = {
            atom.what
            for node, scope in flow.nodes
            if isinstance(node, ast.Call)
            for atom in flow.value(node, scope)
            if atom.kind == "sdk"
        }
        self._things = _reached(made)
        self._services = sorted({thing.service for thing in self._things})
        self._lost: dict[str, _Atom] = {}
        for lost in flow.escaped:
            if lost.kind == "sdk":
                for thing in _reached({lost.what}):
                    for name, member in members(thing).items():
                        if member.operations and not self._by_name(name):
                            self._lost.setdefault(name, lost)

    def walk(self) -> None:
        """Judge every node."""
        for atom, where in self._flow.escaped.items():
            if atom.kind in ("maker", "Session"):
                self._say("what makes clients is handed on to where it is not followed", where)
        is_lost = any(one.kind == "sdk" for one in self._flow.escaped)
        for nodes, has_objects in ((self._flow.nodes, True), (self._flow.bystanders, is_lost)):
            for node, scope in nodes:
                self._node(node, scope, has_objects)

    def _node(self, node: ast.AST, scope: _Scope, has_objects: bool) -> None:
        match node:
            case ast.Call():
                called = self._flow.value(node.func, scope)
                if any(one.kind == "external" and one.what in _IMPORTERS for one in called):
                    self._imported(node, scope)
                if has_objects:
                    self._call(node, scope)
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
                self._import(self._flow.base(node, scope), node, scope)
            case ast.Constant(value=str(text)) if "AWS4-HMAC-SHA256" in text:
                self._say("requests that are made without a client are not read", node, scope)

    def _say(self, what: str, where: ast.AST | str, scope: _Scope | None = None) -> None:
        text = where if isinstance(where, str) or scope is None else place(where, scope)
        self._unread.append((what, str(text)))

    def _count(self, service: str, operation: str, node: ast.AST, scope: _Scope) -> None:
        named = node.func if isinstance(node, ast.Call) else node
        line = getattr(named, "end_lineno", None) or 1
        self.made.add(Call(service, operation, scope.module.file, line))

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

    def _unsettled(self, name: str, atoms: _Atoms) -> bool:
        """Whether the receiver may be something of which nothing is known."""
        if not any(one.kind == "unknown" for one in atoms):
            return False
        settled = any(one.kind == "sdk" and name in members(one.what) for one in atoms)
        return not settled or bool(self._flow.escaped)

    def _reference(self, node: ast.AST, name: str, atoms: _Atoms, scope: _Scope) -> None:
        """A method or an attribute of something is named."""
        for atom in atoms:
            if atom.kind == "sdk" and name in members(atom.what):
                for operation in members(atom.what)[name].operations:
                    self._count(atom.what.service, operation, node, scope)
            if atom.kind == "sdk" and name in _HIDDEN:
                self._say("a method of a client is named by no constant", node, scope)
            if atom.kind == "session" and name == "get_credentials":
                self._say("requests that are made without a client are not read", node, scope)
        is_sdk = any(one.kind == "sdk" for one in atoms)
        if self._unsettled(name, atoms):
            for service, operation in self._by_name(name):
                self._count(service, operation, node, scope)
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
        if name in _SPECIAL and is_sdk and node not in self._called:
            self._say(f"{name} is handed on to where it is not followed", node, scope)

    def _call(self, node: ast.Call, scope: _Scope) -> None:
        called = self._flow.value(node.func, scope)
        self._called.add(node.func)
        kinds = {one.kind for one in called}
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if "maker" in kinds or (
            attribute in _MAKERS and "unknown" in kinds and (_Atom("session") in self._flow.escaped)
        ):
            names = self._flow.service_names(node, scope)
            if not names:
                self._say("the service of a client is named by no constant", node, scope)
            for name in names:
                if not is_service(name):
                    self._say(f"botocore knows no service {name!r}", node, scope)
        if _Atom("external", "builtins.getattr") in called:
            self._getattr(node, scope)
        if attribute in _SPECIAL and isinstance(node.func, ast.Attribute):
            self._special(node, attribute, self._flow.value(node.func.value, scope), scope)

    def _getattr(self, node: ast.Call, scope: _Scope) -> None:
        if len(node.args) < 2:
            return
        atoms, names = (self._flow.value(one, scope) for one in node.args[:2])
        for one in names:
            if one.kind == "text":
                self._reference(node, one.what, atoms, scope)
        if names and all(one.kind == "text" for one in names):
            return
        is_lost = bool(self._lost) and _Atom("unknown") in atoms
        if is_lost or any(
            one.kind in ("sdk", "session")
            or (one.kind == "external" and one.what.partition(".")[0] in _SDK)
            for one in atoms
        ):
            self._say("a method of a client is named by no constant", node, scope)

    def _special(self, node: ast.Call, method: str, atoms: _Atoms, scope: _Scope) -> None:
        """A method of every client that takes the name of another one."""
        services = {one.what.service for one in atoms if one.kind == "sdk"}
        if self._unsettled("meta", atoms):
            services.update(self._services)
        if not services:
            return
        keyword = {"get_paginator": "operation_name", "get_waiter": "waiter_name"}
        named = [
            one.value for one in node.keywords if one.arg == keyword.get(method, "ClientMethod")
        ]
        names = self._flow.value([*node.args, *named][0], scope) if node.args or named else _NONE
        if not names or any(one.kind != "text" for one in names):
            self._say(f"{method} is called with no constant", node, scope)
        for name in (one.what for one in names if one.kind == "text"):
            for service in services:
                if method == "get_waiter":
                    waited = waiter_operation(service, name)
                    found = frozenset({waited} if waited else ())
                else:
                    member = members(Thing(service, "client")).get(name)
                    found = member.operations if member else frozenset()
                for operation in found:
                    self._count(service, operation, node, scope)

    def _outside(self, node: ast.Attribute | ast.Name, scope: _Scope) -> None:
        for atom in self._flow.value(node, scope):
            if atom.kind == "external":
                parts = atom.what.split(".")
                for size in range(1, len(parts) + 1):
                    if what := _UNSEEN_NAMES.get(".".join(parts[:size])):
                        self._say(what, node, scope)

    def _import(self, name: str, node: ast.AST, scope: _Scope) -> None:
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names | _SDK | _SDK_NEEDS | _RUNTIME or not top:
            return
        if self._flow.sources.has(name):
            return
        module = scope.module
        if not (module.is_vendored and node in module.optional):
            self._say(f"the module {top} is not in the package, so it is not read", node, scope)

    def _imported(self, node: ast.Call, scope: _Scope) -> None:
        names = self._flow.value(node.args[0], scope) if node.args else _NONE
        for one in names:
            if one.kind == "text":
                self._import(one.what.lstrip("."), node, scope)
        if not names or any(one.kind != "text" for one in names):
            self._say("a module that is imported by no constant is not read", node, scope)


def _reached(things: Iterable[Thing]) -> frozenset[Thing]:
    """Objects of boto3 and all that their members give."""
    found: set[Thing] = set()
    left = list(things)
    while left:
        thing = left.pop()
        if thing not in found:
            found.add(thing)
            left += [given for member in members(thing).values() for given in member.gives]
            left += elements(thing)
    return frozenset(found)


def _described(thing: Thing) -> str:
    article = "an" if thing.kind[0] in "AEIO" else "a"
    return f"{article} {thing.kind} of {thing.service}"
