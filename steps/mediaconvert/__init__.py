"""AWS Elemental MediaConvert for an emulated account, since moto lacks it.

An account loads it as ``steps.mediaconvert:MediaConvert``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steps.mediaconvert.service import MediaConvert

__all__ = ["MediaConvert"]


def __getattr__(name: str) -> Any:
    """Import the service on first access: steps that only create a clip do not need it."""
    if name != "MediaConvert":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from steps.mediaconvert.service import MediaConvert

    return MediaConvert
