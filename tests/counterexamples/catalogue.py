"""The counterexamples, each with what it says of itself in its first lines.

A counterexample is a patch of the shipped stack that ``git apply`` takes, named after the
requirement that must catch it: ``REQ-03.patch``, or ``REQ-03-some-words.patch`` for another one.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.pipelines.compliance import SHIPPED, Case

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
    """Changes files as a patch says."""

    path: Path

    @property
    def files(self) -> frozenset[str]:
        """The files that it changes, makes or removes, relative to the repository."""
        names = re.findall(r"^(?:---|\+\+\+) [ab]/(\S+)$", self.path.read_text("utf-8"), re.M)
        return frozenset(names)

    def apply(self, folder: Path) -> None:
        """Make the changes below ``folder``; a patch that no longer fits says so."""
        done = subprocess.run(
            ["git", "apply", str(self.path)],
            cwd=folder,
            # The folder may lie in somebody's repository, where git would look for other files.
            env=os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (
            f"{self.path.name} no longer fits the sources, make it anew:\n{done.stderr}"
        )


def read_case(path: Path) -> Case:
    """What a counterexample says of itself.

    ``# Breaks: …`` and ``# Caught by: REQ-03`` say what and by whom; ``# Also: REQ-14, REQ-15``
    which others cannot be kept then; ``# Evidence: ADDRESS.ATTRIBUTE at KIND TYPE.NAME`` where the
    evidence must point: the attribute may be left out, and so may the block that file and line must
    lie in, where it is that of the address.
    """
    said: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            break
        matched = _LINE.fullmatch(line)
        assert matched, f"{path.name}: no such line as {line!r}"
        assert matched[1] not in said, f"{path.name}: {matched[1]} is said twice"
        said[matched[1]] = matched[2]
    assert said.keys() - _OPTIONAL == _NEEDED, f"{path.name}: it must say {sorted(_NEEDED)}"
    named, evidence = _NAME.fullmatch(path.name), _ADDRESS.fullmatch(said["Evidence"])
    assert named is not None, f"{path.name}: its name is not like REQ-03.patch"
    assert named[1] == said["Caught by"], f"{path.name}: it is {said['Caught by']} that catches it"
    assert evidence is not None, f"{path.name}: {said['Evidence']} is no address"
    also = [name.strip() for name in said.get("Also", "").split(",") if name.strip()]
    return Case(
        f"{path.stem} {said['Breaks']}",
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
    return [read_case(path) for path in sorted(FOLDER.glob("*.patch"))]
