"""Mistakes in features, options and files are reported in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders.project import FEATURE, PLAN, Outcome, Project, refused

SCENARIO = "  Scenario: There is a queue\n    Then there is a queue\n"


def judge(path: Path, feature: str = FEATURE, *arguments: str, **files: str) -> Outcome:
    project = Project.make(path, feature)
    for name, text in files.items():
        project.write(name.replace("__", "."), text)
    return project.judge_plan(*arguments)


# Features ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feature", "facts"),
    [
        (
            FEATURE.replace("Feature:", "Featur:"),
            ["queues.feature:2 (Featur: Queues are there)", "Gherkin"],
        ),
        (
            FEATURE + "  Examples:\n    | a | b |\n    | 1 |\n",
            ["queues.feature:8 (| 1 |)", "Gherkin", "inconsistent cell count"],
        ),
        (FEATURE.replace("Then", "And"), ["Gherkin", "first step in a scenario"]),
        (FEATURE.replace("@REQ-01", "@queues"), ["There is a queue", "no requirement tag"]),
        (FEATURE + SCENARIO, ["queues.feature", "2 scenarios", "'There is a queue'"]),
        (
            f"@REQ-1\nFeature: F\n  Rule: One\n{SCENARIO}  Rule: Two\n{SCENARIO}",
            ["queues.feature", "2 scenarios", "'There is a queue'"],
        ),
        ("", ["queues.feature has no scenario"]),
        ("# only a comment\n", ["queues.feature has no scenario"]),
        ("@REQ-1\nFeature: F\n", ["queues.feature has no scenario"]),
        (FEATURE.replace("Then there is a queue", ""), ["There is a queue", "no Then step"]),
        (
            FEATURE.replace("Then there is a queue", "Given the stack"),
            ["There is a queue", "no Then step"],
        ),
    ],
    ids=[
        "no feature",
        "table",
        "first step",
        "no tag",
        "same name",
        "same name in two rules",
        "empty",
        "comment",
        "no scenario",
        "no step",
        "no assertion",
    ],
)
def test_a_feature_that_cannot_be_judged(tmp_path: Path, feature: str, facts: list[str]) -> None:
    refused(judge(tmp_path, feature), "ERROR: ", *facts)


def test_a_feature_that_is_not_text(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    (project.path / "features/queues.feature").write_bytes(FEATURE.encode("utf-16"))
    refused(project.judge_plan(), "queues.feature", "UTF-8")


def test_undefined_steps_are_listed_with_the_nearest_ones(tmp_path: Path) -> None:
    feature = FEATURE.replace("there is a queue", "there is a queeu") + "    And 5 is evne\n"
    refused(
        judge(tmp_path, feature),
        "2 steps are not defined",
        "queues.feature:5: Then there is a queeu nearest: Then there is a queue",
        "queues.feature:6: And 5 is evne nearest: Then NUMBER is even",
    )


def test_a_step_that_is_defined_for_another_keyword_is_undefined(tmp_path: Path) -> None:
    feature = FEATURE.replace("Then there", "Given there is a queue\n    Then there")
    refused(judge(tmp_path, feature), "step is not defined", "Given there is a queue")


def test_no_features_at_all(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    (project.path / "features/queues.feature").unlink()
    refused(project.judge_plan(), "no scenario to judge", ".feature file")
    (project.path / "features").rmdir()
    refused(project.judge_plan(), "folder features/", "does not exist")
    refused(project.judge_plan("features/missing.feature"), "missing.feature")


# Plan files ----------------------------------------------------------------------------------

TEXT = json.dumps(PLAN)


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"Terraform will perform the following actions", "is not JSON (line 1, column 1"),
        (TEXT[: len(TEXT) // 2].encode(), "is truncated"),
        (b"", "is truncated"),
        (b"PK\x03\x04\xff\xfe\x00\x80", "binary"),
        (b'{"format_version": "1.0", "values": {"root_module": {}}}', "is a state"),
        (b'{"format_version": "1.0"}', "is not a plan"),
        (b'{"resources": []}', "no format_version"),
        (TEXT.replace('"1.2"', '"3.0"').encode(), "format version '3.0'"),
        (TEXT.replace('"change"', '"chance"').encode(), "is damaged"),
        (TEXT.replace("{", '{"errored": true, ', 1).encode(), "plan that failed"),
    ],
    ids=[
        "text",
        "truncated",
        "empty",
        "binary",
        "state",
        "other",
        "no version",
        "version",
        "damaged",
        "errored",
    ],
)
def test_a_file_that_is_not_a_plan(tmp_path: Path, content: bytes, fact: str) -> None:
    project = Project.make(tmp_path)
    (project.path / "plan.json").write_bytes(content)
    refused(project.judge_plan(), "plan.json", fact)


def test_a_missing_plan(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    refused(project.judge("--plan", "missing.json"), "missing.json", "No such file")


# Options and files ---------------------------------------------------------------------------


def test_options_that_exclude_each_other(tmp_path: Path) -> None:
    refused(judge(tmp_path, FEATURE, "--var", "a=b"), "--plan", "--var", "--var-file")


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("not toml", "is not TOML"),
        ('[[waiver]]\nrequirement = "REQ-01"\n', "has no reason"),
        ("[[waivers]]\n", "unknown table 'waivers'"),
    ],
)
def test_waivers_that_are_not_valid(tmp_path: Path, text: str, fact: str) -> None:
    refused(judge(tmp_path, waivers__toml=text), "waivers.toml", fact)


def test_missing_waivers(tmp_path: Path) -> None:
    refused(judge(tmp_path, FEATURE, "--waivers", "missing.toml"), "missing.toml", "No such file")


def test_reports_that_cannot_be_written(tmp_path: Path) -> None:
    outcome = judge(tmp_path, FEATURE, "--report-dir", "plan.json")
    refused(outcome, "cannot write the reports to plan.json")


@pytest.mark.parametrize(
    ("directory", "fact"),
    [
        ("missing", "missing is not a directory"),
        ("empty", "empty has no .tf files"),
        ("plan.json", "plan.json is not a directory"),
    ],
)
def test_a_directory_without_sources(tmp_path: Path, directory: str, fact: str) -> None:
    project = Project.make(tmp_path)
    (project.path / "empty").mkdir()
    refused(project.judge("--terraform-dir", directory), fact)


def test_more_than_one_process(tmp_path: Path) -> None:
    refused(judge(tmp_path, FEATURE, "-p", "xdist", "-n", "2"), "--compliance", "-n")


def test_a_custom_check_that_cannot_be_loaded(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    project.write("custom_checks/__init__.py", "")
    project.write("custom_checks/QueueIsNamed.py", "this is not Python\n")
    steps = "\n\n@then('the checks hold')\ndef the_checks_hold(checks, evidence):\n    pass\n"
    project.write("conftest.py", (project.path / "conftest.py").read_text() + steps)
    project.write("features/queues.feature", FEATURE.replace("there is a queue", "the checks hold"))
    outcome = project.judge_plan()
    assert outcome.code == 1
    assert outcome.statuses == {"REQ-01": "undetermined"}
    assert "custom_checks/QueueIsNamed.py" in outcome.scenario("There is a queue")["reason"]
    assert "Traceback" not in outcome.output
