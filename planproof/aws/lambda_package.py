"""The deployment package of a Lambda function: its file, the archive that builds it, its contents.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html
https://registry.terraform.io/providers/hashicorp/archive/latest/docs/data-sources/file
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path

from planproof.errors import PlanproofError, UndeterminedError
from planproof.terraform.archive_provider.archive import (
    ArchiveError,
    ArchiveSpec,
    Source,
    build_archive,
)
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, contains_unknown

MAX_UNPACKED_SIZE = 262_144_000
"""Limit of Lambda in bytes, unpacked: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


class PackageError(PlanproofError):
    """The function's package is missing or invalid."""


@dataclass(frozen=True, slots=True)
class Package:
    """A function's zip.

    Attributes:
        name: its path as the stack gives it.
        data: its bytes.
        archive: the ``archive_file`` that builds it, None if the stack does not build it.
        files: paths of the files in it.
    """

    name: str
    data: bytes = field(repr=False)
    archive: Resource | None = None
    files: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as opened:
                entries = [entry for entry in opened.infolist() if not entry.is_dir()]
        except (zipfile.BadZipFile, ValueError, OSError) as problem:
            raise PackageError(
                f"the package {self.name} is not a zip archive ({problem})",
                "build it with a data source archive_file of type zip",
            ) from None
        size = sum(entry.file_size for entry in entries)
        if size > MAX_UNPACKED_SIZE:
            raise PackageError(
                f"the package {self.name} has {size} bytes unpacked",
                f"reduce it to Lambda's limit of {MAX_UNPACKED_SIZE} bytes",
            )
        object.__setattr__(self, "files", tuple(entry.filename for entry in entries))

    @property
    def sha256(self) -> str:
        """SHA-256 in lower-case hex."""
        return hashlib.sha256(self.data).hexdigest()

    def unpack(self, folder: Path) -> None:
        """Extract its files into a new ``folder``, as Lambda does into /var/task.

        Raises:
            PackageError: a file in it is damaged or encrypted.
        """
        part = folder.with_suffix(".part")
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as opened:
                opened.extractall(part)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as problem:
            raise PackageError(
                f"the package {self.name} cannot be unpacked ({problem})", "rebuild it"
            ) from None
        part.rename(folder)


def package_path(stack: Stack, function: Resource) -> str | None:
    """The local file of a function's package: its own, or the source of its S3 object.

    Returns:
        None if there is none, as for a container image.

    Raises:
        UndeterminedError: the path is unknown.
    """
    path = function.get("filename")
    if path is None and function.get("s3_key") is not None:
        path = _uploaded_file(stack, function)
    if path is UNKNOWN:
        raise UndeterminedError(f"{function}.filename is unknown before it is built")
    return str(path) if path else None


def _uploaded_file(stack: Stack, function: Resource) -> object:
    bucket, key = function.get("s3_bucket"), function.get("s3_key")
    if bucket is UNKNOWN or key is UNKNOWN:
        return UNKNOWN
    for uploaded in stack.managed("aws_s3_object", "aws_s3_bucket_object"):
        if uploaded.get("bucket") == bucket and uploaded.get("key") == key:
            return uploaded.get("source")
    return None


def archive_of(stack: Stack, function: Resource) -> Resource | None:
    """The ``archive_file`` whose output is the function's package; None if there is none.

    Raises:
        UndeterminedError: the package, or the output of an archive that may be it, is unknown.
    """
    path = package_path(stack, function)
    if path is None:
        return None
    undetermined = None
    for archive in (*stack.data("archive_file"), *stack.managed("archive_file")):
        output = archive.get("output_path")
        if output is UNKNOWN:
            undetermined = archive
        elif output is not None and os.path.normpath(str(output)) == os.path.normpath(path):
            return archive
    if undetermined is not None:
        raise UndeterminedError(f"{undetermined}.output_path is unknown before it is built")
    return None


def archived_paths(archive: Resource) -> Iterator[tuple[str, str]]:
    """The local paths that an ``archive_file`` packs, as (attribute, path)."""
    for attribute in ("source_dir", "source_file"):
        path = archive.get(attribute)
        if path is not None and path is not UNKNOWN:
            yield attribute, str(path)


def package_of(
    stack: Stack,
    function: Resource,
    *,
    root: Path | None = None,
    directory: Path | None = None,
    same_sources: bool = False,
) -> Package:
    """The package of a function, as Terraform built it, or rebuilt from the sources.

    Args:
        root: Terraform's working copy, in which it built its archives; None if it did not run.
        directory: the sources to build from if Terraform did not run.
        same_sources: whether the stack's values are known to come from these sources. The
            archive's hash may then differ, since implementations of deflate differ.

    Raises:
        PackageError: the file is missing or invalid.
        UndeterminedError: it is not available here.
    """
    path = package_path(stack, function)
    if path is None:
        raise PackageError(
            f"{function} names no file as its package",
            "set filename to the output_path of a data source archive_file",
        )
    archive = archive_of(stack, function)
    base = root or directory
    if base is None:
        raise UndeterminedError(
            f"the package {path} of {function} is not available: a plan file does not contain it"
        )
    if root is not None and (root / path).is_file():
        return Package(path, (root / path).read_bytes(), archive)
    if archive is not None:
        return Package(path, _rebuilt(archive, base, same_sources), archive)
    if (base / path).is_file():
        return Package(path, (base / path).read_bytes())
    raise PackageError(
        f"the package {path} of {function} does not exist, and nothing in the stack builds it",
        "build it with a data source archive_file",
    )


def _rebuilt(archive: Resource, base: Path, same_sources: bool) -> bytes:
    """The bytes of an ``archive_file`` from its arguments, checked against its hash."""
    try:
        data = build_archive(_spec(archive, base))
    except (ArchiveError, OSError) as problem:
        raise PackageError(
            f"{archive} cannot be built: {problem}", "fix its arguments or the files they name"
        ) from None
    recorded = archive.get("output_sha256")
    built = hashlib.sha256(data).hexdigest()
    if isinstance(recorded, str) and recorded != built and not same_sources:
        raise UndeterminedError(
            f"{archive} has SHA-256 {built[:12]}… if built here, "
            f"but {recorded[:12]}… in the values of the stack"
        )
    return data


def _spec(archive: Resource, base: Path) -> ArchiveSpec:
    values = {argument.name: archive.get(argument.name) for argument in fields(ArchiveSpec)}
    for name, value in values.items():
        if contains_unknown(value):
            raise UndeterminedError(f"{archive}.{name} is unknown before it is built")
    for name in ("source_file", "source_dir", "output_path"):
        if values[name] is not None:
            values[name] = str(base / values[name])
    values["excludes"] = tuple(values["excludes"]) if values["excludes"] else None
    values["exclude_symlink_directories"] = bool(values["exclude_symlink_directories"])
    values["source"] = tuple(
        Source(str(block["content"]), str(block["filename"])) for block in values["source"] or ()
    )
    return ArchiveSpec(**values)
