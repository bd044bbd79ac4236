"""The package of a function: its file, the archive that builds it, and errors if it is missing."""

from __future__ import annotations

import hashlib
import io
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from planproof.aws.lambda_package import (
    Package,
    PackageError,
    archive_of,
    archived_paths,
    package_of,
    package_path,
)
from planproof.errors import UndeterminedError
from planproof.terraform.archive_provider.archive import ArchiveSpec, Hashes, build_archive
from planproof.terraform.stack import Resource
from planproof.values import UNKNOWN
from tests.builders.packages import package
from tests.builders.stacks import resource, stack

SOURCE = "def handler(event, context):\n    return 'built'\n"


function = partial(resource, "aws_lambda_function.f")


def archive(**values: Any) -> Resource:
    defaults = {"type": "zip", "output_path": "./.build/f.zip", "source": []}
    return resource("data.archive_file.f", **{**defaults, **values})


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A Terraform directory with the function's sources beside it."""
    (tmp_path / "lambda").mkdir()
    (tmp_path / "lambda" / "main.py").write_text(SOURCE)
    (tmp_path / "terraform").mkdir()
    return tmp_path / "terraform"


def built(sources: Path) -> Resource:
    """The archive of those sources, with the hashes that Terraform would have found."""
    spec = ArchiveSpec(type="zip", source_dir=str(sources.parent / "lambda"))
    return archive(source_dir="./../lambda", **Hashes.of(build_archive(spec)).attributes())


# Packages that Terraform built -----------------------------------------------------------------


def test_the_package_is_the_file_that_terraform_built(tmp_path: Path) -> None:
    data = package(main=SOURCE).data
    (tmp_path / ".build").mkdir()
    (tmp_path / ".build" / "f.zip").write_bytes(data)
    its = archive(source_dir="./../lambda")
    found = package_of(stack(f := function(filename=".build/f.zip"), its), f, root=tmp_path)
    assert found.data == data
    assert found.files == ("main.py",)
    assert found.archive is its
    assert found.sha256 == hashlib.sha256(data).hexdigest()


def test_the_hash_equals_output_sha256_of_terraform(sources: Path) -> None:
    its = built(sources)
    f = function(filename="./.build/f.zip")
    found = package_of(stack(f, its), f, directory=sources)
    assert found.sha256 == its.get("output_sha256")


def test_the_package_in_s3_is_the_source_of_its_object() -> None:
    f = function(filename=None, s3_bucket="code", s3_key="f.zip")
    uploaded = resource("aws_s3_object.o", bucket="code", key="f.zip", source="./.build/f.zip")
    other = resource("aws_s3_object.p", bucket="code", key="g.zip", source="g.zip")
    its = archive(source_dir="x")
    assert package_path(stack(f, other, uploaded, its), f) == "./.build/f.zip"
    assert archive_of(stack(f, other, uploaded, its), f) is its
    assert package_path(stack(f, other), f) is None


@pytest.mark.parametrize("field", ["s3_bucket", "s3_key"])
def test_an_unknown_s3_object_is_undetermined(field: str) -> None:
    f = function(**{"filename": None, "s3_bucket": "code", "s3_key": "f.zip", field: UNKNOWN})
    with pytest.raises(UndeterminedError, match="filename is unknown"):
        package_path(stack(f), f)


def test_the_archive_is_the_one_with_that_output() -> None:
    its = archive(output_path="./.build/f.zip")
    other = resource("data.archive_file.g", output_path="./.build/g.zip")
    assert archive_of(stack(f := function(filename=".build/f.zip"), other, its), f) is its
    assert archive_of(stack(f := function(filename=".build/g.zip"), other, its), f) is other
    assert archive_of(stack(f := function(filename=".build/h.zip"), other, its), f) is None
    assert archive_of(stack(f := function(filename=None), its), f) is None


def test_an_archive_with_an_unknown_output_is_undetermined() -> None:
    its = archive(output_path=UNKNOWN)
    with pytest.raises(UndeterminedError, match=r"data\.archive_file\.f\.output_path is unknown"):
        archive_of(stack(f := function(filename="f.zip"), its), f)
    with pytest.raises(UndeterminedError, match="filename is unknown"):
        archive_of(stack(f := function(filename=UNKNOWN), its), f)


def test_archived_paths() -> None:
    assert list(archived_paths(archive(source_dir="./../lambda"))) == [
        ("source_dir", "./../lambda")
    ]
    assert list(archived_paths(archive(source_file="f.py"))) == [("source_file", "f.py")]
    assert list(archived_paths(archive(source_content="x"))) == []
    assert list(archived_paths(archive(source_dir=UNKNOWN))) == []


# Packages that are built here, because Terraform did not run -----------------------------------


def test_without_terraform_the_recorded_arguments_build_the_same_bytes(sources: Path) -> None:
    f = function(filename="./.build/f.zip")
    found = package_of(stack(f, built(sources)), f, directory=sources)
    assert found.files == ("main.py",)
    assert not (sources / ".build").exists()


