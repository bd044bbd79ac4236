"""Which resources of their own say something of an S3 bucket?

Terraform writes versioning, lifecycle, ownership and Block Public Access of a bucket in resources
beside it, each of which names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.evidence import Recorder
from planproof.terraform.link_index import holders
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack

_NAMES = ("id", "bucket")


def beside(stack: Stack, bucket: Resource, type_: str) -> list[tuple[Resource, bool]]:
    """The resources of a type that are for a bucket, or may be; and whether they surely are."""
    found = []
    for resource in holders(stack, (type_,), "bucket", bucket, _NAMES):
        named = links(stack, resource, "bucket", bucket, _NAMES)
        if named is not False:
            found.append((resource, named is True))
    return found


def companions(
    stack: Stack, bucket: Resource, type_: str, evidence: Recorder, *, expected: str
) -> Iterator[Resource]:
    """The resources of a type that are surely for a bucket; that there is none is written down.

    Args:
        expected: what such a resource would say, for a reader.
    """
    found = beside(stack, bucket, type_)
    sure = [resource for resource, is_sure in found if is_sure]
    yield from sure
    if sure:
        return
    doubtful = ", ".join(str(resource) for resource, _ in found)
    evidence.check(
        None if doubtful else False,
        bucket,
        expected=f"an {type_} with {expected}",
        found=f"none but {doubtful}, if that is for it" if doubtful else "none",
    )
