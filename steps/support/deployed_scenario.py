"""One scenario on a deployed stack: what goes through it, what was done to the account, its end."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import uuid4

from planproof.emulation.account.model import Fault
from planproof.evidence import Recorder
from steps.pipeline import Pipeline
from steps.support.traffic import Deployed, Traffic, text_of

LONGEST_REST: Final = 4 * 24 * 3600
"""Seconds of the account's time that a pipeline may take to come to rest: the retention of its
messages, more than any number of deliveries takes."""


class Scene:
    """One scenario: traffic through one deployed stack or two, and what was done to the account.

    Attributes:
        beside: the traffic of a stack that lives beside it, if one takes part.
        gone: that of a stack that was destroyed.
        since: number in the trail of what happened last before the scenario.
    """

    def __init__(self, deployment: Deployed, pipeline: Pipeline) -> None:
        self.deployment = deployment
        self.control = deployment.control
        self.traffic = Traffic(deployment, pipeline)
        self.beside: Traffic | None = None
        self.gone: Traffic | None = None
        self.since = 0
        self._planned: list[Fault] = []
        self._unmet: list[Fault] = []
        self.forget()

    @property
    def all(self) -> list[Traffic]:
        """The traffic of every stack that takes part."""
        return [self.traffic, *([self.beside] if self.beside else [])]

    def forget(self) -> None:
        """Leave out what has happened by now."""
        trail = self.control.trail()
        self.since = trail[-1].number if trail else 0

    def goes_wrong(self, fault: Fault) -> None:
        """Plan a fault. Of one without end the first time is planned by itself, so that it is
        known in the end whether it ever came to it."""
        counted = replace(fault, times=fault.times or 1, name=f"counted-{uuid4().hex}")
        self.control.fault(counted)
        self._planned.append(counted)
        if fault.times is None:
            self.control.fault(fault)

    def what_went_wrong(self, evidence: Recorder) -> None:
        """Write down whether all that was to go wrong did: without it, nothing is proven of it."""
        self.withdraw_unmet()
        for fault in self._unmet:
            what = ":".join(filter(None, (fault.service, fault.operation)))
            evidence.check(
                None,
                "the account",
                expected=f"what was to go wrong with {what} ({fault.what})",
                found="it did not come to it, or not as often",
            )

    def withdraw_unmet(self, what: str = "") -> None:
        """Of what is counted, all of a kind or all there is goes wrong no longer; what it never
        came to is kept in mind."""
        over = [fault for fault in self._planned if what in ("", fault.what)]
        self._planned = [fault for fault in self._planned if fault not in over]
        self._unmet += [fault for fault in over if self.control.withdraw(fault.name)]

    def something_went_through(self, evidence: Recorder) -> None:
        """Write down, where it is so, that nothing was put into the pipeline at all."""
        if not any(traffic.uploads or traffic.sent for traffic in self.all):
            evidence.check(
                None,
                self.traffic.pipeline.input_bucket,
                expected="an upload or a message",
                found="nothing, so that nothing is proven",
            )

    def function_ran(self, evidence: Recorder) -> None:
        """Write down, where it is so, that the function has done nothing because it never ran."""
        function = self.traffic.pipeline.function
        name = text_of(function, "function_name")
        trail = self.control.trail(self.since)
        if not any(entry.kind == "invocation" and entry.who == name for entry in trail):
            evidence.check(
                None, function, expected="the function to run", found="it was not invoked"
            )

    def end(self) -> None:
        """Leave the account as it was found, with nothing under way for the next to meet."""
        self.control.withdraw_all()
        self.control.resume()
        for traffic in self.all:
            traffic.clear()
        self.control.settle(LONGEST_REST)  # jobs that still run, events that come late
        for traffic in self.all:
            if any(count for _, count in traffic.counted()):
                traffic.clear()
