"""Compares the main job with ``terraform plan`` plus ``terraform show -json``.

Both are measured in this run, on the same working copy and the same emulated account, after the
environment is built and ``init`` is done. For the main job, it also reports the seconds of the
scenarios on permissions (reading the function's code, drawing and judging the data path, external
access), and the additional CPU time compared with a run without them.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from planproof.terraform.aws_endpoint import aws_endpoint
from planproof.terraform.binary import find_binary
from planproof.terraform.provider_server import REATTACH
from planproof.terraform.workspace import Workspace

ROOT = Path(__file__).parents[1]
ROUNDS = 3
PERMISSIONS = ("data_path", "least_privilege", "strangers")


def terraform_alone(cache: Path, directory: Path = ROOT / "terraform") -> tuple[float, float]:
    """Seconds of ``terraform plan`` and of ``terraform show -json``."""
    workspace = Workspace.cached(directory, find_binary(), cache)
    with aws_endpoint() as endpoint, workspace.prepared():
        workspace.endpoint = endpoint
        plan = _seconds(workspace, "plan", "-input=false", "-no-color", "-out=benchmark.tfplan")
        return plan, _seconds(workspace, "show", "-json", "benchmark.tfplan")


def _seconds(workspace: Workspace, *arguments: str) -> float:
    """Seconds of a Terraform command without the settings by which the engine speeds it up."""
    env = {k: v for k, v in workspace.environment().items() if k not in ("GOGC", REATTACH)}
    command = [str(workspace.binary.path), *arguments]
    started = time.perf_counter()
    subprocess.run(command, cwd=workspace.root, env=env, check=True, capture_output=True)
    return time.perf_counter() - started


def main_job(reports: Path, *features: str) -> tuple[float, float]:
    """Seconds of the whole compliance run, the start of Python included, and its CPU seconds."""
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "--compliance"]
    started, before = time.perf_counter(), _cpu()
    done = subprocess.run(
        [*command, "--report-dir", str(reports), *features],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"the main job failed:\n{done.stdout}")
    return time.perf_counter() - started, _cpu() - before


def _cpu() -> float:
    """CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def other_features() -> list[str]:
    """The features without those on permissions."""
    found = sorted((ROOT / "features").rglob("*.feature"))
    return [str(path.relative_to(ROOT)) for path in found if path.stem not in PERMISSIONS]


def of_permissions(reports: Path) -> float:
    """Seconds of the scenarios on permissions."""
    report = json.loads((reports / "compliance.json").read_text("utf-8"))
    return sum(
        scenario["duration"]
        for requirement in report["requirements"]
        for scenario in requirement["scenarios"]
        if Path(scenario["feature"]).stem in PERMISSIONS
    )


def main() -> None:
    """Print a row for each round, and the medians."""
    ratios, added = [], []
    with tempfile.TemporaryDirectory() as folder:
        cache, reports = Path(folder) / "cache", Path(folder) / "reports"
        terraform_alone(cache)
        main_job(reports)  # init, caches and bytecode are not measured
        print("   plan    show  main job  ratio  permissions  CPU more")
        for _ in range(ROUNDS):
            planned, shown = terraform_alone(cache)
            whole, work = main_job(reports)
            within = of_permissions(reports)
            added.append(work - main_job(reports, *other_features())[1])
            ratios.append(whole / (planned + shown))
            row = f"{planned:>5.1f} s {shown:>5.1f} s {whole:>7.1f} s {ratios[-1]:>6.2f}"
            print(f"{row} {within:>10.2f} s {added[-1]:>7.1f} s")
    print(f"median ratio {_median(ratios):.2f}, CPU added by permissions {_median(added):.1f} s")


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    main()
