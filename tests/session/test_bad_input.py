"""Whatever a user gets wrong in features, options and files is told in one sentence."""

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
    ("feature", "said"),
    [
        (
            FEATURE.replace("Feature:", "Featur:"),
            "queues.feature:2 (Featur: Queues are there) cannot be read as Gherkin",
        ),
        (
            FEATURE + "  Examples:\n    | a | b |\n    | 1 |\n",
            "queues.feature:8 (| 1 |) cannot be read as Gherkin, inconsistent cell count",
        ),
        (FEATURE.replace("Then", "And"), "cannot be read as Gherkin, first step in a scenario"),
        (
            FEATURE.replace("@REQ-01", "@queues"),
            "has no requirement tag: put a tag such as @REQ-03",
        ),
        (FEATURE + SCENARIO, "2 scenarios called 'There is a queue': rename all but one"),
        (
            f"@REQ-1\nFeature: F\n  Rule: One\n{SCENARIO}  Rule: Two\n{SCENARIO}",
            "2 scenarios called 'There is a queue'",
        ),
        ("", "queues.feature has no scenario, so it proves nothing"),
        ("# only a comment\n", "queues.feature has no scenario, so it proves nothing"),
        ("@REQ-1\nFeature: F\n", "queues.feature has no scenario, so it proves nothing"),
        (FEATURE.replace("Then there is a queue", ""), "has no Then step, so it proves nothing"),
        (FEATURE.replace("Then there is a queue", "Given the stack"), "has no Then step"),
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
def test_a_feature_that_is_wrong(tmp_path: Path, feature: str, said: str) -> None:
    refused(judge(tmp_path, feature), "ERROR: ", said)


def test_a_feature_that_is_no_text(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    (project.path / "features/queues.feature").write_bytes(FEATURE.encode("utf-16"))
    refused(project.judge_plan(), "queues.feature is not UTF-8 text: save it as UTF-8.")


def test_steps_that_nobody_defined_are_told_with_the_nearest_ones(tmp_path: Path) -> None:
    feature = FEATURE.replace("there is a queue", "there is a queeu") + "    And 5 is evne\n"
    outcome = judge(tmp_path, feature)
    refused(
        outcome,
        "nobody defined these 2 steps: use one of the nearest ones below, or define it",
        "queues.feature:5: Then there is a queeu nearest: Then there is a queue",
        "queues.feature:6: And 5 is evne nearest: Then NUMBER is even",
    )


def test_a_step_defined_for_another_keyword_is_not_defined(tmp_path: Path) -> None:
    feature = FEATURE.replace("Then there", "Given there is a queue\n    Then there")
    refused(judge(tmp_path, feature), "nobody defined this step", "Given there is a queue")


def test_no_features_at_all(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    (project.path / "features/queues.feature").unlink()
    refused(project.judge_plan(), "there is no scenario to judge: write one in a .feature file")
    (project.path / "features").rmdir()
    refused(project.judge_plan(), "there is no folder features/ of requirements here: run in")
    refused(project.judge_plan("features/missing.feature"), "missing.feature")


# Plan files ----------------------------------------------------------------------------------

TEXT = json.dumps(PLAN)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Terraform will perform the following actions", "is not JSON (line 1, column 1"),
        (TEXT[: len(TEXT) // 2].encode(), "is truncated"),
        (b"", "is truncated"),
        (b"PK\x03\x04\xff\xfe\x00\x80", "is not JSON but binary"),
        (b'{"format_version": "1.0", "values": {"root_module": {}}}', "is a state"),
        (b'{"format_version": "1.0"}', "is not a plan"),
        (b'{"resources": []}', "is JSON but not a plan: it has no format_version"),
        (TEXT.replace('"1.2"', '"3.0"').encode(), "has the unknown plan format version '3.0'"),
        (TEXT.replace('"change"', '"chance"').encode(), "is damaged"),
        (TEXT.replace("{", '{"errored": true, ', 1).encode(), "of a plan that failed half-way"),
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
def test_a_file_that_is_no_plan(tmp_path: Path, content: bytes, said: str) -> None:
    project = Project.make(tmp_path)
    (project.path / "plan.json").write_bytes(content)
    refused(project.judge_plan(), "plan.json", said)


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    refused(project.judge("--plan", "missing.json"), "missing.json cannot be read (No such file")


# Options and files ---------------------------------------------------------------------------


def test_options_that_exclude_each_other(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    outcome = project.judge_plan("--var", "a=b")
    refused(outcome, "--plan was given together with --var or --var-file: make the plan with")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not toml", "is not TOML"),
        ('[[waiver]]\nrequirement = "REQ-01"\n', "has no reason"),
        ("[[waivers]]\n", "unknown table 'waivers'"),
    ],
)
def test_bad_waivers(tmp_path: Path, text: str, said: str) -> None:
    refused(judge(tmp_path, waivers__toml=text), "waivers.toml", said)


def test_waivers_that_are_not_there(tmp_path: Path) -> None:
    outcome = judge(tmp_path, FEATURE, "--waivers", "missing.toml")
    refused(outcome, "the waivers file missing.toml cannot be read (No such file or directory)")


def test_reports_that_cannot_be_written(tmp_path: Path) -> None:
    outcome = judge(tmp_path, FEATURE, "--report-dir", "plan.json")
    refused(outcome, "cannot write the reports to plan.json", "name a folder that this user can")


@pytest.mark.parametrize(
    ("directory", "said"),
    [
        ("missing", "missing is not a directory: name a directory of .tf files"),
        ("empty", "empty holds no .tf files: name a directory of .tf files"),
        ("plan.json", "plan.json is not a directory"),
    ],
)
def test_a_directory_without_sources(tmp_path: Path, directory: str, said: str) -> None:
    project = Project.make(tmp_path)
    (project.path / "empty").mkdir()
    refused(project.judge("--terraform-dir", directory), said)


def test_more_than_one_process(tmp_path: Path) -> None:
    outcome = judge(tmp_path, FEATURE, "-p", "xdist", "-n", "2")
    refused(outcome, "--compliance judges in one process: leave out -n")


CHECK = "this is no Python\n"


def test_a_custom_check_that_cannot_be_loaded(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    project.write("custom_checks/__init__.py", "")
    project.write("custom_checks/QueueIsNamed.py", CHECK)
    steps = "\n\n@then('the checks hold')\ndef the_checks_hold(checks, evidence):\n    pass\n"
    project.write("conftest.py", (project.path / "conftest.py").read_text() + steps)
    project.write("features/queues.feature", FEATURE.replace("there is a queue", "the checks hold"))
    outcome = project.judge_plan()
    assert outcome.code == 1
    assert outcome.statuses == {"REQ-01": "undetermined"}
    reason = outcome.report["requirements"][0]["scenarios"][0]["reason"]
    assert "the custom check custom_checks/QueueIsNamed.py cannot be loaded" in reason
    assert "Traceback" not in outcome.output
