"""Replaces attributes of moto, repeatably and reversibly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

_ABSENT: Final = object()
_originals: dict[tuple[Any, str], Any] = {}


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replace an attribute of a class or module.

    Args:
        make: returns the replacement, given the original, or None if there is none.
    """
    original = _originals.setdefault((owner, name), vars(owner).get(name, _ABSENT))
    setattr(owner, name, make(None if original is _ABSENT else original))


def unpatch() -> None:
    """Restore all originals."""
    for (owner, name), original in _originals.items():
        if original is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, original)
    _originals.clear()
