"""Placeholders for physical names that the provider or AWS generates."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from planproof.service_facts import resource_type

_GENERATED: Final = re.compile(r"generated-[a-z0-9-]+-[0-9a-f]{12}")


def generated_name(address: str) -> str:
    """The placeholder for a generated name: the address in parentheses, which is no valid name.

    Buckets, queues and topics are created in an emulated account, which accepts only letters,
    digits and hyphens, at most 63, so theirs has only those.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    if not resource_type(_type_in(address)).strict_name:
        return f"({address})"
    digest = hashlib.sha256(address.encode()).hexdigest()[:12]
    slug = re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-")[:36].strip("-")
    return f"generated-{slug}-{digest}"


def is_generated(name: str) -> bool:
    """Whether a name is a placeholder for a generated one."""
    return name.startswith("(") or _GENERATED.fullmatch(name) is not None


def _type_in(address: str) -> str:
    """The resource type in an address such as ``module.m["a.b"].aws_sqs_queue.q[0]``."""
    parts = re.sub(r"\[[^]]*\]", "", address).split(".")
    return parts[-2] if len(parts) > 1 else ""
