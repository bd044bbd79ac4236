"""One scenario on a deployed stack: its traffic, its injected faults, and the cleanup after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import uuid4

from planproof.emulation.account.model import Fault
from planproof.evidence import Recorder
from steps.support.pipeline import Pipeline
from steps.support.traffic import Deployed, Traffic, text_of

LONGEST_SETTLE_SECONDS: Final = 4 * 24 * 3600
"""Seconds on the account's clock that the pipeline may take to settle: the default retention of
SQS messages, longer than all retries take."""


class DeployedScenario:
    """The traffic of one scenario through one or two deployed stacks, and its faults.

    Attributes:
        second: the traffic of the second deployment, if there is one.
        destroyed: the traffic of a deployment that was destroyed.
        since: number of the last entry of the account's trail before the scenario.
    """

    def __init__(self, deployment: Deployed, pipeline: Pipeline) -> None:
        self.deployment = deployment
        self.control = deployment.control
        self.traffic = Traffic(deployment, pipeline)
        self.second: Traffic | None = None
        self.destroyed: Traffic | None = None
        self.since = 0
        self._counted_faults: list[Fault] = []
        self._unfired: list[Fault] = []
        self.reset_baseline()

    @property
    def all_traffic(self) -> list[Traffic]:
        """The traffic of every deployment."""
        return [self.traffic, *([self.second] if self.second else [])]

    def reset_baseline(self) -> None:
        """Ignore what has happened so far."""
        trail = self.control.trail()
        self.since = trail[-1].number if trail else 0

    def inject_fault(self, fault: Fault) -> None:
        """Inject a fault. A fault without a limit is also injected once with a limit of one, which
        shows at the end whether it fired at all."""
        counted = replace(fault, times=fault.times or 1, name=f"counted-{uuid4().hex}")
        self.control.add_fault(counted)
        self._counted_faults.append(counted)
        if fault.times is None:
            self.control.add_fault(fault)

    def record_unfired_faults(self, evidence: Recorder) -> None:
        """Record every fault that did not fire: the scenario then proves nothing about it."""
        self.withdraw_faults()
        for fault in self._unfired:
            what = ":".join(filter(None, (fault.service, fault.operation)))
            evidence.check(
                None,
                "the account",
                expected=f"the fault {fault.kind!r} on {what} to fire",
                found="the fault did not fire, or not often enough",
            )

    def withdraw_faults(self, what: str = "") -> None:
        """Withdraw the faults of one kind, or all, and remember those that did not fire."""
        over = [fault for fault in self._counted_faults if what in ("", fault.kind)]
        self._counted_faults = [fault for fault in self._counted_faults if fault not in over]
        self._unfired += [fault for fault in over if self.control.remove_faults(fault.name)]

    def require_traffic(self, evidence: Recorder) -> None:
        """Record as undetermined that the pipeline had no input."""
        if not any(traffic.uploads or traffic.sent for traffic in self.all_traffic):
            evidence.check(
                None,
                self.traffic.pipeline.input_bucket,
                expected="an upload or a message",
                found="none, so nothing is proven",
            )

    def require_invocation(self, evidence: Recorder) -> None:
        """Record as undetermined that the function was never invoked."""
        function = self.traffic.pipeline.function
        name = text_of(function, "function_name")
        trail = self.control.trail(self.since)
        if not any(entry.kind == "invocation" and entry.who == name for entry in trail):
            evidence.check(
                None, function, expected="the function to run", found="it was not invoked"
            )

    def clean_up(self) -> None:
        """Leave no fault, message or running job for the next scenario."""
        self.control.remove_faults()
        self.control.resume()
        for traffic in self.all_traffic:
            traffic.purge_queues()
        self.control.settle(LONGEST_SETTLE_SECONDS)  # jobs that still run, events that come late
        for traffic in self.all_traffic:
            if any(count for _, count in traffic.message_counts()):
                traffic.purge_queues()
