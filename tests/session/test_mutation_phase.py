"""pytest --compliance --mutants in a small project, from the command line."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from planproof.processes import descendants
from planproof.values import Verdict
from tests.builders.project import PLAN, PLUGIN, Outcome, Project, refused
from tests.builders.repository import ROOT
from tests.builders.warm_process import start_warm

FEATURE = """\
Feature: Queues

  @REQ-01
  Scenario: Queues are encrypted
    Then each queue is encrypted

  @REQ-02
  Scenario: Queues wait for a while
    Then each queue waits for a while
"""

STEPS = '''\
"""Steps of a small project."""

import pytest
from pytest_bdd import then


@pytest.fixture(scope="session")
def queues(stack):
    return stack.managed("aws_sqs_queue")


@then("each queue is encrypted")
def encrypted(queues, evidence):
    for queue in queues:
        evidence.equal(queue, "sqs_managed_sse_enabled", True)


@then("each queue waits for a while")
def waits(queues, evidence):
    for queue in queues:
        delay = queue.get("delay_seconds")
        holds = delay is not None and 0 < delay < 900
        evidence.check(holds, queue, "delay_seconds", expected="a while", found=delay)
'''

LAX = STEPS.replace("0 < delay < 900", "delay > 0")
SURVIVOR = "raise aws_sqs_queue.q.delay_seconds"
ALL = {
    "drop aws_sqs_queue.q": ["REQ-01", "REQ-02"],
    "flip aws_sqs_queue.q.sqs_managed_sse_enabled": ["REQ-01"],
    "unset aws_sqs_queue.q.sqs_managed_sse_enabled": ["REQ-01"],
    SURVIVOR: ["REQ-02"],
    "lower aws_sqs_queue.q.delay_seconds": ["REQ-02"],
    "unset aws_sqs_queue.q.delay_seconds": ["REQ-02"],
}


def project(path: Path, feature: str = FEATURE, steps: str = STEPS) -> Project:
    small = Project.make(path, feature, steps)
    plan = json.loads(json.dumps(PLAN))
    values = plan["resource_changes"][0]["change"]["after"]
    values |= {"sqs_managed_sse_enabled": True, "delay_seconds": 30}
    small.write("plan.json", json.dumps(plan))
    return small


def mutation(outcome: Outcome) -> dict[str, Any]:
    content: dict[str, Any] = outcome.report["mutation"]
    return content


def trials(outcome: Outcome) -> dict[str, dict[str, Any]]:
    return {trial["id"]: trial for trial in mutation(outcome)["trials"]}


def fates(outcome: Outcome) -> dict[str, str]:
    return {name: trial["fate"] for name, trial in trials(outcome).items()}


def killers(outcome: Outcome) -> dict[str, list[str]]:
    return {
        name: [kill["requirement"] for kill in trial["kills"]]
        for name, trial in trials(outcome).items()
    }


def one_line(outcome: Outcome) -> str:
    return " ".join(outcome.output.split())


def test_a_run_passes_if_each_mutant_is_killed(tmp_path: Path) -> None:
    outcome = project(tmp_path).judge_plan("--mutants")
    assert outcome.code == 0, outcome.output
    assert killers(outcome) == ALL
    assert set(fates(outcome).values()) == {"killed"}
    assert all(kill["near"] for t in trials(outcome).values() for kill in t["kills"])
    assert mutation(outcome)["rate"] == 1.0
    assert mutation(outcome)["requirements"] == ["REQ-01", "REQ-02"]
    assert mutation(outcome)["untested"] == []
    assert outcome.statuses == {"REQ-01": "passed", "REQ-02": "passed"}
    seen = {name: trial["seen"] for name, trial in trials(outcome).items()}
    assert seen == ALL, "a scenario was judged on a change that it does not read"
    assert "6 of 6" in one_line(outcome)


def test_a_survivor_is_named_and_fails_the_run(tmp_path: Path) -> None:
    outcome = project(tmp_path, steps=LAX).judge_plan("--mutants")
    assert outcome.code == 1
    assert {name for name, fate in fates(outcome).items() if fate != "killed"} == {SURVIVOR}
    assert fates(outcome)[SURVIVOR] == "survived"
    assert outcome.report["summary"]["passed"] is False
    assert trials(outcome)[SURVIVOR]["seen"] == ["REQ-02"]
    assert SURVIVOR in outcome.output
    assert outcome.statuses == {"REQ-01": "passed", "REQ-02": "passed"}


def explain(small: Project, *mutants: str, name: str = "equivalents.toml") -> None:
    text = "".join(
        f"[[equivalent]]\nmutant = '{m}'\nreason = 'AWS waits anyway'\n" for m in mutants
    )
    small.write(name, text)


def test_an_explained_survivor_passes_and_a_stale_explanation_is_reported(tmp_path: Path) -> None:
    small = project(tmp_path, steps=LAX)
    explain(small, "raise *.delay_seconds", "lower *.delay_seconds")
    outcome = small.judge_plan("--mutants")
    assert outcome.code == 0, outcome.output
    assert fates(outcome)[SURVIVOR] == "equivalent"
    assert trials(outcome)[SURVIVOR]["reason"] == "AWS waits anyway"
    assert fates(outcome)["lower aws_sqs_queue.q.delay_seconds"] == "killed"
    (notice,) = [
        text for text in outcome.report["summary"]["notices"] if "equivalents.toml" in text
    ]
    assert "'lower *.delay_seconds'" in notice
    assert "remove the entry" in notice
    assert "'lower *.delay_seconds'" in one_line(outcome)


def test_stale_explanations_are_not_reported_by_a_partial_run(tmp_path: Path) -> None:
    small = project(tmp_path)
    explain(small, "raise *.delay_seconds")
    outcome = small.judge_plan("--mutants", "-k", "encrypted")
    assert outcome.code == 0, outcome.output
    assert sorted(fates(outcome)) == sorted(name for name, by in ALL.items() if "REQ-01" in by)
    assert not any("equivalents.toml" in text for text in outcome.report["summary"]["notices"])


def test_a_single_mutant_is_judged_with_explanations_from_another_file(tmp_path: Path) -> None:
    small = project(tmp_path, steps=LAX)
    explain(small, "raise *", "drop aws_x.of_old", name="why.toml")
    outcome = small.judge_plan("--mutants", "--mutant", SURVIVOR, "--equivalents", "why.toml")
    assert outcome.code == 0, outcome.output
    assert fates(outcome) == {SURVIVOR: "equivalent"}
    assert mutation(outcome)["made"] == len(ALL)
    assert not any("why.toml" in text for text in outcome.report["summary"]["notices"])


def test_mutants_are_selected_by_patterns(tmp_path: Path) -> None:
    outcome = project(tmp_path).judge_plan("--mutants", "--mutant", "unset *", "--mutant", "drop *")
    assert outcome.code == 0, outcome.output
    assert sorted(fates(outcome)) == sorted(m for m in ALL if m.startswith(("unset", "drop")))


def test_an_unknown_mutant_is_refused(tmp_path: Path) -> None:
    outcome = project(tmp_path).judge_plan("--mutants", "--mutant", "drop aws_x.y")
    assert outcome.code == 4
    assert "ERROR: " in outcome.output
    assert "'drop aws_x.y' among the 6 " in one_line(outcome)
    assert "Traceback" not in outcome.output
    assert outcome.report.get("mutation") is None


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (("--mutant", "drop *"), "--mutant requires --mutants"),
        (("--mutants-limit", "4"), "--mutants-limit requires --mutants"),
        (("--equivalents", "x.toml"), "--equivalents requires --mutants"),
        (("--mutants", "--mutants-limit", "0"), "--mutants-limit 0"),
        (("--mutants", "--deployed"), "--mutants cannot be combined with --deployed"),
        (("--mutants", "--equivalents", "none.toml"), "none.toml does not exist"),
    ],
)
def test_options_that_are_refused(tmp_path: Path, arguments: tuple[str, ...], fact: str) -> None:
    plan = () if "--deployed" in arguments else ("--plan", "plan.json")
    outcome = project(tmp_path).judge(*plan, *arguments)
    assert outcome.code == 4
    refused(outcome, fact)


def test_mutants_require_compliance(tmp_path: Path) -> None:
    outcome = project(tmp_path).pytest("--mutants", "--plan", "plan.json", "features")
    assert outcome.code == 4
    refused(outcome, "--mutants requires --compliance")


CRASH = """
@then("each queue waits for a while")
def waits(stack, evidence):
    queue = stack["aws_sqs_queue.q"]
    found = {30: "half a minute"}[queue.values["delay_seconds"]]
    evidence.check(True, queue, "delay_seconds", expected="half a minute", found=found)
