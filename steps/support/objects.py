"""Object keys that the bucket notification announces, and that policies name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planproof.iam import PolicyDocument, statements_allowing
from planproof.values import is_unknown
from steps.support.pipeline import Pipeline


def announced_keys(pipeline: Pipeline) -> Iterator[str]:
    """Example keys that match each filter of the bucket notification."""
    blocks = pipeline.notification.get("queue")
    for block in blocks if isinstance(blocks, (list, tuple)) else [{}]:
        values = {} if is_unknown(block) else block
        filters = [values.get(f"filter_{end}") for end in ("prefix", "suffix")]
        prefix, suffix = (text if isinstance(text, str) else "" for text in filters)
        yield f"{prefix}film{suffix or '.mp4'}"
        yield f"{prefix}some/folder/holiday film{suffix or '.mov'}"


def named_objects(documents: Iterable[PolicyDocument], bucket: str, action: str) -> Iterator[str]:
    """An example object for each pattern in a bucket that policies allow an action on.

    Args:
        bucket: its ARN.
    """
    for ref in statements_allowing(documents, action):
        for pattern in ref.resources or ():
            if isinstance(pattern, str) and pattern.startswith(f"{bucket}/"):
                yield pattern.replace("*", "film").replace("?", "x")
