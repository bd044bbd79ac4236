"""The resources Checkov read, each with its source, and how they refer to each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from check_support.evaluation import Frame, evaluate
from check_support.instances import instances_of
from check_support.scope import Scope, Sources, instance_frame
from check_support.syntax import Block, content_type
from check_support.values import Reference, Unknown, Value, literals, options, references

_META_ARGUMENTS = {"count", "for_each", "depends_on", "provider"}
_INDEX = re.compile(r"\[(\"[^\"]*\"|\d+)\]$")


@dataclass(frozen=True)
class Part:
    """A block, or a nested block, and where its expressions stand.

    ``certain`` is false for the content of a ``dynamic`` block that may turn out to be empty.
    """

    block: Block
    frame: Frame
    certain: bool = True

    def value(self, name: str) -> Value:
        """The value of an attribute; ``None`` for one that is not set, as in Terraform."""
        tree = self.block.attributes.get(name)
        return None if tree is None else evaluate(tree, self.frame)

    def values(self) -> Iterator[tuple[str, Value]]:
        """Every attribute, by its path (``rule/id``), without meta-arguments."""
        for name in self.block.attributes:
            if name not in _META_ARGUMENTS:
                yield name, self.value(name)
        for block_type in dict.fromkeys(content_type(block) for block in self.block.blocks):
            for part in self.parts(block_type):
                yield from ((f"{block_type}/{name}", value) for name, value in part.values())

    def parts(self, block_type: str) -> list[Part]:
        """The nested blocks of one type, ``dynamic`` ones included."""
        found: list[Part] = []
        for block in self.block.blocks:
            if block.type == block_type:
                found.append(Part(block, self.frame, self.certain))
            elif block.type == "dynamic" and block.labels == (block_type,):
                found.extend(self._generated(block))
        return found

    def _generated(self, block: Block) -> Iterator[Part]:
        content = next((inner for inner in block.blocks if inner.type == "content"), None)
        if content is None or "for_each" not in block.attributes:
            return
        named = block.attributes.get("iterator")
        name = str(next(named.scan_values(lambda _: True))) if named else block.labels[0]
        collection = evaluate(block.attributes["for_each"], self.frame)
        if isinstance(collection, list | dict):
            pairs: Iterable[tuple[Any, Any]] = (
                collection.items()
                if isinstance(collection, dict)
                else ((item, item) for item in collection)
            )
            for key, item in pairs:
                bound = {f"{name}.key": key, f"{name}.value": item}
                yield Part(content, self.frame.bind(bound), self.certain)
            return
        undecided = Unknown(name, tuple(references(collection)), tuple(literals(collection)))
        bound = {f"{name}.key": undecided, f"{name}.value": undecided}
        yield Part(content, self.frame.bind(bound), certain=False)


@dataclass(frozen=True)
class Resource(Part):
    """An instance of a resource, data source or provider block, with the values Checkov rendered
    for it.
    """

    address: str = ""
    key: str | int | None = None
    rendered: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    known: dict[str, Value] = field(default_factory=dict, compare=False, repr=False)

    def value(self, name: str) -> Value:
        """The value of an attribute, evaluated once; ``None`` for one that is not set."""
        if name not in self.known:
            self.known[name] = super().value(name)
        return self.known[name]

    @property
    def type(self) -> str:
        """The resource type."""
        return self.block.labels[0]

    @property
    def is_built(self) -> bool | None:
        """Whether there is any instance; ``None`` if a condition decides that."""
        answers = {_is_not_empty(part) for part in (self, *_calls(self.frame.scope))}
        return False if False in answers else None if None in answers else True

    def setting(self, name: str) -> Value:
        """The value of an attribute; a variable stands for what Checkov knows it to be (default or
        variable file).
        """
        value = self.value(name)
        if not isinstance(value, Reference) or value.kind != "var":
            return value
        rendered = self.rendered.get(name)
        known = rendered[0] if isinstance(rendered, list) and rendered else rendered
        if known is None or (isinstance(known, str) and ("var." in known or "${" in known)):
            return value
        return known

    def is_named_by(self, reference: Reference) -> bool:
        """Whether the reference means this instance, or may, having no literal key."""
        same_block = reference.root == self.block.address and reference.scope == self.frame.scope
        return same_block and (None in (reference.key, self.key) or reference.key == self.key)

    def is_referred_to(self, value: Value) -> bool:
        """Whether anything in the value means this instance."""
        return any(self.is_named_by(reference) for reference in references(value))


class Configuration:
    """Everything Checkov read in one run."""

    def __init__(self, graph: Any) -> None:
        nodes = [node for node in _nodes(graph) if node["block_type_"] in _BLOCK_TYPES]
        self._sources = Sources.of(Path(node["file_path_"]) for node in _nodes(graph))
        self._node_of = {id(conf): node for node in nodes for conf in _configurations(node)}
        self._nodes = nodes
        self._found: dict[int, Resource | None] = {}
        self._instances: dict[int, list[Resource]] = {}

    def find(self, rendered: dict[str, Any]) -> Resource | None:
        """The block whose rendered values a check was given, or ``None`` if its source cannot be
        read.
        """
        node = self._node_of.get(id(rendered))
        if node is None:
            return None
        if id(rendered) not in self._found:
            self._found[id(rendered)] = self._resource(node, rendered)
        return self._found[id(rendered)]

    def instances(self, resource: Resource) -> list[Resource]:
        """What Checkov takes for one resource, instance by instance where the source decides how
        many there are; Checkov itself sees no further than a literal.
        """
        if id(resource) not in self._instances:
            self._instances[id(resource)] = instances_of(resource) or [resource]
        return self._instances[id(resource)]

    @cached_property
    def resources(self) -> dict[str, list[Resource]]:
        """Every resource instance, by type."""
        return self._by_label("resource")

    @cached_property
    def providers(self) -> dict[str, list[Resource]]:
        """Every provider block, by the provider's name."""
        return self._by_label("provider")

    def of_type(self, *types: str) -> list[Resource]:
        """The resources of these types."""
        return [resource for name in types for resource in self.resources.get(name, ())]

    def beside(self, resource: Resource, *types: str) -> list[Resource]:
        """The resources of these types that Terraform would build together with ``resource``."""
        root = _root(resource.frame.scope)
        return [other for other in self.of_type(*types) if _root(other.frame.scope) == root]

    def named(self, reference: Reference) -> Resource | None:
        """The first resource that the reference means."""
        candidates = self.of_type(reference.resource_type)
        return next((resource for resource in candidates if resource.is_named_by(reference)), None)

    def referring_to(self, resource: Resource) -> list[tuple[Resource, str]]:
        """Who refers to the resource, and in which attribute, by its path."""
        block = (resource.frame.scope, resource.block.address)
        mentions = self._mentions.get(block, ())
        return [(who, path) for who, path, how in mentions if resource.is_named_by(how)]

    @cached_property
    def _mentions(self) -> dict[tuple[Scope | None, str], list[tuple[Resource, str, Reference]]]:
        found: dict[tuple[Scope | None, str], list[tuple[Resource, str, Reference]]] = {}
        for resource in self.of_type(*self.resources):
            for path, value in resource.values():
                for how in self._followed(references(value)):
                    found.setdefault((how.scope, how.root), []).append((resource, path, how))
        return found

    def _followed(self, found: list[Reference]) -> list[Reference]:
        """References, and what is meant by those to an argument of another resource that is one
        itself: ``aws_s3_bucket_versioning.videos.bucket`` is the bucket.
        """
        reached = list(found)
        for how in reached:
            named = self.named(how) if len(how.path) == 1 else None
            meant = named.value(how.path[0]) if named is not None else None
            if isinstance(meant, Reference) and meant not in reached:
                reached.append(meant)
        return reached

    def waits_for(self, resource: Resource) -> list[Resource]:
        """Every resource that Terraform makes before this one, because of a reference or a
        ``depends_on``, that of an output on the way included.

        https://developer.hashicorp.com/terraform/language/meta-arguments/depends_on
        """
        found: list[Resource] = []
        waiting = list(self._needs(resource))
        while waiting:
            needed = waiting.pop()
            if needed not in found and needed != resource:
                found.append(needed)
                waiting.extend(self._needs(needed))
        return found

    def _needs(self, resource: Resource) -> Iterator[Resource]:
        ordering = [resource.value(name) for name in ("count", "for_each", "depends_on")]
        for value in (*ordering, *(value for _, value in resource.values())):
            for reference in references(value):
                yield from self._meant(reference)
        for call in _calls(resource.frame.scope):
            for reference in references(call.value("depends_on")):
                yield from self._meant(reference)

    def _meant(self, reference: Reference) -> Iterator[Resource]:
        """The resources a reference means, all of a module's if it names the whole module, and
        those that have to be there before it.
        """
        for earlier in reference.after:
            yield from self._meant(earlier)
        if reference.kind == "module" and reference.scope is not None:
            name = reference.root.removeprefix("module.")
            for resources in self.resources.values():
                yield from (
                    r for r in resources if _is_inside(r.frame.scope, name, reference.scope)
                )
        else:
            candidates = self.of_type(reference.resource_type)
            yield from (r for r in candidates if r.is_named_by(reference))

    def _by_label(self, block_type: str) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for node in self._nodes:
            if node["block_type_"] == block_type:
                rendered = next(c for c in _configurations(node) if "__start_line__" in c)
                resource = self.find(rendered)
                if resource:
                    found.setdefault(resource.type, []).extend(self.instances(resource))
        return found

    def _resource(self, node: dict[str, Any], rendered: dict[str, Any]) -> Resource | None:
        file = Path(node["file_path_"])
        scope = self._scope(file.parent, node.get("source_module_object_"))
        block = scope.directory.by_place.get((file, rendered.get("__start_line__", 0)))
        if block is None or block.type != node["block_type_"]:
            return None
        address = str(rendered.get("__address__", node["block_name_"]))
        key = _instance_key(address)
        return Resource(block, instance_frame(block, scope, key), True, address, key, rendered)

    def _scope(self, path: Path, module: Any) -> Scope:
        if not module:
            return Scope(self._sources, path)
        parent = self._scope(Path(module.path).parent, module.nested_tf_module)
        return Scope(self._sources, path, parent, module.name, module.foreach_idx)