"""


def test_a_step_that_crashes_on_a_mutant_does_not_kill_it(tmp_path: Path) -> None:
    steps = STEPS.partition('@then("each queue waits')[0] + CRASH
    outcome = project(tmp_path, steps=steps).judge_plan("--mutants")
    assert outcome.code == 1
    assert killers(outcome) == {
        name: [by for by in found if by == "REQ-01"] for name, found in ALL.items()
    }
    undecided = [name for name, fate in fates(outcome).items() if fate == "undecided"]
    assert undecided == [name for name, found in ALL.items() if found == ["REQ-02"]]
    assert fates(outcome)["drop aws_sqs_queue.q"] == "killed"
    reason = trials(outcome)[SURVIVOR]["reason"]
    assert "a step crashed" in reason
    assert "Queues wait for a while: KeyError: 30000" in reason
    assert SURVIVOR in outcome.output
    assert "Traceback" not in outcome.output


def test_a_step_that_crashes_on_a_killed_mutant_is_reported(tmp_path: Path) -> None:
    careless = STEPS.replace(
        '        delay = queue.get("delay_seconds")\n',
        '        delay = queue.get("delay_seconds")\n'
        '        {True: 1}[queue.get("sqs_managed_sse_enabled")]\n',
    )
    assert careless != STEPS
    outcome = project(tmp_path, steps=careless).judge_plan("--mutants")
    flipped = next(name for name in ALL if name.startswith("flip "))
    assert fates(outcome)[flipped] == "killed"
    assert killers(outcome)[flipped] == ["REQ-01"]
    assert "A step crashed on" in one_line(outcome)
    assert "Queues wait for a while: KeyError" in one_line(outcome)


HOOK = """

