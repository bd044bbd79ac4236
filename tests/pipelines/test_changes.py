"""Changes to a copy of a pipeline, and the error if one would change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.changes import Block, Everywhere, Merge, Move, Remove, Split
from tests.pipelines.compliance import Change

FILES = {
    "terraform/a.tf": 'variable "x" {}\n\nresource "q" "one" {\n  b = {\n  }\n}\n',
    "terraform/b.tf": "# b: one, one\n",
}


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "terraform").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_everywhere(folder: Path) -> None:
    Everywhere("terraform/*.tf", r"\bone\b", "two").apply(folder)
    assert texts(folder) == {name: text.replace("one", "two") for name, text in FILES.items()}


def test_a_block(folder: Path) -> None:
    Block("terraform/a.tf", 'resource "q" "one"', "# gone\n").apply(folder)
    assert texts(folder)["terraform/a.tf"] == 'variable "x" {}\n\n# gone\n'
    Block("terraform/a.tf", 'variable "x"').apply(folder)
    assert texts(folder)["terraform/a.tf"] == "\n# gone\n"


def test_moving(folder: Path) -> None:
    Move("terraform/[a].tf", "inner/").apply(folder)
    Move("terraform/b.tf", "inner/deep/c.tf").apply(folder)
    assert set(texts(folder)) == {"inner/a.tf", "inner/deep/c.tf"}


def test_removing(folder: Path) -> None:
    Remove("terraform/b.tf").apply(folder)
    assert set(texts(folder)) == {"terraform/a.tf"}


def test_merging_and_splitting(folder: Path) -> None:
    Split("terraform/a.tf").apply(folder)
    assert (
        "".join(texts(folder)[f"terraform/a_{n}.tf"] for n in range(2)) == FILES["terraform/a.tf"]
    )
    Merge("terraform/*.tf", "terraform/all.tf").apply(folder)
    assert set(texts(folder)) == {"terraform/all.tf"}
    assert len(texts(folder)["terraform/all.tf"].splitlines()) == 9


@pytest.mark.parametrize(
    "change",
    [
        Everywhere("terraform/*.tf", "no such text", "x"),
        Everywhere("terraform/*.tf", "one", "one"),
        Everywhere("nowhere/*.tf", "one", "two"),
        Block("terraform/a.tf", 'resource "q" "two"'),
        Move("terraform/c.tf", "d.tf"),
        Move("terraform/a.tf", "terraform/b.tf"),
        Merge("terraform/a.tf", "all.tf"),
        Split("terraform/b.tf"),
    ],
    ids=str,
)
def test_a_change_that_would_change_nothing_is_refused(change: Change, folder: Path) -> None:
    with pytest.raises(AssertionError):
        change.apply(folder)
