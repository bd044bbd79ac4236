"""What is known of the values that expressions refer to: the standing of each computed attribute.

An argument that is not configured stays null while Terraform evaluates, whatever the provider's
default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, final

from planproof.stand_ins import is_unknown_text
from planproof.terraform.identities import GivenValues, Standing
from planproof.terraform.plan import PlannedResource
from planproof.terraform.provenance import CONSTANT, Leaf, Origin, Tracer
from planproof.terraform.source_index import SourceBlock
from planproof.values import Value, contains_unknown, leaves

_EXACT = Standing.EXACT


@final
class Unplanned:
    """The type of :data:`UNPLANNED`."""


UNPLANNED: Final = Unplanned()
"""Stands for a planned value that the plan does not have separately."""


@dataclass(frozen=True, slots=True)
class EvaluatedInstance:
    """An evaluated resource instance.

    Attributes:
        given: the values that the override gives; None where Terraform or the provider evaluated
            the instance.
        defaults: the attributes that were set to defaults of the provider.
        made_up: the attributes that the emulated account answered without knowing them.
    """

    declared: str
    planned: PlannedResource | None
    schema: Mapping[str, Any]
    expressions: Mapping[str, Any]
    values: Mapping[str, Value]
    given: GivenValues | None
    defaults: frozenset[str]
    made_up: frozenset[str] = frozenset()


@dataclass(slots=True)
class Standings:
    """What is known of the values that expressions refer to, in one evaluated stack.

    Attributes:
        hidden: the texts that are not known and have no mark.
    """

    hidden: set[str] = field(default_factory=set)
    # Configuration address → attribute path → the worst standing of its instances.
    _paths: dict[str, dict[str, Standing]] = field(default_factory=dict)

    @classmethod
    def among(cls, instances: Iterable[EvaluatedInstance], tracer: Tracer) -> Standings:
        """The standings of the attributes of all instances."""
        standings = cls()
        for item in instances:
            standings._add_instance(item, tracer)
        return standings

    def of(self, leaf: Leaf) -> Standing:
        """The worst standing of an attribute, or of all attributes of a whole resource."""
        address, path, _ = leaf
        return worst_standing(self._paths.get(address, {}), path)

    def _add_instance(self, item: EvaluatedInstance, tracer: Tracer) -> None:
        for key in item.made_up:
            value = item.values.get(key)
            is_marked = isinstance(value, str) and is_unknown_text(value)
            self._add(item.declared, key, Standing.UNKNOWN if is_marked else Standing.HIDDEN)
        if item.given is None:
            if item.planned is not None and item.planned.type == "terraform_data":
                self._add(item.declared, "id", Standing.HIDDEN)
            return
        for path, standing in item.given.standings.items():
            key = path.partition(".")[0]
            if standing is not Standing.EXACT and not self._is_configured(item, path, key, tracer):
                self._add(item.declared, path, standing)
                if standing is Standing.HIDDEN:
                    self.hidden |= {
                        leaf
                        for _, leaf in leaves(_at(item.given.values, path))
                        if isinstance(leaf, str) and len(leaf) > 3
                    }
        known = item.planned.known if item.planned else {}
        for key, spec in attributes_of(item.schema, item.values, item.expressions).items():
            default = known.get(key)
            if (
                not spec.get("computed")
                and item.values.get(key) is None
                and default is not None
                and is_known(default)
                and key not in item.expressions
                and key not in item.defaults
            ):
                self._add(item.declared, key, Standing.HIDDEN)  # null stands for the default

    def _is_configured(self, item: EvaluatedInstance, path: str, key: str, tracer: Tracer) -> bool:
        """Whether the sources set an attribute, and not to null: then nothing was given."""
        if path == key and key in item.expressions:
            return item.values.get(key) != (item.given.values.get(key) if item.given else None)
        blocks = (item.schema.get("block_types") or {}).get(key)
        if blocks is None:
            return False
        here = NestedBlocks.of(item.declared, key, item.expressions.get(key), tracer)
        for step in path.split(".")[1:-1]:
            here = here.inside(step)
        return here.always_sets(path.rpartition(".")[2]) and bool(here.written or here.dynamic)

    def _add(self, declared: str, path: str, standing: Standing) -> None:
        paths = self._paths.setdefault(declared, {})
        paths[path] = max(standing, paths.get(path, Standing.EXACT))


@dataclass(frozen=True, slots=True)
class NestedBlocks:
    """The nested blocks of one type in a resource's configuration.

    Attributes:
        written: the plan's entries for the static blocks.
        dynamic: names of the arguments that ``dynamic`` blocks set; None without such a block.
        origin: of the ``dynamic`` blocks.
        static: the static blocks in the sources.
        origin_of: returns the origin of a piece of the resource's source.
        count: the origin of what the ``dynamic`` blocks run over.
    """

    written: tuple[Mapping[str, Any], ...]
    dynamic: frozenset[str] | None
    origin: Origin
    static: tuple[SourceBlock, ...] = ()
    origin_of: Callable[[str], Origin] = lambda _: CONSTANT
    count: Origin = CONSTANT

    @classmethod
    def of(cls, declared: str, key: str, expression: Any, tracer: Tracer) -> NestedBlocks:
        """The blocks of one type in a resource."""
        dynamic = tracer.dynamic_blocks(declared, key)
        count = CONSTANT
        for block in dynamic:
            if over := block.attributes.get("for_each"):
                count |= tracer.text(declared, over.text)
        return cls(
            tuple(blocks_in(expression)),
            _arguments_of(dynamic),
            tracer.dynamic(declared, key),
            tuple(tracer.written_blocks(declared, key)),
            lambda text: tracer.text(declared, text),
            count,
        )

    def sets(self, key: str) -> bool:
        """Whether any of the blocks sets an argument."""
        return any(key in entry for entry in self.written) or key in (self.dynamic or ())

    def always_sets(self, key: str) -> bool:
        """Whether all of the blocks set an argument."""
        return all(key in entry for entry in self.written) and (
            self.dynamic is None or key in self.dynamic
        )

    def inside(self, key: str) -> NestedBlocks:
        """The blocks of one type inside these."""
        inner = [entry for outer in self.written for entry in blocks_in(outer.get(key))]
        within = self.dynamic is not None and key in self.dynamic
        found = [b for block in self.static for b in block.blocks if b.labels == (key,)]
        origin = self.origin
        for block in found:
            origin |= self.origin_of(block.text)
        # The plan does not have the content of a dynamic block: any argument may be set.
        return NestedBlocks(
            tuple(inner),
            _AllNames() if within else _arguments_of(found),
            origin,
            tuple(b for block in self.static for b in block.blocks if b.kind == key),
            self.origin_of,
            self.count,
        )

    def at(self, index: int, count: int) -> NestedBlocks:
        """The block of the element at an index of ``count``; all blocks if that is unknown."""
        if self.dynamic is None and len(self.written) == count:
            here = self.static[index : index + 1] if len(self.static) == count else self.static
            return NestedBlocks((self.written[index],), None, self.origin, here, self.origin_of)
        return self


def _arguments_of(dynamic: Sequence[SourceBlock]) -> frozenset[str] | None:
    """The names of the arguments and blocks that the content of ``dynamic`` blocks sets; None
    without such a block."""
    if not dynamic:
        return None
    names: set[str] = set()
    for block in dynamic:
        for content in block.blocks:
            if content.kind == "content":
                names |= set(content.attributes) | {b.kind for b in content.blocks}
                names |= {b.labels[0] for b in content.blocks if b.kind == "dynamic"}
    return frozenset(names)


class _AllNames(frozenset[str]):
    """The set of all names."""

    def __contains__(self, _: object) -> bool:
        return True


def attributes_of(
    schema: Mapping[str, Any], values: Mapping[str, Value], expressions: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The attributes of a schema; without one, those that are not configured count as computed."""
    if schema:
        return schema.get("attributes") or {}
    return {key: {"computed": key not in expressions} for key in values}


