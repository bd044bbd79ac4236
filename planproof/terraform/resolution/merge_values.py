"""Merges the planned values of a resource with the evaluated ones.

A known planned value is used as it is, if the variables are the plan's. An evaluated value is used
if it derives from configured values and identities only; a value that contains, or may hide, a
mocked value becomes :data:`UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.terraform.identities import Identities, contains_token
from planproof.terraform.provenance import CONSTANT, DOCUMENTS, Origin, Tracer
from planproof.terraform.resolution.mocked_values import (
    UNPLANNED,
    EvaluatedInstance,
    MockedValues,
    MockPresence,
    NestedBlocks,
    aligned,
    attributes_of,
    blocks_in,
    is_known,
)
from planproof.terraform.source_index import object_entries
from planproof.values import UNKNOWN, Value


@dataclass(frozen=True, slots=True)
class EvaluatedStack:
    """What the merge of every resource needs of the whole stack.

    Attributes:
        mocked: the mocked values of the stack.
        same_variables: whether it was evaluated with the plan's variables.
    """

    tracer: Tracer
    mocked: MockedValues
    identities: Identities
    same_variables: bool


@dataclass(frozen=True, slots=True)
class ValueSource:
    """The origin of a value, and the text of its expression, "" where that is not available."""

    origin: Origin = CONSTANT
    text: str = ""


@dataclass(frozen=True, slots=True)
class ValueMerge:
    """Merges the planned and evaluated values of one resource.

    Attributes:
        translate: replaces tokens by identities.
    """

    stack: EvaluatedStack
    item: EvaluatedInstance
    translate: Callable[[str], str]

    def resource(self, known: Mapping[str, Value]) -> dict[str, Value]:
        """All values of the resource.

        Args:
            known: planned values; empty where the resource is not in the plan.
        """
        item, state = self.item, self.item.values
        attributes = attributes_of(item.schema, state, item.expressions)
        blocks = item.schema.get("block_types") or {}
        values: dict[str, Value] = {}
        for key in [*state, *(key for key in known if key not in state)]:
            planned, value = known.get(key, UNPLANNED), state.get(key)
            if key in blocks:
                entry = item.expressions.get(key)
                here = NestedBlocks.of(item.declared, key, entry, self.stack.tracer)
                values[key] = self._blocks(key, blocks[key], planned, value, here)
            else:
                values[key] = self._attribute(key, attributes.get(key) or {}, planned, value)
        return values

    def _attribute(self, key: str, spec: Mapping[str, Any], planned: Value, value: Value) -> Value:
        if self._still_holds(planned):
            return planned
        declared, overridden = self.item.declared, self.item.overridden
        if overridden is not None and key in overridden:
            return self._string(value, CONSTANT) if isinstance(value, str) else UNKNOWN
        tracer = self.stack.tracer
        if key in self.item.expressions or tracer.dynamic_blocks(declared, key):
            source = ValueSource(tracer.attribute(declared, key), tracer.written(declared, key))
        elif overridden is not None:
            return self._unconfigured(bool(spec.get("computed")), planned, value)
        else:  # the answer of a provider depends on all inputs
            source = ValueSource(tracer.inputs(declared) | Origin(obscured=key not in DOCUMENTS))
        return self._merge(planned, value, source, spec)

    def _still_holds(self, planned: Value) -> bool:
        return self.stack.same_variables and is_known(planned)

    def _unconfigured(self, computed: bool, planned: Value, value: Value) -> Value:
        """An attribute that is not configured: computed by the provider, or its default."""
        if planned is UNPLANNED:
            return UNKNOWN  # the default is unknown, even if null
        if computed:
            return planned if self.stack.same_variables else UNKNOWN
        return planned if value is None else self._merge(planned, value, ValueSource(), {})

    def _blocks(
        self, path: str, spec: Mapping[str, Any], planned: Value, value: Value, blocks: NestedBlocks
    ) -> Value:
        if self._still_holds(planned):
            return planned
        elements = blocks_in(value)
        if not elements:
            return self._no_blocks(planned, value, blocks)
        merged = []
        plans = aligned(planned, elements, spec)
        for index, (element, plan) in enumerate(zip(elements, plans, strict=True)):
            known = plan if isinstance(plan, Mapping) else {}
            one = blocks.at(index, len(elements))
            merged.append(self._block(path, spec.get("block") or {}, known, element, one))
        return merged if isinstance(value, list) else merged[0]

    def _no_blocks(self, planned: Value, value: Value, blocks: NestedBlocks) -> Value:
        """No blocks of a type; UNKNOWN where their number derives from mocked values."""
        if blocks.dynamic is not None:
            return self._merge(planned, value, ValueSource(blocks.origin), {})
        # None is configured; blocks that the provider adds are unknown.
        return value if is_known(planned) else UNKNOWN

    def _block(
        self,
        path: str,
        spec: Mapping[str, Any],
        known: Mapping[str, Value],
        element: Mapping[str, Value],
        blocks: NestedBlocks,
    ) -> dict[str, Value]:
        attributes, nested = spec.get("attributes") or {}, spec.get("block_types") or {}
        values: dict[str, Value] = {}
        for key, value in element.items():
            planned, below = known.get(key, UNPLANNED), f"{path}.{key}"
            if key in nested:
                values[key] = self._blocks(below, nested[key], planned, value, blocks.inside(key))
                continue
            inner = attributes.get(key) or {}
            if self._still_holds(planned):
                values[key] = planned
            elif self.item.overridden is not None and not blocks.sets(key):
                values[key] = self._unconfigured(bool(inner.get("computed")), planned, value)
            elif inner.get("computed") and not blocks.always_sets(key) and _looks_mocked(value):
                values[key] = UNKNOWN
            else:
                source = self._block_source(below, key, blocks)
                values[key] = self._merge(planned, value, source, inner)
        return values

    def _block_source(self, path: str, key: str, blocks: NestedBlocks) -> ValueSource:
        tracer, origin = self.stack.tracer, blocks.origin
        for entry in blocks.written:
            origin |= tracer.expression(self.item.declared, entry.get(key))
        text = tracer.written(self.item.declared, path) if blocks.dynamic is None else ""
        return ValueSource(origin | tracer.obscured(self.item.declared, path, text), text)

    # Evaluated values ------------------------------------------------------------------------

    def _merge(
        self, planned: Value, value: Value, source: ValueSource, spec: Mapping[str, Any]
    ) -> Value:
        if self._still_holds(planned):
            return planned
        origin, mocked = source.origin, self.stack.mocked
        if self._is_null(planned, origin) or self._may_be_mocked(planned, value, spec):
            return UNKNOWN
        if isinstance(value, Mapping) and value:
            return self._map(planned, value, source, spec)
        presence = mocked.presence(origin)
        if presence is MockPresence.HIDDEN:
            return UNKNOWN
        if isinstance(value, list) and value:
            inner = _element_type(spec)
            plans = aligned(planned, value, spec)
            alone = ValueSource(origin)
            return [
                self._merge(plan, item, alone, inner)
                for plan, item in zip(plans, value, strict=True)
            ]
        if isinstance(value, str):
            same = is_known(planned) and planned == value
            return value if same else self._string(value, origin)
        # A number, a bool, null or an empty collection does not show what it derives from.
        blind = presence is not MockPresence.NONE or mocked.depends_on_identity(origin)
        return UNKNOWN if blind and not is_known(planned) else value

    def _is_null(self, planned: Value, origin: Origin) -> bool:
        """Whether all inputs are known and the planned value is not: then the argument evaluated to
        null, or its value differs from run to run (a timestamp)."""
        return (
            self.item.overridden is not None
            and self.stack.same_variables
            and planned is UNKNOWN
            and origin.complete
            and not origin.leaves
        )

    def _may_be_mocked(self, planned: Value, value: Value, spec: Mapping[str, Any]) -> bool:
        """With other variables: whether an argument may have become null and then been mocked."""
        return (
            not self.stack.same_variables
            and self.item.overridden is not None
            and bool(spec.get("computed"))
            and _looks_mocked(value)
            and not (is_known(planned) and planned == value)
        )

    def _map(
        self,
        planned: Value,
        value: Mapping[str, Value],
        source: ValueSource,
        spec: Mapping[str, Any],
    ) -> Value:
        plans = planned if isinstance(planned, Mapping) else {}
        entries = object_entries(source.text) or {}
        tracer = self.stack.tracer
        values: dict[str, Value] = {}
        for key, item in value.items():
            name: Value = str(key)
            inner = ValueSource(source.origin)
            if text := entries.get(str(key)):
                inner = ValueSource(tracer.text(self.item.declared, text), text)
            elif (name := self._string(str(key), source.origin)) is UNKNOWN:
                return UNKNOWN
            values[str(name)] = self._merge(
                plans.get(key, UNPLANNED), item, inner, _element_type(spec, str(key))
            )
        return values

    def _string(self, text: str, origin: Origin) -> Value:
        """An evaluated string with its tokens replaced by identities, or :data:`UNKNOWN`."""
        identities, mocked = self.stack.identities, self.stack.mocked
        if mocked.appears_in(text) or identities.is_undecided(text):
            return UNKNOWN
        if not identities.appears_in(text):
            hidden = origin.obscured and mocked.depends_on_identity(origin)
            return UNKNOWN if hidden else text
        translated = self.translate(text)
        return UNKNOWN if contains_token(translated) else translated


def _looks_mocked(value: Value) -> bool:
    if isinstance(value, str):
        return len(value) == 8 and value.isalnum() and value == value.lower()
    return value is not None and (not value or value == 0)


def _element_type(spec: Mapping[str, Any], key: str = "") -> Mapping[str, Any]:
    type_ = spec.get("type")
    if isinstance(type_, list) and len(type_) == 2:
        inner = type_[1].get(key) if isinstance(type_[1], Mapping) else type_[1]
        return {"type": inner}
    return {}
