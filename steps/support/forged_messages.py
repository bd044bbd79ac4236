"""Messages that a pipeline was never meant to get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from planproof.terraform.identities import ProviderLocation
from planproof.terraform.stack import Stack
from planproof.values import leaves
from steps.support.messages import Event, job_state, upload

_FOREIGN: Final = "a-bucket-of-somebody-else"


def forged_event(place: ProviderLocation) -> Event:
    """An event of S3, as S3 writes it, about a bucket that is none of the stack's."""
    stored = {"ETag": "d41d8cd98f00b204e9800998ecf8427e", "VersionId": uuid4().hex}
    return upload(_FOREIGN, "forged.mp4", 1000, stored, place)


def unknown_job(stack: Stack, place: ProviderLocation, model: Mapping[str, Any]) -> Event:
    """The report of a job that nobody made.

    Args:
        model: a job of the stack. The user metadata that name a part of the stack are kept, those
            that tell one job from another are others.
    """
    metadata = {
        name: value if _names_a_part(stack, value) else f"unknown-{uuid4().hex}"
        for name, value in model.get("UserMetadata", {}).items()
    }
    identifier = f"1772366400000-{uuid4().hex[:6]}"
    settings = model.get("Settings", {})
    return job_state(
        {"Id": identifier, "UserMetadata": metadata, "Settings": settings}, "COMPLETE", place
    )


def _names_a_part(stack: Stack, value: str) -> bool:
    return any(leaf == value for part in stack.managed() for _, leaf in leaves(part.values))
