"""The counterexamples, with the description in their first lines.

A counterexample is a patch of the shipped stack that ``git apply`` takes, named after the
requirement that must fail: ``REQ-03.patch``, or ``REQ-03-some-words.patch`` for another one.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.pipelines.compliance import SHIPPED, Case, resolved_once

FOLDER = Path(__file__).parent
_NAME = re.compile(r"(REQ-\d{2,})(-[a-z0-9-]+)?\.patch")
_LINE = re.compile(r"# ([A-Z][a-z ]*): (\S.*)")
_NEEDED, _OPTIONAL = {"Breaks", "Caught by", "Evidence"}, {"Also"}
_ADDRESS = re.compile(
    r"(?P<address>(?:module\.[\w-]+(?:\[[^\]]+\])?\.)*(?:data\.)?[a-z]\w*\.[\w-]+(?:\[[^\]]+\])?)"
    r"(?:\.(?P<attribute>\S+))?(?: at (?P<block>\S+ \S+))?"
)


@dataclass(frozen=True)
class Patch:
    """Applies a patch."""

    path: Path

    @property
    def files(self) -> frozenset[str]:
        """The files that it changes, adds or removes, relative to the repository."""
        names = re.findall(r"^(?:---|\+\+\+) [ab]/(\S+)$", self.path.read_text("utf-8"), re.M)
        return frozenset(names)

    def apply(self, folder: Path) -> None:
        """Apply the patch below ``folder``; the error says if it no longer applies."""
        done = subprocess.run(
            ["git", "apply", str(self.path)],
            cwd=folder,
            # The folder may be inside a repository, whose files git would patch.
            env=os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (
            f"{self.path.name} no longer applies to the sources, make it again:\n{done.stderr}"
        )


def read_case(path: Path) -> Case:
    """The case that a counterexample describes.

    ``# Breaks: …`` is its description, ``# Caught by: REQ-03`` the requirement that must fail,
    ``# Also: REQ-14, REQ-15`` the others that fail then. ``# Evidence: ADDRESS.ATTRIBUTE at KIND
    TYPE.NAME`` is the location of the evidence; the attribute is optional, and so is the block with
    its file and line, if it is that of the address.
    """
    header: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            break
        matched = _LINE.fullmatch(line)
        assert matched, f"{path.name}: no such line as {line!r}"
        assert matched[1] not in header, f"{path.name}: {matched[1]} is given twice"
        header[matched[1]] = matched[2]
    assert header.keys() - _OPTIONAL == _NEEDED, f"{path.name}: it must have {sorted(_NEEDED)}"
    named, evidence = _NAME.fullmatch(path.name), _ADDRESS.fullmatch(header["Evidence"])
    assert named is not None, f"{path.name}: its name is not like REQ-03.patch"
    assert named[1] == header["Caught by"], f"{path.name}: it is caught by {header['Caught by']}"
    assert evidence is not None, f"{path.name}: {header['Evidence']} is not an address"
    also = [name.strip() for name in header.get("Also", "").split(",") if name.strip()]
    return Case(
        f"{path.stem} {header['Breaks']}",
        SHIPPED,
        (Patch(path),),
        broken=named[1],
        address=evidence["address"],
        attribute=evidence["attribute"] or "",
        block=evidence["block"] or "",
        also=frozenset(also),
    )


def counterexamples() -> list[Case]:
    """All of them, by name."""
    return [resolved_once(read_case(path)) for path in sorted(FOLDER.glob("*.patch"))]
