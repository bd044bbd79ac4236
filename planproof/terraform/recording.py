"""A resolved stack in a file, for machines without Terraform; valid for the recorded sources."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.plan import place_of
from planproof.terraform.references import Configuration
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.stack import Resource, Resources, Stack
from planproof.terraform.working_copy import references_above
from planproof.values import UNKNOWN, Value

FORMAT = 1
_UNKNOWN = {"$unknown": True}
_SKIPPED = {"__pycache__", "README.md"}


@dataclass(frozen=True, slots=True)
class Recording:
    """The content of a recording.

    Attributes:
        made_with: product and version.
        digest: SHA-256 of the recorded sources, as hex.
    """

    made_with: str
    digest: str
    content: Mapping[str, Any]

    def stacks(self, directory: Path) -> dict[str, Stack]:
        """The recorded stacks, with file and line from the sources in ``directory``."""
        folders = {key: directory / relative for key, relative in self.content["modules"].items()}
        sources = SourceIndex.read(folders, root=directory)
        configuration = Configuration(**self.content["configuration"], sources=sources)
        return {
            name: Stack(
                name,
                Resources({r["address"]: _resource(r) for r in entry["resources"]}),
                {**entry["variables"]},
                configuration,
                True,
                {k: ProviderLocation(**v) for k, v in entry["places"].items()},
                sources,
            )
            for name, entry in self.content["stacks"].items()
        }


def source_digest(directory: Path) -> str:
    """SHA-256 of all files that a stack may depend on: those of its directory, and those that it
    refers to in the parent folders."""
    digest = hashlib.sha256()
    depth, names = references_above(directory)
    roots = {".": directory}
    for level, parent in enumerate(directory.resolve().parents[:depth], 1):
        for name in sorted(names):
            if (parent / name).exists() and not directory.resolve().is_relative_to(parent / name):
                roots["../" * level + name] = parent / name
    for prefix, root in roots.items():
        for path in _files(root):
            name = f"{prefix}/{path.relative_to(root).as_posix()}"
            body = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{name}\0{hashlib.sha256(body).hexdigest()}\n".encode())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in _SKIPPED and not f.startswith("."))
        for name in sorted(files):
            if name in _SKIPPED or name.endswith(".pyc") or ".tfstate" in name:
                continue
            if not name.startswith(".") or name == ".terraform.lock.hcl":
                yield Path(folder) / name


def record(
    stacks: Mapping[str, Stack], made_with: str, directory: Path, modules: Mapping[str, str]
) -> str:
    """The text of a recording of these stacks, with UNKNOWN in place of sensitive values."""
    first = next(iter(stacks.values()))
    content = {
        "format": FORMAT,
        "made_with": made_with,
        "digest": source_digest(directory),
        "modules": {"": ".", **modules},
        "configuration": {
            "resources": first.configuration.resources,
            "modules": first.configuration.modules,
            "providers": first.configuration.providers,
        },
        "stacks": {
            name: {
                "variables": {
                    k: UNKNOWN if k in stack.sensitive_variables else v
                    for k, v in stack.variables.items()
                },
                "places": {k: asdict(v) for k, v in stack.provider_locations.items()},
                "resources": [_entry(r) for r in stack],
            }
            for name, stack in stacks.items()
        },
    }
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=_encode)
    return text + "\n"


def read_recording(path: Path, directory: Path, missing: PlanproofError) -> Recording:
    """Read a recording of the sources in ``directory``.

    Args:
        missing: the error that makes a recording necessary; raised if there is none.

    Raises:
        PlanproofError: no recording, a damaged one, or one of other sources.
    """
    if not path.is_file():
        raise missing
    try:
        content = json.loads(path.read_text("utf-8"), object_hook=_decode)
        if content["format"] != FORMAT:
            raise KeyError("format")
        recording = Recording(content["made_with"], content["digest"], content)
        recording.stacks(directory)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise PlanproofError(
            f"{missing.what}, and the recorded resolution {path.name} is damaged",
            missing.todo,
        ) from None
    if source_digest(directory) != recording.digest:
        raise PlanproofError(
            f"{missing.what}, and the recorded resolution {path.name} is of other sources",
            f"{missing.todo}; then renew the recording with 'planproof record'",
        )
    return recording


def _entry(resource: Resource) -> dict[str, Any]:
    return {
        **resource.place,
        "values": _mask(resource.values, resource.sensitive),
        "dependencies": None if resource.dependencies is None else sorted(resource.dependencies),
    }


def _resource(entry: Mapping[str, Any]) -> Resource:
    return Resource(
        **place_of(entry, entry["module"]),
        values=entry["values"],
        dependencies=None if entry["dependencies"] is None else frozenset(entry["dependencies"]),
    )


def _mask(value: Value, mark: Any) -> Value:
    """``value`` with :data:`UNKNOWN` wherever ``mark`` is True, which means sensitive."""
    if mark is True:
        return UNKNOWN
    if isinstance(mark, Mapping) and isinstance(value, Mapping):
        return {k: _mask(v, mark.get(k)) for k, v in value.items()}
    if isinstance(mark, list) and isinstance(value, list):
        return [_mask(v, m) for v, m in zip(value, chain(mark, repeat(None)), strict=False)]
    return value


def _encode(value: Value) -> Any:
    if value is UNKNOWN:
        return _UNKNOWN
    raise TypeError(f"{value!r} is not a value of Terraform")


def _decode(item: dict[str, Any]) -> Value:
    return UNKNOWN if item == _UNKNOWN else item
