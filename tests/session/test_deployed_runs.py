"""With --deployed, what is planned is judged again on what Terraform has built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.builders.deployed_project import FEATURE, STEPS, DeployedProject
from tests.builders.project import Outcome, Project, refused

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


def kinds(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """Requirement → what is known by each kind of evidence."""
    return {r["id"]: r["kinds"] for r in outcome.report["requirements"]}


def scenarios(outcome: Outcome, requirement: str) -> list[tuple[str, str, str]]:
    """Name, kind and status of a requirement's scenarios."""
    found = next(r for r in outcome.report["requirements"] if r["id"] == requirement)
    return [(s["name"], s["kind"], s["status"]) for s in found["scenarios"]]


def one(then: str, tags: str = "") -> str:
    return f"@REQ-01\nFeature: One\n\n  {tags}\n  Scenario: One\n    Then {then}\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[DeployedProject, Outcome]:
    made = DeployedProject.make(tmp_path_factory.mktemp("whole"))
    return made, made.judge()


def test_each_kind_of_evidence_has_its_verdict(whole: tuple[DeployedProject, Outcome]) -> None:
    _, outcome = whole
    assert outcome.code == 0, outcome.output
    assert kinds(outcome) == {
        "REQ-01": {"declared": "passed", "planned": "passed", "deployed": "passed"},
        "REQ-02": {"declared": None, "planned": "passed", "deployed": "passed"},
        "REQ-03": {"declared": None, "planned": None, "deployed": "passed"},
        "REQ-04": {"declared": None, "planned": "passed", "deployed": "passed"},
    }
    assert scenarios(outcome, "REQ-01") == [
        ("It is small", "planned", "passed"),
        ("Sources are there", "declared", "passed"),
        ("It is small", "deployed", "passed"),
    ]
    printed = [line.split() for line in outcome.output.splitlines() if line.startswith("✓ REQ-")]
    assert [line[1] for line in printed] == ["REQ-01", "REQ-02", "REQ-04", "REQ-03"]
    assert "✓✓✓" in printed[0]
    assert "deployed with 2 sets of variables" in outcome.output
    assert outcome.report["summary"]["source"].endswith(
        ", deployed to an emulated account with 2 sets of variables"
    )


def test_what_is_planned_is_judged_first_and_fixtures_are_made_anew_once(
    whole: tuple[DeployedProject, Outcome],
) -> None:
    made, _ = whole
    assert [line.split(", ")[0] for line in made.log] == [
        "part of default",
        "planned test_it_is_small",
        "sources planned",
        "planned test_it_is_small_for_all",
        "part of default",
        "deployed test_it_is_small",
        "deployed test_it_is_small_for_all",
        "deployed only test_it_stands",
        "deployed only test_it_stands_to_the_end",
        "account stopped",
    ]
    before, after = (line for line in made.log if line.startswith("part"))
    assert before != after, "the deployed stack is the planned one"


def test_nothing_is_left_of_a_run(whole: tuple[DeployedProject, Outcome]) -> None:
    assert whole[0].left() == []


def test_variables_that_were_not_deployed_are_left_to_the_plan(
    whole: tuple[DeployedProject, Outcome],
) -> None:
    _, outcome = whole
    assert scenarios(outcome, "REQ-02") == [
        ("It can be large", "planned", "passed"),
        ("It can be huge", "planned", "passed"),
        ("It can be large", "deployed", "passed"),
    ]
    notice = "Not deployed with a huge one, so judged as planned only: 1 scenario of REQ-02."
    assert outcome.report["summary"]["notices"] == [notice]
    assert notice in outcome.output


def test_where_none_remains_nothing_is_said_of_the_deployed_stack(tmp_path: Path) -> None:
    outcome = DeployedProject.make(tmp_path, one("with a huge one it is huge")).judge()
    assert outcome.code == 0, outcome.output
    assert kinds(outcome)["REQ-01"] == {"declared": None, "planned": "passed", "deployed": None}
    text = (outcome.reports / "compliance.html").read_text("utf-8")
    assert "deployed not judged in this run" in text


def test_what_is_found_wrong_before_is_no_reason_to_leave_it_out(tmp_path: Path) -> None:
    then = "what is wrong is wrong also where it is not deployed"
    outcome = DeployedProject.make(tmp_path, one(then)).judge()
    assert outcome.code == 1
    assert kinds(outcome)["REQ-01"]["planned"] == "failed"
    assert kinds(outcome)["REQ-01"]["deployed"] not in (None, "passed")


