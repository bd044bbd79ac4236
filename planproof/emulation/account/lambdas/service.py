"""Lambda in an account: it works from queues, and runs functions."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from typing import Any

from planproof.emulation.account.lambdas.batches import Batches
from planproof.emulation.account.lambdas.deployed_function import (
    DeployedFunction,
    Packages,
    deployed_function,
)
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
from planproof.emulation.account.lambdas.queues import patch_queues
from planproof.emulation.account.lambdas.role_clients import RoleClients
from planproof.emulation.account.model import Account

_GLANCE = 0.02
_THREADS = 64


class Lambdas:
    """The mappings and instances of an account.

    Mappings are read from moto all the time, so that what is made, changed, disabled or deleted
    takes effect at once.

    What is not delivered does not wait: messages of a mapping whose role is refused (until a policy
    changes, or for 60 seconds of the account's time), whose filter is not understood, or whose
    function is gone or has a reserved concurrency of 0.
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
        """Begin to work; a machine on which no process can be started shows it when a function is
        invoked, which then fails with a sentence that says so."""
        self._packages = Packages()
        self._instances = Instances(self._account, self._packages)
        self._clients = RoleClients(self._account)
        self._logs = LogWriter(self._account, self._clients)
        self._invoker = Invoker(self._account, self._instances, self._logs)
        self._batches = Batches(self._account, self._clients, self._invoker)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="lambda")
        self._undo = ExitStack()
        self._undo.callback(patch_queues())
        self._undo.callback(patch_invoke(self.invoke, self._account.clock.later))
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="event sources", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End every process and remove every folder; what is under way is lost."""
        with self._changed:
            if self._stopped:
                return
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()
        self._instances.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._logs.stop()
        self._undo.close()
        self._packages.remove()

    def kill(self, instance_id: str) -> None:
        """End an instance's process at once; an invocation that it has is noted as killed."""
        if not self._stopped:
            self._instances.kill(instance_id)

    def pause(self) -> None:
        """Take no more messages; what is under way goes on."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Take messages again."""
        with self._changed:
            self._paused = False
        self._wake()

    def waiting(self) -> list[float]:
        """For each message that will be delivered, seconds of the account's time until then.

        0 or less means now. A message may be invisible, delayed, gathered for a batching window, or
        wait for a retry; messages that nothing will deliver are left out.
        """
        now, waits = self._account.clock.now(), []
        with self._changed:
            for mapping in [] if self._stopped else queue_mappings():
                state = self._state_of(mapping)
                waits += [0.0] * sum(len(again.records) for again in state.again)
                if self._batches.filter_of(mapping) is not None:
                    waits += backlog_of(mapping, state, now).waits
        return waits

    def invoke(self, function_arn: str, event: Any) -> InvocationResult:
        """Invoke a function once, as soon as its reserved concurrency allows; it is not repeated.

        Returns:
            how it ended; "throttled" where no concurrency is reserved for it, "failed" with
            ResourceNotFoundException where there is no such function.
        """
        with self._account.busy():
            function = None if self._stopped else deployed_function(function_arn)
            if function is None:
                told = f"Function not found: {function_arn}"
                return InvocationResult("failed", "", "ResourceNotFoundException", told)
            if function.reserved == 0:
                answer = InvocationResult(
                    "throttled", "", "TooManyRequestsException", "Rate Exceeded."
                )
                self._invoker.note(function, "", answer)
                return answer
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or self._free(function) > 0)
                self._running[function.arn] += 1
            try:
                request_id, answer = self._invoker.invoke(function, event)
                self._invoker.note(function, request_id, answer)
                return answer
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
                self._changed.wait_for(lambda: self._woken or self._stopped, _GLANCE)
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
            messages = self._batches.filter_of(mapping, state)
            if messages is None:
                continue
            backlog = backlog_of(mapping, state, self._account.clock.now())
            if backlog.function is None or backlog.queue is None:
                continue
            if backlog.function.reserved == 0:
                self._batches.record_throttled(backlog.function, mapping, state)
                continue
            wanted = backlog.batches + len(state.again) - state.receiving
            free = min(mapping.concurrency - state.running, self._free(backlog.function))
            for _ in range(min(wanted, free)):
                state.running += 1
                state.receiving += 1
                self._running[backlog.function.arn] += 1
                self._pool.submit(self._work, mapping, state, backlog)

    def _work(self, mapping: QueueMapping, state: MappingState, backlog: Backlog) -> None:
        function = backlog.function
        assert function is not None  # noqa: S101
        received = False

        def has_messages() -> None:
            nonlocal received
            with self._changed:
                state.receiving -= 1
                received = True

        try:
            with self._account.busy():
                try:
                    self._batches.work(mapping, state, backlog, has_messages)
                except Exception as problem:
                    if not self._stopped:
                        answer = InvocationResult(
                            "failed", "", type(problem).__name__, str(problem)
                        )
                        self._invoker.note(function, "", answer, queue=mapping.queue_arn)
                        state.fail(self._account.clock.now())
        finally:
            with self._changed:
                state.receiving -= not received
                state.running -= 1
            self._end(function)
