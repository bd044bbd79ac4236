"""Lists the files of an archive, with their names and modes.

Intended differences from the real provider:
- Content from the configuration has the mode of `output_file_mode`, or else 0644, also in a zip
  (the real provider writes no mode there).
- `exclude_symlink_directories` leaves out only the link (the real provider also drops all later
  entries of its directory).
- An output_path inside source_dir is left out, so that no archive contains an earlier one.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from planproof.terraform.archive_provider.arguments import ArchiveError, ArchiveSpec, parse_mode
from planproof.terraform.archive_provider.excludes import BadPatternError, Excludes

CONTENT_MODE = 0o644
NAME_BYTES = 0xFFFF  # a zip stores the length of a name in 16 bits


@dataclass(frozen=True)
class Member:
    """A file in the archive; `mode` has only the permission bits."""

    name: str
    mode: int
    data: bytes


def members(spec: ArchiveSpec) -> Iterator[Member]:
    """Yield the files of the archive, sorted within each directory. Raises ArchiveError."""
    mode = parse_mode(spec.output_file_mode)
    for member in _sources(spec):
        yield member if mode is None else Member(member.name, mode, member.data)


def _sources(spec: ArchiveSpec) -> Iterator[Member]:
    if spec.source_dir is not None:
        for path, name in _directory(spec, spec.source_dir):
            yield _file("source_dir", path, name)
    elif spec.source_file is not None:
        yield _file("source_file", spec.source_file, Path(spec.source_file).name)
    elif spec.source_content_filename is not None:
        content = spec.source_content or ""
        yield _content("source_content_filename", spec.source_content_filename, content)
    else:
        # The last of two blocks with the same filename wins, as in the real provider.
        contents = {source.filename: source.content for source in spec.source}
        for filename in sorted(contents):
            yield _content("source", filename, contents[filename])


def _content(attribute: str, filename: str, content: str) -> Member:
    name = filename.replace(os.sep, "/")
    if not name or name.endswith("/") or "\0" in name or len(name.encode()) > NAME_BYTES:
        detail = f"{attribute}: '{filename[:200]}' does not name a file."
        raise ArchiveError(attribute, "Invalid filename", detail)
    return Member(name, CONTENT_MODE, content.encode())


def _file(attribute: str, path: str, name: str) -> Member:
    try:
        name.encode()
        mode = Path(path).stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a directory" if stat.S_ISDIR(mode) else "neither a file nor a directory"
            detail = f"{attribute}: '{path}' is {kind}."
            raise ArchiveError(attribute, "Cannot archive this file", detail)
        return Member(name, stat.S_IMODE(mode), Path(path).read_bytes())
    except UnicodeEncodeError:
        detail = f"{attribute}: the file name {os.fsencode(path)!r} is not UTF-8."
        raise ArchiveError(attribute, "Cannot archive this file", detail) from None
    except OSError as error:
        raise _unreadable(attribute, path, error) from None


def _unreadable(attribute: str, path: str, error: OSError) -> ArchiveError:
    if not isinstance(error, FileNotFoundError):
        detail = f"{attribute}: '{path}' cannot be read: {error.strerror}."
        return ArchiveError(attribute, "Cannot read the source", detail)
    dangling = Path(path).is_symlink()
    what = "is a symbolic link to a missing target" if dangling else "does not exist"
    return ArchiveError(attribute, "Missing source", f"{attribute}: '{path}' {what}.")


def _directory(spec: ArchiveSpec, root: str) -> Iterator[tuple[str, str]]:
    """Yield path and archive name of every file; raises ArchiveError if there is none."""
    try:
        excludes = Excludes(spec.excludes or ())
    except BadPatternError as error:
        raise ArchiveError("excludes", "Invalid pattern", f"excludes: {error}.") from None
    if spec.exclude_symlink_directories and Path(root).is_symlink():
        why = "is a symbolic link, and exclude_symlink_directories is true"
    elif pattern := excludes.match("."):  # the real provider matches the root too
        why = f"is excluded as a whole: the pattern '{pattern}' matches '.', source_dir itself"
    else:
        found = False
        for entry in _walk(root, "", excludes, spec, (os.path.realpath(root),)):
            found = True
            yield entry
        if found:
            return
        why = "has no files that are not excluded" if spec.excludes else "has no files"
    raise ArchiveError("source_dir", "Nothing to archive", f"source_dir: '{root}' {why}.")


def _walk(
    folder: str, prefix: str, excludes: Excludes, spec: ArchiveSpec, above: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield path and archive name below `folder`; `above` are the real paths down to it."""
    output = os.path.realpath(spec.output_path) if spec.output_path else None
    for entry in _entries(folder):
        name = prefix + entry.name
        if excludes.match(name):
            continue
        real = os.path.realpath(entry.path)
        if not Path(entry.path).is_dir():
            if real != output:
                yield entry.path, name
        elif entry.is_symlink() and spec.exclude_symlink_directories:
            continue
        elif real in above:
            detail = f"source_dir: '{entry.path}' is a symbolic link to a directory above it."
            raise ArchiveError("source_dir", "Endless directory", detail)
        else:
            yield from _walk(entry.path, f"{name}/", excludes, spec, (*above, real))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except NotADirectoryError:
        detail = f"source_dir: '{folder}' is not a directory; use source_file for a single file."
        raise ArchiveError("source_dir", "Not a directory", detail) from None
    except OSError as error:
        raise _unreadable("source_dir", folder, error) from None
