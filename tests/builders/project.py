"""A small project, judged from the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from tests.builders.repository import ROOT
from tests.builders.warm_process import run_warm

# pytest loads an installed plugin itself, and refuses to load it again by name.
_INSTALLED = any(entry.name == "planproof" for entry in entry_points(group="pytest11"))
PLUGIN = () if _INSTALLED else ("-p", "planproof.plugin")

FEATURE = """\
@REQ-01
Feature: Queues are there

  Scenario: There is a queue
    Then there is a queue
"""

STEPS = '''\
"""Steps of a small project."""

from pytest_bdd import given, parsers, then, when

from tests.builders.repository import ROOT
from planproof.errors import UndeterminedError


@given("the stack")
def the_stack(stack):
    pass


@then("there is a queue")
def there_is_a_queue(stack, evidence):
    for queue in stack.managed("aws_sqs_queue"):
        evidence.check(True, queue, "name", expected="a queue")


@then("no evidence is recorded")
def no_evidence(evidence):
    pass


@then("the step crashes")
def crashes(evidence):
    evidence.check(True, "something", expected="something", found="something")
    raise KeyError("no such thing")


@then("the evidence does not decide")
def undecided(evidence):
    evidence.check(None, "something", expected="an answer", found="none")


@then("the evidence fails")
def fails(stack, evidence):
    evidence.equal(stack["aws_sqs_queue.q"], "name", "another")


@then(parsers.parse("{number:d} is even"))
def is_even(number, evidence):
    evidence.check(number % 2 == 0, "the number", expected="even", found=number)


@then("the secret is recorded")
def secret(stack, evidence):
    function = stack["aws_lambda_function.f"]
    evidence.equal(function, "environment.0.variables", {"TOKEN": "another"})
    evidence.check(True, function, expected="x", found=stack.variables["secret"])
    evidence.check(True, "text", expected=f"not {stack.variables['secret']}", found="x")
    evidence.warn("beware of " + stack.variables["secret"])
    raise ValueError("crashed on " + stack.variables["secret"])
'''

PLAN: Mapping[str, Any] = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {}},
    "resource_changes": [
        {
            "address": "aws_sqs_queue.q",
            "mode": "managed",
            "type": "aws_sqs_queue",
            "name": "q",
            "change": {
                "actions": ["create"],
                "before": None,
                "after": {"name": "jobs"},
                "after_unknown": {"arn": True, "id": True},
                "after_sensitive": {},
            },
        }
    ],
    "configuration": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_sqs_queue.q",
                    "mode": "managed",
                    "type": "aws_sqs_queue",
                    "name": "q",
                    "provider_config_key": "aws",
                    "expressions": {"name": {"constant_value": "jobs"}},
                }
            ]
        }
    },
}


@dataclass(frozen=True)
class Outcome:
    """Exit code, output and reports of a run."""

    code: int
    output: str
    reports: Path

    @property
    def report(self) -> dict[str, Any]:
        """compliance.json; empty if it was not written."""
        file = self.reports / "compliance.json"
        return json.loads(file.read_text("utf-8")) if file.is_file() else {}

    @property
    def statuses(self) -> dict[str, str]:
        """Requirement → verdict, in the order of the report."""
        return {r["id"]: r["status"] for r in self.report.get("requirements", [])}

    def scenario(self, name: str) -> dict[str, Any]:
        """One scenario of the report."""
        every = (s for r in self.report["requirements"] for s in r["scenarios"])
        return next(s for s in every if s["name"] == name)


@dataclass(frozen=True)
class Project:
    """A folder with features/, steps in a conftest.py, a plan and perhaps terraform/."""

    path: Path

    @classmethod
    def make(cls, path: Path, feature: str = FEATURE, steps: str = STEPS) -> Project:
        """A project that judges a plan file and passes."""
        project = cls(path)
        project.write("pytest.ini", "[pytest]\naddopts = -p no:cacheprovider\n")
        project.write("conftest.py", steps)
        project.write("features/queues.feature", feature)
        project.write("plan.json", json.dumps(PLAN))
        return project

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def judge(self, *arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
        """Run ``pytest --compliance`` here."""
        return self.pytest("--compliance", *arguments, env=env)

    def judge_plan(self, *arguments: str) -> Outcome:
        """Run ``pytest --compliance`` on the plan file of the project."""
        return self.judge("--plan", "plan.json", *arguments)

    def pytest(self, *arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
        """Run pytest here."""
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        environ.pop("PYTEST_ADDOPTS", None)
        code, output = run_warm(
            ["-c", "pytest.ini", *PLUGIN, *arguments],
            self.path,
            {**environ, **(env or {})},
            timeout=240,
        )
        return Outcome(code, output, self.path / "reports")


def refused(outcome: Outcome, *facts: str) -> None:
    """Assert that a run ended with an error that contains all facts, and without a traceback."""
    assert outcome.code not in (0, 1, 5), outcome.output
    assert "Traceback" not in outcome.output, outcome.output
    assert "INTERNALERROR" not in outcome.output, outcome.output
    output = " ".join(outcome.output.split())
    for fact in facts:
        assert fact in output, f"{fact!r} is not in:\n{outcome.output}"
    assert not outcome.report, "a run that was refused wrote a report"
