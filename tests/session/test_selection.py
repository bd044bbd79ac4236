"""Which scenarios a run judges, and what its reports say of those that it leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.project import FEATURE, Outcome, Project

MANY = """\
@REQ-01
Feature: Queues

  Scenario: one
    Then there is a queue

  @REQ-02
  Scenario: two
    Then there is a queue

  @REQ-05
  Scenario Outline: even
    Then <n> is even

    @chosen
    Examples:
      | n |
      | 2 |
      | 4 |
"""
OTHER = """\
@REQ-03
Feature: Others

  Scenario: three
    Then the evidence fails
"""
A = "features/queues.feature"


def make(path: Path) -> Project:
    project = Project.make(path, MANY)
    project.write("features/others.feature", OTHER)
    return project


def check(outcome: Outcome, left_out: set[str], partial: set[str]) -> None:
    """Assert what every report and the summary say."""
    texts = [outcome.output]
    texts += [
        (outcome.reports / name).read_text("utf-8")
        for name in ("compliance.md", "compliance.html", "junit.xml", "compliance.json")
    ]
    notices = outcome.report["summary"]["notices"]
    assert set(outcome.statuses) == {"REQ-01", "REQ-02", "REQ-03", "REQ-05"} - left_out
    for name in left_out:
        assert any(name in notice for notice in notices)
        assert all(name in text for text in texts), name
    for name in partial:
        assert any(f"{name} (" in notice for notice in notices)
        assert all(f"{name} (" in text for text in texts), name
    assert not any("stopped" in notice for notice in notices)


@pytest.mark.parametrize(
    ("arguments", "left_out", "partial"),
    [
        ((f"{A}::test_one",), {"REQ-02", "REQ-03", "REQ-05"}, {"REQ-01"}),
        ((f"{A}:8",), {"REQ-03", "REQ-05"}, {"REQ-01"}),
        ((f"{A}:18",), {"REQ-02", "REQ-03"}, {"REQ-01", "REQ-05"}),
        ((A,), {"REQ-03"}, set()),
        (("-m", "REQ-05"), {"REQ-02", "REQ-03"}, {"REQ-01"}),
        (("-m", "chosen"), {"REQ-02", "REQ-03"}, {"REQ-01"}),
        (("-k", "REQ-05"), {"REQ-02", "REQ-03"}, {"REQ-01"}),
        (("--deselect", f"{A}::test_two"), {"REQ-02"}, {"REQ-01"}),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
def test_what_is_left_out_is_named(
    tmp_path: Path, arguments: tuple[str, ...], left_out: set[str], partial: set[str]
) -> None:
    check(make(tmp_path).judge_plan(*arguments), left_out, partial)


def test_the_last_failures_alone(tmp_path: Path) -> None:
    project = make(tmp_path)
    project.write("pytest.ini", "[pytest]\n")  # with pytest's cache
    first = project.judge_plan()
    assert first.statuses["REQ-03"] == "failed"
    assert not any("Not judged at all" in n for n in first.report["summary"]["notices"])
    again = project.judge_plan("--lf")
    assert again.code == 1
    check(again, {"REQ-01", "REQ-02", "REQ-05"}, set())


def test_a_run_that_stops_at_the_first_failure_names_the_rest(tmp_path: Path) -> None:
    project = make(tmp_path)
    project.write("features/others.feature", OTHER.replace("REQ-03", "REQ-00"))
    outcome = project.judge_plan("--maxfail=1")
    assert outcome.code != 0
    assert outcome.statuses == {
        "REQ-00": "failed",
        "REQ-01": "undetermined",
        "REQ-02": "undetermined",
        "REQ-05": "undetermined",
    }
    notices = " ".join(outcome.report["summary"]["notices"])
    assert all(name in notices for name in ("REQ-01", "REQ-02", "REQ-05"))


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ((f"{A}:400",), "queues.feature:400"),
        (("-k", "nothing"), "none of the 5 scenarios"),
        (("--cucumber-json", "c.json"), "reports/compliance.json"),
        (("--junit-xml", "c.xml"), "reports/junit.xml"),
        (("--gherkin-terminal-reporter",), "--gherkin-terminal-reporter cannot"),
    ],
    ids=str,
)
def test_what_is_refused(tmp_path: Path, arguments: tuple[str, ...], fact: str) -> None:
    project = make(tmp_path)
    outcome = project.judge_plan(*arguments)
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert outcome.output.count("ERROR:") == 1
    assert fact in outcome.output
    assert not outcome.report
    assert not [*project.path.glob("c.*")]


# Feature files -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf" + FEATURE.encode(), FEATURE.replace("\n", "\r\n").encode()],
    ids=["byte order mark", "CRLF"],
)
def test_files_of_windows(tmp_path: Path, content: bytes) -> None:
    project = Project.make(tmp_path)
    (project.path / A).write_bytes(content)
    outcome = project.judge_plan()
    assert (outcome.code, outcome.statuses) == (0, {"REQ-01": "passed"})


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (FEATURE.replace("a queue", "\xe4").encode("latin-1"), ["queues.feature", "UTF-8"]),
        (FEATURE.encode("utf-16"), ["queues.feature", "UTF-8"]),
        (FEATURE.replace("Then", "Than every").encode(), ["queues.feature:5", "Than every"]),
    ],
    ids=["latin-1", "UTF-16", "misspelt"],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes, facts: list[str]) -> None:
    project = Project.make(tmp_path)
    (project.path / A).write_bytes(content)
    outcome = project.judge_plan()
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert outcome.output.count("ERROR:") == 1
    assert "Traceback" not in outcome.output
    assert not outcome.report
    for fact in facts:
        assert fact in outcome.output
