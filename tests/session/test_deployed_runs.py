"""With --deployed, scenarios on the planned stack are judged again on the deployed one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.builders.deployed_project import FEATURE, STEPS, DeployedProject
from tests.builders.project import Outcome, Project, refused

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


def kinds(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """Requirement → kind of evidence → verdict."""
    return {r["id"]: r["kinds"] for r in outcome.report["requirements"]}


def scenarios(outcome: Outcome, requirement: str) -> list[tuple[str, str, str]]:
    """Name, kind and status of a requirement's scenarios."""
    found = next(r for r in outcome.report["requirements"] if r["id"] == requirement)
    return [(s["name"], s["kind"], s["status"]) for s in found["scenarios"]]


def feature(then: str, tags: str = "") -> str:
    return f"@REQ-01\nFeature: One\n\n  {tags}\n  Scenario: One\n    Then {then}\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[DeployedProject, Outcome]:
    project = DeployedProject.make(tmp_path_factory.mktemp("whole"))
    return project, project.judge()


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
    source = outcome.report["summary"]["source"]
    assert source.startswith(("Terraform", "OpenTofu"))
    assert source.endswith(", deployed to an emulated account with 2 sets of variables")


def test_the_plan_is_judged_first_and_fixtures_are_created_for_each_kind_of_evidence(
    whole: tuple[DeployedProject, Outcome],
) -> None:
    project, _ = whole
    assert [line.split(", ")[0] for line in project.log] == [
        "part of default",
        "planned test_it_is_small",
        "sources planned",
        "planned test_it_is_small_for_all",
        "part of default",
        "deployed test_it_is_small",
        "deployed test_it_is_small_for_all",
        "deployed only test_it_is_deployed",
        "deployed only test_it_is_deployed_to_the_end",
        "account stopped",
    ]
    before, after = (line for line in project.log if line.startswith("part"))
    assert before != after, "the deployed stack is the planned one"


def test_a_run_leaves_no_process_and_no_folder(whole: tuple[DeployedProject, Outcome]) -> None:
    assert whole[0].leftovers() == []


def test_a_variant_that_is_not_deployed_is_judged_on_the_plan_only(
    whole: tuple[DeployedProject, Outcome],
) -> None:
    _, outcome = whole
    assert scenarios(outcome, "REQ-02") == [
        ("It can be large", "planned", "passed"),
        ("It can be huge", "planned", "passed"),
        ("It can be large", "deployed", "passed"),
    ]
    (notice,) = outcome.report["summary"]["notices"]
    assert "Not deployed with a huge one" in notice
    assert "1 scenario of REQ-02" in notice
    assert notice in outcome.output


def test_a_requirement_without_deployed_scenarios_has_no_verdict_on_the_deployed_stack(
    tmp_path: Path,
) -> None:
    outcome = DeployedProject.make(tmp_path, feature("with a huge one it is huge")).judge()
    assert outcome.code == 0, outcome.output
    assert kinds(outcome)["REQ-01"] == {"declared": None, "planned": "passed", "deployed": None}
    text = (outcome.reports / "compliance.html").read_text("utf-8")
    assert "deployed not judged in this run" in text


def test_a_scenario_that_fails_before_it_needs_a_missing_variant_is_not_left_to_the_plan(
    tmp_path: Path,
) -> None:
    then = "evidence fails before a variant that is not deployed is needed"
    outcome = DeployedProject.make(tmp_path, feature(then)).judge()
    assert outcome.code == 1
    assert kinds(outcome)["REQ-01"]["planned"] == "failed"
    assert kinds(outcome)["REQ-01"]["deployed"] not in (None, "passed")


def test_a_scenario_on_the_deployed_stack_only_is_undetermined_without_its_variant(
    tmp_path: Path,
) -> None:
    then = "the stack is deployed with a huge one"
    outcome = DeployedProject.make(tmp_path, feature(then, "@deployed")).judge()
    assert outcome.code == 1
    assert outcome.statuses == {"REQ-01": "undetermined"}
    assert "not deployed with a huge one" in outcome.scenario("One")["reason"]


