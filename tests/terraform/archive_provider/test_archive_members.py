"""The files of an archive, their names and modes, and the errors of invalid sources."""

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


def test_name_and_mode_of_a_file(tree: Path) -> None:
    (tree / "c/d/e.txt").chmod(0o755)
    [member] = members(ArchiveSpec("zip", source_file=str(tree / "c/d/e.txt")))
    assert member == Member("e.txt", 0o755, b"content of c/d/e.txt")


def test_a_directory_is_sorted_and_has_no_empty_folders(tree: Path) -> None:
    assert names(tree) == EVERY_NAME
    [first, *_] = members(ArchiveSpec("zip", source_dir=str(tree)))
    assert first == Member("B.py", 0o640, b"content of B.py")


def test_name_and_mode_of_content() -> None:
    spec = ArchiveSpec("zip", source_content="text\n", source_content_filename="a/b.txt")
    assert list(members(spec)) == [Member("a/b.txt", 0o644, b"text\n")]


def test_missing_content_is_empty() -> None:
    spec = ArchiveSpec("zip", source_content_filename="a")
    assert list(members(spec)) == [Member("a", 0o644, b"")]


def test_source_blocks_are_sorted_and_the_last_of_a_filename_wins() -> None:
    blocks = (Source("2", "b"), Source("é", "a"), Source("3", "b"))
    found = list(members(ArchiveSpec("zip", source=blocks)))
    assert found == [Member("a", 0o644, "é".encode()), Member("b", 0o644, b"3")]


@pytest.mark.parametrize("filename", ["", "a/", "a\0b", "x" * 70_000])
def test_a_filename_must_name_a_file(filename: str) -> None:
    error = failure(source_content_filename=filename)
    assert (error.attribute, error.summary) == ("source_content_filename", "Invalid filename")
    assert len(error.detail) < 300
    assert failure(source=(Source("", filename),)).attribute == "source"


def test_output_file_mode_applies_to_files_and_content(tree: Path) -> None:
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


def test_symbolic_links_to_files_have_the_content_of_the_target(tree: Path) -> None:
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


def test_cyclic_links_are_an_error_unless_excluded(tree: Path) -> None:
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


def test_error_of_a_missing_source_has_attribute_and_path(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    for attribute in ("source_file", "source_dir"):
        error = failure(**{attribute: str(missing)})
        assert (error.attribute, error.summary) == (attribute, "Missing source")
        assert f"{attribute}: '{missing}'" in error.detail


def test_error_of_a_dangling_link(tree: Path) -> None:
    (tree / "dangling").symlink_to("gone")
    detail = failure(source_dir=str(tree)).detail
    assert f"source_dir: '{tree}/dangling'" in detail
    assert "symbolic link" in detail


def test_error_of_a_link_to_itself(tree: Path) -> None:
    (tree / "self").symlink_to("self")
    error = failure(source_dir=str(tree))
    assert (error.attribute, error.summary) == ("source_dir", "Cannot read the source")
    assert f"'{tree}/self'" in error.detail


def test_the_wrong_kind_of_source(tree: Path, tmp_path: Path) -> None:
    error = failure(source_file=str(tree))
    assert error.attribute == "source_file"
    assert f"source_file: '{tree}' is a directory" in error.detail
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


def test_file_names_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "good").write_text("")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff")).write_text("")
    error = failure(source_dir=str(tmp_path))
    assert (error.attribute, error.summary) == ("source_dir", "Cannot archive this file")
    assert r"bad\xff" in error.detail


@pytest.mark.parametrize("excludes", [None, ("*.py",)])
def test_a_directory_without_files_is_an_error(
    tmp_path: Path, excludes: tuple[str, ...] | None
) -> None:
    (tmp_path / "folder").mkdir()
    if excludes:
        (tmp_path / "a.py").write_text("")
    error = failure(source_dir=str(tmp_path), excludes=excludes)
    assert (error.attribute, error.summary) == ("source_dir", "Nothing to archive")
    assert f"'{tmp_path}' has no files" in error.detail
    assert ("excluded" in error.detail) is bool(excludes)


@pytest.mark.parametrize("pattern", ["*", "**", ".*", "?"])
def test_a_pattern_that_matches_the_root_is_named(tree: Path, pattern: str) -> None:
    error = failure(source_dir=str(tree), excludes=("x", pattern))
    assert (error.attribute, error.summary) == ("source_dir", "Nothing to archive")
    assert f"the pattern '{pattern}' matches '.'" in error.detail


def test_a_malformed_pattern(tree: Path) -> None:
    error = failure(source_dir=str(tree), excludes=("[a",))
    assert (error.attribute, error.summary) == ("excludes", "Invalid pattern")
    assert "'[a'" in error.detail
