"""Writes an archive to its output_path."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from planproof.terraform.archive_provider.arguments import ArchiveError


def write_archive(path: str, data: bytes) -> None:
    """Write `data` atomically.

    Missing folders are created; a file that already has `data` is not written. Raises ArchiveError.
    """
    try:
        _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        detail = f"output_path: '{path}' cannot be written: {error.strerror}."
        raise ArchiveError("output_path", "Cannot write the archive", detail) from None


def _replace(target: Path, data: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotADirectoryError(0, "a parent of it is a file") from None
    if target.is_dir():
        raise IsADirectoryError(0, "it is a directory")
    if target.exists():
        if not target.is_file():  # a device or a pipe cannot be replaced
            target.write_bytes(data)
            return
        if target.read_bytes() == data:
            return
    temporary = target.with_name(f".archive-{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