_BLOCK_TYPES = ("resource", "data", "provider")


def _instance_key(address: str) -> str | int | None:
    match = _INDEX.search(address)
    if match is None:
        return None
    key = match.group(1)
    return key.strip('"') if key.startswith('"') else int(key)


def _calls(scope: Scope) -> Iterator[Part]:
    """The module calls that lead to a module instance, from the inside out."""
    while scope.parent:
        if scope.call:
            yield Part(scope.call, Frame(scope.parent))
        scope = scope.parent


def _is_not_empty(part: Part) -> bool | None:
    for name in ("count", "for_each"):
        if name in part.block.attributes:
            empty = {option in (0, [], {}) for option in options(part.value(name))}
            return None if len(empty) > 1 else True not in empty
    return True


def _root(scope: Scope) -> Scope:
    while scope.parent:
        scope = scope.parent
    return scope


def _is_inside(scope: Scope, module: str, parent: Scope) -> bool:
    while scope.parent:
        if scope.name == module and scope.parent == parent:
            return True
        scope = scope.parent
    return False


def _nodes(graph: Any) -> Iterator[dict[str, Any]]:
    """The attributes of every node of Checkov's graph, which is rustworkx's or networkx's, as
    configured.
    """
    entries = graph.nodes(data=True) if hasattr(graph, "adjacency") else graph.nodes()
    for entry in entries:
        parts = entry if isinstance(entry, tuple | list) else (entry,)
        yield next(part for part in parts if isinstance(part, dict))


def _configurations(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The dictionaries of a node that Checkov may hand to a check: ``{type: {name: this}}`` or
    ``{name: this}``.
    """
    for outer in node["config_"].values():
        if isinstance(outer, dict):
            yield outer
            yield from (inner for inner in outer.values() if isinstance(inner, dict))
