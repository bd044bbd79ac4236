"""A Terraform directory, really applied to an emulated account."""

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
from planproof.terraform.applied_stack import deployed_stack
from planproof.terraform.apply_progress import Told
from planproof.terraform.aws_endpoint import credentials
from planproof.terraform.binary import Progress, Stream, no_progress
from planproof.terraform.drift import Drift, drift_of
from planproof.terraform.plan import Plan
from planproof.terraform.provider_server import REATTACH
from planproof.terraform.stack import Stack
from planproof.terraform.workspace import Workspace
from planproof.values import Value

PARALLELISM = 60
"""Terraform's 10 would have queues wait for queues: the provider waits 25 s for each, idly."""

_PLAN_FILE = "planproof_drift.tfplan"
_STATE_FILE = "terraform.tfstate"
_CHANGES = 2  # exit code of a plan that is not empty
_LAID_ANEW = (*(f"{start}*" for start in ("planproof.tf", "planproof_drift")), "terraform.tfstate*")


class StoppedError(Exception):
    """The command was ended by :meth:`Deployment.stop`."""


@dataclass(slots=True)
class Deployment:
    """One directory with one set of variables in one account.

    It has a working copy of its own, beside the workspace's and initialised with it, so that
    several may be applied at a time, in threads; the copy goes when the ``with`` block is left.

    Attributes:
        workspace: prepared, of an emulated account.
        endpoint: URL of the account.
        variables: over those that the arguments and the sources give.
        arguments: ``-var`` and ``-var-file`` arguments for Terraform.
        name: what reports call it; no two at a time have the same.
        told: how far Terraform is with what it changes.
    """

    workspace: Workspace
    endpoint: str
    variables: Mapping[str, Value] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    name: str = "default"
    root: Path = field(init=False)
    told: Told = field(init=False, default_factory=lambda: Told("apply", "", no_progress))
    _tree: Path = field(init=False)
    _state: Mapping[str, Any] | None = field(init=False, default=None)
    _stream: Stream | None = field(init=False, default=None)
    _stopped: threading.Event = field(init=False, default_factory=threading.Event)

    def __enter__(self) -> Deployment:
        """Lay the working copy.

        Raises:
            PlanproofError: it cannot be written, or the workspace is of the real cloud.
        """
        workspace = self.workspace
        if workspace.real_credentials:
            raise PlanproofError(
                f"{workspace.source_name} would be applied to the real cloud",
                "leave out the option that asks for real credentials",
            )
        # As deep as the workspace's own, since what ``init`` recorded may be relative to it.
        self._tree = workspace.folder / f"deployed-{re.sub(r'[^A-Za-z0-9-]+', '-', self.name)}"
        self.root = self._tree / workspace.root.relative_to(workspace.folder / "tree")
        try:
            shutil.rmtree(self._tree, ignore_errors=True)
            shutil.copytree(
                workspace.folder / "tree",
                self._tree,
                symlinks=True,
                ignore=shutil.ignore_patterns(*_LAID_ANEW),
            )
        except OSError as problem:
            self.close()
            raise PlanproofError(
                f"{workspace.source_name} cannot be copied ({problem.strerror or problem})",
                "make room for another copy of it",
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what still runs, and take the working copy away."""
        self.stop()
        shutil.rmtree(self._tree, ignore_errors=True)

    def stop(self) -> None:
        """End Terraform and its providers at once, from whatever thread."""
        self._stopped.set()
        if (stream := self._stream) is not None:
            stream.kill()

    # What Terraform does ---------------------------------------------------------------------

    def apply(self, progress: Progress = no_progress) -> None:
        """Build it.

        Raises:
            PlanproofError: it could not be built; carries Terraform's own message.
        """
        self._state = None
        self._change("apply", progress)

    def destroy(self, progress: Progress = no_progress) -> None:
        """Take everything down again.

        Raises:
            PlanproofError: something could not be; carries Terraform's own message.
        """
        self._state = None
        self._change("destroy", progress)

    def drift(self) -> list[Drift]:
        """What Terraform would change now: nothing, if the account is as the sources say.

        Raises:
            PlanproofError: Terraform cannot plan.
        """
        code, said, errors = self._run(
            "plan",
            "-input=false",
            "-no-color",
            "-json",
            "-detailed-exitcode",
            f"-parallelism={PARALLELISM}",
            f"-out={_PLAN_FILE}",
            *self._given(),
        )
        if code not in (0, _CHANGES):
            raise self._failure("plan", said, errors)
        if code == 0:
            return []
        code, shown, errors = self._run("show", "-json", _PLAN_FILE)
        if code != 0:
            raise self._failure("show", shown, errors)
        return drift_of(json.loads(shown))

    def state(self) -> Mapping[str, Any]:
        """The state as ``terraform show -json`` writes it.

        Source: https://developer.hashicorp.com/terraform/internals/json-format
        """
        if self._state is None:
            code, shown, errors = self._run("show", "-json")
            if code != 0:
                raise self._failure("show", shown, errors)
            self._state = json.loads(shown)
        return self._state

    def outputs(self) -> dict[str, Any]:
        """Output name → value."""
        found = (self.state().get("values") or {}).get("outputs") or {}
        return {name: entry.get("value") for name, entry in found.items()}

    def stack(self, plan: Plan) -> Stack:
        """What stands in the account, as the steps judge a stack.

        Args:
            plan: of the same directory, with whatever variables: it tells the configuration.
        """
        variables = {**plan.variables, **self.variables}
        return deployed_stack(self.name, variables, plan, self.state(), self.workspace.sources)

    # How -------------------------------------------------------------------------------------

    def _given(self) -> list[str]:
        values = (
            (name, value if isinstance(value, str) else json.dumps(value))
            for name, value in self.variables.items()
        )
        return [*self.arguments, *(f"-var={name}={value}" for name, value in values)]

    def environment(self) -> dict[str, str]:
        """What Terraform runs with here."""
        environ = {**self.workspace.environment(), **credentials(self.endpoint)}
        environ.pop(REATTACH, None)  # that provider is of the workspace's account
        return environ

    def _change(self, command: str, progress: Progress) -> None:
        self.told = told = Told(command, self.name, progress)
        code, said, errors = self._run(
            command,
            "-auto-approve",
            "-input=false",
            "-no-color",
            "-json",
            f"-parallelism={PARALLELISM}",
            *self._given(),
            told=told.take,
        )
        if code != 0:
            raise self._failure(command, said, errors)

    def _run(
        self, *arguments: str, told: Callable[[bytes], None] = lambda _: None
    ) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        if self._stopped.is_set():
            raise StoppedError
        lines = []
        with Stream(
            self.workspace.binary, arguments, cwd=self.root, env=self.environment()
        ) as stream:
            self._stream = stream
            if self._stopped.is_set():  # since the first look at it
                stream.kill()
            try:
                for line in stream:
                    lines.append(line)
                    told(line)
                code, errors = stream.finish()
            finally:
                self._stream = None
        if self._stopped.is_set():
            raise StoppedError
        return code, b"".join(lines).decode("utf-8", "replace"), errors

    def _failure(self, command: str, output: str, errors: str) -> PlanproofError:
        here, there = str(self.root), str(self.workspace.root)
        return self.workspace.failure(
            command, output.replace(here, there), errors.replace(here, there)
        )
