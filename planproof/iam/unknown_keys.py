"""The values that unknown context keys can have, as far as the policies can tell them apart.

Three-valued logic evaluates each condition on its own, so it cannot see that "the key is x" and
"the key is not x" together cover every request. Here unknown keys are given every value that the
policies distinguish, so that the caller can decide each combination.

The values of a key are: absent (unless the key is known to be present), each literal value of a
condition, and any other value; for that one, a condition with a pattern or a comparison may be true
or false, so both are tried. Every possible request has one of these combinations, since a key that
is compared without a set operator has one value.

Source: IAM User Guide, "Single-valued vs. multivalued context keys".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Final

from planproof.iam.conditions import Condition
from planproof.iam.context import Context, Missing, OtherValue, Values
from planproof.iam.operators import Family, Operator

KeyValues = Mapping[str, Values | Missing]
"""The assumed values of each key."""

_MAX_COMBINATIONS: Final = 512
_MAX_COMPARISONS: Final = 8


def value_combinations(conditions: Iterable[Condition], context: Context) -> Iterator[KeyValues]:
    """Every combination of values for the unknown keys of these conditions.

    Yields nothing if there are no such keys, if the values of a key cannot be enumerated (set
    operators, policy variables, UNKNOWN values), or if there are too many combinations.
    """
    by_key: dict[str, list[Condition]] = {}
    for condition in conditions:
        if isinstance(context.get(condition.context_key), Missing):
            by_key.setdefault(condition.context_key, []).append(condition)
    choices: dict[str, list[Values | Missing]] = {}
    for key, compared in by_key.items():
        if any(one.operator.quantifier is not None or one.varies for one in compared):
            return
        choices[key] = list(_distinct_values(compared, context.get(key) is Missing.PRESENT))
    if not choices or prod(len(values) for values in choices.values()) > _MAX_COMBINATIONS:
        return
    for combination in itertools.product(*choices.values()):
        yield dict(zip(choices, combination, strict=True))


def _distinct_values(conditions: Sequence[Condition], present: bool) -> Iterator[Values | Missing]:
    if not present:
        yield Missing.ABSENT
    literals: set[str] = set()
    open_comparisons: set[object] = set()
    for condition in conditions:
        exact = condition.literals
        if exact is not None:
            literals |= exact
        elif condition.operator.operator is not Operator.NULL:
            open_comparisons.add(condition.comparison_key)
    for literal in sorted(literals):
        yield (literal,)
    families = {condition.operator.operator.family for condition in conditions}
    if families == {Family.BOOL}:
        for value in sorted({"true", "false"} - literals):
            yield (value,)
        return
    if len(open_comparisons) > _MAX_COMPARISONS:
        yield Missing.PRESENT
        return
    for results in itertools.product((True, False), repeat=len(open_comparisons)):
        yield (OtherValue(dict(zip(open_comparisons, results, strict=True))),)
