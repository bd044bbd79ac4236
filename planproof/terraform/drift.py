"""Drift: the changes in a plan, by resource address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """An attribute whose value would change.

    Attributes:
        path: attribute path, dotted.
        before, after: None where there is no value; "(known after apply)" or "(sensitive)" in place
            of such a value.
    """

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {self.before!r} → {self.after!r}"


@dataclass(frozen=True, slots=True)
class Drift:
    """A resource or output that would change.

    Attributes:
        address: of the resource, or ``output.NAME``.
        actions: Terraform's: ``("update",)``, ``("delete", "create")``.
    """

    address: str
    actions: tuple[str, ...]
    changes: tuple[AttributeChange, ...]

    def __str__(self) -> str:
        changes = "; ".join(map(str, self.changes))
        return f"{self.address} ({', '.join(self.actions)}){': ' if changes else ''}{changes}"


_NO_CHANGE = (["no-op"], ["read"])


def drift_of(plan: Mapping[str, Any]) -> list[Drift]:
    """The changes of a plan, as ``terraform show -json`` writes it."""
    named = [(entry["address"], entry["change"]) for entry in plan.get("resource_changes") or ()]
    outputs = plan.get("output_changes") or {}
    named += [(f"output.{name}", change) for name, change in outputs.items()]
    return [
        Drift(address, tuple(change["actions"]), tuple(_changes(change)))
        for address, change in named
        if change["actions"] not in _NO_CHANGE
    ]


def _changes(change: Mapping[str, Any]) -> Iterator[AttributeChange]:
    sensitive = (change.get("before_sensitive"), change.get("after_sensitive"))
    yield from _differences(
        "", change.get("before"), change.get("after"), change.get("after_unknown"), sensitive
    )


def _differences(
    path: str, before: Any, after: Any, unknown: Any, sensitive: tuple[Any, Any]
) -> Iterator[AttributeChange]:
    if unknown is True:
        after = "(known after apply)"
    if before == after and not unknown:
        return
    if True in sensitive:
        yield AttributeChange(path, "(sensitive)", "(sensitive)")
        return
    if unknown is not True and (keys := _keys(before, after, unknown)) is not None:
        for key in keys:
            yield from _differences(
                f"{path}.{key}" if path else str(key),
                _at(before, key),
                _at(after, key),
                _at(unknown, key),
                (_at(sensitive[0], key), _at(sensitive[1], key)),
            )
        return
    if before != after:
        yield AttributeChange(path, before, after)


def _keys(before: Any, after: Any, unknown: Any) -> list[Any] | None:
    """The keys or indexes to compare by; None unless both are maps, or lists of one length."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        more = unknown if isinstance(unknown, Mapping) else {}
        return list({**before, **after, **more})
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return list(range(len(before)))
    return None


def _at(structure: Any, key: Any) -> Any:
    if structure is True:  # a mark for the whole structure
        return True
    if isinstance(structure, Mapping):
        return structure.get(key)
    if isinstance(structure, list) and isinstance(key, int) and key < len(structure):
        return structure[key]
    return None
