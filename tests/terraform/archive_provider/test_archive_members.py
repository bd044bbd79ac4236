"""Which files an archive holds, under which names and modes, or why it cannot be made."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from planproof.terraform.archive_provider.arguments import ArchiveError, ArchiveSpec, Source
from planproof.terraform.archive_provider.members import Member, members


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory whose sorted tree differs from its sorted paths: `a/` before `a.py`."""
    root = tmp_path / "tree"
    for name in ("a/x.py", "a/__pycache__/x.pyc", "a.py", "B.py", "c/.hidden", "c/d/e.txt"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"content of {name}")
        file.chmod(0o640)
    (root / "empty").mkdir()
    return root


def names(root: Path, **arguments: object) -> list[str]:
    spec = ArchiveSpec("zip", source_dir=str(root), **arguments)  # type: ignore[arg-type]
    return [member.name for member in members(spec)]


def failure(**arguments: object) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        list(members(ArchiveSpec("zip", **arguments)))  # type: ignore[arg-type]
    return caught.value


EVERY_NAME = ["B.py", "a/__pycache__/x.pyc", "a/x.py", "a.py", "c/.hidden", "c/d/e.txt"]


def test_a_file_goes_by_its_own_name_and_mode(tree: Path) -> None:
    (tree / "c/d/e.txt").chmod(0o755)
    [member] = members(ArchiveSpec("zip", source_file=str(tree / "c/d/e.txt")))
    assert member == Member("e.txt", 0o755, b"content of c/d/e.txt")


def test_a_directory_goes_in_the_order_of_its_tree_without_empty_folders(tree: Path) -> None:
    assert names(tree) == EVERY_NAME
    [first, *_] = members(ArchiveSpec("zip", source_dir=str(tree)))
    assert first == Member("B.py", 0o640, b"content of B.py")


def test_content_goes_under_its_filename() -> None:
    spec = ArchiveSpec("zip", source_content="text\n", source_content_filename="a/b.txt")
    assert list(members(spec)) == [Member("a/b.txt", 0o644, b"text\n")]


def test_content_may_be_missing_and_is_then_empty() -> None:
    spec = ArchiveSpec("zip", source_content_filename="a")
    assert list(members(spec)) == [Member("a", 0o644, b"")]


def test_blocks_go_sorted_and_the_last_of_one_filename_holds() -> None:
    blocks = (Source("2", "b"), Source("é", "a"), Source("3", "b"))
    found = list(members(ArchiveSpec("zip", source=blocks)))
    assert found == [Member("a", 0o644, "é".encode()), Member("b", 0o644, b"3")]


@pytest.mark.parametrize("filename", ["", "a/", "a\0b", "x" * 70_000])
def test_a_filename_must_name_a_file(filename: str) -> None:
    error = failure(source_content_filename=filename)
    assert (error.attribute, error.summary) == ("source_content_filename", "Invalid filename")
    assert len(error.detail) < 300
    assert failure(source=(Source("", filename),)).attribute == "source"


def test_output_file_mode_holds_for_files_and_for_content(tree: Path) -> None:
    for arguments in (
        {"source_file": str(tree / "a.py")},
        {"source_dir": str(tree)},
        {"source_content_filename": "a"},
        {"source": (Source("", "a"),)},
    ):
        spec = ArchiveSpec("zip", output_file_mode="0600", **arguments)  # type: ignore[arg-type]
        assert {member.mode for member in members(spec)} == {0o600}


@pytest.mark.parametrize(
    ("excludes", "gone"),
    [
        ((), set()),
        (("",), set()),
        (("a.py",), {"a.py"}),
        (("x.py",), set()),
        (("*.py",), {"a.py", "B.py"}),
        (("**/*.py",), {"a.py", "B.py", "a/x.py"}),
        (("**/__pycache__",), {"a/__pycache__/x.pyc"}),
        (("a",), {"a/x.py", "a/__pycache__/x.pyc"}),
        (("a/",), set()),
        (("c/**", "B.py"), {"c/.hidden", "c/d/e.txt", "B.py"}),
        (("c/d",), {"c/d/e.txt"}),
        (("{a,c}/*", "nothing"), {"a/x.py", "a/__pycache__/x.pyc", "c/.hidden", "c/d/e.txt"}),
    ],
)
def test_excludes(tree: Path, excludes: tuple[str, ...], gone: set[str]) -> None:
    assert names(tree, excludes=excludes) == [name for name in EVERY_NAME if name not in gone]


def test_symbolic_links_to_files_hold_what_they_point_to(tree: Path) -> None:
    (tree / "a.py").chmod(0o700)
    (tree / "link.py").symlink_to("a.py")
    found = {member.name: member for member in members(ArchiveSpec("zip", source_dir=str(tree)))}
    assert found["link.py"] == Member("link.py", 0o700, b"content of a.py")


