"""Compares the resolution of each stack of ``tests/stacks/`` with ``terraform plan`` plus
``terraform show -json``.

Both are measured in this run, one after the other, on the same working copy and the same kind of
emulated account, after ``init`` is done. The resolution includes the plan and the start of the
emulated account.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.main_job import ROOT, terraform_alone
from planproof.errors import PlanproofError
from planproof.session.stacks import ResolvedStacks, RunRequest

STACKS = ROOT / "tests" / "stacks"
LIMIT = 3.0


def resolution(directory: Path, cache: Path) -> float:
    """Seconds that the engine takes to resolve a stack.

    Raises:
        PlanproofError: it cannot be resolved.
    """
    stacks = ResolvedStacks(RunRequest(directory, cache))
    started = time.perf_counter()
    try:
        stacks.prepare()
        return time.perf_counter() - started
    finally:
        stacks.close()


def ratio_of(name: str, cache: Path) -> float | None:
    """Print the row of a stack; its ratio, None where it cannot be resolved."""
    directory = STACKS / name
    try:
        terraform_alone(cache, directory)  # init and caches are not measured
        planned, shown = terraform_alone(cache, directory)
        seconds = resolution(directory, cache)
    except PlanproofError as problem:
        print(f"{name:<22} {problem.what}", flush=True)
        return None
    ratio = seconds / (planned + shown)
    print(
        f"{name:<22} {planned:>5.1f} s {shown:>5.1f} s {seconds:>8.1f} s {ratio:>6.2f}", flush=True
    )
    return ratio


def main(names: list[str]) -> int:
    """Print a row for each stack.

    Args:
        names: the stacks to measure; all where it is empty.

    Returns:
        1 if a stack cannot be resolved, or takes longer than it may.
    """
    names = names or sorted(path.parent.name for path in STACKS.glob("*/expected.toml"))
    with tempfile.TemporaryDirectory() as cache:
        print(f"{'stack':<22} {'plan':>7} {'show':>7} {'resolve':>10} {'ratio':>6}")
        ratios = [ratio_of(name, Path(cache)) for name in names]
    measured = [ratio for ratio in ratios if ratio is not None]
    slow = sum(ratio > LIMIT for ratio in measured)
    worst = f", largest ratio {max(measured):.2f}" if measured else ""
    print(f"{len(measured)} of {len(names)} resolved{worst}, {slow} above {LIMIT:.0f}")
    return int(slow > 0 or len(measured) < len(names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
