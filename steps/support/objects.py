"""Which objects does a bucket announce, and which may a role touch?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planproof.iam import PolicyDocument, statements_allowing
from planproof.values import is_unknown
from steps.pipeline import Pipeline


def announced_keys(pipeline: Pipeline) -> Iterator[str]:
    """A key for each place in which an upload may be and is announced."""
    blocks = pipeline.notification.get("queue")
    for block in blocks if isinstance(blocks, (list, tuple)) else [{}]:
        given_ends = {} if is_unknown(block) else block
        ends = [given_ends.get(f"filter_{end}") for end in ("prefix", "suffix")]
        prefix, suffix = (end if isinstance(end, str) else "" for end in ends)
        yield f"{prefix}film{suffix or '.mp4'}"
        yield f"{prefix}some/folder/holiday film{suffix or '.mov'}"


def named_objects(documents: Iterable[PolicyDocument], bucket: str, action: str) -> Iterator[str]:
    """An object for each pattern that policies allow an action on, in a bucket given by ARN."""
    for ref in statements_allowing(documents, action):
        for pattern in ref.resources or ():
            if isinstance(pattern, str) and pattern.startswith(f"{bucket}/"):
                yield pattern.replace("*", "film").replace("?", "x")
