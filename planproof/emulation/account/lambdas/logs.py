"""Sends a function's output to CloudWatch Logs with the credentials of its role.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

from planproof.emulation.account.lambdas.functions import DeployedFunction, RoleClient
from planproof.emulation.account.model import Account

_GATHER_SECONDS = 0.25
_MAX_EVENTS = 1_000
_MAX_CHARACTERS = 200_000


class LogWriter:
    """Writes in the background, in one request for all lines of a stream in a short time.

    The account is busy while lines are unwritten. A denied request is in the trail and fails
    nothing else: in AWS, too, such a function just has no log.
    """

    def __init__(self, account: Account, client: RoleClient) -> None:
        self._account = account
        self._client = client
        self._changed = threading.Condition()
        self._lines: dict[str, tuple[DeployedFunction, list[dict[str, Any]]]] = {}
        self._streams: set[tuple[str, str, str]] = set()
        self._stopped = False
        self._busy = ExitStack()
        self._thread = threading.Thread(target=self._run, name="function logs", daemon=True)
        self._thread.start()

    def write(self, function: DeployedFunction, stream: str, text: str) -> None:
        """Write what an instance printed during an invocation."""
        at = int(self._account.clock.now() * 1000)
        events = [{"timestamp": at, "message": line} for line in text.splitlines() if line]
        if not events:
            return
        with self._changed:
            if not self._lines:
                self._busy.enter_context(self._account.busy())
            self._lines.setdefault(stream, (function, []))[1].extend(events)
            self._changed.notify()

    def stop(self) -> None:
        """Stop writing."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(10)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._lines and not self._stopped:
                    self._changed.wait()
                self._changed.wait_for(lambda: self._stopped, _GATHER_SECONDS)
                lines, self._lines = self._lines, {}
                busy, self._busy = self._busy, ExitStack()
                stopped = self._stopped
            with busy:
                if stopped:
                    return
                for stream, (function, events) in lines.items():
                    self._send(function, stream, events)

    def _send(self, function: DeployedFunction, stream: str, events: list[dict[str, Any]]) -> None:
        try:
            client = self._client("logs", function.region, function)
            self._create_stream(client, function, stream)
            for start in range(0, len(events), _MAX_EVENTS):
                client.put_log_events(
                    logGroupName=function.log_group,
                    logStreamName=stream,
                    logEvents=_last_events(events[start : start + _MAX_EVENTS]),
                )
        except Exception:  # denied, or no such group: the trail has recorded the request
            self._streams.discard((function.region, function.log_group, stream))

    def _create_stream(self, client: Any, function: DeployedFunction, stream: str) -> None:
        key = function.region, function.log_group, stream
        if key in self._streams:
            return
        try:
            client.create_log_stream(logGroupName=function.log_group, logStreamName=stream)
        except client.exceptions.ResourceNotFoundException:
            # Lambda creates the log group, if the role allows that.
            client.create_log_group(logGroupName=function.log_group)
            client.create_log_stream(logGroupName=function.log_group, logStreamName=stream)
        except client.exceptions.ResourceAlreadyExistsException:
            pass
        self._streams.add(key)


def _last_events(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last events that one request can hold."""
    kept: list[dict[str, Any]] = []
    room = _MAX_CHARACTERS
    for event in reversed(events):
        message = event["message"][: max(1, room)]
        room -= len(message)
        kept.append({**event, "message": message})
        if room <= 0:
            break
    return kept[::-1]
