"""Ctrl-C and SIGTERM end a run within five seconds, whatever it is doing, and leave nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders.deployed_project import TERRAFORM
from tests.builders.deployed_project import DeployedProject as Deployed
from tests.builders.project import PLUGIN, STEPS, Outcome, Project
from tests.builders.repository import ROOT
from tests.builders.warm_process import start_warm

SECONDS = 5.0
INT, TERM = signal.SIGINT, signal.SIGTERM

# A Terraform that does nothing, and hangs at one command.
FAKE = """\
#!/bin/sh
[ "$1" = version ] && echo '{"terraform_version": "1.11.4"}' && exit 0
if [ "$1" = "$HANGS_AT" ]; then
  touch "$READY"
  sleep 300 & wait
fi
[ "$1" = show ] && echo '{}'
exit 0
"""

HANGING = """

import os
import time
from pathlib import Path


def hang(*_, **__):
    Path(os.environ["READY"]).touch()
    time.sleep(300)
"""

# What a run hangs at → what its conftest.py does for that.
PYTHON = {
    "checkov": """
import planproof.checkov_runner
planproof.checkov_runner.run_checks = hang

@then("the checks have a result")
def has_result(checks):
    pass
""",
    "judging": """
@then("it hangs")
def hangs():
    hang()
""",
    "collection": """
def pytest_collect_file():
    hang()
""",
    "mutants": """
import planproof.session.mutant_trials
planproof.session.mutant_trials.MutantTrials._do = hang
""",
    "mutants are made": """
def pytest_planproof_mutants():
    hang()