CHANGED = '''

from planproof.terraform.apply import StackDeployment


class Changed(StackDeployment):
    """A deployment whose state differs from the plan."""

    def state(self):
        found = StackDeployment.state(self)
        for resource in found["values"]["root_module"]["resources"]:
            resource["values"]["input"] = "a stolen thing"
        return found


def changed(workspace, arguments, variant):
    return Changed(workspace, "", variant.variables, arguments, variant.name)


planproof.session.deployments.create_deployment = changed
'''


def test_a_difference_between_plan_and_deployment_fails(tmp_path: Path) -> None:
    outcome = DeployedProject.make(tmp_path, feature("the thing is small"), STEPS + CHANGED).judge()
    assert outcome.code == 1
    assert kinds(outcome)["REQ-01"] == {"declared": None, "planned": "passed", "deployed": "failed"}
    assert "deployed: One" in outcome.output
    assert "found     a stolen thing" in outcome.output


# Without --deployed --------------------------------------------------------------------------


def test_scenarios_that_need_a_deployment_are_left_out_with_a_notice(tmp_path: Path) -> None:
    project = DeployedProject.make(tmp_path)
    outcome = project.base.judge()
    assert outcome.code == 0, outcome.output
    (notice,) = outcome.report["summary"]["notices"]
    assert "2 scenarios need a deployed stack" in notice
    assert "--deployed" in notice
    assert "No other scenario serves REQ-03." in notice
    assert f"NOTE: {notice}" in outcome.output
    assert set(outcome.statuses) == {"REQ-01", "REQ-02", "REQ-04"}
    assert {found["deployed"] for found in kinds(outcome).values()} == {None}
    assert "account stopped" not in project.log


def test_they_do_not_count_as_deselected_where_another_file_is_named(tmp_path: Path) -> None:
    project = DeployedProject.make(tmp_path)
    more = feature("the thing is small").replace("REQ-01", "REQ-03")
    project.base.write("features/more.feature", more)
    assert "a part of the scenarios" not in project.base.judge("features/more.feature").output
    assert "REQ-03 (1 of 3)" in project.judge("features/more.feature").output


def test_a_run_of_such_scenarios_only_is_refused(tmp_path: Path) -> None:
    project = DeployedProject.make(tmp_path, feature("the stack is deployed", "@deployed"))
    refused(project.base.judge(), "1 scenario needs a deployed stack", "judges it")


def test_a_step_that_needs_a_deployment_names_the_missing_tag(tmp_path: Path) -> None:
    outcome = DeployedProject.make(tmp_path, feature("the stack is deployed")).base.judge()
    assert outcome.statuses == {"REQ-01": "undetermined"}
    assert "no tag @deployed" in outcome.scenario("One")["reason"]


def test_a_scenario_that_is_judged_twice_is_counted_once(tmp_path: Path) -> None:
    outcome = DeployedProject.make(tmp_path).judge("-k", "It_is_small or It_can")
    assert outcome.code == 0, outcome.output
    assert "only some files were named): REQ-01 (1 of 2)." in " ".join(outcome.output.split())


# What goes wrong -----------------------------------------------------------------------------

FAILING = """

from planproof.terraform.apply import StackDeployment


class Failing(StackDeployment):
    def apply(self, progress):
        if self.name == "a large one":
            raise PlanproofError("terraform apply failed", "fix it", detail="Error: no room")
        StackDeployment.apply(self, progress)


planproof.session.deployments.create_deployment = lambda workspace, arguments, variant: Failing(
    workspace, "", variant.variables, arguments, variant.name
)
"""


def test_a_stack_that_cannot_be_applied(tmp_path: Path) -> None:
    project = DeployedProject.make(tmp_path, steps=STEPS + FAILING)
    outcome = project.judge()
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: with a large one, terraform apply failed: fix it.\nError: no room" in (
        outcome.output
    )
    assert "Traceback" not in outcome.output
    assert project.log[-1] == "account stopped"
    assert project.leftovers() == []
    assert kinds(outcome)["REQ-01"] == {
        "declared": "passed",
        "planned": "passed",
        "deployed": "undetermined",
    }
    notice = outcome.report["summary"]["notices"][0]
    assert notice.endswith("not deployed: with a large one, terraform apply failed: fix it.")


