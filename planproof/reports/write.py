"""Writes the reports so that no reader ever meets half of one."""

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

    All four are rendered, then written beside their places, and only then moved there, so
    that no file is ever half written, and a full disk leaves the last run's reports as they were.

    Args:
        result: the run.
        folder: where to write; made if missing.

    Returns:
        The path of each file, by its name.

    Raises:
        PlanproofError: the folder cannot be made, or a file in it cannot be written.
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
    """Move an earlier run's reports to ``previous/``, so that no old verdict passes for today's.

    What cannot be moved is left to :func:`write_reports`, which says what is wrong.
    """
    with contextlib.suppress(OSError):
        for name in REPORTS:
            if (folder / name).is_file():
                (folder / "previous").mkdir(exist_ok=True)
                (folder / name).replace(folder / "previous" / name)


def _replace_all(contents: dict[str, bytes], folder: Path) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    # Not tempfile: its files are readable by their owner alone, and the reports keep that mode.
    waiting = {name: folder / f".{name}.{secrets.token_hex(8)}.tmp" for name in contents}
    try:
        for name, content in contents.items():
            with waiting[name].open("xb") as file:
                file.write(content)
        return {name: temporary.replace(folder / name) for name, temporary in waiting.items()}
    finally:
        for temporary in waiting.values():
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _project_from(folder: Path) -> str:
    """The way from the folder back to where the run started, which pages are relative to."""
    try:
        return Path(os.path.relpath(Path.cwd(), folder.absolute())).as_posix()
    except ValueError:  # another drive
        return Path.cwd().as_uri()
