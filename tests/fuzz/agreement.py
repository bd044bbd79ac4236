"""Compares a resolved stack with the same stack applied to an emulated account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from planproof.stand_ins import ASSIGNED
from planproof.terraform.stack import Stack
from planproof.values import Value, is_unknown

# What the emulated account does not write as AWS does.
_NOT_AS_AWS = frozenset({"aws_iam_policy.policy_id", "aws_iam_user.unique_id"})


@dataclass(slots=True)
class Agreement:
    """Compares values, with one meaning for each stand-in in the whole stack.

    Attributes:
        known: how many values were compared.
        unknown: how many the resolution did not know.
    """

    meanings: dict[str, str] = field(default_factory=dict)
    known: int = 0
    unknown: int = 0

    def differences(self, resolved: Stack, applied: Stack) -> Iterator[str]:
        """A line for each value that the resolution calls known and that is another."""
        for resource in resolved:
            other = applied.get(resource.address)
            if other is None:
                yield f"{resource.address} was resolved and not applied"
                continue
            expressions = resolved.configuration.expressions(resource.declared)
            for key, value in resource.values.items():
                if f"{resource.type}.{key}" in _NOT_AS_AWS:
                    continue
                if not is_unknown(value) and not value and key not in expressions:
                    continue  # the provider reads back what the sources do not set
                yield from self._differ(f"{resource.address}.{key}", value, other.values.get(key))

    def _differ(self, path: str, resolved: Value, applied: Value) -> Iterator[str]:
        if is_unknown(resolved):
            self.unknown += 1
        elif isinstance(resolved, Mapping) and isinstance(applied, Mapping):
            for key in {**resolved, **applied}:
                yield from self._differ(f"{path}.{key}", resolved.get(key), applied.get(key))
        elif isinstance(resolved, list) and isinstance(applied, list):
            if len(resolved) != len(applied):
                yield f"{path}: {len(resolved)} elements, applied {len(applied)}"
            for index, (one, other) in enumerate(zip(resolved, applied, strict=False)):
                yield from self._differ(f"{path}[{index}]", one, other)
        else:
            self.known += 1
            if not self._same(resolved, applied):
                yield f"{path}: {resolved!r}, applied {applied!r}"

    def _same(self, resolved: Value, applied: Value) -> bool:
        if not isinstance(resolved, str) or not isinstance(applied, str):
            return bool(resolved == applied) or (not resolved and not applied)
        pattern, names, at = "", [], 0
        for match in ASSIGNED.finditer(resolved):
            text = self.meanings.get(match[0])
            pattern += re.escape(resolved[at : match.start()])
            pattern += f"({re.escape(text)})" if text is not None else r"([0-9A-Za-z-]+?)"
            names.append(match[0])
            at = match.end()
        found = re.fullmatch(pattern + re.escape(resolved[at:]), applied, re.DOTALL)
        if found is None:
            return False
        self.meanings.update(zip(names, found.groups(), strict=True))
        return True
