"""Which resources of their own say something of an S3 bucket?

Terraform writes versioning, lifecycle, ownership and Block Public Access of a bucket in resources
beside it, each of which names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.link_index import holders
from planproof.links import links
from planproof.recorder import Recorder
from planproof.stack import Resource, Stack

_NAMES = ("id", "bucket")


def companions(
    stack: Stack, bucket: Resource, type_: str, evidence: Recorder, *, expected: str
) -> Iterator[Resource]:
    """The resources of a type that are surely for a bucket; that there is none is written down.

    Args:
        expected: what such a resource would say, for a reader.
    """
    verdicts = [
        (resource, links(stack, resource, "bucket", bucket, _NAMES))
        for resource in holders(stack, (type_,), "bucket", bucket, _NAMES)
    ]
    sure = [resource for resource, verdict in verdicts if verdict]
    yield from sure
    if sure:
        return
    doubtful = [str(resource) for resource, verdict in verdicts if verdict is None]
    found = f"whether it is for this bucket is not known of {', '.join(doubtful)}"
    evidence.check(
        None if doubtful else False,
        bucket,
        expected=f"an {type_} with {expected}",
        found=found if doubtful else "none",
    )
