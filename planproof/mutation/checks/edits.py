"""A change of one source file, and the words that name it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Edit:
    """Write `text` in place of `source[start:end]`, and `appended` after the end of the file.

    `path` says where in the block that is, `variant` what is written, where one operator can write
    several things there.
    """

    operator: str
    path: str
    start: int
    end: int
    text: str
    variant: str = ""
    appended: str = ""

    def applied(self, source: str) -> str:
        """The file's text after the change."""
        return source[: self.start] + self.text + source[self.end :] + self.appended


@dataclass(frozen=True, slots=True)
class SourceMutant:
    """One way of breaking an example, by one change in one block.

    Attributes:
        id: `check/side/block/operator/path`, the same in every run while the example is the same.
        check: the check's name, which is its file's and its example folder's.
        side: "pass" if the blocks below must be passed unchanged, "fail" if they must be failed.
        file: relative to the example's folder.
        subjects: addresses of the blocks the check judges, one of which must show the change.
        before: the lines of the file that change, as they are.
        after: the same lines as the mutant has them.
        text: the whole file as the mutant has it.
    """

    id: str
    check: str
    side: str
    operator: str
    block: str
    file: str
    line: int
    subjects: tuple[str, ...]
    before: str
    after: str
    text: str = field(repr=False, compare=False)


def changed_lines(source: str, edit: Edit) -> tuple[int, str, str]:
    """Line number (1-based) of the change, and the lines it is in, before and after."""
    begin = source.rfind("\n", 0, edit.start) + 1
    end = source.find("\n", edit.end)
    end = len(source) if end < 0 else end
    before = source[begin:end]
    after = source[begin : edit.start] + edit.text + source[edit.end : end] + edit.appended
    return source.count("\n", 0, begin) + 1, before, _without_blank_lines(after)


def _without_blank_lines(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.strip())
