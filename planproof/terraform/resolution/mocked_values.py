"""Which values Terraform made up for attributes of overridden resources, because nobody gave them.

A computed attribute without an override gets eight random characters, zero, false or an empty
collection; an argument that nobody configures stays null, for its default is the provider's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, final

from planproof.terraform.plan import PlannedResource
from planproof.terraform.provenance import NOWHERE, Leaf, Origin, Tracer
from planproof.terraform.source_index import SourceBlock
from planproof.values import UNKNOWN, Value, contains_unknown, leaves

_RANDOM = re.compile(r"[a-z0-9]{8}")


@final
class Unplanned:
    """The type of :data:`UNPLANNED`."""


UNPLANNED: Final = Unplanned()
"""In place of a planned value: the plan does not speak of it by itself."""


class Taint(IntEnum):
    """How far something made up may be in a value."""

    NONE = 0
    VISIBLE = 1  # if it is in there, its random characters show
    HIDDEN = 2


@dataclass(frozen=True, slots=True)
class EvaluatedInstance:
    """One resource instance, as it was evaluated.

    Attributes:
        given: the attributes that an override gave; None where the provider was asked.
        repeated: those that an override repeated from the plan.
    """

    declared: str
    planned: PlannedResource | None
    schema: Mapping[str, Any]
    expressions: Mapping[str, Any]
    values: Mapping[str, Value]
    given: frozenset[str] | None
    repeated: frozenset[str]


@dataclass(slots=True)
class MockedValues:
    """What was made up in one evaluated stack.

    Attributes:
        strings: the random strings.
        given: attributes that hold a token.
    """

    strings: set[str] = field(default_factory=set)
    given: set[Leaf] = field(default_factory=set)
    _paths: dict[str, dict[str, bool]] = field(default_factory=dict)  # … → shows wherever it is

    @classmethod
    def among(
        cls, looked: Iterable[EvaluatedInstance], tracer: Tracer, *, same_variables: bool
    ) -> MockedValues:
        """What was made up among overridden instances.

        Args:
            same_variables: whether they were evaluated with the plan's own variables.
        """
        found = cls()
        for item in looked:
            found._look(item, tracer, same_variables)
        return found

    def taint(self, origin: Origin) -> Taint:
        """How far what was made up may be in a value of this origin."""
        worst = Taint.NONE
        for address, path in origin.leaves:
            for made, shows in self._paths.get(address, {}).items():
                if path and _overlap(path, made):
                    worst = max(worst, Taint.VISIBLE if shows else Taint.HIDDEN)
        return Taint.HIDDEN if worst is Taint.VISIBLE and origin.changed else worst

    def depends_on_identity(self, origin: Origin) -> bool:
        """Whether a value of this origin was evaluated from somebody's token."""
        return not origin.complete or any(
            (address, path.split(".")[0]) in self.given or not path
            for address, path in origin.leaves
        )

    def shows_in(self, text: str) -> bool:
        """Whether one of the random strings stands in a text."""
        if not self.strings or len(text) < 8:
            return False
        return any(text[i : i + 8] in self.strings for i in range(len(text) - 7))

    # Finding it ------------------------------------------------------------------------------

    def _look(self, item: EvaluatedInstance, tracer: Tracer, same_variables: bool) -> None:
        known = item.planned.known if item.planned else {}
        # Not in the plan: what nobody configures may have any default.
        missing: Value = None if item.planned else False
        for key, spec in attributes_of(item.schema, item.values, item.expressions).items():
            value = item.values.get(key)
            if key in (item.given or ()):
                self.given.add((item.declared, key))
            elif key in item.repeated and same_variables:
                continue
            elif key in item.expressions or tracer.dynamic_blocks(item.declared, key):
                self._look_at_configured(item, key, spec, tracer)
            elif spec.get("computed") or (value is None and _has_default(known.get(key, missing))):
                self._add(item.declared, key, value)
        for key, spec in (item.schema.get("block_types") or {}).items():
            blocks = Blocks.of(item.declared, key, item.expressions.get(key), tracer)
            self._look_into(item.declared, key, spec, item.values.get(key), known.get(key), blocks)

    def _look_at_configured(
        self, item: EvaluatedInstance, key: str, spec: Mapping[str, Any], tracer: Tracer
    ) -> None:
        """An argument that turned out null is as good as none."""
        planned = item.planned.known.get(key) if item.planned else None
        if not spec.get("computed") or planned is not UNKNOWN:
            return
        origin = tracer.attribute(item.declared, key)
        if not origin.leaves and origin.complete:
            self._add(item.declared, key, item.values.get(key))
        else:
            self.strings.update(_random_strings(item.values.get(key)))

    def _look_into(
        self,
        declared: str,
        path: str,
        spec: Mapping[str, Any],
        value: Value,
        planned: Value,
        blocks: Blocks,
    ) -> None:
        block = spec.get("block") or {}
        elements = elements_of(value)
        plans = aligned(planned, elements, spec)
        for element, plan in zip(elements, plans, strict=True):
            known = plan if isinstance(plan, Mapping) else {}
            for key, inner in (block.get("attributes") or {}).items():
                found = element.get(key)
                if blocks.gives(key):
                    continue
                if inner.get("computed") or (found is None and _has_default(known.get(key))):
                    self._add(declared, f"{path}.{key}", found)
            for key, inner in (block.get("block_types") or {}).items():
                self._look_into(
                    declared,
                    f"{path}.{key}",
                    inner,
                    element.get(key),
                    known.get(key),
                    blocks.inside(key),
                )

    def _add(self, declared: str, path: str, value: Value) -> None:
        parts = [leaf for _, leaf in leaves(value)]
        shows = all(isinstance(leaf, str) and _RANDOM.fullmatch(leaf) for leaf in parts)
        paths = self._paths.setdefault(declared, {})
        paths[path] = paths.get(path, True) and shows
        self.strings.update(_random_strings(value))


