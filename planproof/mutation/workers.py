"""Forked worker processes with a time limit for each task."""

from __future__ import annotations

import os
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, Generic, TypeVar

from planproof.errors import PlanproofError
from planproof.processes import descendants, end_all

Task = TypeVar("Task")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """Why a task has no answer.

    Attributes:
        reason: one sentence.
        detail: a traceback, or "".
    """

    reason: str
    detail: str = ""


@dataclass(slots=True)
class _Worker(Generic[Task]):
    process: BaseProcess
    link: Connection
    task: Task | None = None
    since: float = 0.0


def require_forks(option: str) -> None:
    """Refuse an option that needs workers where there are none.

    Raises:
        PlanproofError: the operating system cannot fork a process.
    """
    if not hasattr(os, "fork"):
        raise PlanproofError(
            f"{option} needs fork(), which this operating system does not have",
            "run it on Linux, macOS or WSL",
        )


class Workers(Generic[Task, Answer]):
    """Forks of this process that work on tasks; a context manager.

    A fork starts with the memory of this process and cannot change it.

    Args:
        do: the work on one task, run in a fork.
        count: number of forks.
        limit: seconds for one task; after that its fork is killed and replaced.
        clock: the time in seconds.
    """

    def __init__(
        self,
        do: Callable[[Task], Answer],
        count: int,
        limit: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._do, self._count, self._limit, self._clock = do, count, limit, clock
        self._workers: list[_Worker[Task]] = []

    def __enter__(self) -> Workers[Task, Answer]:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in [*self._workers]:
            self._end(worker)

    def each(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Answer | TaskFailure]]:
        """Every task with its answer, in order of completion. Both must be picklable."""
        todo = iter(tasks)
        for worker in [w for w in self._workers if w.task is not None]:
            self._end(worker)  # the previous caller stopped before this answer arrived
        while True:
            while len(self._workers) < self._count:
                self._begin()
            idle = [worker for worker in self._workers if worker.task is None]
            for worker, task in zip(idle, todo, strict=False):
                self._give(worker, task)
            busy = [worker for worker in self._workers if worker.task is not None]
            if not busy:
                return
            yield from self._answers(busy)

    def _give(self, worker: _Worker[Task], task: Task) -> None:
        """Send a task to a fork; replace the fork if it died while idle."""
        try:
            worker.link.send(task)
        except OSError:
            self._end(worker)
            worker = self._begin()
            worker.link.send(task)
        worker.task, worker.since = task, self._clock()

    def _answers(self, busy: list[_Worker[Task]]) -> Iterator[tuple[Task, Any]]:
        """The answers that are ready; waits for the first one, at most until a task times out."""
        oldest = min(worker.since for worker in busy)
        ready = wait([w.link for w in busy], max(0.0, oldest + self._limit - self._clock()))
        for worker in busy:
            if worker.link in ready:
                try:
                    answer = worker.link.recv()
                except (EOFError, OSError):
                    code = self._end(worker)
                    answer = TaskFailure(f"the process that judged it ended with {code}")
            elif self._clock() - worker.since >= self._limit:
                self._end(worker)
                answer = TaskFailure(f"it was not judged within {self._limit:g} seconds")
            else:
                continue
            if (task := worker.task) is not None:
                worker.task = None
                yield task, answer

    def _begin(self) -> _Worker[Task]:
        parent_end, child_end = Pipe()
        process = get_context("fork").Process(target=self._work, args=(child_end, parent_end))
        # A fork never sees Ctrl-C: this process kills its forks.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns about threads. Those of a run are idle by now, and a fork takes
                # no lock that one of them may hold.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            child_end.close()
            worker: _Worker[Task] = _Worker(process, parent_end)
            self._workers.append(worker)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return worker

    def _work(self, link: Connection, parent_end: Connection) -> None:
        """Work until the parent closes the pipe, then exit without running exit handlers."""
        code = 1
        try:
            parent_end.close()
            for other in self._workers:
                other.link.close()
            while True:
                task = link.recv()
                try:
                    answer = ForkingPickler.dumps(self._do(task))
                except Exception as problem:
                    reason = f"it could not be judged: {type(problem).__name__}: {problem}"
                    answer = ForkingPickler.dumps(TaskFailure(reason, traceback.format_exc()))
                link.send_bytes(answer)
        except (EOFError, OSError):
            code = 0
        finally:
            os._exit(code)

    def _end(self, worker: _Worker[Task]) -> str:
        """Kill a fork and the processes that it started; returns how it ended."""
        if worker in self._workers:
            self._workers.remove(worker)
        worker.link.close()
        started = descendants(worker.process.pid or 0)
        worker.process.kill()
        end_all(started)
        worker.process.join()
        code = worker.process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"
