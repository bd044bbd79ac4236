"""Module instances: the values of their names, and their source files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from check_support.evaluation import Frame, attribute, evaluate
from check_support.syntax import Block, Directory, read_directory
from check_support.values import Choice, Reference, Unknown, Value, depending, literals, references


@dataclass(eq=False)
class Sources:
    """The source files that Checkov read, parsed once per directory."""

    files: dict[Path, list[Path]]
    directories: dict[Path, Directory] = field(default_factory=dict)
    locals: dict[tuple[ModuleScope, str], Value] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Iterable[Path]) -> Sources:
        """The Terraform files among ``files``, by directory."""
        by_directory: dict[Path, list[Path]] = {}
        for file in set(files):
            if file.suffix == ".tf":
                by_directory.setdefault(file.parent, []).append(file)
        return cls(by_directory)

    def directory(self, path: Path) -> Directory:
        """The blocks of one directory; none if Checkov read no file in it."""
        if path not in self.directories:
            self.directories[path] = read_directory(path, self.files.get(path, ()))
        return self.directories[path]


@dataclass(frozen=True)
class ModuleScope:
    """One instance of a module: its directory and, unless it is the root module, its call."""

    sources: Sources = field(compare=False, repr=False)
    path: Path
    parent: ModuleScope | None = None
    name: str = ""
    key: str | int | None = None

    @property
    def directory(self) -> Directory:
        """The blocks of the module."""
        return self.sources.directory(self.path)

    @property
    def call(self) -> Block | None:
        """The ``module`` block of this instance; None for the root module."""
        if self.parent is None:
            return None
        return self.parent.block(f"module.{self.name}")

    @property
    def root(self) -> ModuleScope:
        """The root module of this instance."""
        return self.parent.root if self.parent else self

    def block(self, address: str) -> Block | None:
        """The block with this address in the module, such as ``aws_kms_key.media``."""
        return self.directory.by_address.get(address)

    def local(self, name: str) -> Value:
        """The value of ``local.NAME``; unknown for one that refers to itself."""
        key = (self, name)
        if key not in self.sources.locals:
            tree = self.directory.local_values.get(name)
            self.sources.locals[key] = Unknown(f"local.{name}")
            if tree is not None:
                self.sources.locals[key] = evaluate(tree, Frame(self))
        return self.sources.locals[key]

    def variable(self, name: str) -> Value:
        """The value of ``var.NAME``: the argument of the call, else the default; in the root module
        a reference.
        """
        if self.parent is None:
            return Reference(f"var.{name}", scope=self)
        call = self.call
        if call and name in call.attributes:
            return evaluate(call.attributes[name], instance_frame(call, self.parent, self.key))
        declared = self.block(f"variable.{name}")
        if declared and "default" in declared.attributes:
            return evaluate(declared.attributes["default"], Frame(self))
        return Unknown(f"var.{name}")

    def child(self, name: str, key: str | int | None) -> ModuleScope | None:
        """The module that ``module "NAME"`` calls, if it is local and Checkov read its files."""
        call = self.block(f"module.{name}")
        source = evaluate(call.attributes["source"], Frame(self)) if call else None
        if not isinstance(source, str) or not source.startswith("."):
            return None
        path = (self.path / source).resolve()
        if path not in self.sources.files:
            return None
        return ModuleScope(self.sources, path, self, name, key)

    def output(self, name: str, key: str | int | None, output: str) -> Value:
        """The value of ``module.NAME[KEY].OUTPUT``."""
        child = self.child(name, key)
        declared = child.block(f"output.{output}") if child else None
        if child is None or declared is None or "value" not in declared.attributes:
            return Reference(f"module.{name}", (output,), key, self)
        value = evaluate(declared.attributes["value"], Frame(child))
        if "depends_on" not in declared.attributes:
            return value
        dependencies = evaluate(declared.attributes["depends_on"], Frame(child))
        return depending(value, tuple(references(dependencies)))


def instance_frame(block: Block, scope: ModuleScope, key: str | int | None) -> Frame:
    """The context of a block instance: ``each`` or ``count`` are bound to its instance key."""
    frame = Frame(scope)
    if "count" in block.attributes and isinstance(key, int):
        return frame.bind({"count.index": key})
    if "for_each" not in block.attributes:
        return frame
    collection = evaluate(block.attributes["for_each"], frame)
    if key is None:
        undecided = Unknown("each", tuple(references(collection)), tuple(literals(collection)))
        value = collection if _is_whole_resource(collection) else undecided
        return frame.bind({"each.key": undecided, "each.value": value})
    return frame.bind({"each.key": key, "each.value": element(collection, key)})


def element(collection: Value, key: str | int) -> Value:
    """The ``each.value`` of the instance ``key``; ``collection`` is a map, a set, or all instances
    of a resource.
    """
    if isinstance(collection, list):
        return key
    if isinstance(collection, Reference) and _is_whole_resource(collection):
        return replace(collection, key=key)
    if isinstance(collection, Choice):
        return Choice(tuple(element(option, key) for option in collection.options))
    return attribute(collection, [key])


def _is_whole_resource(collection: Value) -> bool:
    """Whether the value is a resource with all its instances, which ``for_each`` iterates over.

    https://developer.hashicorp.com/terraform/language/meta-arguments/for_each
    """
    if not isinstance(collection, Reference) or not collection.resource_type:
        return False
    return not collection.path and collection.key is None
