"""Measures how time and memory of the plan model grow with the size of the plan file.

Makes plans of 50 to 50,000 resources in the form of ``terraform show -json``, and loads and
indexes each in a separate process, so that peak memory is that of one plan.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SIZES = (50, 500, 5_000, 50_000)


def plan_text(count: int) -> Iterator[str]:
    """A plan of ``count`` resources: queues with policies, and roles, some values unknown."""
    changes, planned, config = [], [], []
    for number in range(count):
        kind = ("aws_sqs_queue", "aws_sqs_queue_policy", "aws_iam_role")[number % 3]
        name = f"r{number:06d}"
        after = {
            "name": f"benchmark-{name}",
            "tags": {"team": "video", "number": str(number)},
            "description": "x" * 200,
            "max_message_size": 262144,
            "policy": json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": name}]}),
        }
        unknown = {"id": True, "arn": True, "tags": {}, "redrive_policy": True}
        entry = {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name}
        change = {
            "actions": ["create"],
            "before": None,
            "after": after,
            "after_unknown": unknown,
            "after_sensitive": {"tags": {}},
        }
        provider = "registry.terraform.io/hashicorp/aws"
        changes.append({**entry, "provider_name": provider, "change": change})
        planned.append({**entry, "provider_name": provider, "values": after})
        references = [f"aws_sqs_queue.r{number - number % 3:06d}.arn"]
        config.append(
            {
                **entry,
                "provider_config_key": "aws",
                "expressions": {
                    "name": {"constant_value": after["name"]},
                    "redrive_policy": {"references": references},
                },
            }
        )
    yield json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "planned_values": {"root_module": {"resources": planned}},
            "resource_changes": changes,
            "configuration": {"root_module": {"resources": config}},
        }
    )


def measure(path: Path) -> dict[str, float]:
    """Load and index one plan in this process; seconds and bytes."""
    from planproof.terraform.plan import Plan
    from planproof.terraform.stack import Stack

    before = _peak()
    started = time.perf_counter()
    plan = Plan.load(path)
    loaded = time.perf_counter() - started
    stack = Stack.from_plan(plan)
    indexed = time.perf_counter() - started - loaded
    queue = stack.managed("aws_sqs_queue")[0]
    started = time.perf_counter()
    policies = stack.managed("aws_sqs_queue_policy")
    after = sum(stack.created_after(policy, queue) is True for policy in policies)
    asked = time.perf_counter() - started
    return {
        "resources": len(stack),
        "load": loaded,
        "index": indexed,
        "ask": asked,
        "ordered": after,
        "peak": _peak() - before,
        "size": path.stat().st_size,
    }


def _peak() -> int:
    """Peak resident memory of this process, in bytes."""
    status = Path("/proc/self/status")
    if status.is_file():  # on Linux, getrusage includes the parent's memory before exec
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def main() -> None:
    """Print a row for each size."""
    print(f"{'resources':>9} {'file':>9} {'load':>8} {'index':>8} {'ask':>8} {'peak':>9} peak/file")
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = Path(folder) / f"{size}.json"
            path.write_text("".join(plan_text(size)), "utf-8")
            command = [sys.executable, "-m", "benchmarks.plan_model", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            row = json.loads(done.stdout)
            print(
                f"{row['resources']:>9,} {row['size'] / 1e6:>6.1f} MB {row['load']:>6.2f} s "
                f"{row['index']:>6.2f} s {row['ask']:>6.2f} s {row['peak'] / 1e6:>6.0f} MB "
                f"{row['peak'] / row['size']:>8.1f}"
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(Path(sys.argv[1]))))
    else:
        main()
