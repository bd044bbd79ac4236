"""The arguments of an archive_file and their validation.

The arguments are those of hashicorp/archive 2.7:
https://registry.terraform.io/providers/hashicorp/archive/latest/docs/data-sources/file
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

TYPES = ("zip", "tar.gz")

_CONTENT = ("source_content", "source_content_filename")
_SOURCES = ("source", "source_content_filename", "source_file", "source_dir")
_CONFLICTS = (
    *(("source", other) for other in ("source_file", "source_dir", *_CONTENT)),
    *(("source_file", other) for other in ("source_dir", *_CONTENT)),
    *(("source_dir", other) for other in _CONTENT),
    *(("excludes", other) for other in ("source_file", *_CONTENT)),
)


class ArchiveError(Exception):
    """The archive cannot be built, for a reason that the user can fix.

    `attribute` is the invalid argument, None for the block as a whole; `summary` and
    `detail` are those of a Terraform diagnostic.
    """

    def __init__(self, attribute: str | None, summary: str, detail: str) -> None:
        super().__init__(f"{summary}: {detail}")
        self.attribute, self.summary, self.detail = attribute, summary, detail


@dataclass(frozen=True)
class Source:
    """One `source` block."""

    content: str
    filename: str


@dataclass(frozen=True)
class ArchiveSpec:
    """The arguments of an archive_file, None where not set.

    `output_path` is used only to leave out an earlier archive within source_dir. An empty
    `output_file_mode` counts as not set, as in the real provider.
    """

    type: str
    source_file: str | None = None
    source_dir: str | None = None
    source_content: str | None = None
    source_content_filename: str | None = None
    source: tuple[Source, ...] = ()
    excludes: tuple[str, ...] | None = None
    exclude_symlink_directories: bool = False
    output_file_mode: str | None = None
    output_path: str | None = None

    def check(self) -> None:
        """Raise ArchiveError for the first error of :func:`check_arguments`."""
        for error in check_arguments(vars(self)):
            raise error


def check_arguments(
    arguments: Mapping[str, Any], unknown: Collection[str] = ()
) -> list[ArchiveError]:
    """Return all errors of the arguments; reads no file.

    `arguments` are those with a known value, including None and empty ones; `unknown` are the names
    of the others, which may become null.
    """
    given = {name for name, value in arguments.items() if value not in (None, [], ())}
    errors = [
        ArchiveError(one, "Conflicting arguments", f"{one} cannot be set together with {other}.")
        for one, other in _CONFLICTS
        if one in given and other in given
    ]
    if not {*given, *unknown}.intersection(_SOURCES):
        errors.append(_no_source(given))
    errors += [
        ArchiveError(name, "Invalid path", f"{name} is {bad}; set it to a path.")
        for name in ("source_file", "source_dir", "output_path")
        if (bad := _not_a_path(arguments.get(name)))
    ]
    type_ = arguments.get("type")
    if type_ is not None and type_ not in TYPES:
        detail = f"type is '{type_}'; only {' and '.join(TYPES)} are supported."
        errors.append(ArchiveError("type", "Unknown archive type", detail))
    try:
        parse_mode(arguments.get("output_file_mode"))
    except ArchiveError as error:
        errors.append(error)
    return errors


def _not_a_path(text: str | None) -> str | None:
    if text is None:
        return None
    return "empty" if not text else "text with a null byte" if "\0" in text else None


def _no_source(given: Collection[str]) -> ArchiveError:
    if "source_content" in given:
        detail = "source_content requires source_content_filename, its name in the archive."
        return ArchiveError("source_content", "Missing argument", detail)
    detail = (
        "Set source_file, source_dir, source_content_filename with source_content, "
        "or at least one source block."
    )
    return ArchiveError(None, "Nothing to archive", detail)


def parse_mode(text: str | None) -> int | None:
    """Parse `output_file_mode` as Go does: "0644" and "0o644" are octal, "420" is decimal.

    Returns None for None and ""; raises ArchiveError.
    """
    if not text:
        return None
    try:
        leading_zero = text[0] == "0" and text.isdigit()
        mode = int(text, 8) if leading_zero else int(text, 0)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o7777:
        detail = f"output_file_mode is '{text}'; set it to an octal mode such as \"0644\"."
        raise ArchiveError("output_file_mode", "Invalid file mode", detail)
    return mode
