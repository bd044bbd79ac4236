"""Compares a resolved stack with the same stack applied to an emulated account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from planproof.stand_ins import ASSIGNED, known_parts
from planproof.terraform.stack import Stack
from planproof.values import Value, is_unknown

# What the emulated account does not write as AWS does.
_NOT_AS_AWS = frozenset(
    {
        # No prefix of the kind: AWS writes ANPA…, AIDA…, AGPA…, AIPA….
        "aws_iam_policy.policy_id",
        "aws_iam_user.unique_id",
        "aws_iam_group.unique_id",
        "aws_iam_instance_profile.unique_id",
        # Ten letters; the stand-in begins with "r", so that it is not that of the id.
        "aws_api_gateway_rest_api.root_resource_id",
        # The emulated account leaves AWS's default out.
        "aws_cloudwatch_log_group.log_group_class",
        "aws_sns_topic.signature_version",
        "aws_sns_topic.tracing_config",
    }
)


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
                path = f"{resource.address}.{key}"
                unordered = resource.type == "aws_iam_policy_document"
                yield from self._differ(path, value, other.values.get(key), unordered)

    def _differ(
        self, path: str, resolved: Value, applied: Value, unordered: bool = False
    ) -> Iterator[str]:
        """As :meth:`differences`, of two values.

        Args:
            unordered: whether lists of texts are sets, whose order depends on their texts.
        """
        if isinstance(resolved, str) and '"Statement"' in resolved:
            resolved, applied = _document(known_parts(resolved)), _document(applied)
            unordered = True
        if is_unknown(resolved):
            self.unknown += 1
        elif isinstance(resolved, Mapping) and isinstance(applied, Mapping):
            others = {key: self._key(key, applied) for key in resolved}
            for key, other in others.items():
                yield from self._differ(
                    f"{path}.{key}", resolved[key], applied.get(other), unordered
                )
            for key in applied.keys() - others.values():
                yield from self._differ(f"{path}.{key}", None, applied[key], unordered)
        elif isinstance(resolved, list) and isinstance(applied, list):
            if len(resolved) != len(applied):
                yield f"{path}: {len(resolved)} elements, applied {len(applied)}"
            if unordered:
                applied = self._in_order_of(resolved, applied)
            for index, (one, other) in enumerate(zip(resolved, applied, strict=False)):
                yield from self._differ(f"{path}[{index}]", one, other, unordered)
        else:
            self.known += 1
            if not self._same(resolved, applied):
                yield f"{path}: {resolved!r}, applied {applied!r}"

    def _in_order_of(self, resolved: list[Value], applied: list[Value]) -> list[Value]:
        """The applied elements, those first that are the same as the resolved ones."""
        left = list(applied)
        found = []
        for one in resolved:
            same = [x for x in left if isinstance(one, str) and self._same(one, x)]
            found.append(same[0] if same else None)
            if same:
                left.remove(same[0])
        return [left.pop(0) if one is None and left else one for one in found] + left

    def _key(self, key: str, applied: Mapping[str, Value]) -> str:
        """The key of an applied object that is the same as a resolved one."""
        return key if key in applied else next((k for k in applied if self._same(key, k)), key)

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


def _document(text: Value) -> Value:
    """The JSON document in a text; the value itself where there is none."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text
