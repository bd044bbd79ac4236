"""Progress of ``terraform apply``, as a line every few seconds.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from planproof.terraform.binary import Progress

_INTERVAL = 3.0
_PARTICIPLES = {"apply": "applying", "destroy": "destroying"}
_HANDLED = (b'"apply_', b'"change_summary"')


@dataclass(slots=True)
class ApplyProgress:
    """Counts the changed resources from the messages of ``terraform apply -json``.

    Attributes:
        command: "apply" or "destroy".
        name: of the deployment.
        progress: receives a line at most every ``interval`` seconds.
        interval: in seconds.
        total: number of resources to change; 0 while Terraform plans.
        done: number of resources changed so far.
    """

    command: str
    name: str
    progress: Progress
    interval: float = _INTERVAL
    total: int = 0
    done: int = 0
    _in_progress: dict[str, float] = field(default_factory=dict)
    _last_report: float = 0.0

    def handle(self, line: bytes) -> None:
        """Handle one message."""
        if not any(word in line for word in _HANDLED):
            return
        try:
            message = json.loads(line)
        except ValueError:
            return
        kind = message.get("type")
        if kind == "change_summary":
            changes = message.get("changes") or {}
            if changes.get("operation") == "plan":
                self.total = sum(changes.get(key, 0) for key in ("add", "change", "remove"))
            return
        hook = message.get("hook") or {}
        if hook.get("action") == "read":  # a data source, not in the total
            return
        address = (hook.get("resource") or {}).get("addr", "")
        if kind == "apply_start":
            self._in_progress[address] = time.monotonic()
        elif kind in ("apply_complete", "apply_errored"):
            self._in_progress.pop(address, None)
            self.done += kind == "apply_complete"
        self._report()

    def _report(self) -> None:
        now = time.monotonic()
        if now - self._last_report < self.interval:
            return
        self._last_report = now
        counts = f"{self.done} of {self.total}"
        self.progress(f"{_PARTICIPLES[self.command]} {self.name}: {counts}{self.longest_running}")

    @property
    def longest_running(self) -> str:
        """The resource in progress for longest, as the end of a line; "" without one."""
        running = list(self._in_progress.items())  # a copy, since another thread writes
        if not running:
            return ""
        address, since = min(running, key=lambda entry: entry[1])
        return f", {address} for {time.monotonic() - since:.0f} s"


def progress_line(deployments: Sequence[ApplyProgress]) -> str:
    """One line on the progress of deployments that are applied at the same time.

    Returns:
        "applying 3 sets of variables: 31, 29 and 30 of 49, aws_sqs_queue.status for 9 s"
    """
    sets = "1 set" if len(deployments) == 1 else f"{len(deployments)} sets"
    totals = {one.total for one in deployments if one.total}
    if len(totals) > 1:
        counts = [f"{one.done} of {one.total}" if one.total else "0" for one in deployments]
        end = ""
    else:
        counts = [str(one.done) for one in deployments]
        end = f" of {max(totals, default=0)}"
    listed = f"{', '.join(counts[:-1])} and {counts[-1]}" if counts[1:] else counts[0]
    slowest = min(deployments, key=lambda one: (bool(one.total), one.done - one.total))
    return f"applying {sets} of variables: {listed}{end}{slowest.longest_running}"
