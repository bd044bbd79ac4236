"""Messages that the pipeline must not act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from planproof.terraform.identities import ProviderLocation
from planproof.terraform.stack import Stack
from planproof.values import leaves
from steps.support.messages import Event, job_state, upload

_FOREIGN_BUCKET: Final = "a-bucket-of-somebody-else"


def forged_event(location: ProviderLocation) -> Event:
    """An S3 event about a bucket outside the stack."""
    stored = {"ETag": "d41d8cd98f00b204e9800998ecf8427e", "VersionId": uuid4().hex}
    return upload(_FOREIGN_BUCKET, "forged.mp4", 1000, stored, location)


def unknown_job(stack: Stack, location: ProviderLocation, model: Mapping[str, Any]) -> Event:
    """A COMPLETE event for a job that does not exist.

    Args:
        model: a job of the stack. User metadata that name a resource are kept; the others, which
            identify the job, are replaced.
    """
    metadata = {
        name: value if _names_a_resource(stack, value) else f"unknown-{uuid4().hex}"
        for name, value in model.get("UserMetadata", {}).items()
    }
    identifier = f"1772366400000-{uuid4().hex[:6]}"
    settings = model.get("Settings", {})
    return job_state(
        {"Id": identifier, "UserMetadata": metadata, "Settings": settings}, "COMPLETE", location
    )


def _names_a_resource(stack: Stack, value: str) -> bool:
    return any(leaf == value for part in stack.managed() for _, leaf in leaves(part.values))
