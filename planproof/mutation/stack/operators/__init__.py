"""The mutation operators, by what they change."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.mutation.stack.model import Mutant, MutationInput, Operator
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


def mutants_of(inputs: MutationInput) -> Iterator[Mutant]:
    """Every mutant of all operators; of mutants with the same id only the first."""
    seen: set[str] = set()
    for operator in OPERATORS:
        for mutant in operator(inputs):
            if mutant.id not in seen:
                seen.add(mutant.id)
                yield mutant