def test_a_scenario_for_the_deployed_stack_alone_is_not_left_out(tmp_path: Path) -> None:
    then = "the deployment stands with a huge one"
    outcome = DeployedProject.make(tmp_path, one(then, "@deployed")).judge()
    assert outcome.code == 1
    assert outcome.statuses == {"REQ-01": "undetermined"}
    assert outcome.scenario("One")["reason"] == "the stack was not deployed with a huge one"


CHANGED = '''

from planproof.terraform.apply import StackDeployment


class Changed(StackDeployment):
    """Something in the account is not as Terraform planned it."""

    def state(self):
        found = StackDeployment.state(self)
        for resource in found["values"]["root_module"]["resources"]:
            resource["values"]["input"] = "a stolen thing"
        return found


def changed(workspace, arguments, variant):
    return Changed(workspace, "", variant.variables, arguments, variant.name)


planproof.session.deployments.open_deployment = changed
'''


def test_plan_and_deployment_cannot_disagree_unseen(tmp_path: Path) -> None:
    outcome = DeployedProject.make(tmp_path, one("the thing is small"), STEPS + CHANGED).judge()
    assert outcome.code == 1
    assert kinds(outcome)["REQ-01"] == {"declared": None, "planned": "passed", "deployed": "failed"}
    assert "deployed: One" in outcome.output
    assert "found     a stolen thing" in outcome.output


# Without --deployed --------------------------------------------------------------------------


def test_without_it_scenarios_that_need_it_are_left_out_quietly(tmp_path: Path) -> None:
    made = DeployedProject.make(tmp_path)
    outcome = made.project.judge()
    assert outcome.code == 0, outcome.output
    notice = (
        "2 scenarios need a deployed stack: tox -e deployed (or --deployed) judges them. "
        "Nothing else serves REQ-03."
    )
    assert outcome.report["summary"]["notices"] == [notice]
    assert f"NOTE: {notice}" in outcome.output
    assert set(outcome.statuses) == {"REQ-01", "REQ-02", "REQ-04"}
    assert {found["deployed"] for found in kinds(outcome).values()} == {None}
    assert "account stopped" not in made.log


def test_they_are_not_missed_either_where_another_file_is_named(tmp_path: Path) -> None:
    made = DeployedProject.make(tmp_path)
    more = one("the thing is small").replace("REQ-01", "REQ-03")
    made.project.write("features/more.feature", more)
    assert "A part of" not in made.project.judge("features/more.feature").output
    assert "REQ-03 (1 of 3)" in made.judge("features/more.feature").output


def test_where_only_such_scenarios_are_named_the_run_says_so(tmp_path: Path) -> None:
    made = DeployedProject.make(tmp_path, one("the deployment stands", "@deployed"))
    refused(made.project.judge(), "1 scenario needs a deployed stack", "judges it")


def test_a_step_that_needs_it_says_which_tag_is_missing(tmp_path: Path) -> None:
    outcome = DeployedProject.make(tmp_path, one("the deployment stands")).project.judge()
    assert outcome.statuses == {"REQ-01": "undetermined"}
    assert "its scenario has no tag @deployed" in outcome.scenario("One")["reason"]


def test_both_kinds_of_a_scenario_are_one_to_whoever_counts_them(tmp_path: Path) -> None:
    outcome = DeployedProject.make(tmp_path).judge("-k", "It_is_small or It_can")
    assert outcome.code == 0, outcome.output
    assert "only some files were named: REQ-01 (1 of 2)." in " ".join(outcome.output.split())


# What goes wrong -----------------------------------------------------------------------------

FAILING = """

from planproof.terraform.apply import StackDeployment


class Failing(StackDeployment):
    def apply(self, progress):
        if self.name == "a large one":
            raise PlanproofError("terraform apply failed", "mend it", detail="Error: no room")
        StackDeployment.apply(self, progress)


planproof.session.deployments.open_deployment = lambda workspace, arguments, variant: Failing(
    workspace, "", variant.variables, arguments, variant.name
)
"""


def test_a_stack_that_cannot_be_applied(tmp_path: Path) -> None:
    made = DeployedProject.make(tmp_path, steps=STEPS + FAILING)
    outcome = made.judge()
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: with a large one, terraform apply failed: mend it.\nError: no room" in (
        outcome.output
    )
    assert "Traceback" not in outcome.output
    assert made.log[-1] == "account stopped"
    assert made.left() == []
    assert kinds(outcome)["REQ-01"] == {
        "declared": "passed",
        "planned": "passed",
        "deployed": "undetermined",
    }
    assert outcome.report["summary"]["notices"][0] == (
        "The stack was not deployed: with a large one, terraform apply failed: mend it."
    )


