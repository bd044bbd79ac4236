"""The same files give the same bytes, which can be unpacked, and the right hashes."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planproof.terraform.archive_provider.archive import (
    ArchiveError,
    ArchiveSpec,
    Hashes,
    build_archive,
)

TYPES = ("zip", "tar.gz")
Files = dict[str, tuple[int, bytes]]  # name → permission bits and content


def unpack(type_: str, data: bytes) -> Files:
    if type_ == "zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            return {
                entry.filename: (stat.S_IMODE(entry.external_attr >> 16), archive.read(entry))
                for entry in archive.infolist()
            }
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        return {entry.name: (entry.mode, archive.extractfile(entry).read()) for entry in archive}  # type: ignore[union-attr]


def write_files(folder: Path, files: Files, *, time: int, reverse: bool = False) -> ArchiveSpec:
    """Write the files in sorted or reversed order, with `time` as their times."""
    for name in sorted(files, reverse=reverse):
        mode, content = files[name]
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode)
        os.utime(file, (time, time))
    return ArchiveSpec("zip", source_dir=str(folder))


def built(type_: str, folder: Path, **arguments: object) -> bytes:
    return build_archive(ArchiveSpec(type_, source_dir=str(folder), **arguments))  # type: ignore[arg-type]


SEGMENTS = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]),
    min_size=1,
    max_size=12,
).filter(lambda name: name not in (".", ".."))
# Names of folders and files differ: a folder ends with its number, a file with a dot.
NAMES = st.builds(
    lambda folders, name: "/".join([f"{folder}0" for folder in folders] + [f"{name}."]),
    st.lists(SEGMENTS, max_size=2),
    SEGMENTS,
)
FILES = st.dictionaries(
    NAMES,
    st.tuples(st.sampled_from([0o644, 0o755, 0o600, 0o444]), st.binary(max_size=300)),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("type_", TYPES)
@settings(max_examples=50)
@given(files=FILES, times=st.tuples(st.integers(0, 2**31), st.integers(0, 2**31)))
def test_bytes_depend_only_on_names_modes_and_contents(
    type_: str, files: Files, times: tuple[int, int]
) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        write_files(Path(one), files, time=times[0])
        write_files(Path(other), files, time=times[1], reverse=True)
        data = built(type_, Path(one))
        assert data == built(type_, Path(other))
        assert unpack(type_, data) == files
        name = min(files)
        (Path(other) / name).chmod(0o700)
        assert data != built(type_, Path(other))


@pytest.mark.parametrize("type_", TYPES)
def test_unpacked_files_have_name_mode_and_content(type_: str, tmp_path: Path) -> None:
    files = {"a/run.sh": (0o755, b"#!/bin/sh\n"), "é☺.txt": (0o644, b"x" * 5000)}
    write_files(tmp_path, files, time=1)
    assert unpack(type_, built(type_, tmp_path)) == files
    assert unpack(type_, built(type_, tmp_path, output_file_mode="0666")) == {
        name: (0o666, content) for name, (_, content) in files.items()
    }


@pytest.mark.parametrize("type_", TYPES)
def test_a_change_of_content_changes_the_bytes(type_: str, tmp_path: Path) -> None:
    write_files(tmp_path, {"a": (0o644, b"one")}, time=1)
    before = built(type_, tmp_path)
    (tmp_path / "a").write_text("two")
    assert built(type_, tmp_path) != before


def test_compression_system_and_time_of_a_zip(tmp_path: Path) -> None:
    write_files(tmp_path, {"a": (0o644, b"x" * 5000)}, time=1)
    data = built("zip", tmp_path)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        [entry] = archive.infolist()
    assert entry.date_time == (2049, 1, 1, 0, 0, 0)
    assert entry.compress_type == zipfile.ZIP_DEFLATED
    assert entry.create_system == 3
    assert stat.S_ISREG(entry.external_attr >> 16)
    assert entry.compress_size < 100


def test_a_tar_has_no_owner_time_or_file_name(tmp_path: Path) -> None:
    write_files(tmp_path, {"a": (0o644, b"x")}, time=1)
    data = built("tar.gz", tmp_path)
    assert data[3:8] == bytes(5), "flags (no name) and time in the gzip header"
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        [entry] = archive.getmembers()
    assert (entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) == (0, 0, "", "", 0)


@pytest.mark.parametrize(
    ("type_", "digest"),
    [
        ("zip", "80e1aed1b3e2120ae8bcfbc8cbd163639d52159e81df595eca3f125b3d7072ea"),
        ("tar.gz", "ca553150ff688376ad7ba31c0131c9720b628d558bcef9681a4c2690f6aa651c"),
    ],
)
def test_bytes_are_the_same_with_every_python(type_: str, digest: str) -> None:
    """One byte of content, which all implementations of deflate compress alike."""
    spec = ArchiveSpec(type_, source_content="x", source_content_filename="a")
    data = build_archive(spec)
    if type_ == "tar.gz":  # the padding of a tar is long enough to differ
        data = gzip.decompress(data)
    assert hashlib.sha256(data).hexdigest() == digest


def test_long_and_non_ascii_names_in_a_tar() -> None:
    name = "é" * 200 + "/" + "y" * 200
    spec = ArchiveSpec("tar.gz", source_content="x", source_content_filename=name)
    assert unpack("tar.gz", build_archive(spec)) == {name: (0o644, b"x")}
    assert build_archive(spec) == build_archive(spec)


@pytest.mark.parametrize("type_", TYPES)
def test_invalid_arguments_are_refused(type_: str) -> None:
    with pytest.raises(ArchiveError, match="Nothing to archive"):
        build_archive(ArchiveSpec(type_))
    with pytest.raises(ArchiveError, match="Unknown archive type"):
        build_archive(ArchiveSpec("rar", source_content_filename="a"))


def test_hashes() -> None:
    data = b"any bytes"
    assert Hashes.of(data).attributes() == {
        "id": hashlib.sha1(data).hexdigest(),
        "output_md5": hashlib.md5(data).hexdigest(),
        "output_sha": hashlib.sha1(data).hexdigest(),
        "output_sha256": hashlib.sha256(data).hexdigest(),
        "output_base64sha256": base64.b64encode(hashlib.sha256(data).digest()).decode(),
        "output_sha512": hashlib.sha512(data).hexdigest(),
        "output_base64sha512": base64.b64encode(hashlib.sha512(data).digest()).decode(),
        "output_size": 9,
    }
    assert Hashes.of(b"").sha256.startswith("e3b0c44298fc1c14")