def test_symbolic_links_to_directories_are_followed_unless_excluded(tree: Path) -> None:
    (tree / "b").symlink_to("c")  # sorted before c: nothing after it may be lost
    followed = ["b/.hidden", "b/d/e.txt"]
    assert names(tree) == [*EVERY_NAME[:4], *followed, *EVERY_NAME[4:]]
    assert names(tree, exclude_symlink_directories=True) == EVERY_NAME
    assert names(tree, excludes=("b/d",)) == [*EVERY_NAME[:4], "b/.hidden", *EVERY_NAME[4:]]


def test_a_source_dir_that_is_a_link_is_followed_unless_excluded(tree: Path) -> None:
    link = tree.with_name("link")
    link.symlink_to(tree)
    assert names(link) == EVERY_NAME
    error = failure(source_dir=str(link), exclude_symlink_directories=True)
    assert (error.attribute, error.summary) == ("source_dir", "Nothing to archive")
    assert f"'{link}' is a symbolic link" in error.detail


def test_a_circle_of_links_ends_with_an_error_unless_excluded(tree: Path) -> None:
    (tree / "c/d/up").symlink_to("../..")
    error = failure(source_dir=str(tree))
    assert (error.attribute, error.summary) == ("source_dir", "Endless directory")
    assert f"'{tree}/c/d/up'" in error.detail
    assert names(tree, excludes=("**/up",)) == EVERY_NAME
    assert names(tree, exclude_symlink_directories=True) == EVERY_NAME


def test_the_archive_itself_is_left_out(tree: Path) -> None:
    (tree / "out.zip").write_text("an earlier run")
    assert "out.zip" in names(tree)
    assert names(tree, output_path=str(tree / "c" / ".." / "out.zip")) == EVERY_NAME


def test_a_missing_source_is_told_with_attribute_and_path(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    for attribute in ("source_file", "source_dir"):
        error = failure(**{attribute: str(missing)})
        assert (error.attribute, error.summary) == (attribute, "Missing source")
        assert error.detail == f"{attribute}: '{missing}' does not exist."


def test_a_dangling_link_is_told_as_such(tree: Path) -> None:
    (tree / "dangling").symlink_to("gone")
    detail = failure(source_dir=str(tree)).detail
    assert detail == f"source_dir: '{tree}/dangling' is a symbolic link to a missing target."


def test_links_in_a_circle_of_files_are_told(tree: Path) -> None:
    (tree / "self").symlink_to("self")
    error = failure(source_dir=str(tree))
    assert (error.attribute, error.summary) == ("source_dir", "Cannot read the source")
    assert f"'{tree}/self'" in error.detail


def test_the_wrong_kind_of_source(tree: Path, tmp_path: Path) -> None:
    error = failure(source_file=str(tree))
    assert (error.attribute, error.detail) == (
        "source_file",
        f"source_file: '{tree}' is a directory.",
    )
    error = failure(source_dir=str(tree / "a.py"))
    assert (error.attribute, error.summary) == ("source_dir", "Not a directory")
    os.mkfifo(tree / "pipe")
    error = failure(source_dir=str(tree))
    assert "'" + str(tree / "pipe") + "' is neither a file nor a directory" in error.detail
    (tree / "pipe").unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(tree)  # the path of a socket is short
        listener.bind("socket")
        assert "neither a file" in failure(source_dir=str(tree)).detail


def test_names_that_no_archive_can_hold(tmp_path: Path) -> None:
    (tmp_path / "good").write_text("")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff")).write_text("")
    error = failure(source_dir=str(tmp_path))
    assert (error.attribute, error.summary) == ("source_dir", "Cannot archive this file")
    assert r"bad\xff" in error.detail


@pytest.mark.parametrize("excludes", [None, ("*.py",)])
def test_a_directory_without_files_makes_no_archive(
    tmp_path: Path, excludes: tuple[str, ...] | None
) -> None:
    (tmp_path / "folder").mkdir()
    if excludes:
        (tmp_path / "a.py").write_text("")
    error = failure(source_dir=str(tmp_path), excludes=excludes)
    assert (error.attribute, error.summary) == ("source_dir", "Nothing to archive")
    assert f"'{tmp_path}' holds no files" in error.detail


@pytest.mark.parametrize("pattern", ["*", "**", ".*", "?"])
def test_a_pattern_that_matches_the_root_is_named(tree: Path, pattern: str) -> None:
    error = failure(source_dir=str(tree), excludes=("x", pattern))
    assert (error.attribute, error.summary) == ("source_dir", "Nothing to archive")
    assert f"the pattern '{pattern}' matches '.'" in error.detail


def test_a_malformed_pattern(tree: Path) -> None:
    error = failure(source_dir=str(tree), excludes=("[a",))
    assert (error.attribute, error.summary) == ("excludes", "Invalid pattern")
    assert "'[a'" in error.detail
