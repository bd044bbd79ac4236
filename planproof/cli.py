"""Proves requirements against a Terraform stack, from the command line.

``planproof check`` and ``planproof mutants`` are short for ``pytest --compliance [--mutants]``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from planproof import __version__
from planproof.errors import PlanproofError
from planproof.session.interrupts import Interrupts

INTERRUPTED = 130
"""The exit code after Ctrl-C or SIGTERM, as of a shell after Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand, and return its exit code."""
    interrupts = Interrupts(lambda text: print(text, file=sys.stderr, flush=True))
    interrupts.install()
    try:
        return _main(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        by = interrupts.by or "Ctrl-C"
        print(f"ERROR: interrupted by {by} before the end: run it again", file=sys.stderr)
        return INTERRUPTED
    finally:
        interrupts.restore()


def _main(given: list[str]) -> int:
    if given[:1] == ["check"]:
        return int(pytest.main([*_own_project(), "--compliance", *given[1:]]))
    if given[:1] == ["mutants"] and any(text.startswith("--checks") for text in given):
        from planproof.session import check_mutants

        return check_mutants.main(given[1:])
    if given[:1] == ["mutants"]:
        return int(pytest.main([*_own_project(), "--compliance", "--mutants", *given[1:]]))
    if given[:1] == ["iam"]:
        from planproof.iam import command

        return command.main(given[1:])
    parser = argparse.ArgumentParser(prog="planproof", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--version", action="version", version=f"planproof {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser(
        "check",
        help="judge the stack; same as pytest --compliance, with its options",
        add_help=False,
    )
    commands.add_parser(
        "mutants",
        help="test the requirements with mutants of the stack; same as check --mutants",
        add_help=False,
    )
    commands.add_parser("iam", help="decide an IAM request: --request FILE.json", add_help=False)
    record = commands.add_parser(
        "record", help="record the resolved stack for machines without Terraform"
    )
    record.add_argument(
        "--verify",
        action="store_true",
        help="do not write; fail if the recording differs from a new one",
    )
    options = parser.parse_args(given)
    try:
        return _record(verify=options.verify)
    except PlanproofError as problem:
        print(f"ERROR: {problem}", file=sys.stderr)
        return 2


def _own_project() -> list[str]:
    """The ``-c`` argument for the configuration in this folder.

    Without it, pytest may use the configuration of a folder that another argument names.
    """
    for name in ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"):
        if Path(name).is_file():
            return ["-c", name]
    return []


def _record(*, verify: bool) -> int:
    """Write or verify the recording that the pytest configuration names."""
    from planproof.session.recording_job import RecordingJob

    job = RecordingJob()
    code = int(pytest.main(["-q", "--no-header", "--disable-warnings"], plugins=[job]))
    if job.problem is not None:
        raise job.problem
    if job.text is None or job.path is None:
        return code or 2
    name = job.path.name
    if verify:
        if not job.path.is_file() or job.path.read_text("utf-8") != job.text:
            raise PlanproofError(
                f"the recorded resolution {name} differs from a new one",
                "update it with 'planproof record'",
            )
        print(f"{name} is up to date")
        return 0
    job.path.parent.mkdir(parents=True, exist_ok=True)
    job.path.write_text(job.text, "utf-8")
    print(f"{name} written, {len(job.text) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
