"""Copies a Terraform directory, with the files that it refers to in its parent folders."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from planproof.errors import PlanproofError
from planproof.terraform.source_index import is_override, json_keys, scan_text

OVERRIDE_FILE = "planproof_override.tf"
PROBE_FILE = "planproof_probe.tf"

_IGNORED = (
    ".git",
    ".terraform",
    ".planproof",
    ".tox",
    ".venv",
    "*.tfstate",
    "*.tfstate.*",
    "*.tftest.hcl",
    "*.tftest.json",
)
_UPWARDS = re.compile(r"((?:\.\./)+)([\w.-]+)?")


def source_files(directory: Path) -> list[Path]:
    """The files that Terraform reads from a directory, in its order: override files last.

    Raises:
        PlanproofError: not a directory, or one without Terraform files.
    """
    todo = "name a directory of .tf files with --terraform-dir"
    if not directory.is_dir():
        raise PlanproofError(f"{directory} is not a directory", todo)
    files = [p for p in sorted(directory.iterdir()) if p.name.endswith((".tf", ".tf.json"))]
    if not files:
        raise PlanproofError(f"{directory} has no .tf files", todo)
    return sorted(files, key=lambda path: is_override(path.name))


def references_above(directory: Path) -> tuple[int, frozenset[str]]:
    """How many levels above itself the files of a directory refer to (at least 1), and the names of
    the files and folders there. Nested folders are read too: they may hold local modules."""
    depth, names = 1, set[str]()
    for path in directory.rglob("*.tf*"):
        if ".terraform" in path.parts or not path.is_file() or path.stat().st_size > 5_000_000:
            continue
        below = len(path.parent.relative_to(directory).parts)
        for match in _UPWARDS.finditer(path.read_text("utf-8", "replace")):
            levels = match[1].count("../") - below
            if levels >= 1:
                depth = max(depth, levels)
                if match[2]:
                    names.add(match[2])
    return depth, frozenset(names)


def copy_sources(source: Path, tree: Path) -> Path:
    """Copy ``source`` below ``tree``, with the parent folders that it refers to.

    What the sources refer to there ("../lambda") is copied; the rest is linked. An earlier copy is
    replaced.

    Returns:
        The copy of ``source``.
    """
    if tree.exists():
        shutil.rmtree(tree)
    depth, names = references_above(source)
    levels = list(reversed(source.parents[:depth]))
    here = tree
    here.mkdir(parents=True)
    for level, child in zip(levels, [*levels[1:], source], strict=True):
        for entry in _entries(level):
            if entry == child or entry.name in (".git", ".terraform", ".planproof", ".tox"):
                continue
            if entry.name in names:
                _copy(entry, here / entry.name)
            else:
                (here / entry.name).symlink_to(entry)
        here = here / child.name
        if child != source:
            here.mkdir()
    _copy(source, here)
    return here


def _entries(folder: Path) -> Iterable[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # a parent folder without read permission
        return ()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(
            source,
            target,
            ignore=shutil.ignore_patterns(*_IGNORED),
            symlinks=True,
            ignore_dangling_symlinks=True,
        )
    else:
        shutil.copy2(source, target)


def remove_provisioners(directory: Path, *, write: bool = True) -> int:
    """Remove every ``provisioner`` block of a resource; line numbers stay the same.

    Resolution "applies" overridden resources, which would run a local-exec.

    Args:
        write: False to count the blocks only.

    Returns:
        The number of provisioners.
    """
    count = 0
    for path in [*directory.glob("*.tf"), *directory.glob("*.tf.json")]:
        text = path.read_text("utf-8", "replace")
        if "provisioner" not in text:
            continue
        spans = list(_provisioners(text, path.name))
        count += len(spans)
        if spans and write:
            for start, end, replacement in sorted(spans, reverse=True):
                text = text[:start] + replacement + "\n" * text.count("\n", start, end) + text[end:]
            path.write_text(text, "utf-8")
    return count


def _provisioners(text: str, name: str) -> Iterator[tuple[int, int, str]]:
    """Start and end of the text that declares a provisioner, and its replacement."""
    for block in scan_text(text, name):
        if block.kind != "resource":
            continue
        for nested in block.blocks:
            if nested.kind == "provisioner":
                yield nested.start, nested.end, ""
        if name.endswith(".json") and (written := block.attributes.get("provisioner")):
            key = written.start
            yield key, key + len('"provisioner"'), '"//"'  # a comment in JSON syntax


def remove_blocks(directory: Path, kinds: Collection[str]) -> None:
    """Remove every top-level block of these kinds, which have no effect on what is planned.

    An import reads an object that exists already, and the stack is judged as if nothing did. A
    check is a warning of Terraform, which its tests take for an error. Line numbers stay the same.
    """
    for path in [*directory.glob("*.tf"), *directory.glob("*.tf.json")]:
        text = path.read_text("utf-8", "replace")
        if not any(kind in text for kind in kinds):
            continue
        changed = text
        if path.name.endswith(".json"):
            for kind, key in reversed(list(json_keys(text))):
                if kind in kinds:  # "//" is a comment in JSON syntax
                    changed = changed[:key] + '"//"' + changed[key + len(json.dumps(kind)) :]
        else:
            for block in reversed([b for b in scan_text(text, path.name) if b.kind in kinds]):
                gap = "\n" * block.text.count("\n")
                changed = changed[: block.start] + gap + changed[block.end :]
        if changed != text:
            path.write_text(changed, "utf-8")
