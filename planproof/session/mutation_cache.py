"""The last measurement, kept for runs without ``--mutants`` of the very same stack and suite."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from pytest_bdd.steps import step_function_context_registry

from planproof import __version__
from planproof.errors import PlanproofError
from planproof.mutation.stack.results_json import document, read
from planproof.mutation_results import MutationResult
from planproof.session.stacks import RunRequest
from planproof.terraform.recording import source_digest

FILE = "mutants.json"
FORMAT = 1


def fingerprint(
    request: RunRequest, items: Iterable[pytest.Item], root: Path, more: Iterable[Path] = ()
) -> str:
    """SHA-256, as hex, over all that a measurement follows from: the sources of the stack, the
    variables, the scenarios that are judged, and the folders that their steps come from.

    Args:
        more: further files.

    Returns:
        "" where there are no sources.
    """
    if request.terraform_dir is None or request.plan_file is not None:
        return ""
    digest = hashlib.sha256(f"{__version__} {FORMAT}".encode())
    digest.update(source_digest(request.terraform_dir).encode())
    for text in request.variables:
        digest.update(f"\0{text}".encode())
    judged = list(items)
    for name in sorted(item.nodeid for item in judged):
        digest.update(f"\0{name}".encode())
    files = {item.path for item in judged} | set(_suite(root))
    for path in (*sorted(files), *request.variable_files, *more):
        digest.update(b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _suite(root: Path) -> Iterator[Path]:
    """The Python files in and below the folders of ``root`` that define steps, and the root's."""
    folders = set()
    for definition in step_function_context_registry.values():
        module = sys.modules.get(definition.step_func.__module__)
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(root):
            folders.add(Path(file).parent)
    yield from root.glob("*.py")
    for folder in folders - {root}:
        yield from folder.rglob("*.py")


def keep(mutation: MutationResult, when: dt.datetime, mark: str, folder: Path) -> Path:
    """Write a measurement, and return where.

    Raises:
        PlanproofError: it cannot be written.
    """
    content = {
        "format": FORMAT,
        "of": mark,
        "measured": when.isoformat(),
        "mutation": document(mutation),
    }
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    except OSError as problem:
        raise PlanproofError(
            f"cannot write {path} ({problem.strerror or problem})",
            "name a folder that this user can write to",
        ) from None
    return path


def last(mark: str, folder: Path) -> tuple[MutationResult, dt.datetime] | None:
    """The measurement in a folder, if it is of just this; one that cannot be read is none."""
    try:
        content = json.loads((folder / FILE).read_text("utf-8"))
        if content["format"] != FORMAT or not mark or content["of"] != mark:
            return None
        return read(content["mutation"]), dt.datetime.fromisoformat(content["measured"])
    except (OSError, ValueError, KeyError, TypeError, PlanproofError):
        return None
