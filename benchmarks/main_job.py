"""The main job beside what Terraform alone needs: ``terraform plan`` plus ``terraform show -json``.

Both are measured in this run, on the same working copy and the same emulated account, after the
environment is built and ``init`` is done.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from planproof.emulator import emulated_account
from planproof.provider_server import REATTACH
from planproof.terraform_cli import find_binary
from planproof.workspace import Workspace

ROOT = Path(__file__).parents[1]
ROUNDS = 3


def terraform_alone(cache: Path) -> tuple[float, float]:
    """Seconds of ``terraform plan`` and of ``terraform show -json``."""
    workspace = Workspace.cached(ROOT / "terraform", find_binary(), cache)
    with emulated_account() as endpoint, workspace.prepared():
        workspace.endpoint = endpoint
        plan = _seconds(workspace, "plan", "-input=false", "-no-color", "-out=benchmark.tfplan")
        return plan, _seconds(workspace, "show", "-json", "benchmark.tfplan")


def _seconds(workspace: Workspace, *arguments: str) -> float:
    """Seconds of a Terraform command as anybody would run it, without what the engine tunes."""
    env = {k: v for k, v in workspace.environment().items() if k not in ("GOGC", REATTACH)}
    command = [str(workspace.binary.path), *arguments]
    started = time.perf_counter()
    subprocess.run(command, cwd=workspace.root, env=env, check=True, capture_output=True)
    return time.perf_counter() - started


def main_job(reports: Path) -> float:
    """Seconds of the whole compliance run, the start of Python included."""
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "--compliance"]
    started = time.perf_counter()
    done = subprocess.run(
        [*command, "--report-dir", str(reports)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"the main job failed:\n{done.stdout}")
    return time.perf_counter() - started


def main() -> None:
    """Print a row a round, and the median ratio."""
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        cache, reports = Path(folder) / "cache", Path(folder) / "reports"
        terraform_alone(cache)
        main_job(reports)  # init, caches and bytecode belong to building the environment
        print(f"{'plan':>7} {'show':>7} {'main job':>9} {'ratio':>6}")
        for _ in range(ROUNDS):
            planned, shown = terraform_alone(cache)
            whole = main_job(reports)
            ratios.append(whole / (planned + shown))
            print(f"{planned:>5.1f} s {shown:>5.1f} s {whole:>7.1f} s {ratios[-1]:>6.2f}")
    print(f"median ratio {sorted(ratios)[len(ratios) // 2]:.2f}")


if __name__ == "__main__":
    main()
