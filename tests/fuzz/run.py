"""Resolves and applies random stacks: ``python tests/fuzz/run.py COUNT [SEED]``."""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from planproof.errors import PlanproofError
from planproof.session.stacks import ResolvedStacks, RunRequest
from planproof.terraform.applied_stack import applied_stack
from planproof.terraform.apply import StackDeployment
from tests.fuzz.agreement import Agreement
from tests.fuzz.random_stacks import write_stacks

BATCH = 50
"""Random stacks in one directory: Terraform starts once for all of them."""


@dataclass(slots=True)
class Outcome:
    """What a run found."""

    differences: list[str] = field(default_factory=list)
    stacks: int = 0
    known: int = 0
    unknown: int = 0
    failed: list[str] = field(default_factory=list)  # seed of a batch, and why it was not judged


@contextmanager
def _account() -> Iterator[str]:
    """An emulated account as moto has it, without the answers for planning."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def judge(folder: Path, cache: Path, outcome: Outcome) -> None:
    """Resolve the stacks of a directory, apply them, and compare."""
    resolved = ResolvedStacks(RunRequest(folder, cache))
    try:
        resolved.prepare()
        workspace = resolved.workspace
        if workspace is None or resolved.plan is None:
            raise ValueError("the directory was not planned")
        with _account() as url, StackDeployment(workspace, url) as deployment:
            deployment.apply()
            applied = applied_stack(
                "applied", resolved.plan.variables, resolved.plan, deployment.state(),
                workspace.sources,
            )  # fmt: skip
        agreement = Agreement()
        outcome.differences += agreement.differences(resolved.stack(), applied)
        outcome.known += agreement.known
        outcome.unknown += agreement.unknown
    finally:
        resolved.close()


def run(count: int, seed: int, batch: int = BATCH) -> Outcome:
    """Judge ``count`` random stacks; prints the differences and a line for each batch."""
    outcome = Outcome()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line per request
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(0, count, batch):
            size = min(batch, count - number)
            folder = Path(scratch) / f"b{number}"
            write_stacks(folder, seed + number, size)
            before = len(outcome.differences)
            try:
                judge(folder, Path(scratch) / "cache", outcome)
            except PlanproofError as problem:
                outcome.failed.append(f"seed {seed + number}: {problem.what}\n{problem.detail}")
                print(outcome.failed[-1], flush=True)
                continue
            found = outcome.differences[before:]
            outcome.differences[before:] = [f"seed {seed + number}, {text}" for text in found]
            print("\n".join(outcome.differences[before:]), flush=True)
            outcome.stacks += size
            print(
                f"{outcome.stacks} stacks, {outcome.known} values known, {outcome.unknown} not, "
                f"{len(outcome.differences)} differ",
                flush=True,
            )
    return outcome


if __name__ == "__main__":
    result = run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    raise SystemExit(1 if result.differences or result.failed else 0)
