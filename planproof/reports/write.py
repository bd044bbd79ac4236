"""Writes the reports atomically."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from planproof.errors import PlanproofError
from planproof.reports import compliance_html, compliance_json, compliance_md, junit
from planproof.results import RunResult


def write_reports(result: RunResult, folder: Path) -> dict[str, Path]:
    """Write compliance.json, compliance.md, compliance.html and junit.xml.

    All four are rendered, written to temporary files, and then moved into place, so that no file
    is ever incomplete, and a full disk leaves the reports of the previous run unchanged.

    Args:
        folder: created if missing.

    Returns:
        The path of each file, by its name.

    Raises:
        PlanproofError: the folder cannot be created, or a file in it cannot be written.
    """
    as_json = compliance_json.render(result).encode()
    contents = {
        "compliance.json": as_json,
        "compliance.md": compliance_md.render(result).encode(),
        "compliance.html": compliance_html.render(
            result, digest=hashlib.sha256(as_json).hexdigest(), project=_project_from(folder)
        ).encode(),
        "junit.xml": junit.render(result),
    }
    try:
        return _replace_all(contents, folder)
    except OSError as error:
        raise PlanproofError(
            f"cannot write the reports to {folder} ({error.strerror or error})",
            "name a folder that this user can write to",
        ) from error


REPORTS = ("compliance.json", "compliance.md", "compliance.html", "junit.xml")


def set_aside(folder: Path) -> None:
    """Move the reports of the previous run to ``previous/``, lest they be taken for new ones.

    Where there is no room for that folder they are removed. A file that cannot be moved is left:
    :func:`write_reports` then raises the error.
    """
    for name in REPORTS:
        file = folder / name
        if not file.is_file():
            continue
        try:
            (folder / "previous").mkdir(exist_ok=True)
            file.replace(folder / "previous" / name)
        except OSError:
            with contextlib.suppress(OSError):
                file.unlink()


def _replace_all(contents: dict[str, bytes], folder: Path) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    # Not tempfile: its files are readable only by their owner, and the reports would be, too.
    temporaries = {name: folder / f".{name}.{secrets.token_hex(8)}.tmp" for name in contents}
    try:
        for name, content in contents.items():
            with temporaries[name].open("xb") as file:
                file.write(content)
        return {name: temporary.replace(folder / name) for name, temporary in temporaries.items()}
    finally:
        for temporary in temporaries.values():
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _project_from(folder: Path) -> str:
    """Relative path from the folder to the working directory, where links to pages start."""
    try:
        return Path(os.path.relpath(Path.cwd(), folder.absolute())).as_posix()
    except ValueError:  # another drive
        return Path.cwd().as_uri()
