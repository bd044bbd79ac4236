"""The separate resources that configure an S3 bucket.

In Terraform, versioning, lifecycle, ownership and Block Public Access of a bucket are resources
that refer to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.evidence import Recorder
from planproof.terraform.link_index import holders
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack

_NAMES = ("id", "bucket")


def settings_of(stack: Stack, bucket: Resource, type_: str) -> list[tuple[Resource, bool]]:
    """The resources of a type that do or may refer to a bucket, and whether they certainly do."""
    found = []
    for resource in holders(stack, (type_,), "bucket", bucket, _NAMES):
        named = links(stack, resource, "bucket", bucket, _NAMES)
        if named is not False:
            found.append((resource, named is True))
    return found


def bucket_settings(
    stack: Stack, type_: str, evidence: Recorder, *, expected: str
) -> Iterator[Resource]:
    """The resources of a type that refer to each bucket; records a bucket without any.

    Args:
        expected: the setting that is expected, for the evidence.
    """
    for bucket in stack.managed("aws_s3_bucket"):
        found = settings_of(stack, bucket, type_)
        sure = [resource for resource, is_sure in found if is_sure]
        yield from sure
        if not sure:
            doubtful = ", ".join(str(resource) for resource, _ in found)
            evidence.check(
                None if doubtful else False,
                bucket,
                expected=f"an {type_} with {expected}",
                found=f"none for certain; {doubtful} may refer to it" if doubtful else "none",
            )