def test_what_the_plan_has_shown_is_said_where_the_stack_cannot_be_applied(tmp_path: Path) -> None:
    made = DeployedProject.make(
        tmp_path, steps=STEPS.replace("a small thing", "a tiny one") + FAILING
    )
    outcome = made.judge()
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "terraform apply failed: mend it" in outcome.output
    assert outcome.statuses["REQ-01"] == "failed"
    lines = outcome.output.splitlines()
    broken = ["REQ-01", "REQ-04"]  # a line for each verdict, and below what is behind it
    assert [line.split()[1] for line in lines if line.startswith("✗ REQ")] == broken * 2
    assert any("It is small" in line for line in lines)


ENDING = (
    FEATURE.replace("REQ-03", "REQ-03")
    + """\

  @REQ-00
  Rule: The account ends

    @deployed
    Scenario: It ends
      Then the account ends
"""
)


@pytest.mark.parametrize("real", [False, True], ids=["made up", "real"])
def test_an_account_that_ends_half_way_decides_nothing(real: bool, tmp_path: Path) -> None:
    made = DeployedProject.make(tmp_path, ENDING)
    outcome = made.judge(**({"REAL_ACCOUNT": "1"} if real else {}))
    assert outcome.code == 1, outcome.output
    assert kinds(outcome)["REQ-01"]["deployed"] == "passed", "it was judged before"
    for name in ("It ends", "It stands", "It stands to the end"):
        scenario = outcome.scenario(name)
        assert scenario["status"] == "undetermined"
        assert scenario["reason"].startswith("the emulated account ended half-way")
    assert "steps that crashed" not in outcome.output
    assert made.left() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--plan", "plan.json"), "a plan file alone cannot be deployed"),
        (("--real-credentials",), "it deploys to an emulated account alone"),
        (("-n", "2"), "--compliance judges in one process"),
    ],
)
def test_options_that_exclude_it(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    refused(DeployedProject.make(tmp_path).judge(*arguments), said)


def test_it_is_a_part_of_judging(tmp_path: Path) -> None:
    outcome = Project.make(tmp_path).pytest("--deployed", "features")
    refused(outcome, "--deployed was given without --compliance: give both.")


def test_a_scenario_on_sources_and_on_the_deployed_stack_is_refused(tmp_path: Path) -> None:
    made = DeployedProject.make(tmp_path, one("the thing is small", "@sources @deployed"))
    refused(made.judge(), "is tagged @sources and @deployed: leave one of them out")


def test_a_recording_cannot_be_deployed(tmp_path: Path) -> None:
    made = DeployedProject.make(tmp_path)
    made.project.write("pytest.ini", "[pytest]\nrecording = recording.json\n")
    made.project.write("recording.json", "{}")
    nothing = {"PATH": str(made.project.write("bin/none", "").parent)}
    refused(made.project.judge(env=nothing), "recording.json")
    refused(made.judge(**nothing), "no terraform binary is on PATH: install Terraform")
    assert made.left() == []


# Ctrl-C --------------------------------------------------------------------------------------

SLOW = """\
#!/bin/sh
if [ "$1" = apply ]; then
  echo '{"type":"change_summary","changes":{"add":1,"operation":"plan"}}'
  echo '{"type":"apply_start","hook":{"resource":{"addr":"terraform_data.slow"}}}'
  sleep 300 & wait
fi
exec terraform "$@"
"""


@pytest.mark.parametrize(
    "at", ["terraform plan", "requirements", "waiting for the deployment", "applying 2 sets"]
)
def test_ctrl_c_while_it_is_deployed_leaves_nothing(tmp_path: Path, at: str) -> None:
    made = DeployedProject.make(tmp_path)
    slow = made.project.write("slow/terraform", SLOW)
    slow.chmod(0o755)
    at = at.replace("terraform", "Terraform")
    outcome = made.interrupt(at, "--terraform-binary", str(slow), REAL_ACCOUNT="1")
    assert outcome.code == pytest.ExitCode.INTERRUPTED, outcome.output
    assert "Traceback" not in outcome.output
    assert made.left() == []


def test_ctrl_c_while_the_deployed_stack_is_judged_leaves_nothing(tmp_path: Path) -> None:
    made = DeployedProject.make(tmp_path, one("it takes long", "@deployed"))
    outcome = made.interrupt("deployed with 2 sets", REAL_ACCOUNT="1")
    assert outcome.code == pytest.ExitCode.INTERRUPTED, outcome.output
    assert outcome.statuses == {"REQ-01": "undetermined"}
    assert made.left() == []
