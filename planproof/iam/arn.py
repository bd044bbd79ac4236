"""Amazon Resource Names, split into their parts.

Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)".
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Arn(NamedTuple):
    """``arn:partition:service:region:account:resource``; the resource may contain colons."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return ":".join(("arn", *self))

    @property
    def name(self) -> str:
        """The last part of the resource's path: ``r`` of ``role/service-role/r``."""
        return self.resource.rpartition("/")[2]


@lru_cache(maxsize=4096)
def parse_arn(text: str) -> Arn | None:
    """The parts of an ARN, or None if the text is not an ARN."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        return None
    return Arn(*parts[1:])
