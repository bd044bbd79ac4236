"""Module instances: what the names in a module mean, and which files make it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from check_support.evaluation import Frame, attribute, evaluate
from check_support.syntax import Block, Directory, read_directory
from check_support.values import Choice, Reference, Unknown, Value, literals, references, waiting


@dataclass(eq=False)
class Sources:
    """The source files Checkov read, parsed once, directory by directory."""

    files: dict[Path, list[Path]]
    directories: dict[Path, Directory] = field(default_factory=dict)
    locals: dict[tuple[Scope, str], Value] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Iterable[Path]) -> Sources:
        """The given files, by directory."""
        by_directory: dict[Path, list[Path]] = {}
        for file in set(files):
            if file.suffix == ".tf":
                by_directory.setdefault(file.parent, []).append(file)
        return cls(by_directory)

    def directory(self, path: Path) -> Directory:
        """The blocks of one directory; none if Checkov read no file there."""
        if path not in self.directories:
            self.directories[path] = read_directory(path, self.files.get(path, ()))
        return self.directories[path]


@dataclass(frozen=True)
class Scope:
    """One instance of a module: its directory, and the call that made it unless it is the root
    module.
    """

    sources: Sources = field(compare=False, repr=False)
    path: Path
    parent: Scope | None = None
    name: str = ""
    key: str | int | None = None

    @property
    def directory(self) -> Directory:
        """The blocks of the module."""
        return self.sources.directory(self.path)

    @property
    def call(self) -> Block | None:
        """The ``module`` block that made this instance."""
        if self.parent is None:
            return None
        return self.parent.block(f"module.{self.name}")

    def block(self, address: str) -> Block | None:
        """The block with this address in the module, such as ``aws_kms_key.media``."""
        return self.directory.by_address.get(address)

    def local(self, name: str) -> Value:
        """The value of ``local.NAME``; unknown for one that needs itself."""
        place = (self, name)
        if place not in self.sources.locals:
            tree = self.directory.local_values.get(name)
            self.sources.locals[place] = Unknown(f"local.{name}")
            if tree is not None:
                self.sources.locals[place] = evaluate(tree, Frame(self))
        return self.sources.locals[place]

    def variable(self, name: str) -> Value:
        """The value of ``var.NAME``: what the call says, else the default; in the root module a
        reference.
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

    def child(self, name: str, key: str | int | None) -> Scope | None:
        """The module that ``module "NAME"`` calls, if its files are here."""
        call = self.block(f"module.{name}")
        source = evaluate(call.attributes["source"], Frame(self)) if call else None
        if not isinstance(source, str) or not source.startswith("."):
            return None
        path = (self.path / source).resolve()
        return Scope(self.sources, path, self, name, key) if path in self.sources.files else None

    def output(self, name: str, key: str | int | None, output: str) -> Value:
        """The value of ``module.NAME[KEY].OUTPUT``."""
        child = self.child(name, key)
        declared = child.block(f"output.{output}") if child else None
        if child is None or declared is None or "value" not in declared.attributes:
            return Reference(f"module.{name}", (output,), key, self)
        value = evaluate(declared.attributes["value"], Frame(child))
        if "depends_on" not in declared.attributes:
            return value
        needed = evaluate(declared.attributes["depends_on"], Frame(child))
        return waiting(value, tuple(references(needed)))


def instance_frame(block: Block, scope: Scope, key: str | int | None) -> Frame:
    """Where the expressions of a block instance stand: ``each`` or ``count`` bound by its instance
    key.
    """
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
    """What ``each.value`` is for the instance ``key`` of a map or a set, or of all instances of a
    resource.
    """
    if isinstance(collection, list):
        return key
    if isinstance(collection, Reference) and _is_whole_resource(collection):
        return replace(collection, key=key)
    if isinstance(collection, Choice):
        return Choice(tuple(element(option, key) for option in collection.options))
    return attribute(collection, [key])


def _is_whole_resource(collection: Value) -> bool:
    """Whether it is all instances of a resource, each of which ``each.value`` is then in turn.

    https://developer.hashicorp.com/terraform/language/meta-arguments/for_each
    """
    if not isinstance(collection, Reference) or not collection.resource_type:
        return False
    return not collection.path and collection.key is None
