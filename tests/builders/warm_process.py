"""Runs pytest in forks of a process that has loaded planproof, its dependencies and the steps.

Loading them takes two to three seconds of CPU time, more than a run of a small project.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.builders.repository import ROOT

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.builders.preloaded"])
_STARTING = threading.Lock()


def run_warm(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str], timeout: float
) -> tuple[int, str]:
    """Run pytest as ``python -m pytest`` does, but for handlers of ``atexit``.

    Args:
        folder: the working directory.
        environ: its whole environment; what Python itself reads from it has no effect.
        timeout: in seconds.

    Returns:
        The exit code, and what was printed.
    """
    with tempfile.TemporaryDirectory(prefix="planproof-tests-") as scratch:
        output = Path(scratch) / "output"
        process = _started(arguments, folder, environ, output, own_group=False)
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise AssertionError(f"not done after {timeout} s:\n{_text(output)}")
        return process.exitcode, _text(output)


def start_warm(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str], output: Path
) -> ForkServerProcess:
    """Start a run as :func:`run_warm` does, in a process group of its own.

    Args:
        output: a file, or a named pipe, for what is printed.
    """
    return _started(arguments, folder, environ, output, own_group=True)


def _started(
    arguments: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    output: Path,
    *,
    own_group: bool,
) -> ForkServerProcess:
    given = (arguments, folder, dict(environ), output, own_group)
    process = _CONTEXT.Process(target=_run, args=given)
    with _STARTING, _tests_on_the_path():
        process.start()
    return process


@contextmanager
def _tests_on_the_path() -> Iterator[None]:
    """Let the first process, which forks all others, find the tests."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), before)))
    try:
        yield
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


def _text(output: Path) -> str:
    return output.read_text("utf-8", "replace") if output.is_file() else ""


def _run(
    arguments: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    output: Path,
    own_group: bool,
) -> None:
    import pytest

    if own_group:
        os.setsid()
    printed = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(printed, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    tempfile.tempdir = None
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in environ
    sys.argv = ["pytest", *arguments]
    sys.exit(int(pytest.main(list(arguments))))
