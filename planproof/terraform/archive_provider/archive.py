"""Builds the bytes of an archive_file, and their hashes.

The same files with the same modes give the same bytes, regardless of times, owner and directory
order; only another implementation of zlib may compress them differently.
"""

from __future__ import annotations

import base64
import hashlib
import io
import stat
from collections.abc import Iterable
from dataclasses import dataclass

from planproof.terraform.archive_provider.arguments import ArchiveError, ArchiveSpec, Source
from planproof.terraform.archive_provider.members import Member, members

__all__ = ["ArchiveError", "ArchiveSpec", "Hashes", "Source", "build_archive"]

ZIP_TIME = (2049, 1, 1, 0, 0, 0)  # the time that the real provider writes
LEVEL = 6

# zipfile and tarfile are imported on use: most provider processes (three per plan) only return the
# schema.


@dataclass(frozen=True)
class Hashes:
    """The computed attributes: `size` in bytes, hashes in lower-case hex or Base64."""

    md5: str
    sha: str
    sha256: str
    sha512: str
    base64sha256: str
    base64sha512: str
    size: int

    @classmethod
    def of(cls, data: bytes) -> Hashes:
        """Compute the attributes of an archive."""
        sha256, sha512 = hashlib.sha256(data), hashlib.sha512(data)
        return cls(
            md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
            sha=hashlib.sha1(data, usedforsecurity=False).hexdigest(),
            sha256=sha256.hexdigest(),
            sha512=sha512.hexdigest(),
            base64sha256=base64.b64encode(sha256.digest()).decode(),
            base64sha512=base64.b64encode(sha512.digest()).decode(),
            size=len(data),
        )

    def attributes(self) -> dict[str, str | int]:
        """Return the attributes by Terraform's names: `output_md5` to `output_size`, and `id`."""
        return {"id": self.sha} | {f"output_{name}": value for name, value in vars(self).items()}


def build_archive(spec: ArchiveSpec) -> bytes:
    """Return the archive that `spec` describes, without writing it. Raises ArchiveError."""
    spec.check()
    return _zip(members(spec)) if spec.type == "zip" else _tar_gz(members(spec))


def _zip(files: Iterable[Member]) -> bytes:
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, ZIP_TIME)
            entry.create_system = 3  # Unix, on every platform, as the mode below is a Unix mode
            entry.external_attr = (stat.S_IFREG | file.mode) << 16
            archive.writestr(entry, file.data, zipfile.ZIP_DEFLATED, LEVEL)
    return buffer.getvalue()


def _tar_gz(files: Iterable[Member]) -> bytes:
    import gzip
    import tarfile

    buffer = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", LEVEL, buffer, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for file in files:
            entry = tarfile.TarInfo(file.name)  # owner 0, time 0
            entry.size, entry.mode = len(file.data), file.mode
            archive.addfile(entry, io.BytesIO(file.data))
    return buffer.getvalue()