from planproof.mutation.stack.model import mutant
from planproof.mutation.stack.rewriting import added
from planproof.terraform.stack import Resource


def pytest_planproof_mutants(config, stacks):
    table = Resource("aws_dynamodb_table.x", "managed", "aws_dynamodb_table", "x", None, "", {})
    unseen = Resource("aws_vpc.x", "managed", "aws_vpc", "x", None, "", {})
    assert set(stacks) == {"default"}
    return [
        mutant("add", new, "", "nothing", new.type, added(new))
        for new in (table, unseen, stacks["default"]["aws_sqs_queue.q"])
    ]


@then("each queue waits for a while")
def no_table(stack, evidence):
    tables = stack.managed("aws_dynamodb_table")
    for table in tables:
        evidence.check(False, table, expected="no table")
    if not tables:
        evidence.none_found("tables", expected="none")
"""


def test_a_suite_adds_mutants(tmp_path: Path) -> None:
    steps = STEPS.partition('@then("each queue waits')[0] + HOOK
    outcome = project(tmp_path, steps=steps).judge_plan("--mutants", "--mutant", "add *")
    assert outcome.code == 0, outcome.output
    # No scenario of this run reads a VPC.
    assert fates(outcome) == {"add aws_dynamodb_table.x": "killed"}
    assert killers(outcome)["add aws_dynamodb_table.x"] == ["REQ-02"]
    assert mutation(outcome)["made"] == 4  # the table, and three of the queue


MORE = """
  @REQ-03
  Scenario: It fails
    Then it fails

  @REQ-03 @REQ-04
  Scenario: Queues are encrypted, once more
    Then each queue is encrypted