def test_changed_sources_are_undetermined(sources: Path) -> None:
    its = built(sources)
    (sources.parent / "lambda" / "main.py").write_text(SOURCE + "# changed\n")
    f = function(filename="./.build/f.zip")
    with pytest.raises(
        UndeterminedError, match=r"archive_file\.f has SHA-256 \w{12}… if built here, but \w{12}…"
    ):
        package_of(stack(f, its), f, directory=sources)


def test_the_same_sources_may_be_compressed_differently(sources: Path) -> None:
    its = archive(source_dir="./../lambda", output_sha256="0" * 64)
    f = function(filename="./.build/f.zip")
    with pytest.raises(UndeterminedError):
        package_of(stack(f, its), f, directory=sources)
    found = package_of(stack(f, its), f, directory=sources, same_sources=True)
    assert found.files == ("main.py",)


def test_inline_content_is_built_too(tmp_path: Path) -> None:
    its = archive(source=[{"content": SOURCE, "filename": "main.py"}])
    f = function(filename="./.build/f.zip")
    assert package_of(stack(f, its), f, directory=tmp_path).files == ("main.py",)


def test_excludes_work_as_in_terraform(sources: Path) -> None:
    (sources.parent / "lambda" / "notes.txt").write_text("no code")
    its = archive(source_dir="./../lambda", excludes=["*.txt"], output_file_mode="0644")
    f = function(filename="./.build/f.zip")
    assert package_of(stack(f, its), f, directory=sources).files == ("main.py",)


def test_a_missing_source_directory_is_an_error(sources: Path) -> None:
    its = archive(source_dir="./../gone")
    f = function(filename="./.build/f.zip")
    with pytest.raises(PackageError, match=r"data\.archive_file\.f cannot be built"):
        package_of(stack(f, its), f, directory=sources)


def test_an_unknown_argument_is_undetermined(sources: Path) -> None:
    its = archive(source_dir="./../lambda", excludes=UNKNOWN)
    f = function(filename="./.build/f.zip")
    with pytest.raises(UndeterminedError, match=r"archive_file\.f\.excludes is unknown"):
        package_of(stack(f, its), f, directory=sources)


# Missing and invalid packages ------------------------------------------------------------------


def test_a_missing_file_that_no_archive_builds(tmp_path: Path) -> None:
    f = function(filename="function.zip")
    with pytest.raises(PackageError, match="does not exist, and nothing in the stack builds it"):
        package_of(stack(f), f, root=tmp_path)


def test_a_file_in_the_sources_is_a_package_without_an_archive(tmp_path: Path) -> None:
    (tmp_path / "function.zip").write_bytes(package(main=SOURCE).data)
    f = function(filename="function.zip")
    assert package_of(stack(f), f, root=tmp_path).archive is None
    assert package_of(stack(f), f, directory=tmp_path).archive is None


def test_a_plan_file_contains_no_package() -> None:
    f = function(filename="./.build/f.zip")
    with pytest.raises(UndeterminedError, match=r"f\.zip of aws_lambda_function\.f .* plan file"):
        package_of(stack(f, archive(source_dir="x")), f)


def test_a_function_without_a_file_has_no_package(tmp_path: Path) -> None:
    f = function(filename=None, image_uri="image")
    with pytest.raises(PackageError, match="names no file as its package"):
        package_of(stack(f), f, root=tmp_path)


def test_a_package_must_be_a_zip_archive() -> None:
    with pytest.raises(PackageError, match=r"function\.zip is not a zip archive"):
        Package("function.zip", b"PK, or so it says")


def test_a_package_must_not_exceed_the_limit_of_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    data = package(main=SOURCE).data
    monkeypatch.setattr("planproof.aws.lambda_package.MAX_UNPACKED_SIZE", len(SOURCE))
    Package("f.zip", data)
    monkeypatch.setattr("planproof.aws.lambda_package.MAX_UNPACKED_SIZE", len(SOURCE) - 1)
    with pytest.raises(
        PackageError, match=f"f.zip has {len(SOURCE)} bytes .* {len(SOURCE) - 1} bytes"
    ):
        Package("f.zip", data)


def test_unpacking_gives_the_files(tmp_path: Path) -> None:
    Package("f.zip", package(main=SOURCE).data).unpack(tmp_path / "task")
    assert (tmp_path / "task" / "main.py").read_text() == SOURCE


def test_a_damaged_file_is_an_error_and_leaves_no_folder(tmp_path: Path) -> None:
    data = package(main=SOURCE).data
    position = data.index(b"built")
    damaged = data[:position] + b"burst" + data[position + 5 :]
    with pytest.raises(PackageError, match=r"f\.zip cannot be unpacked \(Bad CRC-32"):
        Package("f.zip", damaged).unpack(tmp_path / "task")
    assert not (tmp_path / "task").exists()


def test_no_file_is_unpacked_outside_of_the_folder(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        opened.writestr("../../outside.py", SOURCE)
    Package("f.zip", buffer.getvalue()).unpack(tmp_path / "inner" / "task")
    assert [p.name for p in tmp_path.iterdir()] == ["inner"]
