"""Every string of a resource, including those inside JSON documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from planproof.terraform.links import expression_at
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, is_unknown, leaves


def texts_of(stack: Stack, resource: Resource) -> Iterator[tuple[str, Value]]:
    """Every string of a resource with its path, and every unknown value that the sources set."""
    for path, leaf in leaves(resource.values):
        where = ".".join(map(str, path))
        if is_unknown(leaf):
            # Arguments of data sources create nothing; their results appear in other resources.
            written = expression_at(stack, resource, where) if resource.mode == "managed" else None
            if isinstance(written, dict) and written.get("references"):
                yield where, leaf
        elif isinstance(leaf, str):
            yield from _inside(where, leaf)


def _inside(path: str, text: str) -> Iterator[tuple[str, str]]:
    """The string, or the strings of the JSON document in it."""
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
