"""Changes to a copy of a pipeline that are more than one piece of text.

Like an :class:`~tests.pipelines.compliance.Edit`, each names what it changes, some by a glob, and
refuses to change nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Everywhere:
    """Replaces every match of a regular expression, in every file that a glob names.

    Attributes:
        where: relative to the folder that holds the pipeline's folders: ``terraform/*.tf``.
        old: as :mod:`re` has it; ``^`` and ``$`` are the ends of lines.
    """

    where: str
    old: str
    new: str

    @property
    def files(self) -> frozenset[str]:
        """Where it changes something."""
        return frozenset({self.where})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``."""
        count = 0
        for path in sorted(folder.glob(self.where)):
            text = path.read_text("utf-8")
            changed, found = re.subn(self.old, self.new, text, flags=re.MULTILINE)
            path.write_text(changed, "utf-8")
            count += found if changed != text else 0
        assert count, f"nothing in {self.where} is as {self.old}"


@dataclass(frozen=True)
class Block:
    """Replaces a whole top-level block of a Terraform file, or drops it.

    Attributes:
        first: the block's first line, up to the brace: ``resource "aws_sqs_queue" "status"``.
    """

    file: str
    first: str
    new: str = ""

    @property
    def files(self) -> frozenset[str]:
        """Where it changes something."""
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
    """Moves a file, or every file that a glob names into a folder.

    Attributes:
        to: the new name, or with a slash at its end the folder.
    """

    file: str
    to: str

    @property
    def files(self) -> frozenset[str]:
        """Where it changes something."""
        return frozenset({self.file, self.to})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``."""
        found = sorted(folder.glob(self.file))
        assert found, f"there is no {self.file}"
        for path in found:
            target = folder / self.to
            target = target / path.name if self.to.endswith("/") else target
            target.parent.mkdir(parents=True, exist_ok=True)
            assert not target.exists(), f"{target.name} is there already"
            path.rename(target)


@dataclass(frozen=True)
class Remove:
    """Takes a file away."""

    file: str

    @property
    def files(self) -> frozenset[str]:
        """Where it changes something."""
        return frozenset({self.file})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``."""
        (folder / self.file).unlink()


@dataclass(frozen=True)
class Merge:
    """Puts the files that a glob names into one, one behind the other."""

    where: str
    to: str

    @property
    def files(self) -> frozenset[str]:
        """Where it changes something."""
        return frozenset({self.where, self.to})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``."""
        found = sorted(folder.glob(self.where))
        assert len(found) > 1, f"there is nothing to merge in {self.where}"
        text = "\n".join(path.read_text("utf-8") for path in found)
        for path in found:
            path.unlink()
        assert not (folder / self.to).exists(), f"{self.to} is there already"
        (folder / self.to).write_text(text, "utf-8")


@dataclass(frozen=True)
class Split:
    """Puts every top-level block of a Terraform file into a file of its own, beside it."""

    file: str

    @property
    def files(self) -> frozenset[str]:
        """Where it changes something."""
        return frozenset({self.file})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``."""
        path = folder / self.file
        blocks = re.split(r"(?<=^\}\n)", path.read_text("utf-8"), flags=re.MULTILINE)
        assert len(blocks) > 1, f"{self.file} is one block"
        path.unlink()
        for number, block in enumerate(blocks):
            (path.parent / f"{path.stem}_{number}.tf").write_text(block, "utf-8")
