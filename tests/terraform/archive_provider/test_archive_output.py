"""An archive is written atomically, or the error names the path."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from planproof.terraform.archive_provider.arguments import ArchiveError
from planproof.terraform.archive_provider.output import write_archive


def failure(path: Path) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        write_archive(str(path), b"data")
    return caught.value


def test_missing_folders_are_created(tmp_path: Path) -> None:
    write_archive(str(tmp_path / "a/b/c.zip"), b"data")
    assert (tmp_path / "a/b/c.zip").read_bytes() == b"data"
    assert os.listdir(tmp_path / "a/b") == ["c.zip"]  # noqa: PTH208


def test_a_different_archive_is_replaced_and_an_equal_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"old")
    write_archive(str(path), b"new")
    assert path.read_bytes() == b"new"
    os.utime(path, (1, 1))
    write_archive(str(path), b"new")
    assert path.stat().st_mtime == 1


def test_a_link_still_points_to_the_archive(tmp_path: Path) -> None:
    (tmp_path / "link.zip").symlink_to("real.zip")
    for data in (b"one", b"two"):
        write_archive(str(tmp_path / "link.zip"), data)
        assert (tmp_path / "link.zip").is_symlink()
        assert (tmp_path / "real.zip").read_bytes() == data


def test_mode_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_archive(str(tmp_path / "a.zip"), b"data")
    finally:
        os.umask(before)
    assert (tmp_path / "a.zip").stat().st_mode & 0o777 == 0o640


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_archive(str(pipe), b"data")
    reader.join(5)
    assert read == [b"data"]
    assert pipe.is_fifo()


def test_output_path_is_a_directory(tmp_path: Path) -> None:
    error = failure(tmp_path)
    assert (error.attribute, error.summary) == ("output_path", "Cannot write the archive")
    assert f"'{tmp_path}'" in error.detail
    assert "is a directory" in error.detail


def test_parent_of_output_path_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "a.zip", tmp_path / "file" / "b" / "a.zip"):
        error = failure(path)
        assert error.attribute == "output_path"
        assert f"'{path}'" in error.detail
        assert "is a file" in error.detail


def test_no_partial_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"old")

    def full_disk(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full_disk)
    assert "No space left on device" in failure(path).detail
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.zip"]