def test_verdicts_on_the_plan_are_printed_where_the_stack_cannot_be_applied(tmp_path: Path) -> None:
    project = DeployedProject.make(
        tmp_path, steps=STEPS.replace("a small thing", "a tiny one") + FAILING
    )
    outcome = project.judge()
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "terraform apply failed: fix it" in outcome.output
    assert outcome.statuses["REQ-01"] == "failed"
    lines = outcome.output.splitlines()
    broken = ["REQ-01", "REQ-04"]  # a line for each verdict, and one with its evidence
    assert [line.split()[1] for line in lines if line.startswith("✗ REQ")] == broken * 2
    assert any("It is small" in line for line in lines)


ENDING = (
    FEATURE
    + """\

  @REQ-00
  Rule: The account ends

    @deployed
    Scenario: It ends
      Then the account ends
"""
)


@pytest.mark.parametrize("real", [False, True], ids=["fake", "real"])
def test_scenarios_are_undetermined_after_the_end_of_the_account(
    real: bool, tmp_path: Path
) -> None:
    project = DeployedProject.make(tmp_path, ENDING)
    outcome = project.judge(**({"REAL_ACCOUNT": "1"} if real else {}))
    assert outcome.code == 1, outcome.output
    assert kinds(outcome)["REQ-01"]["deployed"] == "passed", "it was judged before"
    for name in ("It ends", "It is deployed", "It is deployed to the end"):
        scenario = outcome.scenario(name)
        assert scenario["status"] == "undetermined"
        assert scenario["reason"].startswith("the emulated account")
    assert "steps that crashed" not in outcome.output
    assert project.leftovers() == []


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (("--plan", "plan.json"), "--deployed cannot be combined with --plan"),
        (("--real-credentials",), "--deployed cannot be combined with --real-credentials"),
        (("-n", "2"), "remove -n"),
    ],
)
def test_options_that_exclude_it(tmp_path: Path, arguments: tuple[str, ...], fact: str) -> None:
    refused(DeployedProject.make(tmp_path).judge(*arguments), fact)


def test_it_requires_compliance(tmp_path: Path) -> None:
    outcome = Project.make(tmp_path).pytest("--deployed", "features")
    refused(outcome, "--deployed requires --compliance")


def test_a_scenario_on_sources_and_on_the_deployed_stack_is_refused(tmp_path: Path) -> None:
    project = DeployedProject.make(tmp_path, feature("the thing is small", "@sources @deployed"))
    refused(project.judge(), "One", "queues.feature:5", "@sources and @deployed")


def test_a_recording_cannot_be_deployed(tmp_path: Path) -> None:
    project = DeployedProject.make(tmp_path)
    project.base.write("pytest.ini", "[pytest]\nrecording = recording.json\n")
    project.base.write("recording.json", "{}")
    nothing = {"PATH": str(project.base.write("bin/none", "").parent)}
    refused(project.base.judge(env=nothing), "recording.json")
    refused(project.judge(**nothing), "no terraform binary")
    assert project.leftovers() == []


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
def test_ctrl_c_during_the_deployment_leaves_nothing(tmp_path: Path, at: str) -> None:
    project = DeployedProject.make(tmp_path)
    slow = project.base.write("slow/terraform", SLOW)
    slow.chmod(0o755)
    at = at.replace("terraform", "Terraform")
    outcome = project.interrupt(at, "--terraform-binary", str(slow), REAL_ACCOUNT="1")
    assert outcome.code == pytest.ExitCode.INTERRUPTED, outcome.output
    assert "Traceback" not in outcome.output
    assert "KeyboardInterrupt" not in outcome.output
    assert "Interrupted: by Ctrl-C" in outcome.output
    assert project.leftovers() == []


def test_ctrl_c_while_the_deployed_stack_is_judged_leaves_nothing(tmp_path: Path) -> None:
    project = DeployedProject.make(tmp_path, feature("it takes long", "@deployed"))
    outcome = project.interrupt("deployed with 2 sets", REAL_ACCOUNT="1")
    assert outcome.code == pytest.ExitCode.INTERRUPTED, outcome.output
    assert outcome.statuses == {"REQ-01": "undetermined"}
    assert project.leftovers() == []
