"""A change of one source file, and the mutant that it makes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces `source[start:end]` by `text`, and appends `appended` to the file.

    `path` is the attribute path in the block. `variant` tells apart several edits of one operator
    at one path.
    """

    operator: str
    path: str
    start: int
    end: int
    text: str
    variant: str = ""
    appended: str = ""

    def applied(self, source: str) -> str:
        """The changed text of the file."""
        return source[: self.start] + self.text + source[self.end :] + self.appended


@dataclass(frozen=True, slots=True)
class SourceMutant:
    """An example with one change in one block.

    Attributes:
        id: `check/side/block/operator/path`, stable while the example is unchanged.
        check: the name of the check, of its file and of its example folder.
        path: the attribute path of the change in the block.
        side: "pass" if the check must pass the unchanged subjects, "fail" if it must fail them.
        file: relative to the example's folder.
        subjects: addresses of the blocks that the check judges.
        before: the changed lines of the file before the change.
        after: the same lines after the change.
        text: the whole changed file.
    """

    id: str
    check: str
    side: str
    operator: str
    block: str
    path: str
    file: str
    line: int
    subjects: tuple[str, ...]
    before: str
    after: str
    text: str = field(repr=False, compare=False)


def changed_lines(source: str, edit: Edit) -> tuple[int, str, str]:
    """The 1-based number of the first changed line, and the changed lines before and after."""
    begin = source.rfind("\n", 0, edit.start) + 1
    end = source.find("\n", edit.end)
    end = len(source) if end < 0 else end
    before = source[begin:end]
    after = source[begin : edit.start] + edit.text + source[edit.end : end] + edit.appended
    return source.count("\n", 0, begin) + 1, before, _without_blank_lines(after)


def _without_blank_lines(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.strip())
