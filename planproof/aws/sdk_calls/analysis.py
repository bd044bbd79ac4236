"""Runs the analysis of a package: parses its sources, follows their values, collects the calls."""

from __future__ import annotations

import gc
from dataclasses import replace

from planproof.aws.api_actions import actions_of
from planproof.aws.lambda_package import Package
from planproof.aws.sdk_calls.call_collector import CallCollector
from planproof.aws.sdk_calls.calls import SdkCall, SdkCalls
from planproof.aws.sdk_calls.flow import Flow
from planproof.aws.sdk_calls.sources import Sources


def calls_of(package: Package) -> SdkCalls:
    """The operations that the Python sources of a package call; cached by the package's hash."""
    if package.sha256 not in _CACHE:
        was_enabled = gc.isenabled()
        gc.disable()  # walking the syntax trees would take half as long again
        try:
            _CACHE[package.sha256] = _analyze(package)
        finally:
            if was_enabled:
                gc.enable()
    return _CACHE[package.sha256]


_CACHE: dict[str, SdkCalls] = {}


def _analyze(package: Package) -> SdkCalls:
    flow = Flow(Sources(package))
    flow.settle()
    collector = CallCollector(flow)
    collector.collect()
    calls = tuple(sorted(collector.calls, key=_in_order))
    reasons = {
        f"AWS lists no action for {call.operation} of {call.service}, "
        f"which {call.file}:{call.line} calls."
        for call in calls
        if not actions_of(call.service, call.operation)
    }
    if flow.timed_out:
        # Further values may not have been found.
        calls = tuple(
            dict.fromkeys(replace(call, target_names=None, only_action="") for call in calls)
        )
        reasons.add("The package is too large to be analyzed completely in reasonable time.")
    return SdkCalls(calls, tuple(sorted(reasons.union(flow.sources.unread.sentences()))))


def _in_order(call: SdkCall) -> tuple[str | int, ...]:
    place = (call.service, call.operation, call.file, call.line, call.only_action)
    return (*place, repr(call.target_names), call.arn_suffix)
