"""The four reports are written completely or not at all."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.reports import write_reports
from planproof.results import RunResult

NAMES = ["compliance.html", "compliance.json", "compliance.md", "junit.xml"]


def test_four_files_and_nothing_else(good: RunResult, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "reports"

    written = write_reports(good, folder)

    assert sorted(written) == NAMES
    assert written == {name: folder / name for name in NAMES}
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    assert all(path.stat().st_size for path in written.values())


def test_the_reports_of_the_last_run_are_replaced(
    good: RunResult, broken: RunResult, tmp_path: Path
) -> None:
    write_reports(good, tmp_path)
    before = (tmp_path / "compliance.md").read_text("utf-8")

    write_reports(broken, tmp_path)

    assert "13 of 13" in before
    assert "11 of 13" in (tmp_path / "compliance.md").read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES


def test_the_files_have_the_usual_mode(good: RunResult, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()

    written = write_reports(good, tmp_path / "reports")

    for path in written.values():
        assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_the_page_carries_the_digest_of_the_evidence(good: RunResult, tmp_path: Path) -> None:
    written = write_reports(good, tmp_path)
    digest = hashlib.sha256(written["compliance.json"].read_bytes()).hexdigest()

    assert digest in written["compliance.html"].read_text("utf-8")


def test_links_are_relative_to_the_project(
    good: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    near = write_reports(good, Path("reports"))["compliance.html"].read_text("utf-8")
    far = write_reports(good, tmp_path / "a" / "b")["compliance.html"].read_text("utf-8")

    assert 'href="../docs/requirements/REQ-03.md"' in near
    assert 'href="../../docs/requirements/REQ-03.md"' in far


def test_a_file_in_place_of_the_folder(good: RunResult, tmp_path: Path) -> None:
    occupied = tmp_path / "reports"
    occupied.write_text("not a folder")

    with pytest.raises(PlanproofError) as caught:
        write_reports(good, occupied)

    assert str(occupied) in caught.value.sentence
    assert "name a folder" in caught.value.sentence
    assert occupied.read_text() == "not a folder"


def test_a_folder_in_place_of_a_file_leaves_no_temporary_file(
    good: RunResult, tmp_path: Path
) -> None:
    (tmp_path / "junit.xml").mkdir()

    with pytest.raises(PlanproofError, match="cannot write the reports"):
        write_reports(good, tmp_path)

    assert not list(tmp_path.glob(".*.tmp"))


def test_a_full_disk_leaves_the_previous_reports_unchanged(
    good: RunResult, broken: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_reports(good, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    real = Path.open

    def full(self: Path, mode: str = "r", *rest: object, **more: object) -> object:
        if "junit" in self.name and "b" in mode and "r" not in mode:
            raise OSError(28, "No space left on device")
        return real(self, mode, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(PlanproofError, match="No space left on device"):
        write_reports(broken, tmp_path)
    monkeypatch.undo()

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["good", "broken", "waived", "hostile", "empty"])
def test_every_run_can_be_written(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for path in write_reports(request.getfixturevalue(name), tmp_path).values():
        path.read_text("utf-8", errors="strict")
