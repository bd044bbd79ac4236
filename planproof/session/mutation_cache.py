"""Saves the last mutation result, which runs of the same stack without ``--mutants`` report."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from planproof import __version__
from planproof.errors import PlanproofError
from planproof.mutation.results_json import document, read
from planproof.mutation_results import MutationResult
from planproof.session.bdd_registries import step_definitions
from planproof.session.stacks import RunRequest
from planproof.terraform.recording import source_digest

FILE = "mutants.json"
FORMAT = 1


def fingerprint(
    request: RunRequest, items: Iterable[pytest.Item], root: Path, more: Iterable[Path] = ()
) -> str:
    """SHA-256, as hex, of everything that a mutation result depends on: the sources of the stack,
    the variables, the scenarios that are judged, and the Python files of their steps.

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
    """The Python files of ``root`` itself, and those in and below its folders with step modules."""
    folders = set()
    for definition in step_definitions():
        module = sys.modules.get(definition.step_func.__module__)
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(root):
            folders.add(Path(file).parent)
    yield from root.glob("*.py")
    for folder in folders - {root}:
        yield from folder.rglob("*.py")


def save(mutation: MutationResult, when: dt.datetime, mark: str, folder: Path) -> Path:
    """Write a mutation result, and return the path of the file.

    Args:
        mark: the :func:`fingerprint` of what it depends on.

    Raises:
        PlanproofError: the file cannot be written.
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


def load(mark: str, folder: Path) -> tuple[MutationResult, dt.datetime] | None:
    """The mutation result in a folder and its date; None if it is unreadable or has another
    fingerprint."""
    try:
        content = json.loads((folder / FILE).read_text("utf-8"))
        if content["format"] != FORMAT or not mark or content["of"] != mark:
            return None
        return read(content["mutation"]), dt.datetime.fromisoformat(content["measured"])
    except (OSError, ValueError, KeyError, TypeError, PlanproofError):
        return None
