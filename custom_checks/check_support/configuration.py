"""The resources that Checkov read, with their source and the references between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from check_support.evaluation import Frame, evaluate
from check_support.instances import instances_of
from check_support.scope import ModuleScope, Sources, instance_frame
from check_support.syntax import Block, content_type
from check_support.truth import Truth, all_of
from check_support.values import Reference, Unknown, Value, literals, options, references

_META_ARGUMENTS = {"count", "for_each", "depends_on", "provider"}
_INDEX = re.compile(r"\[(\"[^\"]*\"|\d+)\]$")


@dataclass(frozen=True)
class EvaluatedBlock:
    """A block, or a nested block, with the context in which its expressions are evaluated.

    ``certain`` is false for the content of a ``dynamic`` block that may be empty.
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
            for block in self.nested(block_type):
                yield from ((f"{block_type}/{name}", value) for name, value in block.values())

    def nested(self, block_type: str) -> list[EvaluatedBlock]:
        """The nested blocks of one type, including ``dynamic`` ones."""
        found: list[EvaluatedBlock] = []
        for block in self.block.blocks:
            if block.type == block_type:
                found.append(EvaluatedBlock(block, self.frame, self.certain))
            elif block.type == "dynamic" and block.labels == (block_type,):
                found.extend(self._generated(block))
        return found

    def _generated(self, block: Block) -> Iterator[EvaluatedBlock]:
        content = next((inner for inner in block.blocks if inner.type == "content"), None)
        if content is None or "for_each" not in block.attributes:
            return
        iterator = block.attributes.get("iterator")
        name = str(next(iterator.scan_values(lambda _: True))) if iterator else block.labels[0]
        collection = evaluate(block.attributes["for_each"], self.frame)
        if isinstance(collection, list | dict):
            pairs: Iterable[tuple[Any, Any]] = (
                collection.items()
                if isinstance(collection, dict)
                else ((item, item) for item in collection)
            )
            for key, item in pairs:
                bound = {f"{name}.key": key, f"{name}.value": item}
                yield EvaluatedBlock(content, self.frame.bind(bound), self.certain)
            return
        undecided = Unknown(name, tuple(references(collection)), tuple(literals(collection)))
        bound = {f"{name}.key": undecided, f"{name}.value": undecided}
        yield EvaluatedBlock(content, self.frame.bind(bound), certain=False)


@dataclass(frozen=True)
class Resource(EvaluatedBlock):
    """An instance of a resource, data source or provider block, with the values that Checkov
    rendered.
    """

    address: str = ""
    key: str | int | None = None
    rendered: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    evaluated: dict[str, Value] = field(default_factory=dict, compare=False, repr=False)

    def value(self, name: str) -> Value:
        """The value of an attribute, evaluated once; ``None`` for one that is not set."""
        if name not in self.evaluated:
            self.evaluated[name] = super().value(name)
        return self.evaluated[name]

    @property
    def type(self) -> str:
        """The resource type."""
        return self.block.labels[0]

    @property
    def has_instances(self) -> Truth:
        """Whether Terraform creates an instance; ``None`` if that depends on a condition."""
        return all_of(_is_not_empty(block) for block in (self, *_calls(self.frame.scope)))

    def setting(self, name: str) -> Value:
        """The value of an attribute; a variable has its default or its value in a variable file."""
        value = self.value(name)
        if not isinstance(value, Reference) or value.kind != "var":
            return value
        rendered = self.rendered.get(name)
        content = rendered[0] if isinstance(rendered, list) and rendered else rendered
        if content is None or (isinstance(content, str) and ("var." in content or "${" in content)):
            return value
        return content

    def is_referenced_by(self, reference: Reference) -> bool:
        """Whether the reference is to this instance, or may be, having no literal key."""
        same_block = reference.root == self.block.address and reference.scope == self.frame.scope
        return same_block and (None in (reference.key, self.key) or reference.key == self.key)

    def is_referenced_in(self, value: Value) -> bool:
        """Whether the value contains a reference to this instance."""
        return any(self.is_referenced_by(reference) for reference in references(value))


