"""For all tests: Ctrl-C, no time limit of Hypothesis, and stacks that Terraform resolves."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from planproof.session.stacks import ResolvedStacks, RunRequest
from planproof.terraform.resolution.run import Variant
from tests.builders.rich_stack import FILES, VARIANTS
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
    with ExitStack() as opened:

        def prepared(directory: Path, *variants: Variant, **options: Any) -> ResolvedStacks:
            request = RunRequest(directory, terraform_cache, **options)
            return opened.enter_context(resolved(request, variants))

        yield prepared


@contextmanager
def resolved(request: RunRequest, variants: Sequence[Variant]) -> Iterator[ResolvedStacks]:
    stacks = ResolvedStacks(request)
    try:
        stacks.prepare(lambda _: variants)
        yield stacks
    finally:
        stacks.close()


@pytest.fixture(scope="session")
def rich_stacks(
    terraform_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ResolvedStacks]:
    """The stack of ``rich_stack.py``, resolved once, which takes half a minute.

    Tests that use it are in the group ``rich_stacks`` of pytest-xdist.
    """
    root = written(FILES, tmp_path_factory.mktemp("rich"))
    with resolved(RunRequest(root, terraform_cache), VARIANTS) as stacks:
        yield stacks


@pytest.fixture(scope="module")
def write_stack(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, str]], Path]:
    """Write a project; the folder of its root module is ``stack``."""

    def write(files: Mapping[str, str]) -> Path:
        return written(files, tmp_path_factory.mktemp("project"))

    return write


def written(files: Mapping[str, str], root: Path) -> Path:
    """Write a project, and return the folder of its root module."""
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return root / "stack"