""",
}
STEP = {"checkov": "the checks have a result", "judging": "it hangs"}


@dataclass(frozen=True)
class Stopped:
    """A run that a signal has stopped.

    Attributes:
        seconds: from the first signal to its end.
    """

    outcome: Outcome
    seconds: float


def stopped(
    project: Project, signals: tuple[int, ...], *arguments: str, group: bool = True, **env: str
) -> Stopped:
    """Start a run, and send it signals as soon as it hangs."""
    ready, output = project.path / "ready", project.path / "output"
    scratch = project.path / "scratch"
    scratch.mkdir(exist_ok=True)
    environ = {
        **{k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(scratch),
        "READY": str(ready),
        **env,
    }
    command = ["-c", "pytest.ini", *PLUGIN, "--compliance", *arguments]
    process = start_warm(command, project.path, environ, output)
    deadline = time.monotonic() + 60
    while not ready.exists():
        text = output.read_text("utf-8", "replace") if output.exists() else ""
        assert process.is_alive(), f"it ended before it hung:\n{text}"
        assert time.monotonic() < deadline, f"it never hung:\n{text}"
        time.sleep(0.02)
    time.sleep(0.1)
    started = time.monotonic()
    for number in signals:
        if group:
            os.killpg(process.pid, number)
        else:
            os.kill(process.pid, number)
        time.sleep(0.1)
    process.join(30)
    seconds = time.monotonic() - started
    if process.exitcode is None:
        process.kill()
    text = output.read_text("utf-8", "replace")
    return Stopped(Outcome(process.exitcode or 0, text, project.path / "reports"), seconds)


def check(project: Project, found: Stopped, by: str) -> None:
    """Assert that a run ended in time, with one sentence, and left nothing."""
    output = found.outcome.output
    assert found.seconds < SECONDS, output
    assert found.outcome.code == pytest.ExitCode.INTERRUPTED, output
    assert output.count(f"Interrupted: by {by}") == 1, output
    for trace in ("Traceback", "KeyboardInterrupt", "INTERNALERROR", "Exception ignored"):
        assert trace not in output, output
    assert Deployed(project).leftovers() == [], output
    added = ("*.tfplan", "planproof*.tftest.hcl", "*.tfstate")
    left = [path.name for name in added for path in project.path.glob(f".planproof/*/**/{name}")]
    assert left == []
    summary = found.outcome.report.get("summary")
    assert summary is None or summary["passed"] is False
    assert list(found.outcome.reports.glob(".*")) == []


def project_with(path: Path, at: str) -> Project:
    feature = f"@REQ-01\nFeature: F\n\n  Scenario: S\n    Then {STEP.get(at, 'there is a queue')}\n"
    return Project.make(path, feature, STEPS + HANGING + PYTHON[at])


def test_a_step_that_hangs(tmp_path: Path) -> None:
    project = project_with(tmp_path, "judging")
    found = stopped(project, (INT,), "--plan", "plan.json")
    check(project, found, "Ctrl-C")
    assert found.outcome.statuses == {"REQ-01": "undetermined"}
    assert "REQ-01" in " ".join(found.outcome.report["summary"]["notices"])


@pytest.mark.parametrize("signals", [(INT, INT), (INT, TERM, INT), (TERM,), (TERM, TERM)], ids=str)
def test_other_signals(tmp_path: Path, signals: tuple[int, ...]) -> None:
    project = project_with(tmp_path, "judging")
    found = stopped(project, signals, "--plan", "plan.json", group=signals[0] != TERM)
    check(project, found, "Ctrl-C" if signals[0] == INT else "SIGTERM")


@pytest.mark.parametrize("at", ["checkov", "collection"])
def test_other_work_that_hangs(tmp_path: Path, at: str) -> None:
    project = project_with(tmp_path, at)
    project.write("custom_checks/none.txt", "")
    check(project, stopped(project, (INT,), "--plan", "plan.json"), "Ctrl-C")


@pytest.mark.parametrize("at", ["mutants", "mutants are made"])
def test_mutants_that_are_not_done_leave_no_report_that_passed(tmp_path: Path, at: str) -> None:
    project = project_with(tmp_path, at)
    found = stopped(project, (INT,), "--plan", "plan.json", "--mutants")
    check(project, found, "Ctrl-C")
    assert found.outcome.statuses == {"REQ-01": "passed"}
    assert found.outcome.report["summary"]["passed"] is False
    notices = " ".join(found.outcome.report["summary"]["notices"])
    assert "mutant" in notices
    assert "stopped" in notices
    assert "✓ 1 of 1" not in found.outcome.output
    assert 'errors="1"' in (found.outcome.reports / "junit.xml").read_text("utf-8")


@pytest.mark.parametrize("at", ["init", "plan", "apply"])
def test_a_command_of_terraform_that_hangs(tmp_path: Path, at: str) -> None:
    project = Project.make(tmp_path)
    project.write("terraform/main.tf", TERRAFORM)
    conftest = project.path / "conftest.py"
    account = (
        "\n\nimport planproof.session.deployments\n\n"
        "class Account:\n    endpoint = 'http://127.0.0.1:9'\n"
        "    def start(self): pass\n    def stop(self): pass\n    def check(self): pass\n\n"
        "planproof.session.deployments.create_account = lambda services, path: Account()\n"
    )
    conftest.write_text(conftest.read_text("utf-8") + account, "utf-8")
    binary = project.write("fake/terraform", FAKE)
    binary.chmod(0o755)
    arguments = ["--terraform-binary", str(binary), *(["--deployed"] if at == "apply" else [])]
    found = stopped(project, (INT,), *arguments, HANGS_AT=at)
    check(project, found, "Ctrl-C")
    assert not found.outcome.report


def test_a_signal_while_reports_are_written_leaves_whole_reports(tmp_path: Path) -> None:
    slow = """
import planproof.session.run
_write = planproof.session.run.write_reports

def write_slowly(*arguments):
    Path(os.environ["READY"]).touch()
    time.sleep(0.6)
    return _write(*arguments)

planproof.session.run.write_reports = write_slowly
"""
    project = Project.make(tmp_path, steps=STEPS + HANGING + slow)
    found = stopped(project, (INT, TERM), "--plan", "plan.json")
    assert found.seconds < SECONDS
    assert "Traceback" not in found.outcome.output
    assert len(list(found.outcome.reports.iterdir())) == 4
    assert found.outcome.code == 0
    assert found.outcome.report["summary"]["passed"] is True, "all was done before"


@pytest.mark.slow
def test_reports_that_are_not_written_in_time_do_not_keep_the_run(tmp_path: Path) -> None:
    hung = "import planproof.session.run\nplanproof.session.run.write_reports = hang\n"
    project = Project.make(tmp_path, steps=STEPS + HANGING + hung)
    found = stopped(project, (INT,), "--plan", "plan.json")
    check(project, found, "Ctrl-C")
    assert not found.outcome.report


UNENDING = """
@then("it hangs")
def hangs():
    Path(os.environ["READY"]).touch()
    while True:
        try:
            time.sleep(300)
        except BaseException:
            pass
