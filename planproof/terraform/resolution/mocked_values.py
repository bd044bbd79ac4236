"""Finds the values that Terraform mocked for attributes of overridden resources.

A computed attribute without a value in the override gets eight random characters, zero, false or an
empty collection. An argument that is not configured stays null, whatever the provider's default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, final

from planproof.terraform.plan import PlannedResource
from planproof.terraform.provenance import CONSTANT, Leaf, Origin, Tracer
from planproof.terraform.source_index import SourceBlock
from planproof.values import UNKNOWN, Value, contains_unknown, leaves

_RANDOM = re.compile(r"[a-z0-9]{8}")


@final
class Unplanned:
    """The type of :data:`UNPLANNED`."""


UNPLANNED: Final = Unplanned()
"""Stands for a planned value that the plan does not have separately."""


class MockPresence(IntEnum):
    """Whether a value may contain a mocked value."""

    NONE = 0
    VISIBLE = 1  # it may, and then the random characters appear in it
    HIDDEN = 2  # it may, and that cannot be seen


@dataclass(frozen=True, slots=True)
class EvaluatedInstance:
    """An evaluated resource instance.

    Attributes:
        overridden: the attributes set to tokens by an override; None where the provider evaluated
            the instance.
        repeated: the attributes set by an override to values of the plan.
    """

    declared: str
    planned: PlannedResource | None
    schema: Mapping[str, Any]
    expressions: Mapping[str, Any]
    values: Mapping[str, Value]
    overridden: frozenset[str] | None
    repeated: frozenset[str]


@dataclass(slots=True)
class MockedValues:
    """The mocked values of one evaluated stack.

    Attributes:
        strings: the random strings.
        overridden: the attributes that have a token.
    """

    strings: set[str] = field(default_factory=set)
    overridden: set[Leaf] = field(default_factory=set)
    # Configuration address → attribute path → whether all its mocked values are random strings.
    _paths: dict[str, dict[str, bool]] = field(default_factory=dict)

    @classmethod
    def among(
        cls, instances: Iterable[EvaluatedInstance], tracer: Tracer, *, same_variables: bool
    ) -> MockedValues:
        """The mocked values of overridden instances.

        Args:
            same_variables: whether they were evaluated with the plan's variables.
        """
        mocked = cls()
        for item in instances:
            mocked._add_instance(item, tracer, same_variables)
        return mocked

    def presence(self, origin: Origin) -> MockPresence:
        """Whether a value of this origin may contain a mocked value."""
        worst = MockPresence.NONE
        for address, path in origin.leaves:
            for mocked, visible in self._paths.get(address, {}).items():
                if path and _overlap(path, mocked):
                    worst = max(worst, MockPresence.VISIBLE if visible else MockPresence.HIDDEN)
        return MockPresence.HIDDEN if worst is MockPresence.VISIBLE and origin.obscured else worst

    def depends_on_identity(self, origin: Origin) -> bool:
        """Whether a value of this origin may derive from a token."""
        return not origin.complete or any(
            (address, path.split(".")[0]) in self.overridden or not path
            for address, path in origin.leaves
        )

    def appears_in(self, text: str) -> bool:
        """Whether a text contains one of the random strings."""
        if not self.strings or len(text) < 8:
            return False
        return any(text[i : i + 8] in self.strings for i in range(len(text) - 7))

    # Collecting ------------------------------------------------------------------------------

    def _add_instance(self, item: EvaluatedInstance, tracer: Tracer, same_variables: bool) -> None:
        known = item.planned.known if item.planned else {}
        # An instance that is not in the plan may have any default.
        missing: Value = None if item.planned else False
        for key, spec in attributes_of(item.schema, item.values, item.expressions).items():
            value = item.values.get(key)
            if key in (item.overridden or ()):
                self.overridden.add((item.declared, key))
            elif key in item.repeated and same_variables:
                continue
            elif key in item.expressions or tracer.dynamic_blocks(item.declared, key):
                self._add_configured(item, key, spec, tracer)
            elif spec.get("computed") or (value is None and _has_default(known.get(key, missing))):
                self._add(item.declared, key, value)
        for key, spec in (item.schema.get("block_types") or {}).items():
            blocks = NestedBlocks.of(item.declared, key, item.expressions.get(key), tracer)
            self._add_blocks(item.declared, key, spec, item.values.get(key), known.get(key), blocks)

    def _add_configured(
        self, item: EvaluatedInstance, key: str, spec: Mapping[str, Any], tracer: Tracer
    ) -> None:
        """An argument that evaluated to null counts as not configured."""
        planned = item.planned.known.get(key) if item.planned else None
        if not spec.get("computed") or planned is not UNKNOWN:
            return
        origin = tracer.attribute(item.declared, key)
        if not origin.leaves and origin.complete:
            self._add(item.declared, key, item.values.get(key))
        else:
            self.strings.update(_random_strings(item.values.get(key)))

    def _add_blocks(
        self,
        declared: str,
        path: str,
        spec: Mapping[str, Any],
        value: Value,
        planned: Value,
        blocks: NestedBlocks,
    ) -> None:
        block = spec.get("block") or {}
        elements = blocks_in(value)
        plans = aligned(planned, elements, spec)
        for element, plan in zip(elements, plans, strict=True):
            known = plan if isinstance(plan, Mapping) else {}
            for key, inner in (block.get("attributes") or {}).items():
                found = element.get(key)
                if blocks.sets(key):
                    continue
                if inner.get("computed") or (found is None and _has_default(known.get(key))):
                    self._add(declared, f"{path}.{key}", found)
            for key, inner in (block.get("block_types") or {}).items():
                self._add_blocks(
                    declared,
                    f"{path}.{key}",
                    inner,
                    element.get(key),
                    known.get(key),
                    blocks.inside(key),
                )

    def _add(self, declared: str, path: str, value: Value) -> None:
        texts = [leaf for _, leaf in leaves(value)]
        visible = all(isinstance(text, str) and _RANDOM.fullmatch(text) for text in texts)
        paths = self._paths.setdefault(declared, {})
        paths[path] = paths.get(path, True) and visible
        self.strings.update(_random_strings(value))


@dataclass(frozen=True, slots=True)
class NestedBlocks:
    """The nested blocks of one type in a resource's configuration.

    Attributes:
        written: the plan's entries for the static blocks.
        dynamic: names of the arguments that ``dynamic`` blocks set; None without such a block.
        origin: of the ``dynamic`` blocks.
        static: the static blocks in the sources.
        origin_of: returns the origin of a piece of the resource's source.
    """

    written: tuple[Mapping[str, Any], ...]
    dynamic: frozenset[str] | None
    origin: Origin
    static: tuple[SourceBlock, ...] = ()
    origin_of: Callable[[str], Origin] = lambda _: CONSTANT

    @classmethod
    def of(cls, declared: str, key: str, expression: Any, tracer: Tracer) -> NestedBlocks:
        """The blocks of one type in a resource."""
        return cls(
            tuple(blocks_in(expression)),
            _arguments_of(tracer.dynamic_blocks(declared, key)),
            tracer.dynamic(declared, key),
            tuple(tracer.written_blocks(declared, key)),
            lambda text: tracer.text(declared, text),
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


def _has_default(planned: Value) -> bool:
    return planned is not None and is_known(planned)


def _random_strings(value: Value) -> set[str]:
    return {leaf for _, leaf in leaves(value) if isinstance(leaf, str) and _RANDOM.fullmatch(leaf)}


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
