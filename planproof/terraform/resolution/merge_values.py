"""Merges the planned values of a resource with the evaluated ones.

A known planned value is used as it is. An evaluated value is used if it derives from configured
values and from computed attributes whose values are known; see
:class:`planproof.terraform.identities.Standing`. All others become :data:`UNKNOWN`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planproof.stand_ins import is_unknown_text
from planproof.terraform.identities import Standing
from planproof.terraform.provenance import CONSTANT, DOCUMENTS, Change, Origin, Tracer
from planproof.terraform.resolution.standings import (
    UNPLANNED,
    EvaluatedInstance,
    NestedBlocks,
    Standings,
    aligned,
    attributes_of,
    blocks_in,
    is_known,
)
from planproof.terraform.source_index import list_items, object_entries
from planproof.values import UNKNOWN, Value, contains_unknown


@dataclass(frozen=True, slots=True)
class EvaluatedStack:
    """What the merge of every resource needs of the whole stack.

    Attributes:
        default_tags: provider configuration key → the tags that it gives to every resource.
    """

    tracer: Tracer
    standings: Standings
    default_tags: Mapping[str, Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class ValueSource:
    """The origin of a value, and the text of its expression, "" where that is not available."""

    origin: Origin = CONSTANT
    text: str = ""


@dataclass(frozen=True, slots=True)
class ValueMerge:
    """Merges the planned and evaluated values of one resource."""

    stack: EvaluatedStack
    item: EvaluatedInstance

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
            if not is_known(planned) and self.stack.tracer.is_replaced(item.declared, key):
                values[key] = UNKNOWN
            elif key in blocks:
                entry = item.expressions.get(key)
                here = NestedBlocks.of(item.declared, key, entry, self.stack.tracer)
                values[key] = self._blocks(key, blocks[key], planned, value, here)
            else:
                values[key] = self._attribute(key, attributes.get(key) or {}, planned, value)
        if contains_unknown(values.get("tags_all")):
            values["tags_all"] = self._all_tags(values)
        return values

    def _all_tags(self, values: Mapping[str, Value]) -> Value:
        """The tags of the provider, and over them those of the resource."""
        declared = self.item.declared
        provider = self.stack.tracer.configuration.provider_of(declared)
        default, own = self.stack.default_tags.get(provider), values.get("tags")
        if default is None or not (own is None or isinstance(own, Mapping)):
            return UNKNOWN
        return {**default, **(own or {})}

    def _attribute(self, key: str, spec: Mapping[str, Any], planned: Value, value: Value) -> Value:
        if is_known(planned):
            return planned
        item, declared, tracer = self.item, self.item.declared, self.stack.tracer
        configured = key in item.expressions or bool(tracer.dynamic_blocks(declared, key))
        if configured:
            source = ValueSource(tracer.attribute(declared, key), tracer.written(declared, key))
            if self._is_null(planned, source.origin) and spec.get("computed"):
                configured = False  # an argument that evaluated to null counts as not configured
                if item.given is not None and item.given.values.get(key) != value:
                    return UNKNOWN  # it differs from run to run: a timestamp
        elif item.given is None:
            return self._answer(key, planned, value, spec)
        if configured:
            return self._merge(planned, value, source, spec)
        if item.given is not None and key in item.given.known:
            return item.given.known[key]
        return self._unconfigured(bool(spec.get("computed")), planned, value)

    def _answer(self, key: str, planned: Value, value: Value, spec: Mapping[str, Any]) -> Value:
        """An attribute that Terraform or the provider computed: it depends on all arguments."""
        tracer, declared = self.stack.tracer, self.item.declared
        if self._is_built_in:
            if key != "output":
                return UNKNOWN
            source = ValueSource(tracer.attribute(declared, "input"))
            return self._merge(planned, value, source, spec)
        if spec.get("computed") and declared.split(".")[-3:-2] != ["data"]:
            return UNKNOWN  # an instance that the plan does not have
        change = Change.NONE if key in DOCUMENTS else Change.ALTERED
        source = ValueSource(tracer.inputs(declared, change))
        return self._merge(planned, value, source, spec)

    @property
    def _is_built_in(self) -> bool:
        return self.item.declared.split(".")[-2] == "terraform_data"

    def _unconfigured(self, computed: bool, planned: Value, value: Value) -> Value:
        """An attribute that is not configured: computed by the provider, or its default."""
        if planned is UNPLANNED or computed:
            return UNKNOWN  # the default is unknown, even if null
        return planned if value is None else self._merge(planned, value, ValueSource(), {})

    def _blocks(
        self, path: str, spec: Mapping[str, Any], planned: Value, value: Value, blocks: NestedBlocks
    ) -> Value:
        if is_known(planned):
            return planned
        elements = blocks_in(value)
        if not elements:
            return self._no_blocks(planned, value, blocks)
        if not self._counts(blocks.count):
            return UNKNOWN
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
            if is_known(planned):
                values[key] = planned
            elif self.item.given is not None and not blocks.sets(key):
                values[key] = self._unconfigured_inside(below, inner, planned, value)
            elif (
                inner.get("computed")
                and not blocks.always_sets(key)
                and self._may_be_given(below, value)
            ):
                values[key] = UNKNOWN
            else:
                source = self._block_source(below, key, blocks)
                values[key] = self._merge(planned, value, source, inner)
        return values

    def _unconfigured_inside(
        self, path: str, spec: Mapping[str, Any], planned: Value, value: Value
    ) -> Value:
        """As :meth:`_unconfigured`, of an attribute inside nested blocks."""
        given = self.item.given
        standing = given.standings.get(path) if given is not None else None
        if standing is not None and standing <= Standing.ASSIGNED and not contains_unknown(value):
            return value
        return self._unconfigured(bool(spec.get("computed")), planned, value)

    def _may_be_given(self, path: str, value: Value) -> bool:
        """Whether a value inside nested blocks may be that of the override."""
        given: Any = self.item.given.values if self.item.given is not None else {}
        for step in path.split("."):
            given = given.get(step) if isinstance(given, Mapping) else None
        return bool(given == value)

    def _block_source(self, path: str, key: str, blocks: NestedBlocks) -> ValueSource:
        tracer, origin = self.stack.tracer, blocks.origin
        text = tracer.written(self.item.declared, path) if blocks.dynamic is None else ""
        around = text or tracer.text_of(self.item.declared, path.split(".")[0])
        for entry in blocks.written:
            origin |= tracer.expression(self.item.declared, entry.get(key), around)
        return ValueSource(origin, text)

    # Evaluated values ------------------------------------------------------------------------

    def _merge(
        self, planned: Value, value: Value, source: ValueSource, spec: Mapping[str, Any]
    ) -> Value:
        if is_known(planned):
            return planned
        origin = source.origin
        if self._is_null(planned, origin):
            return UNKNOWN
        if isinstance(value, Mapping) and value:
            return self._map(planned, value, source, spec)
        if isinstance(value, list) and value:
            return self._list(planned, value, source, spec)
        if isinstance(value, str):
            return self._string(value, origin)
        # A number, a bool, null or an empty collection does not show what it derives from.
        return value if self._shows(origin) else UNKNOWN

    def _list(
        self, planned: Value, value: list[Value], source: ValueSource, spec: Mapping[str, Any]
    ) -> Value:
        inner = _element_type(spec)
        plans = aligned(planned, value, spec)
        written = list_items(source.text)
        sources = [ValueSource(source.origin)] * len(value)
        if written is not None and len(written) == len(value) and not _is_set(spec):
            declared, tracer = self.item.declared, self.stack.tracer
            sources = [ValueSource(tracer.text(declared, text), text) for text in written]
        elif written is None and not self._counts(source.origin):
            return UNKNOWN
        return [
            self._merge(plan, item, one, inner)
            for plan, item, one in zip(plans, value, sources, strict=True)
        ]

    def _counts(self, origin: Origin) -> bool:
        """Whether the number of elements of a collection follows from what is known."""
        if not origin.complete:
            return False
        for leaf in origin.leaves:
            standing, change = self.stack.standings.of(leaf), leaf[2]
            if not leaf[1] and change is not Change.ALTERED:
                continue  # the instances of a resource
            if standing is Standing.HIDDEN:
                return False
            if standing >= Standing.ASSIGNED and change is Change.ALTERED:
                return False
            if standing > Standing.ASSIGNED and change is Change.CHOSEN:
                return False
        return True

    def _shows(self, origin: Origin) -> bool:
        """Whether a value that no mark is in follows from what is known."""
        for leaf in origin.leaves:
            standing = self.stack.standings.of(leaf)
            altered = leaf[2] is Change.ALTERED
            if standing > Standing.ASSIGNED or (standing is Standing.ASSIGNED and altered):
                return False
        return origin.complete

    def _is_null(self, planned: Value, origin: Origin) -> bool:
        """Whether all inputs are known and the planned value is not: then the argument evaluated to
        null, or its value differs from run to run (a timestamp)."""
        return (
            self.item.given is not None
            and planned is UNKNOWN
            and origin.complete
            and not origin.leaves
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
        if not entries and not self._counts(source.origin):
            return UNKNOWN
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
        """An evaluated string, or :data:`UNKNOWN`.

        A policy document keeps the unknown texts in it, which are UNKNOWN once it is parsed; see
        :func:`planproof.stand_ins.known_parts`.
        """
        standings = self.stack.standings
        found = [(standings.of(leaf), leaf[1], leaf[2]) for leaf in origin.leaves]
        if any(s >= Standing.ASSIGNED and change is Change.ALTERED for s, _, change in found):
            return UNKNOWN
        if is_unknown_text(text):
            return text if _is_policy(text) else UNKNOWN
        # In a document of a whole data source, what is made up has no mark.
        if text[:1] in ("{", "[") and any(
            not path
            and ".data." in f".{address}"
            and standings.of((address, path, change)) > Standing.ASSIGNED
            for address, path, change in origin.leaves
        ):
            return UNKNOWN
        # In what derives from a whole resource, unknown texts have a mark, or are among `hidden`.
        unseen = any(
            path and (s is Standing.HIDDEN or (s is Standing.UNKNOWN and change is Change.CHOSEN))
            for s, path, change in found
        )
        return UNKNOWN if unseen or text in standings.hidden or not origin.complete else text


def _is_policy(text: str) -> bool:
    """Whether a text is a policy document."""
    if text.lstrip()[:1] != "{":
        return False
    try:
        return "Statement" in json.loads(text)
    except ValueError:
        return False


def _is_set(spec: Mapping[str, Any]) -> bool:
    type_ = spec.get("type")
    return isinstance(type_, list) and type_[:1] == ["set"]


def _element_type(spec: Mapping[str, Any], key: str = "") -> Mapping[str, Any]:
    type_ = spec.get("type")
    if isinstance(type_, list) and len(type_) == 2:
        inner = type_[1].get(key) if isinstance(type_[1], Mapping) else type_[1]
        return {"type": inner}
    return {}