@dataclass(frozen=True, slots=True)
class Blocks:
    """What the sources say of the nested blocks of one kind.

    Attributes:
        written: the plan's entries for those that are written out.
        dynamic: names of arguments that the ``dynamic`` ones give; None where there is none.
        origin: what the ``dynamic`` ones are made of.
        sources: those that are written out, as the sources have them.
        read: what a piece of the resource's source is made of.
    """

    written: tuple[Mapping[str, Any], ...]
    dynamic: frozenset[str] | None
    origin: Origin
    sources: tuple[SourceBlock, ...] = ()
    read: Callable[[str], Origin] = lambda _: NOWHERE

    @classmethod
    def of(cls, declared: str, key: str, expression: Any, tracer: Tracer) -> Blocks:
        """Those of a resource."""
        found = tracer.dynamic_blocks(declared, key)
        return cls(
            entries_of(expression),
            _given_by(found) if found else None,
            tracer.dynamic(declared, key),
            tuple(tracer.written_blocks(declared, key)),
            lambda text: tracer.text(declared, text),
        )

    def gives(self, key: str) -> bool:
        """Whether any of them gives an argument."""
        return any(key in entry for entry in self.written) or key in (self.dynamic or ())

    def always_gives(self, key: str) -> bool:
        """Whether all of them give an argument."""
        return all(key in entry for entry in self.written) and (
            self.dynamic is None or key in self.dynamic
        )

    def inside(self, key: str) -> Blocks:
        """The blocks of a kind inside these."""
        inner = [entry for outer in self.written for entry in entries_of(outer.get(key))]
        within = self.dynamic is not None and key in self.dynamic
        found = [b for block in self.sources for b in block.blocks if b.labels == (key,)]
        dynamic = _given_by(found) if found else None
        origin = self.origin
        for block in found:
            origin |= self.read(block.source[block.start : block.end])
        # What is written inside a dynamic block is not in the plan: any argument may be given.
        return Blocks(
            tuple(inner),
            _AllNames() if within else dynamic,
            origin,
            tuple(b for block in self.sources for b in block.blocks if b.kind == key),
            self.read,
        )

    def at(self, index: int, count: int) -> Blocks:
        """The one that became the element at an index of ``count``, if that can be told."""
        if self.dynamic is None and len(self.written) == count:
            here = self.sources[index : index + 1] if len(self.sources) == count else self.sources
            return Blocks((self.written[index],), None, self.origin, here, self.read)
        return self


def _given_by(dynamic: Iterable[SourceBlock]) -> frozenset[str]:
    """The names of what the contents of ``dynamic`` blocks give."""
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
    """A schema's attributes; without a schema, whatever nobody configures counts as computed."""
    if schema:
        return schema.get("attributes") or {}
    return {key: {"computed": key not in expressions} for key in values}


def entries_of(expression: Any) -> tuple[Mapping[str, Any], ...]:
    """Nested blocks as the plan's configuration has them: one or a list."""
    if isinstance(expression, Mapping):
        return (expression,)
    if isinstance(expression, list):
        return tuple(entry for entry in expression if isinstance(entry, Mapping))
    return ()


def elements_of(value: Value) -> list[Mapping[str, Value]]:
    """Nested blocks as a state has them: one, a list, a set or a map."""
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, Mapping)]
    return []


def aligned(planned: Value, elements: list[Any], spec: Mapping[str, Any]) -> Iterator[Value]:
    """The planned value of each element; :data:`UNPLANNED` where nobody can tell which it was: a
    set has no order, and what stood in for an unknown element sorts elsewhere."""
    if isinstance(planned, Mapping):
        planned = [planned]
    ordered = spec.get("nesting_mode") != "set" and not _is_set(spec)
    fits = isinstance(planned, list) and len(planned) == len(elements)
    if fits and (ordered or len(elements) == 1):
        return iter(planned)
    return iter([UNPLANNED] * len(elements))


def _is_set(spec: Mapping[str, Any]) -> bool:
    type_ = spec.get("type")
    return isinstance(type_, list) and type_[:1] == ["set"]


def is_known(planned: Value) -> bool:
    """Whether the plan knows a value whole."""
    return planned is not UNPLANNED and not contains_unknown(planned)


def _has_default(planned: Value) -> bool:
    return planned is not None and is_known(planned)


def _random_strings(value: Value) -> set[str]:
    return {leaf for _, leaf in leaves(value) if isinstance(leaf, str) and _RANDOM.fullmatch(leaf)}


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