"""

FAILS = """

@then("it fails")
def fails(evidence):
    evidence.check(False, "aws_sqs_queue.q", "name", expected="x", found="y")
"""


def test_a_requirement_that_the_stack_violates_is_not_tested(tmp_path: Path) -> None:
    outcome = project(tmp_path, FEATURE + MORE, STEPS + FAILS).judge_plan("--mutants")
    assert outcome.code == 1
    assert outcome.statuses["REQ-03"] == Verdict.FAILED
    assert mutation(outcome)["requirements"] == ["REQ-01", "REQ-02"]
    assert mutation(outcome)["untested"] == ["REQ-03", "REQ-04"]
    assert killers(outcome) == ALL
    untested = one_line(outcome).partition("6 of 6")[0].rpartition("REQ-02 tested against")[2]
    assert "REQ-03" in untested


def test_without_the_option_there_are_no_mutants(tmp_path: Path) -> None:
    outcome = project(tmp_path, steps=LAX).judge_plan()
    assert outcome.code == 0
    assert outcome.report.get("mutation") is None


HANGS = """
import signal


@then("each queue waits for a while")
def waits(queues, evidence):
    for queue in queues:
        evidence.check(True, queue, "delay_seconds", expected="a while")
        if queue.get("delay_seconds") == 30_000:
            open("hanging", "w").close()
            signal.pause()
"""


def test_ctrl_c_ends_a_run_and_its_forks(tmp_path: Path) -> None:
    steps = STEPS.partition('@then("each queue waits')[0] + HANGS
    small = project(tmp_path, steps=steps)
    output = tmp_path / "output"
    os.mkfifo(small.path / "hanging")
    process = start_warm(
        ["-c", "pytest.ini", *PLUGIN, "--compliance", "--mutants", "--plan", "plan.json"],
        small.path,
        {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        output,
    )
    (small.path / "hanging").read_text()  # waits until a step hangs
    forks = descendants(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    process.join()
    printed = output.read_text("utf-8")
    assert process.exitcode == pytest.ExitCode.INTERRUPTED, printed
    assert "Traceback" not in printed
    assert "KeyboardInterrupt" not in printed
    assert "Interrupted: by Ctrl-C" in printed
    assert len(forks) >= 1
    assert not set(forks) & set(descendants(os.getpid()))
    assert not any(Path(f"/proc/{pid}").exists() for pid, _ in forks)


# Built in, so that no provider has to be started.
QUEUE = """\
resource "terraform_data" "q" {
  input = { delay_seconds = 30, sqs_managed_sse_enabled = true }
}
"""
OF_DATA = (
    STEPS.replace("aws_sqs_queue", "terraform_data")
    .replace('queue.get("delay_seconds")', 'queue.get("input.delay_seconds")')
    .replace('"sqs_managed_sse_enabled"', '"input.sqs_managed_sse_enabled"')
)


@pytest.mark.terraform
def test_a_later_run_of_the_same_stack_reports_the_saved_result(tmp_path: Path) -> None:
    small = project(tmp_path, steps=OF_DATA)
    small.write("terraform/main.tf", QUEUE)
    measured = small.judge("--mutants")
    assert measured.code == 0, measured.output
    assert len(trials(measured)) > 1

    plain = small.judge()
    assert plain.code == 0, plain.output
    assert mutation(plain) == mutation(measured)
    assert any("Mutants as measured on" in text for text in plain.report["summary"]["notices"])
    assert "Would a mistake be detected?" not in plain.output

    small.write("terraform/main.tf", QUEUE.replace("30", "31"))
    changed = small.judge()
    assert changed.code == 0, changed.output
    assert "mutation" not in changed.report
