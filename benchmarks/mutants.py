"""Measures the time of mutants, by number of mutants and of resources.

Each line is a whole run of the main job with ``--mutants``: the seconds until the last mutant is
judged, the start of Python and the resolution included, and the seconds of the mutants. The stack
grows by resources unrelated to the pipeline, in a copy of its sources.

    python -m benchmarks.mutants [--mutants 100 300] [--resources 0 200 1000]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("terraform", "lambda")
MORE = """\
resource "aws_sns_topic" "more" {
  count = %d
  name  = "more-${count.index}-${var.environment_suffix}"
}
"""


def measure(stack: Path, mutants: int, reports: Path) -> tuple[float, float, int, int]:
    """Seconds of the run and of its mutants, number of mutants and of killed mutants."""
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider"]
    command += ["--compliance", "--mutants", "--mutants-limit", str(mutants)]
    command += ["--terraform-dir", str(stack), "--report-dir", str(reports)]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    report = reports / "compliance.json"
    if not report.is_file():
        sys.exit(f"the run failed:\n{done.stdout}{done.stderr}")
    found = json.loads(report.read_text("utf-8"))["mutation"]
    return seconds, found["seconds"], len(found["trials"]), found["counts"]["killed"]


def grown(folder: Path, resources: int) -> Path:
    """A copy of the stack with this many additional resources."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".*"))
    if resources:
        (folder / "terraform" / "more.tf").write_text(MORE % resources, "utf-8")
    return folder / "terraform"


def main() -> None:
    """Print a row for each number of mutants, and for each size of the stack."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--mutants", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--resources", type=int, nargs="+", default=[0, 200, 1_000])
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores")
    print("resources more   mutants   killed   whole run   mutants alone   a mutant")
    for resources in options.resources:
        with tempfile.TemporaryDirectory() as folder:
            stack = grown(Path(folder), resources)
            for mutants in options.mutants:
                whole, alone, count, killed = measure(stack, mutants, Path(folder) / "reports")
                print(
                    f"{resources:>14} {count:>9} {killed:>8} {whole:>9.1f} s {alone:>13.1f} s "
                    f"{1_000 * alone / max(count, 1):>7.0f} ms",
                    flush=True,
                )


if __name__ == "__main__":
    main()
