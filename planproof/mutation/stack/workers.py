"""Forked worker processes with a time limit for each task."""

from __future__ import annotations

import contextlib
import os
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any, Generic, TypeVar

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
    process: int
    link: Connection
    task: Task | None = None
    since: float = field(default_factory=time.monotonic)


class Workers(Generic[Task, Answer]):
    """Forks of this process that work on tasks; a context manager.

    A fork starts with the memory of this process and cannot change it.

    Args:
        do: the work on one task, run in a fork.
        count: number of forks.
        limit: seconds for one task; after that its fork is killed and replaced.
    """

    def __init__(self, do: Callable[[Task], Answer], count: int, limit: float) -> None:
        self._do, self._count, self._limit = do, count, limit
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
        idle = [*self._workers]
        while len(self._workers) < self._count:
            idle.append(self._begin())
        while True:
            for worker in idle:
                task = next(todo, None)
                if task is not None:
                    self._give(worker, task)
            idle = []
            busy = [worker for worker in self._workers if worker.task is not None]
            if not busy:
                return
            for worker, answer in self._answers(busy):
                task, worker.task = worker.task, None
                if task is None:
                    continue
                if worker in self._workers:
                    idle.append(worker)
                else:
                    idle.append(self._begin())
                yield task, answer

    def _give(self, worker: _Worker[Task], task: Task) -> None:
        """Send a task to a fork; replace the fork if it died while idle."""
        try:
            worker.link.send(task)
        except OSError:
            self._end(worker)
            worker = self._begin()
            worker.link.send(task)
        worker.task, worker.since = task, time.monotonic()

    def _answers(self, busy: list[_Worker[Task]]) -> Iterator[tuple[_Worker[Task], Any]]:
        """The answers that are ready; waits for the first one, at most until a task times out."""
        oldest = min(worker.since for worker in busy)
        ready = wait([w.link for w in busy], max(0.0, oldest + self._limit - time.monotonic()))
        for worker in busy:
            if worker.link in ready:
                try:
                    yield worker, worker.link.recv()
                except (EOFError, OSError):
                    code = self._end(worker)
                    yield worker, TaskFailure(f"the process that judged it ended with {code}")
            elif time.monotonic() - worker.since >= self._limit:
                self._end(worker)
                yield worker, TaskFailure(f"it was not judged within {self._limit:g} seconds")

    def _begin(self) -> _Worker[Task]:
        parent_end, child_end = Pipe()
        # Ctrl-C right after the fork would make the fork continue as a second run.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns about threads. Those of a run are idle by now, and a fork takes
                # no lock that one of them may hold.
                warnings.simplefilter("ignore", DeprecationWarning)
                process = os.fork()
            if process == 0:
                self._work(child_end, parent_end, before)
            child_end.close()
            worker: _Worker[Task] = _Worker(process, parent_end)
            self._workers.append(worker)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return worker

    def _work(self, link: Connection, parent_end: Connection, mask: Iterable[int]) -> None:
        """Work until the parent closes the pipe, then exit without running exit handlers."""
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent kills its forks
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
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
        """Kill a fork; returns how it ended."""
        if worker in self._workers:
            self._workers.remove(worker)
        worker.link.close()
        started = descendants(worker.process)
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.process, signal.SIGKILL)
        end_all(started)
        try:
            _, status = os.waitpid(worker.process, 0)
        except ChildProcessError:
            return "no status"
        code = os.waitstatus_to_exitcode(status)
        return f"signal {-code}" if code < 0 else f"exit code {code}"