class Configuration:
    """Everything that Checkov read in one run."""

    def __init__(self, graph: Any) -> None:
        nodes = [node for node in _nodes(graph) if node["block_type_"] in _BLOCK_TYPES]
        self._sources = Sources.of(Path(node["file_path_"]) for node in _nodes(graph))
        self._nodes_by_id = {id(conf): node for node in nodes for conf in _configurations(node)}
        self._nodes = nodes
        self._resources_by_id: dict[int, Resource | None] = {}
        self._instances: dict[int, list[Resource]] = {}

    def find(self, rendered: dict[str, Any]) -> Resource | None:
        """The block with these rendered values, or ``None`` if its source cannot be read."""
        node = self._nodes_by_id.get(id(rendered))
        if node is None:
            return None
        if id(rendered) not in self._resources_by_id:
            self._resources_by_id[id(rendered)] = self._resource(node, rendered)
        return self._resources_by_id[id(rendered)]

    def instances(self, resource: Resource) -> list[Resource]:
        """The instances of what Checkov treats as one resource, where the source decides how many
        there are; Checkov itself evaluates only literals.
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

    def in_same_stack(self, resource: Resource, *types: str) -> list[Resource]:
        """The resources of these types in the same root module as ``resource``."""
        root = resource.frame.scope.root
        return [other for other in self.of_type(*types) if other.frame.scope.root == root]

    def resource_of(self, reference: Reference) -> Resource | None:
        """The first resource that the reference is to."""
        candidates = self.of_type(reference.resource_type)
        return next(
            (resource for resource in candidates if resource.is_referenced_by(reference)), None
        )

    def references_to(self, resource: Resource) -> list[tuple[Resource, str]]:
        """The resources that refer to this one, with the path of the referring attribute."""
        block = (resource.frame.scope, resource.block.address)
        return [
            (other, path)
            for other, path, reference in self._references.get(block, ())
            if resource.is_referenced_by(reference)
        ]

    @cached_property
    def _references(self) -> dict[_BlockKey, list[tuple[Resource, str, Reference]]]:
        """The references to each block, with the referring resource and attribute path."""
        found: dict[_BlockKey, list[tuple[Resource, str, Reference]]] = {}
        for resource in self.of_type(*self.resources):
            for path, value in resource.values():
                for reference in self._resolved(references(value)):
                    block = (reference.scope, reference.root)
                    found.setdefault(block, []).append((resource, path, reference))
        return found

    def _resolved(self, direct: list[Reference]) -> list[Reference]:
        """The references, and those that they lead to through an argument of a resource:
        ``aws_s3_bucket_versioning.videos.bucket`` leads to the bucket.
        """
        found = list(direct)
        for reference in found:
            resource = self.resource_of(reference) if len(reference.path) == 1 else None
            target = resource.value(reference.path[0]) if resource is not None else None
            if isinstance(target, Reference) and target not in found:
                found.append(target)
        return found

    def dependencies_of(self, resource: Resource) -> list[Resource]:
        """Every resource that Terraform creates before this one, because of a reference or a
        ``depends_on``, including that of an output in between.

        https://developer.hashicorp.com/terraform/language/meta-arguments/depends_on
        """
        found: list[Resource] = []
        pending = list(self._direct_dependencies(resource))
        while pending:
            dependency = pending.pop()
            if dependency not in found and dependency != resource:
                found.append(dependency)
                pending.extend(self._direct_dependencies(dependency))
        return found

    def _direct_dependencies(self, resource: Resource) -> Iterator[Resource]:
        ordering = [resource.value(name) for name in ("count", "for_each", "depends_on")]
        for value in (*ordering, *(value for _, value in resource.values())):
            for reference in references(value):
                yield from self._resources_of(reference)
        for call in _calls(resource.frame.scope):
            for reference in references(call.value("depends_on")):
                yield from self._resources_of(reference)

    def _resources_of(self, reference: Reference) -> Iterator[Resource]:
        """The resources that a reference depends on: its target, every resource of a module if it
        is to the module, and the ``depends_on`` of an output that it came through.
        """
        for dependency in reference.depends_on:
            yield from self._resources_of(dependency)
        if reference.kind == "module" and reference.scope is not None:
            name = reference.root.removeprefix("module.")
            for resources in self.resources.values():
                yield from (
                    r for r in resources if _is_inside(r.frame.scope, name, reference.scope)
                )
        else:
            candidates = self.of_type(reference.resource_type)
            yield from (r for r in candidates if r.is_referenced_by(reference))

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
        block = scope.directory.by_location.get((file, rendered.get("__start_line__", 0)))
        if block is None or block.type != node["block_type_"]:
            return None
        address = str(rendered.get("__address__", node["block_name_"]))
        key = _instance_key(address)
        return Resource(block, instance_frame(block, scope, key), True, address, key, rendered)

    def _scope(self, path: Path, module: Any) -> ModuleScope:
        if not module:
            return ModuleScope(self._sources, path)
        parent = self._scope(Path(module.path).parent, module.nested_tf_module)
        return ModuleScope(self._sources, path, parent, module.name, module.foreach_idx)


_BLOCK_TYPES = ("resource", "data", "provider")
_BlockKey = tuple[ModuleScope | None, str]


def _instance_key(address: str) -> str | int | None:
    match = _INDEX.search(address)
    if match is None:
        return None
    key = match.group(1)
    return key.strip('"') if key.startswith('"') else int(key)


def _calls(scope: ModuleScope) -> Iterator[EvaluatedBlock]:
    """The module calls of a module instance, innermost first."""
    while scope.parent:
        if scope.call:
            yield EvaluatedBlock(scope.call, Frame(scope.parent))
        scope = scope.parent


def _is_not_empty(block: EvaluatedBlock) -> Truth:
    for name in ("count", "for_each"):
        if name in block.block.attributes:
            empty = {option in (0, [], {}) for option in options(block.value(name))}
            return None if len(empty) > 1 else True not in empty
    return True


def _is_inside(scope: ModuleScope, module: str, parent: ModuleScope) -> bool:
    while scope.parent:
        if scope.name == module and scope.parent == parent:
            return True
        scope = scope.parent
    return False


def _nodes(graph: Any) -> Iterator[dict[str, Any]]:
    """The attributes of every node of Checkov's graph (of rustworkx or networkx, as configured)."""
    entries = graph.nodes(data=True) if hasattr(graph, "adjacency") else graph.nodes()
    for entry in entries:
        parts = entry if isinstance(entry, tuple | list) else (entry,)
        yield next(part for part in parts if isinstance(part, dict))


def _configurations(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The dictionaries of a node that Checkov may pass to a check: ``{type: {name: this}}`` or
    ``{name: this}``.
    """
    for outer in node["config_"].values():
        if isinstance(outer, dict):
            yield outer
            yield from (inner for inner in outer.values() if isinstance(inner, dict))
