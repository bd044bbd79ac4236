"""What Terraform is doing, in a line every few seconds; for several at a time, in one line.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from planproof.terraform.binary import Progress

_SECONDS = 3.0
_DOING = {"apply": "applying", "destroy": "destroying"}
_WORTH_READING = (b'"apply_', b'"change_summary"')


@dataclass(slots=True)
class Told:
    """Takes the messages of ``terraform apply -json`` and tells what they amount to.

    Attributes:
        command: "apply" or "destroy".
        name: of the deployment.
        every: seconds between two lines, at least.
        total: how many resources are to be changed; 0 while Terraform plans.
        done: how many of them are.
    """

    command: str
    name: str
    progress: Progress
    every: float = _SECONDS
    total: int = 0
    done: int = 0
    _going_on: dict[str, float] = field(default_factory=dict)
    _last: float = 0.0

    def take(self, line: bytes) -> None:
        """One message."""
        if not any(word in line for word in _WORTH_READING):
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
        if hook.get("action") == "read":  # a data source, which nobody counted
            return
        address = (hook.get("resource") or {}).get("addr", "")
        if kind == "apply_start":
            self._going_on[address] = time.monotonic()
        elif kind in ("apply_complete", "apply_errored"):
            self._going_on.pop(address, None)
            self.done += kind == "apply_complete"
        self._tell()

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._last < self.every:
            return
        self._last = now
        self.progress(
            f"{_DOING[self.command]} {self.name}: {self.done} of {self.total}{self.longest}"
        )

    @property
    def longest(self) -> str:
        """What has been going on for longest, as the end of a line; "" where nothing is."""
        going_on = list(self._going_on.items())  # others may ask while messages come in
        if not going_on:
            return ""
        address, since = min(going_on, key=lambda entry: entry[1])
        return f", {address} for {time.monotonic() - since:.0f} s"


def in_one_line(several: Sequence[Told]) -> str:
    """How far the applications of several sets of variables are, which go on side by side.

    Returns:
        "applying 3 sets of variables: 31, 29 and 30 of 49, aws_sqs_queue.status for 9 s"
    """
    sets = "1 set" if len(several) == 1 else f"{len(several)} sets"
    totals = {told.total for told in several if told.total}
    if len(totals) > 1:
        counts = [f"{told.done} of {told.total}" if told.total else "0" for told in several]
        end = ""
    else:
        counts = [str(told.done) for told in several]
        end = f" of {max(totals, default=0)}"
    listed = f"{', '.join(counts[:-1])} and {counts[-1]}" if counts[1:] else counts[0]
    behind = min(several, key=lambda told: (bool(told.total), told.done - told.total))
    return f"applying {sets} of variables: {listed}{end}{behind.longest}"
