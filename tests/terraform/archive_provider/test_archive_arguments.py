"""Invalid arguments are refused; arguments with unknown values are not."""

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
    named = [(attribute, set(detail.rstrip(".").split())) for attribute, _, detail in found]
    assert any(attribute == one and {one, other} <= words for attribute, words in named)
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


@pytest.mark.parametrize(("text", "kind"), [("", "empty"), ("a\0b", "null byte")])
@pytest.mark.parametrize("name", ["source_file", "source_dir", "output_path"])
def test_invalid_paths(name: str, text: str, kind: str) -> None:
    source = {} if name.startswith("source") else {"source_file": "a"}
    [(attribute, summary, detail)] = errors({"type": "zip", **source, name: text})
    assert (attribute, summary) == (name, "Invalid path")
    assert name in detail
    assert kind in detail


@pytest.mark.parametrize("type_", ["tar", "ZIP", "tgz", ""])
def test_unknown_type(type_: str) -> None:
    [(attribute, summary, detail)] = errors({**FILE, "type": type_})
    assert (attribute, summary) == ("type", "Unknown archive type")
    assert all(text in detail for text in (f"'{type_}'", "zip", "tar.gz"))


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
def test_modes_are_parsed_as_in_go(text: str | None, mode: int | None) -> None:
    assert parse_mode(text) == mode


@pytest.mark.parametrize("text", ["rw-r--r--", "0888", "-1", "010000", "0x", " ", "0.5"])
def test_bad_modes(text: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        parse_mode(text)
    assert caught.value.attribute == "output_file_mode"
    assert f"'{text}'" in caught.value.detail


def test_check_of_a_spec() -> None:
    ArchiveSpec("zip", source_file="a").check()
    with pytest.raises(ArchiveError, match=r"excludes .*source_file"):
        ArchiveSpec("zip", source_file="a", excludes=("b",)).check()
