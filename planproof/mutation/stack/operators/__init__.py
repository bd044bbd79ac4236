"""The ways in which a stack is broken: each module answers one question about it."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.mutation.stack.model import Mutant, Operator, Scene
from planproof.mutation.stack.operators import attributes, references, statements, swaps, variations
from planproof.mutation.stack.operators.ordering import drop_depends_on
from planproof.mutation.stack.operators.resources import drop_resource

OPERATORS: tuple[Operator, ...] = (
    drop_resource,
    statements.drop_statement,
    statements.flip_effect,
    statements.negate,
    statements.widen_action,
    statements.widen_resource,
    statements.widen_principal,
    statements.narrow,
    swaps.swap_action,
    swaps.swap_resource,
    swaps.swap_principal,
    swaps.drop_condition,
    swaps.negate_condition,
    swaps.widen_condition,
    swaps.swap_condition,
    references.dangle,
    references.redirect,
    references.swap_id_and_arn,
    references.attach_administrator,
    attributes.flip,
    attributes.raise_number,
    attributes.lower_number,
    attributes.unset,
    attributes.misspell,
    variations.keep_name,
    variations.keep_value,
    variations.set_value,
    drop_depends_on,
)


def mutants_of(scene: Scene) -> Iterator[Mutant]:
    """Every mutant of a stack, each once: what another operator has made already is left out."""
    seen: set[str] = set()
    for operator in OPERATORS:
        for mutant in operator(scene):
            if mutant.id not in seen:
                seen.add(mutant.id)
                yield mutant