"""


@pytest.mark.slow
def test_a_step_that_cannot_be_interrupted(tmp_path: Path) -> None:
    feature = "@REQ-01\nFeature: F\n\n  Scenario: S\n    Then it hangs\n"
    project = Project.make(tmp_path, feature, STEPS + HANGING + UNENDING)
    found = stopped(project, (INT,), "--plan", "plan.json")
    assert found.seconds < SECONDS
    assert found.outcome.code == pytest.ExitCode.INTERRUPTED
    assert found.outcome.output.count("Interrupted: by Ctrl-C") == 1
    assert not found.outcome.report


BLOCKED = """
import os, signal, time
from planproof.session import interrupts

interrupts.LIMIT = 0.1
handler = interrupts.Interrupts(lambda text: time.sleep(300))
handler.install()
try:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(300)
except KeyboardInterrupt:
    time.sleep(300)  # the cleanup
"""


def test_a_terminal_that_takes_no_text_does_not_keep_the_run() -> None:
    command = [sys.executable, "-c", BLOCKED]
    done = subprocess.run(command, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == pytest.ExitCode.INTERRUPTED


@pytest.mark.parametrize("compliance", [True, False])
def test_signals_are_handled_during_compliance_runs_alone(tmp_path: Path, compliance: bool) -> None:
    shows = """
import signal

@then("it shows the handler")
def shows(evidence):
    handler = signal.getsignal(signal.SIGTERM)
    Path("handler").write_text(f"{handler is signal.SIG_DFL} {getattr(handler, '__name__', '')}")
    evidence.check(True, "handler", expected="one", found="one")
"""
    feature = "@REQ-01\nFeature: F\n\n  Scenario: S\n    Then it shows the handler\n"
    project = Project.make(tmp_path, feature, STEPS + HANGING + shows)
    (project.judge_plan if compliance else project.pytest)(
        *([] if compliance else ["--plan", "plan.json"])
    )
    text = (project.path / "handler").read_text("utf-8")
    assert text == ("False _handle" if compliance else "True ")


def test_the_reports_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    project = project_with(tmp_path, "collection")
    project.write("reports/compliance.json", json.dumps({"summary": {"passed": True}}))
    found = stopped(project, (INT,), "--plan", "plan.json")
    check(project, found, "Ctrl-C")
    assert not found.outcome.report


# Errors at the end ---------------------------------------------------------------------------

FULL = """

import errno
from pathlib import Path

_open = Path.open

def open_full(self, mode="r", *rest, **options):
    if self.name.endswith(".tmp"):
        raise OSError(errno.ENOSPC, "No space left on device")
    return _open(self, mode, *rest, **options)

Path.open = open_full
"""


def test_no_verdict_is_printed_below_the_error_of_a_full_disk(tmp_path: Path) -> None:
    project = Project.make(tmp_path, steps=STEPS + FULL)
    project.write("reports/compliance.json", json.dumps({"summary": {"passed": True}}))
    outcome = project.judge_plan()
    assert outcome.code not in (0, 1)
    last = [line for line in outcome.output.splitlines() if line.strip()][-1]
    assert last.startswith("ERROR: cannot write the reports")
    assert outcome.output.count("ERROR:") == 1
    assert "1 of 1" not in outcome.output
    assert not outcome.report, "the report of an earlier run looks like this run's"


@pytest.mark.parametrize("arguments", [("--mutant", "x"), ("features/none.feature",)], ids=str)
def test_a_run_that_is_refused_leaves_no_earlier_report(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    project = Project.make(tmp_path)
    project.write("reports/compliance.json", json.dumps({"summary": {"passed": True}}))
    outcome = project.judge_plan(*arguments)
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert not outcome.report
    assert outcome.output.count("ERROR:") == 1
