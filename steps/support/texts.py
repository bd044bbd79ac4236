"""Every text of a resource, those within JSON documents among them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from planproof.terraform.links import expression_at
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, is_unknown, leaves


def texts_of(stack: Stack, resource: Resource) -> Iterator[tuple[str, Value]]:
    """Every text of a resource with its path, and what the sources set and nobody knows."""
    for path, leaf in leaves(resource.values):
        where = ".".join(map(str, path))
        if is_unknown(leaf):
            # What a data source is asked for is not built; what comes of it is looked at elsewhere.
            written = expression_at(stack, resource, where) if resource.mode == "managed" else None
            if isinstance(written, dict) and written.get("references"):
                yield where, leaf
        elif isinstance(leaf, str):
            yield from _inside(where, leaf)


def _inside(path: str, text: str) -> Iterator[tuple[str, str]]:
    """A text, or the texts of the JSON document that it is."""
    if text[:1] in ("{", "["):
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        if isinstance(document, (dict, list)):
            for inner, leaf in leaves(document):
                if isinstance(leaf, str):
                    yield ".".join((path, *map(str, inner))), leaf
            yield from ((path, key) for key in re.findall(r'"([^"]+)"\s*:', text))
            return
    yield path, text
