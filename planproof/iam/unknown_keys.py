"""Would the answer be the same whatever the unknown context keys turn out to be?

Three-valued logic looks at each condition by itself, so it cannot see that "the key is x" and "the
key is not x" together leave nothing open. Here the keys of which nobody knows the value are given
every value that the policies can tell apart, and each such world is decided for itself.

The worlds of a key are: absent (unless it is known to be there), each literal value that a
condition names, and any other value; for that one, a condition with a pattern or a comparison may
turn out either way, so both are tried. Every possible request lies in one of the worlds, since a
key that is asked without a set operator has one value.

Source: IAM User Guide, "Single-valued vs. multivalued context keys".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Final

from planproof.iam.conditions import Condition
from planproof.iam.context import Context, Missing, Other, Values
from planproof.iam.operators import Family, Operator

World = Mapping[str, Values | Missing]
"""What each key is assumed to be."""

_MOST_WORLDS: Final = 512


def worlds(conditions: Iterable[Condition], context: Context) -> Iterator[World]:
    """Every combination of values for the unknown keys that these conditions ask for.

    Yields nothing if there are no such keys, if a key cannot be split (set operators, policy
    variables, UNKNOWN values), or if there are too many combinations.
    """
    by_key: dict[str, list[Condition]] = {}
    for condition in conditions:
        if isinstance(context.get(condition.context_key), Missing):
            by_key.setdefault(condition.context_key, []).append(condition)
    choices: dict[str, list[Values | Missing]] = {}
    for key, asking in by_key.items():
        if any(one.operator.quantifier is not None or one.varies for one in asking):
            return
        choices[key] = list(_choices(asking, context.get(key) is Missing.PRESENT))
    if not choices or prod(len(values) for values in choices.values()) > _MOST_WORLDS:
        return
    for combination in itertools.product(*choices.values()):
        yield dict(zip(choices, combination, strict=True))


def _choices(asking: Sequence[Condition], present: bool) -> Iterator[Values | Missing]:
    if not present:
        yield Missing.ABSENT
    literals: set[str] = set()
    open_atoms: set[object] = set()
    for condition in asking:
        exact = condition.literals
        if exact is not None:
            literals |= exact
        elif condition.operator.operator is not Operator.NULL:
            open_atoms.add(condition.atom)
    for literal in sorted(literals):
        yield (literal,)
    families = {condition.operator.operator.family for condition in asking}
    if families == {Family.BOOL}:
        for value in sorted({"true", "false"} - literals):
            yield (value,)
        return
    if len(open_atoms) > 8:
        yield Missing.PRESENT
        return
    atoms = list(open_atoms)
    for truths in itertools.product((True, False), repeat=len(atoms)):
        yield (Other(dict(zip(atoms, truths, strict=True))),)
