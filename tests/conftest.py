"""For all tests: Ctrl-C, no time limit of Hypothesis, and stacks that Terraform resolves."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from planproof.session.stacks import ResolvedStacks, RunRequest
from planproof.terraform.resolution.run import Variant
from tests.pipelines.judging import group_by_case, judged  # noqa: F401

Resolve = Callable[..., ResolvedStacks]

with suppress(ImportError):  # a run of --compliance loads this file too, without Hypothesis
    from hypothesis import settings

    settings.register_profile("planproof", deadline=None)  # a slow machine fails no test
    settings.load_profile("planproof")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each judged case to one worker."""
    group_by_case(items)


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """Restore Ctrl-C here and in subprocesses: a shell makes its background jobs ignore it, and
    subprocesses inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def terraform_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of working copies, so that each directory is initialised once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def resolve(terraform_cache: Path) -> Iterator[Resolve]:
    """Resolve a directory with Terraform, with any variants; everything is closed at the end."""
    opened: list[ResolvedStacks] = []

    def prepared(directory: Path, *variants: Variant, **options: Any) -> ResolvedStacks:
        stacks = ResolvedStacks(RunRequest(directory, terraform_cache, **options))
        opened.append(stacks)

        def variants_of(_: Mapping[str, Any]) -> Sequence[Variant]:
            return variants

        try:
            stacks.prepare(variants_of)
        except BaseException:
            stacks.close()
            raise
        return stacks

    yield prepared
    for stacks in opened:
        stacks.close()


@pytest.fixture(scope="module")
def write_stack(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, str]], Path]:
    """Write a project; the folder of its root module is ``stack``."""

    def write(files: Mapping[str, str]) -> Path:
        root = tmp_path_factory.mktemp("project")
        for name, text in files.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        return root / "stack"

    return write
