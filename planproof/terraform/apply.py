"""Applies a Terraform directory to an emulated account."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError
from planproof.terraform.applied_stack import applied_stack
from planproof.terraform.apply_progress import ApplyProgress
from planproof.terraform.aws_endpoint import endpoint_environment
from planproof.terraform.binary import Progress, TerraformProcess, no_progress
from planproof.terraform.drift import Drift, drift_of
from planproof.terraform.plan import Plan
from planproof.terraform.provider_server import REATTACH
from planproof.terraform.stack import Stack
from planproof.terraform.workspace import Workspace
from planproof.values import Value

PARALLELISM = 60
"""More than Terraform's default of 10: the provider waits 25 s, idle, for each queue."""

_PLAN_FILE = "planproof_drift.tfplan"
_CHANGES = 2  # exit code of a plan with changes
_NOT_COPIED = ("planproof.tf*", "planproof_drift*", "terraform.tfstate*")


class TerraformStoppedError(Exception):
    """The command was killed by :meth:`StackDeployment.stop`."""


@dataclass(slots=True)
class StackDeployment:
    """A deployment of one directory, with one set of variables, to one account.

    It has its own copy of the workspace, so that several deployments can be applied at once, in
    threads. Leaving the ``with`` block deletes the copy.

    Attributes:
        workspace: prepared, for an emulated account.
        endpoint: URL of the account.
        variables: override those of the arguments and the sources.
        arguments: ``-var`` and ``-var-file`` arguments for Terraform.
        name: its name in reports; unique among those that exist at the same time.
        apply_progress: of the apply or destroy that runs, or ran last.
    """

    workspace: Workspace
    endpoint: str
    variables: Mapping[str, Value] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    name: str = "default"
    root: Path = field(init=False)
    apply_progress: ApplyProgress = field(
        init=False, default_factory=lambda: ApplyProgress("apply", "", no_progress)
    )
    _tree: Path = field(init=False)
    _state: Mapping[str, Any] | None = field(init=False, default=None)
    _process: TerraformProcess | None = field(init=False, default=None)
    _stopped: threading.Event = field(init=False, default_factory=threading.Event)

    def __enter__(self) -> StackDeployment:
        """Copy the workspace.

        Raises:
            PlanproofError: the copy cannot be written, or the workspace uses the real cloud.
        """
        workspace = self.workspace
        if workspace.real_credentials:
            raise PlanproofError(
                f"{workspace.source_name} would be applied to the real cloud",
                "leave out --real-credentials",
            )
        # At the same depth as the workspace's: paths that ``init`` recorded may be relative.
        self._tree = workspace.folder / f"deployed-{re.sub(r'[^A-Za-z0-9-]+', '-', self.name)}"
        self.root = self._tree / workspace.root.relative_to(workspace.folder / "tree")
        try:
            shutil.rmtree(self._tree, ignore_errors=True)
            shutil.copytree(
                workspace.folder / "tree",
                self._tree,
                symlinks=True,
                ignore=shutil.ignore_patterns(*_NOT_COPIED),
            )
        except OSError as problem:
            self.close()
            raise PlanproofError(
                f"{workspace.source_name} cannot be copied ({problem.strerror or problem})",
                "make room for a second copy of it",
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill what still runs and delete the copy."""
        self.stop()
        shutil.rmtree(self._tree, ignore_errors=True)

    def stop(self) -> None:
        """Kill Terraform and its providers; may be called from any thread."""
        self._stopped.set()
        if (process := self._process) is not None:
            process.kill()

    # Terraform commands ----------------------------------------------------------------------

    def apply(self, progress: Progress = no_progress) -> None:
        """Create or update the resources.

        Raises:
            PlanproofError: the apply failed; has Terraform's message.
        """
        self._change("apply", progress)

    def destroy(self, progress: Progress = no_progress) -> None:
        """Destroy all resources.

        Raises:
            PlanproofError: the destroy failed; has Terraform's message.
        """
        self._change("destroy", progress)

    def drift(self) -> list[Drift]:
        """What Terraform would change now; empty if the account matches the sources.

        Raises:
            PlanproofError: the plan failed; has Terraform's message.
        """
        code, _ = self._run(
            "plan",
            "-input=false",
            "-no-color",
            "-json",
            "-detailed-exitcode",
            f"-parallelism={PARALLELISM}",
            f"-out={_PLAN_FILE}",
            *self._variable_arguments(),
            accepted=(0, _CHANGES),
        )
        return drift_of(self._show(_PLAN_FILE)) if code == _CHANGES else []

    def state(self) -> Mapping[str, Any]:
        """The state, as ``terraform show -json`` writes it.

        Source: https://developer.hashicorp.com/terraform/internals/json-format
        """
        if self._state is None:
            self._state = self._show()
        return self._state

    def outputs(self) -> dict[str, Any]:
        """Output name → value."""
        found = (self.state().get("values") or {}).get("outputs") or {}
        return {name: entry.get("value") for name, entry in found.items()}

    def stack(self, plan: Plan) -> Stack:
        """The deployed stack.

        Args:
            plan: of the same directory, with any variables; gives the configuration.
        """
        variables = {**plan.variables, **self.variables}
        return applied_stack(self.name, variables, plan, self.state(), self.workspace.sources)

    # Running Terraform -----------------------------------------------------------------------

    def _variable_arguments(self) -> list[str]:
        values = (
            (name, value if isinstance(value, str) else json.dumps(value))
            for name, value in self.variables.items()
        )
        return [*self.arguments, *(f"-var={name}={value}" for name, value in values)]

    def environment(self) -> dict[str, str]:
        """Environment variables for Terraform."""
        environ = {**self.workspace.environment(), **endpoint_environment(self.endpoint)}
        environ.pop(REATTACH, None)  # a provider process for the workspace's endpoint
        return environ

    def _change(self, command: str, progress: Progress) -> None:
        self._state = None
        self.apply_progress = ApplyProgress(command, self.name, progress)
        self._run(
            command,
            "-auto-approve",
            "-input=false",
            "-no-color",
            "-json",
            f"-parallelism={PARALLELISM}",
            *self._variable_arguments(),
            on_line=self.apply_progress.handle,
        )

    def _show(self, *arguments: str) -> Mapping[str, Any]:
        _, output = self._run("show", "-json", *arguments)
        shown: Mapping[str, Any] = json.loads(output)
        return shown

    def _run(
        self,
        *arguments: str,
        on_line: Callable[[bytes], None] = lambda _: None,
        accepted: Sequence[int] = (0,),
    ) -> tuple[int, str]:
        """Run a command; returns the exit code, which is one of the accepted, and the output."""
        if self._stopped.is_set():
            raise TerraformStoppedError
        lines = []
        with TerraformProcess(
            self.workspace.binary, arguments, cwd=self.root, env=self.environment()
        ) as process:
            self._process = process
            if self._stopped.is_set():  # stopped before `_process` was set
                process.kill()
            try:
                for line in process:
                    lines.append(line)
                    on_line(line)
                code, errors = process.finish()
            finally:
                self._process = None
        if self._stopped.is_set():
            raise TerraformStoppedError
        output = b"".join(lines).decode("utf-8", "replace")
        if code not in accepted:
            here, there = str(self.root), str(self.workspace.root)
            raise self.workspace.failure(
                arguments[0], output.replace(here, there), errors.replace(here, there)
            )
        return code, output
