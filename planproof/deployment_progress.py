"""What Terraform is doing, in a line every few seconds.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

from planproof.terraform_cli import Progress

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
    """

    command: str
    name: str
    progress: Progress
    every: float = _SECONDS
    _total: int = 0
    _done: int = 0
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
                self._total = sum(changes.get(key, 0) for key in ("add", "change", "remove"))
            return
        hook = message.get("hook") or {}
        if hook.get("action") == "read":  # a data source, which nobody counted
            return
        address = (hook.get("resource") or {}).get("addr", "")
        if kind == "apply_start":
            self._going_on[address] = time.monotonic()
        elif kind in ("apply_complete", "apply_errored"):
            self._going_on.pop(address, None)
            self._done += kind == "apply_complete"
        self._tell()

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._last < self.every:
            return
        self._last = now
        line = f"{_DOING[self.command]} {self.name}: {self._done} of {self._total}"
        if self._going_on:
            longest = min(self._going_on, key=lambda address: self._going_on[address])
            line += f", {longest} for {now - self._going_on[longest]:.0f} s"
        self.progress(line)
