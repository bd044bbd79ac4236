"""What a plan would change, address by address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One value that would be another.

    Attributes:
        path: dotted, from the resource.
        before, after: None where there is, or will be, none; "(known after apply)",
            "(sensitive)" where it is so.
    """

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {self.before!r} → {self.after!r}"


@dataclass(frozen=True, slots=True)
class Drift:
    """One resource, or output, that would change.

    Attributes:
        address: of the resource, or ``output.NAME``.
        actions: of Terraform: ``("update",)``, ``("delete", "create")``.
        changes: what would be another.
    """

    address: str
    actions: tuple[str, ...]
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        what = "; ".join(map(str, self.changes))
        return f"{self.address} ({', '.join(self.actions)}){': ' if what else ''}{what}"


_IDLE = (["no-op"], ["read"])


def drift_of(plan: Mapping[str, Any]) -> list[Drift]:
    """The changes of a plan, as ``terraform show -json`` writes it."""
    named = [(entry["address"], entry["change"]) for entry in plan.get("resource_changes") or ()]
    outputs = plan.get("output_changes") or {}
    named += [(f"output.{name}", change) for name, change in outputs.items()]
    return [
        Drift(address, tuple(change["actions"]), tuple(_changes(change)))
        for address, change in named
        if change["actions"] not in _IDLE
    ]


def _changes(change: Mapping[str, Any]) -> Iterator[Change]:
    secret = (change.get("before_sensitive"), change.get("after_sensitive"))
    yield from _differences(
        "", change.get("before"), change.get("after"), change.get("after_unknown"), secret
    )


def _differences(
    path: str, before: Any, after: Any, unknown: Any, secret: tuple[Any, Any]
) -> Iterator[Change]:
    if unknown is True:
        after = "(known after apply)"
    if before == after and not unknown:
        return
    if True in secret:
        yield Change(path, "(sensitive)", "(sensitive)")
        return
    if unknown is not True:
        keys = _keys(before, after, unknown)
        if keys is not None:
            for key in keys:
                marks = (_in(secret[0], key), _in(secret[1], key))
                yield from _differences(
                    f"{path}.{key}" if path else str(key),
                    _in(before, key),
                    _in(after, key),
                    _in(unknown, key),
                    marks,
                )
            return
    if before != after:
        yield Change(path, before, after)


def _keys(before: Any, after: Any, unknown: Any) -> list[Any] | None:
    """What both sides are looked into by; None where they are no structures of one kind."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        more = unknown if isinstance(unknown, Mapping) else {}
        return list({**before, **after, **more})
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return list(range(len(before)))
    return None


def _in(structure: Any, key: Any) -> Any:
    if structure is True:  # of marks: all of it
        return True
    if isinstance(structure, Mapping):
        return structure.get(key)
    if isinstance(structure, list) and isinstance(key, int) and key < len(structure):
        return structure[key]
    return None
