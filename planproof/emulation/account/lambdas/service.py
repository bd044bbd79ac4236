"""AWS Lambda: polls queues and runs functions."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count
from typing import Any

from planproof.emulation.account.lambdas.batches import Batches
from planproof.emulation.account.lambdas.functions import DeployedFunction, deployed_function
from planproof.emulation.account.lambdas.instances import Instances
from planproof.emulation.account.lambdas.invocations import InvocationResult, Invoker
from planproof.emulation.account.lambdas.invoke_requests import patch_invoke
from planproof.emulation.account.lambdas.logs import LogWriter
from planproof.emulation.account.lambdas.mappings import (
    Backlog,
    MappingState,
    QueueMapping,
    backlog_of,
    queue_mappings,
)
from planproof.emulation.account.model import Account

_POLL_SECONDS = 0.02
_THREADS = 64


class Lambdas:
    """The event source mappings and function instances of an account.

    Mappings are read from moto at every poll, so that changes take effect at once.

    A mapping delivers nothing, so that its messages do not count as waiting, while its role is
    denied (until a policy changes, or for 60 seconds of the account's time), if its filter is not
    supported, or if its function is missing or has a reserved concurrency of 0.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._changed = threading.Condition()
        self._woken = False
        self._paused = False
        self._stopped = True
        self._states: dict[str, MappingState] = {}
        self._running: Counter[str] = Counter()
        self._turn = count()

    def start(self) -> None:
        """Start polling. If this machine cannot start processes, invocations fail and say so."""
        self._instances = Instances(self._account)
        credentials = cache(self._account.credentials)  # one session for each function

        def client(service: str, region: str, function: DeployedFunction) -> Any:
            session = credentials(function.role, function.name)
            return self._account.client(service, region, session)

        self._logs = LogWriter(self._account, client)
        self._invoker = Invoker(self._account, self._instances, self._logs)
        self._batches = Batches(self._account, client, self._invoker)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="lambda")
        self._unpatch_invoke = patch_invoke(self.invoke, self._account.clock.later)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="event sources", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End all instances and remove all folders; running invocations are lost."""
        with self._changed:
            if self._stopped:
                return
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()
        self._instances.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._logs.stop()
        self._unpatch_invoke()

    def kill(self, instance_id: str) -> None:
        """Kill an instance; its invocation is recorded as killed."""
        if not self._stopped:
            self._instances.kill(instance_id)

    def pause(self) -> None:
        """Pause polling; running invocations continue."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Resume polling."""
        with self._changed:
            self._paused = False
        self._wake()

    def waiting(self) -> list[float]:
        """Seconds of the account's time until each message can be delivered, 0 or less for now.

        A message may be invisible, delayed, gathered for a batching window, or wait for a retry.
        Messages that no mapping delivers are left out.
        """
        now, waits = self._account.clock.now(), []
        with self._changed:
            for mapping in [] if self._stopped else queue_mappings():
                state = self._state_of(mapping)
                waits += [0.0] * sum(len(one.records) for one in state.redeliveries)
                supported = self._batches.filter_of(mapping) is not None
                if supported and (backlog := backlog_of(mapping, state, now)) is not None:
                    waits += backlog.waits
        return waits

    def invoke(self, function_arn: str, event: Any) -> InvocationResult:
        """Invoke a function once, as soon as its reserved concurrency allows; never retries.

        Returns:
            "throttled" if its reserved concurrency is 0, "failed" with
            ResourceNotFoundException if it does not exist.
        """
        with self._account.busy():
            function = None if self._stopped else deployed_function(function_arn)
            if function is None:
                message = f"Function not found: {function_arn}"
                return InvocationResult("failed", "", "ResourceNotFoundException", message)
            if function.reserved == 0:
                code = "TooManyRequestsException"
                result = InvocationResult("throttled", "", code, "Rate Exceeded.")
                self._invoker.record(function, "", result)
                return result
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or self._free(function) > 0)
                self._running[function.arn] += 1
            try:
                request_id, result = self._invoker.invoke(function, event)
                self._invoker.record(function, request_id, result)
                return result
            finally:
                self._end(function)

    def _free(self, function: DeployedFunction) -> int:
        if function.reserved is None:
            return _THREADS
        return function.reserved - self._running[function.arn]

    def _state_of(self, mapping: QueueMapping) -> MappingState:
        return self._states.setdefault(mapping.id, MappingState())

    def _wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def _end(self, function: DeployedFunction) -> None:
        with self._changed:
            self._running[function.arn] -= 1
        self._wake()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._woken or self._stopped, _POLL_SECONDS)
                self._woken = False
                if self._stopped:
                    return
                if not self._paused:
                    self._begin_batches()

    def _begin_batches(self) -> None:
        mappings = list(queue_mappings())
        turn = next(self._turn) % max(1, len(mappings))
        for mapping in mappings[turn:] + mappings[:turn]:
            state = self._state_of(mapping)
            if self._batches.filter_of(mapping, state) is None:
                continue
            backlog = backlog_of(mapping, state, self._account.clock.now())
            if backlog is None:
                continue
            if backlog.function.reserved == 0:
                self._batches.record_throttled(backlog.function, mapping, state)
                continue
            wanted = backlog.batches + len(state.redeliveries) - state.receiving
            free = min(mapping.concurrency - state.running, self._free(backlog.function))
            for _ in range(min(wanted, free)):
                state.running += 1
                state.receiving += 1
                self._running[backlog.function.arn] += 1
                self._pool.submit(self._work, mapping, state, backlog)

    def _work(self, mapping: QueueMapping, state: MappingState, backlog: Backlog) -> None:
        function, received = backlog.function, False

        def receiving_ended() -> None:
            nonlocal received
            with self._changed:
                state.receiving -= 1
                received = True

        try:
            with self._account.busy():
                try:
                    self._batches.work(mapping, state, backlog, receiving_ended)
                except Exception as problem:
                    if not self._stopped:
                        kind = type(problem).__name__
                        result = InvocationResult("failed", "", kind, str(problem))
                        self._invoker.record(function, "", result, queue=mapping.queue_arn)
                        state.fail(self._account.clock.now())
        finally:
            with self._changed:
                state.receiving -= not received
                state.running -= 1
            self._end(function)
