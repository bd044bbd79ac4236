"""Joins what a plan knows of one resource with what resolution evaluated.

What the plan knows counts, as long as the variables are the plan's. Beyond it an evaluated value
counts if it was made of nothing but configured values and identities; whatever holds, or may hide,
something made up is :data:`UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.terraform.identities import Identities, remains
from planproof.terraform.provenance import DOCUMENTS, NOWHERE, Origin, Tracer
from planproof.terraform.resolution.mocked_values import (
    UNPLANNED,
    Blocks,
    MockedValues,
    Taint,
    aligned,
    attributes_of,
    elements_of,
    is_known,
)
from planproof.terraform.source_index import object_entries
from planproof.values import UNKNOWN, Value


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of a whole evaluated stack.

    Attributes:
        same_variables: whether it was evaluated with the plan's own variables.
    """

    tracer: Tracer
    made_up: MockedValues
    identities: Identities
    same_variables: bool


@dataclass(frozen=True, slots=True)
class Source:
    """Where one value comes from, and the text that says so where it is at hand."""

    origin: Origin = NOWHERE
    text: str = ""


@dataclass(frozen=True, slots=True)
class ValueMerge:
    """Joins one resource's planned and evaluated values.

    Attributes:
        real: puts identities in place of tokens, as this resource's provider makes them.
        given: the attributes that an override gave; None where the provider was asked.
    """

    knowledge: Knowledge
    declared: str
    real: Callable[[str], str]
    schema: Mapping[str, Any]
    expressions: Mapping[str, Any]
    given: frozenset[str] | None

    def resource(self, known: Mapping[str, Value], state: Mapping[str, Value]) -> dict[str, Value]:
        """All values of the resource.

        Args:
            known: as planned; empty where the plan does not have it.
            state: as evaluated.
        """
        attributes = attributes_of(self.schema, state, self.expressions)
        blocks = self.schema.get("block_types") or {}
        values: dict[str, Value] = {}
        for key in [*state, *(key for key in known if key not in state)]:
            planned, found = known.get(key, UNPLANNED), state.get(key)
            if key in blocks:
                here = Blocks.of(
                    self.declared, key, self.expressions.get(key), self.knowledge.tracer
                )
                values[key] = self._blocks(key, blocks[key], planned, found, here)
            else:
                values[key] = self._attribute(key, attributes.get(key) or {}, planned, found)
        return values

    def _attribute(self, key: str, spec: Mapping[str, Any], planned: Value, found: Value) -> Value:
        if self._still_holds(planned):
            return planned
        if self.given is not None and key in self.given:
            return self._text(found, NOWHERE) if isinstance(found, str) else UNKNOWN
        tracer = self.knowledge.tracer
        configured = key in self.expressions or bool(tracer.dynamic_blocks(self.declared, key))
        if not configured and self.given is not None:
            return self._left_out(bool(spec.get("computed")), planned, found)
        if configured:
            source = Source(
                tracer.attribute(self.declared, key), tracer.written(self.declared, key)
            )
        else:  # what a provider answered depends on all that it was asked
            source = Source(tracer.inputs(self.declared) | Origin(changed=key not in DOCUMENTS))
        return self._evaluated(planned, found, source, spec)

    def _still_holds(self, planned: Value) -> bool:
        return self.knowledge.same_variables and is_known(planned)

    def _left_out(self, computed: bool, planned: Value, found: Value) -> Value:
        """What nobody configures: computed by the provider, or its default."""
        if planned is UNPLANNED:
            return UNKNOWN  # null, too, may be a default that nobody has seen
        if computed:
            return planned if self.knowledge.same_variables else UNKNOWN
        return planned if found is None else self._evaluated(planned, found, Source(), {})

    def _blocks(
        self, path: str, spec: Mapping[str, Any], planned: Value, found: Value, blocks: Blocks
    ) -> Value:
        if self._still_holds(planned):
            return planned
        elements = elements_of(found)
        if not elements:
            return self._no_blocks(planned, found, blocks)
        merged = []
        plans = aligned(planned, elements, spec)
        for index, (element, plan) in enumerate(zip(elements, plans, strict=True)):
            known = plan if isinstance(plan, Mapping) else {}
            one = blocks.at(index, len(elements))
            merged.append(self._block(path, spec.get("block") or {}, known, element, one))
        return merged if isinstance(found, list) else merged[0]

    def _no_blocks(self, planned: Value, found: Value, blocks: Blocks) -> Value:
        """No block of a kind: for certain, unless their number was made of something made up."""
        if blocks.dynamic is not None:
            return self._evaluated(planned, found, Source(blocks.origin), {})
        # Nobody wrote one; what the provider adds is not known with any variables.
        return found if is_known(planned) else UNKNOWN

    def _block(
        self,
        path: str,
        spec: Mapping[str, Any],
        known: Mapping[str, Value],
        element: Mapping[str, Value],
        blocks: Blocks,
    ) -> dict[str, Value]:
        attributes, nested = spec.get("attributes") or {}, spec.get("block_types") or {}
        values: dict[str, Value] = {}
        for key, found in element.items():
            planned, below = known.get(key, UNPLANNED), f"{path}.{key}"
            if key in nested:
                values[key] = self._blocks(below, nested[key], planned, found, blocks.inside(key))
                continue
            inner = attributes.get(key) or {}
            if self._still_holds(planned):
                values[key] = planned
            elif self.given is not None and not blocks.gives(key):
                values[key] = self._left_out(bool(inner.get("computed")), planned, found)
            elif inner.get("computed") and not blocks.always_gives(key) and _like_made_up(found):
                values[key] = UNKNOWN
            else:
                source = self._block_source(below, key, blocks)
                values[key] = self._evaluated(planned, found, source, inner)
        return values

    def _block_source(self, path: str, key: str, blocks: Blocks) -> Source:
        tracer, origin = self.knowledge.tracer, blocks.origin
        for entry in blocks.written:
            origin |= tracer.expression(self.declared, entry.get(key))
        text = tracer.written(self.declared, path) if blocks.dynamic is None else ""
        return Source(origin | tracer.changed(self.declared, path, text), text)

    # Evaluated values ------------------------------------------------------------------------

    def _evaluated(
        self, planned: Value, found: Value, source: Source, spec: Mapping[str, Any]
    ) -> Value:
        if self._still_holds(planned):
            return planned
        origin, made_up = source.origin, self.knowledge.made_up
        if self._is_null_in_disguise(planned, origin) or self._is_mock(planned, found, spec):
            return UNKNOWN
        if isinstance(found, Mapping) and found:
            return self._map(planned, found, source, spec)
        taint = made_up.taint(origin)
        if isinstance(found, list) and found and taint is not Taint.HIDDEN:
            inner = _element_spec(spec)
            plans = aligned(planned, found, spec)
            alone = Source(origin)
            return [
                self._evaluated(plan, item, alone, inner)
                for plan, item in zip(plans, found, strict=True)
            ]
        if taint is Taint.HIDDEN:
            return UNKNOWN
        if isinstance(found, str) and is_known(planned) and planned == found:
            return found
        if isinstance(found, str):
            return self._text(found, origin)
        # A number, a flag, null or an empty collection does not show what it was made of.
        blind = taint is not Taint.NONE or made_up.depends_on_identity(origin)
        return UNKNOWN if blind and not is_known(planned) else found

    def _is_null_in_disguise(self, planned: Value, origin: Origin) -> bool:
        """Whether all that goes in is known, and yet the plan is not: then nothing was configured
        in the end, or the value differs from run to run (a timestamp)."""
        return (
            self.given is not None
            and self.knowledge.same_variables
            and planned is UNKNOWN
            and origin.complete
            and not origin.leaves
        )

    def _is_mock(self, planned: Value, found: Value, spec: Mapping[str, Any]) -> bool:
        """With other variables: whether an argument may have become null, and was made up."""
        return (
            not self.knowledge.same_variables
            and self.given is not None
            and bool(spec.get("computed"))
            and _like_made_up(found)
            and not (is_known(planned) and planned == found)
        )

    def _map(
        self, planned: Value, found: Mapping[str, Value], source: Source, spec: Mapping[str, Any]
    ) -> Value:
        plans = planned if isinstance(planned, Mapping) else {}
        entries = object_entries(source.text) or {}
        tracer = self.knowledge.tracer
        values: dict[str, Value] = {}
        for key, item in found.items():
            name: Value = str(key)
            inner = Source(source.origin)
            if text := entries.get(str(key)):
                inner = Source(tracer.text(self.declared, text), text)
            elif (name := self._text(str(key), source.origin)) is UNKNOWN:
                return UNKNOWN
            values[str(name)] = self._evaluated(
                plans.get(key, UNPLANNED), item, inner, _element_spec(spec, str(key))
            )
        return values

    def _text(self, text: str, origin: Origin) -> Value:
        """An evaluated string with identities in place of tokens, or :data:`UNKNOWN`."""
        identities, made_up = self.knowledge.identities, self.knowledge.made_up
        if made_up.shows_in(text) or identities.is_undecided(text):
            return UNKNOWN
        if not identities.shows_in(text):
            hidden = origin.changed and made_up.depends_on_identity(origin)
            return UNKNOWN if hidden else text
        found = self.real(text)
        return UNKNOWN if remains(found) else found


def _like_made_up(found: Value) -> bool:
    if isinstance(found, str):
        return len(found) == 8 and found.isalnum() and found == found.lower()
    return found is not None and (not found or found == 0)


def _element_spec(spec: Mapping[str, Any], key: str = "") -> Mapping[str, Any]:
    type_ = spec.get("type")
    if isinstance(type_, list) and len(type_) == 2:
        inner = type_[1].get(key) if isinstance(type_[1], Mapping) else type_[1]
        return {"type": inner}
    return {}
