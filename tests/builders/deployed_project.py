"""A small project whose stack is deployed in a second, and a run of it that can be interrupted."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.builders.project import PLUGIN, Outcome, Project
from tests.builders.repository import ROOT
from tests.builders.warm_process import start_warm

# terraform_data is part of Terraform, so that no provider has to be installed.
TERRAFORM = """
variable "size" {
  default = "small"
}
resource "terraform_data" "thing" {
  input = "a ${var.size} thing"
}
output "size" {
  value = var.size
}
"""

STEPS = '''\
"""Steps of a small project, which is deployed to an empty account."""

import os
from pathlib import Path

import pytest
from pytest_bdd import parsers, then

import planproof.session.deployments
from planproof.errors import PlanproofError
from planproof.terraform.resolution.run import Variant

LOG = Path(__file__).with_name("log.txt")


def note(text):
    with LOG.open("a") as file:
        file.write(text + "\\n")


class Account:
    """An account that Terraform does not call, since the stack has no AWS resources."""

    endpoint = "http://127.0.0.1:9"
    alive = False

    def start(self):
        self.alive = True

    def stop(self):
        note("account stopped") if self.alive else None
        self.alive = False

    def check(self):
        if not self.alive:
            raise PlanproofError("the emulated account has ended", "run again")


if "REAL_ACCOUNT" not in os.environ:
    planproof.session.deployments.create_account = lambda services, path: Account()


def pytest_planproof_variants(variables):
    return [Variant("a large one", {"size": "large"}), Variant("a huge one", {"size": "huge"})]


def pytest_planproof_deployments(variables):
    assert variables["size"] == "small"
    return [Variant("a large one", {"size": "large"})]


@pytest.fixture(scope="session")
def part(stack):
    """Created once for each kind of evidence."""
    note(f"part of {stack.name}, {stack['terraform_data.thing'].get('id')}")
    return stack["terraform_data.thing"]


@then("the thing is small")
def thing_is_small(part, evidence_kind, evidence, request):
    note(f"{evidence_kind} {request.node.originalname}")
    evidence.equal(part, "input", "a small thing")


@then(parsers.parse("with {name} it is {size}"))
def variant_is(name, size, stacks, evidence):
    found = stacks.stack(name)["terraform_data.thing"]
    evidence.equal(found, "input", f"a {size} thing")


@then("evidence fails before a variant that is not deployed is needed")
def fails_first(stacks, evidence, stack):
    evidence.equal(stack["terraform_data.thing"], "input", "another thing")
    stacks.stack("a huge one")


@then("the sources are there")
def sources(evidence, evidence_kind, part):
    note(f"sources {evidence_kind}")
    evidence.check(True, "terraform", expected="sources", found="sources")


@then("the stack is deployed")
def is_deployed(deployment, evidence, request):
    note(f"deployed only {request.node.originalname}")
    deployment.account.check()
    outputs = deployment.terraform().outputs()
    evidence.check(outputs == {"size": "small"}, "outputs", expected="small", found=outputs)
    other = deployment.stack("a large one")["terraform_data.thing"]
    evidence.equal(other, "input", "a large thing")


@then("the stack is deployed with a huge one")
def is_deployed_huge(deployment, evidence):
    deployment.stack("a huge one")


@then("the account ends")
def ends(deployment, evidence):
    if hasattr(deployment.account, "pid"):
        os.kill(deployment.account.pid, 9)
        import time

        while deployment.account.alive:
            time.sleep(0.01)
    else:
        deployment.account.alive = False
    raise ConnectionError("connection refused")


@then("it takes long")
def takes_long():
    import time

    note("now it takes long")
    time.sleep(300)
'''

FEATURE = """\
Feature: Things

  @REQ-01
  Rule: The thing has the default size

    Scenario: It is small
      Then the thing is small

    @sources
    Scenario: Sources are there
      Then the sources are there

  @REQ-02
  Rule: Sizes can be chosen

    Scenario: It can be large
      Then with a large one it is large

    Scenario: It can be huge
      Then with a huge one it is huge

  @REQ-03
  Rule: It can be deployed

    @deployed
    Scenario: It is deployed
      Then the stack is deployed

    @deployed @destroys
    Scenario: It is deployed to the end
      Then the stack is deployed

  @REQ-04
  Rule: All is small

    Scenario: It is small for all
      Then the thing is small
"""


@dataclass(frozen=True)
class DeployedProject:
    """A project that is judged with ``--deployed``."""

    base: Project

    @classmethod
    def make(cls, path: Path, feature: str = FEATURE, steps: str = STEPS) -> DeployedProject:
        project = Project.make(path, feature, steps)
        project.write("terraform/main.tf", TERRAFORM)
        return cls(project)

    @property
    def log(self) -> list[str]:
        """The notes of its steps, in order."""
        file = self.base.path / "log.txt"
        return file.read_text("utf-8").splitlines() if file.is_file() else []

    @property
    def scratch(self) -> Path:
        """Folder for the temporary files of a run."""
        folder = self.base.path / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    def judge(self, *arguments: str, **env: str) -> Outcome:
        """Run it to its end."""
        environ = {"TMPDIR": str(self.scratch), **env}
        return self.base.judge("--deployed", *arguments, env=environ)

    def interrupt(self, at: str, *arguments: str, **env: str) -> Outcome:
        """Run it, and send Ctrl-C when it has printed ``at``."""
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(self.scratch),
            **env,
        }
        command = ["-c", "pytest.ini", *PLUGIN, "--compliance", "--deployed", *arguments]
        with tempfile.TemporaryDirectory(prefix="planproof-tests-") as folder:
            pipe = Path(folder) / "output"
            os.mkfifo(pipe)
            process = start_warm(command, self.base.path, environ, pipe)
            # SIGABRT makes pytest print where it hangs.
            timer = threading.Timer(120, lambda: os.kill(process.pid, signal.SIGABRT))
            timer.start()
            output = ""
            with pipe.open("r", encoding="utf-8", errors="replace") as printed:
                for line in printed:
                    output += line
                    if at in line:
                        os.killpg(process.pid, signal.SIGINT)
                        break
                else:
                    raise AssertionError(f"{at!r} was not printed:\n{output}")
                output += printed.read()
            process.join()
            timer.cancel()
        return Outcome(process.exitcode, output, self.base.path / "reports")

    def leftovers(self) -> list[str]:
        """Processes and folders that are left after a run."""
        deadline = time.monotonic() + 5  # a killed process may be listed for a moment
        while (found := self._processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        found += [path.name for path in self.scratch.iterdir()]
        cache = self.base.path / ".planproof"
        return found + [path.name for path in cache.glob("*/deployed-*")]

    def _processes(self) -> list[str]:
        mark = str(self.base.path).encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                content = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                if mark in content:
                    found.append((entry / "cmdline").read_text().replace("\0", " "))
        return found
