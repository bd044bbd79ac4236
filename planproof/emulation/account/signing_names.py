"""Maps the service of a credential scope to botocore's service names.

The signing name may differ from botocore's name, and several APIs may share one. Both are in the
metadata at the start of each of botocore's service models; only the starts are read, in 0.04 s.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

_NAME = re.compile(rb'"(signingName|endpointPrefix)":\s*"([^"]+)"')
_METADATA = re.compile(rb'"metadata":\s*\{\s*"apiVersion".*?"uid"', re.DOTALL)
_START = 1024  # bytes, compressed


def services_with_signing_name(name: str) -> tuple[str, ...]:
    """botocore's names of the services, the most likely first; empty if there is none.

    Operations of S3 match requests of S3 Control, too, so that S3 comes last.
    """
    found = _services().get(name, ())
    return tuple(sorted(found, key=lambda one: (one == "s3", one != name, one)))


@cache
def _services() -> Mapping[str, tuple[str, ...]]:
    """Signing name → botocore's names."""
    found: dict[str, tuple[str, ...]] = {}
    for folder in Path(str(files("botocore") / "data")).iterdir():
        for model in sorted(folder.glob("*/service-2.json.gz"))[-1:]:
            name = _signing_name(model)
            found[name] = (*found.get(name, ()), folder.name)
    return found


def _signing_name(model: Path) -> str:
    data = model.read_bytes()
    start = zlib.decompressobj(wbits=31).decompress(data[:_START])
    found = _METADATA.search(start)
    if found is not None:
        metadata = {key.decode(): value.decode() for key, value in _NAME.findall(found[0])}
    else:
        metadata = json.loads(zlib.decompress(data, wbits=31))["metadata"]
    return str(metadata.get("signingName") or metadata["endpointPrefix"])
