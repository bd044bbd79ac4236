"""Changes to a copy of a pipeline that an :class:`~tests.pipelines.compliance.Edit` cannot make.

Each names the files that it changes, some by a glob, and is an error if it changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Everywhere:
    """Replaces every match of a regular expression in the files of a glob.

    Attributes:
        where: relative to the folder that holds the pipeline's folders: ``terraform/*.tf``.
        old: a regular expression; ``^`` and ``$`` match at lines.
    """

    where: str
    old: str
    new: str

    @property
    def files(self) -> frozenset[str]:
        """The files or globs that it changes."""
        return frozenset({self.where})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``."""
        count = 0
        for path in sorted(folder.glob(self.where)):
            text = path.read_text("utf-8")
            changed, found = re.subn(self.old, self.new, text, flags=re.MULTILINE)
            path.write_text(changed, "utf-8")
            count += found if changed != text else 0
        assert count, f"nothing in {self.where} matches {self.old}"


@dataclass(frozen=True)
class Block:
    """Replaces or removes a top-level block of a Terraform file.

    Attributes:
        first: the block's first line, up to the brace: ``resource "aws_sqs_queue" "status"``.
    """

    file: str
    first: str
    new: str = ""

    @property
    def files(self) -> frozenset[str]:
        """The files or globs that it changes."""
        return frozenset({self.file})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``."""
        path = folder / self.file
        text = path.read_text("utf-8")
        found = re.findall(rf"^{re.escape(self.first)} \{{(?:\}}|.*?\n\}})\n", text, re.M | re.S)
        assert len(found) == 1, f"{self.file} has {len(found)} times the block {self.first}"
        path.write_text(text.replace(found[0], self.new), "utf-8")


@dataclass(frozen=True)
class Move:
    """Moves a file, or all files of a glob into a folder.

    Attributes:
        to: the new name, or a folder if it ends with a slash.
    """

    file: str
    to: str

    @property
    def files(self) -> frozenset[str]:
        """The files or globs that it changes."""
        return frozenset({self.file, self.to})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``."""
        found = sorted(folder.glob(self.file))
        assert found, f"there is no {self.file}"
        for path in found:
            target = folder / self.to
            target = target / path.name if self.to.endswith("/") else target
            target.parent.mkdir(parents=True, exist_ok=True)
            assert not target.exists(), f"{target.name} exists"
            path.rename(target)


@dataclass(frozen=True)
class Remove:
    """Removes a file."""

    file: str

    @property
    def files(self) -> frozenset[str]:
        """The files or globs that it changes."""
        return frozenset({self.file})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``."""
        (folder / self.file).unlink()


@dataclass(frozen=True)
class Merge:
    """Concatenates the files of a glob into one."""

    where: str
    to: str

    @property
    def files(self) -> frozenset[str]:
        """The files or globs that it changes."""
        return frozenset({self.where, self.to})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``."""
        found = sorted(folder.glob(self.where))
        assert len(found) > 1, f"there is nothing to merge in {self.where}"
        text = "\n".join(path.read_text("utf-8") for path in found)
        for path in found:
            path.unlink()
        assert not (folder / self.to).exists(), f"{self.to} exists"
        (folder / self.to).write_text(text, "utf-8")


@dataclass(frozen=True)
class Split:
    """Moves every top-level block of a Terraform file into a separate file."""

    file: str

    @property
    def files(self) -> frozenset[str]:
        """The files or globs that it changes."""
        return frozenset({self.file})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``."""
        path = folder / self.file
        blocks = re.split(r"(?<=^\}\n)", path.read_text("utf-8"), flags=re.MULTILINE)
        assert len(blocks) > 1, f"{self.file} is one block"
        path.unlink()
        for number, block in enumerate(blocks):
            (path.parent / f"{path.stem}_{number}.tf").write_text(block, "utf-8")
