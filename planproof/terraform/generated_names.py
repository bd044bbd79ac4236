"""What stands for a name that nobody configures, and that the provider or AWS makes up?"""

from __future__ import annotations

import hashlib
import re
from typing import Final

_NAMED_STRICTLY: Final = frozenset({"aws_s3_bucket", "aws_sns_topic", "aws_sqs_queue"})
_GENERATED: Final = re.compile(r"generated-[a-z0-9-]+-[0-9a-f]{12}")


def generated_name(address: str) -> str:
    """What stands for a name that the provider makes up: the address, in brackets, so that nobody
    takes it for a name. Buckets, queues and topics are made in an emulated account, which takes but
    letters, digits and hyphens, 63 at most.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    type_ = _type_in(address)
    if type_ not in _NAMED_STRICTLY:
        return f"({address})"
    digest = hashlib.sha256(address.encode()).hexdigest()[:12]
    slug = re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-")[:36].strip("-")
    return f"generated-{slug}-{digest}"


def is_generated(name: str) -> bool:
    """Whether a name is one that stands for what the provider makes up."""
    return name.startswith("(") or _GENERATED.fullmatch(name) is not None


def _type_in(address: str) -> str:
    """The resource type in an address: ``module.m["a.b"].aws_sqs_queue.q[0]`` has one."""
    parts = re.sub(r"\[[^]]*\]", "", address).split(".")
    return parts[-2] if len(parts) > 1 else ""