def blocks_in(item: Any) -> list[Mapping[str, Any]]:
    """The nested blocks, one or a list, in a value of a state or an entry of the configuration."""
    if isinstance(item, Mapping):
        return [item]
    return [block for block in item if isinstance(block, Mapping)] if isinstance(item, list) else []


def aligned(planned: Value, elements: list[Any], spec: Mapping[str, Any]) -> Iterator[Value]:
    """The planned value of each element; :data:`UNPLANNED` where they cannot be matched: a set has
    no order, and an element that was unknown sorts differently once evaluated."""
    if isinstance(planned, Mapping):
        planned = [planned]
    type_ = spec.get("type")
    is_set = isinstance(type_, list) and type_[:1] == ["set"]
    ordered = spec.get("nesting_mode") != "set" and not is_set
    fits = isinstance(planned, list) and len(planned) == len(elements)
    if fits and (ordered or len(elements) == 1):
        return iter(planned)
    return iter([UNPLANNED] * len(elements))


def is_known(planned: Value) -> bool:
    """Whether a planned value is known completely."""
    return planned is not UNPLANNED and not contains_unknown(planned)


def _at(value: Value, path: str) -> list[Value]:
    """All values at a path without indexes."""
    found = [value]
    for step in path.split("."):
        here: list[Value] = []
        for item in found:
            items = item if isinstance(item, list) else [item]
            here += [one[step] for one in items if isinstance(one, Mapping) and step in one]
        found = here
    return found


def worst_standing(standings: Mapping[str, Standing], path: str) -> Standing:
    """The worst standing of what is at a path, "" for all."""
    return max((s for given, s in standings.items() if _overlap(path, given)), default=_EXACT)


def _overlap(one: str, other: str) -> bool:
    return not one or one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
