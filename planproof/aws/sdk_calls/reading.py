"""How is a package read: its sources, what flows in them, what that calls, what is unread?"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from planproof.aws.api_actions import actions_of
from planproof.aws.lambda_package import Package
from planproof.aws.sdk_calls.calls import Calls
from planproof.aws.sdk_calls.flow import Flow
from planproof.aws.sdk_calls.judge import Judge
from planproof.aws.sdk_calls.sources import Sources
from planproof.aws.sdk_calls.unread import Unread


def calls_of(package: Package) -> Calls:
    """What the Python sources of a package call; the same package is read once."""
    known = _READ.get(package.sha256)
    if known is None:
        with _uncollected():
            known = _READ[package.sha256] = _read(package)
    return known


_READ: dict[str, Calls] = {}


@contextmanager
def _uncollected() -> Iterator[None]:
    """Collect no garbage meanwhile.

    The trees live until all is read; to look through them, and through all that the process holds
    besides, takes half as long as the reading itself.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(package: Package) -> Calls:
    unread = Unread()
    flow = Flow(Sources(package, unread))
    flow.settle()
    judge = Judge(flow, unread)
    judge.walk()
    made = tuple(sorted(judge.made, key=lambda call: (*call.place, repr(call.about), call.within)))
    without_action = {
        f"AWS lists no action for {call.operation} of {call.service}, "
        f"which {call.file}:{call.line} calls."
        for call in made
        if not actions_of(call.service, call.operation)
    }
    if flow.given_up:
        # Of a value that is not followed to the end, nobody knows what else it may be.
        made = tuple(dict.fromkeys(replace(call, about=None, only="") for call in made))
        without_action.add("The package is too large to be followed to the end in reasonable time.")
    return Calls(made, tuple(sorted(without_action.union(unread.sentences()))))
