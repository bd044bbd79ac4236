"""A pytest plugin that records the resolution of the stack.

It needs pytest for the suite's conftest.py, whose hooks return the variants to resolve.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.session.options import request_of
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.recording import record


class RecordingJob:
    """Resolves the stack instead of running tests.

    Attributes:
        path: the recording that the project's configuration names.
        text: its new content; None if the stack could not be resolved.
        problem: the reason why not.
    """

    def __init__(self) -> None:
        self.path: Path | None = None
        self.text: str | None = None
        self.problem: PlanproofError | None = None

    def pytest_collection(self, session: pytest.Session) -> bool:
        """Collect no tests."""
        session.items, session.testscollected = [], 0
        return True

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Record instead of running tests."""
        try:
            self._record(session.config)
        except PlanproofError as problem:
            self.problem = problem
        return True

    def _record(self, config: pytest.Config) -> None:
        request = request_of(config)
        if request.recording is None or request.terraform_dir is None:
            raise PlanproofError(
                "the pytest configuration names no recording",
                "add 'recording = recordings/terraform.json' to it",
            )
        self.path, request.recording = request.recording, None
        stacks = ResolvedStacks(request, progress=print)
        hook = config.hook.pytest_planproof_variants
        try:
            stacks.prepare(
                lambda variables: [v for f in hook(config=config, variables=variables) for v in f]
            )
            workspace = stacks.workspace
            if workspace is None:
                raise PlanproofError("a recording needs Terraform and sources", "remove --plan")
            self.text = record(
                stacks.stacks,
                str(workspace.binary),
                request.terraform_dir,
                _local_modules(workspace.root, workspace.module_folders()),
            )
        finally:
            stacks.close()
        for name in (str(workspace.root), str(workspace.folder)):
            if name in self.text:
                raise PlanproofError(
                    f"the resolution contains a path of this machine ({json.dumps(name)})",
                    "use path.module instead of absolute paths in the sources",
                )


def _local_modules(root: Path, folders: dict[str, Path]) -> dict[str, str]:
    """Module path → folder relative to the root module, of modules within the sources."""
    return {
        key: os.path.relpath(folder, root)
        for key, folder in folders.items()
        if folder.resolve().is_relative_to(root.resolve())
    }
