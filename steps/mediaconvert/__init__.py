"""AWS Elemental MediaConvert in an emulated account, which moto lacks.

Named to an account as ``steps.mediaconvert:MediaConvert``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steps.mediaconvert.service import MediaConvert

__all__ = ["MediaConvert"]


def __getattr__(name: str) -> Any:
    """The service, read when an account asks for it: steps that make a clip need none of it."""
    if name != "MediaConvert":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from steps.mediaconvert.service import MediaConvert

    return MediaConvert
