"""Replaces what moto has by something else, so that it can be done again and be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

_ABSENT: Final = object()
_originals: dict[tuple[Any, str], Any] = {}


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put something in the place of an attribute of a class or module.

    Args:
        make: takes moto's own (None where it has none), and gives what takes its place.
    """
    own = _originals.setdefault((owner, name), vars(owner).get(name, _ABSENT))
    setattr(owner, name, make(None if own is _ABSENT else own))


def unpatch() -> None:
    """Give moto everything back that was its own."""
    for (owner, name), own in _originals.items():
        if own is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, own)
    _originals.clear()
