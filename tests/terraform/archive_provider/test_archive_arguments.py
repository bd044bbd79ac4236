"""Arguments that cannot be are refused, and those that may still come out well are not."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from planproof.terraform.archive_provider.arguments import (
    ArchiveError,
    ArchiveSpec,
    check_arguments,
    parse_mode,
)

FILE = {"type": "zip", "source_file": "a", "output_path": "a.zip"}
BLOCK = [{"content": "", "filename": "a"}]


Found = list[tuple[str | None, str, str]]


def errors(arguments: dict[str, object], unknown: Collection[str] = ()) -> Found:
    return [(e.attribute, e.summary, e.detail) for e in check_arguments(arguments, unknown)]


@pytest.mark.parametrize(
    "arguments",
    [
        FILE,
        {"type": "tar.gz", "source_dir": "d", "excludes": ["a"], "output_path": "a"},
        {"type": "zip", "source_content_filename": "a", "output_path": "a"},
        {"type": "zip", "source_content_filename": "a", "source_content": "", "output_path": "a"},
        {"type": "zip", "source": BLOCK, "output_path": "a", "output_file_mode": "0600"},
        {**FILE, "source_dir": None, "source": [], "output_file_mode": None},
        {**FILE, "output_file_mode": ""},
    ],
)
def test_good_arguments(arguments: dict[str, object]) -> None:
    assert errors(arguments) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("source", "source_file"),
        ("source", "source_dir"),
        ("source", "source_content"),
        ("source", "source_content_filename"),
        ("source_file", "source_dir"),
        ("source_file", "source_content"),
        ("source_file", "source_content_filename"),
        ("source_dir", "source_content"),
        ("source_dir", "source_content_filename"),
        ("excludes", "source_file"),
        ("excludes", "source_content"),
        ("excludes", "source_content_filename"),
    ],
)
def test_conflicts(one: str, other: str) -> None:
    values = {name: BLOCK if name == "source" else "x" for name in (one, other)}
    found = errors({"type": "zip", "output_path": "a", **values}, {"source_dir"} - {one, other})
    detail = f"{one} cannot be set together with {other}."
    assert (one, "Conflicting arguments", detail) in found
    assert {summary for _, summary, _ in found} == {"Conflicting arguments"}


def test_an_unknown_argument_is_no_conflict_yet_and_may_be_the_source() -> None:
    assert errors(FILE, {"source_dir"}) == []
    assert errors({"type": "zip"}, {"source_file"}) == []


def test_nothing_to_archive() -> None:
    [(attribute, summary, detail)] = errors({"type": "zip", "output_path": "a"})
    assert (attribute, summary) == (None, "Nothing to archive")
    assert all(name in detail for name in ("source_file", "source_dir", "source block"))


def test_content_without_a_name() -> None:
    [(attribute, _, detail)] = errors({"type": "zip", "source_content": "a"})
    assert attribute == "source_content"
    assert "source_content_filename" in detail


@pytest.mark.parametrize(("text", "kind"), [("", "empty"), ("a\0b", "text with a null byte")])
@pytest.mark.parametrize("name", ["source_file", "source_dir", "output_path"])
def test_what_is_no_path_is_not_taken_for_the_current_folder(
    name: str, text: str, kind: str
) -> None:
    source = {} if name.startswith("source") else {"source_file": "a"}
    detail = f"{name} is {kind}, and it takes a path."
    assert errors({"type": "zip", **source, name: text}) == [(name, "Invalid path", detail)]


@pytest.mark.parametrize("type_", ["tar", "ZIP", "tgz", ""])
def test_unknown_type(type_: str) -> None:
    [(attribute, summary, detail)] = errors({**FILE, "type": type_})
    assert (attribute, summary) == ("type", "Unknown archive type")
    assert detail == f"type is '{type_}', and only zip and tar.gz are supported."


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("0644", 0o644),
        ("0o755", 0o755),
        ("0x1ff", 0o777),
        ("420", 0o644),
        ("0", 0),
        ("04755", 0o4755),
        ("", None),
        (None, None),
    ],
)
def test_modes_are_read_as_go_reads_numbers(text: str | None, mode: int | None) -> None:
    assert parse_mode(text) == mode


@pytest.mark.parametrize("text", ["rw-r--r--", "0888", "-1", "010000", "0x", " ", "0.5"])
def test_bad_modes(text: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        parse_mode(text)
    assert caught.value.attribute == "output_file_mode"
    assert f"'{text}'" in caught.value.detail


def test_a_spec_checks_itself() -> None:
    ArchiveSpec("zip", source_file="a").check()
    with pytest.raises(ArchiveError, match="excludes cannot be set together with source_file"):
        ArchiveSpec("zip", source_file="a", excludes=("b",)).check()
