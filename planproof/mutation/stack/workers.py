"""Forks that do one task after the other, watched by the process they come from."""

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
class Failed:
    """What became of a task that has no answer.

    Attributes:
        why: one sentence.
        detail: a traceback, or "".
    """

    why: str
    detail: str = ""


@dataclass(slots=True)
class _Worker(Generic[Task]):
    process: int
    link: Connection
    task: Task | None = None
    since: float = field(default_factory=time.monotonic)


class Workers(Generic[Task, Answer]):
    """A few forks of this process; a context manager.

    A fork has all that this process has found out so far, and what it does to it harms nobody.

    Args:
        do: the work, which happens in a fork.
        count: of forks.
        limit: seconds that a task may take before its fork is ended, and a new one begun.
    """

    def __init__(self, do: Callable[[Task], Answer], count: int, limit: float) -> None:
        self._do, self._count, self._limit = do, count, limit
        self._workers: list[_Worker[Task]] = []

    def __enter__(self) -> Workers[Task, Answer]:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in [*self._workers]:
            self._end(worker)

    def each(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Answer | Failed]]:
        """Every task with its answer, as they come. Tasks have to be picklable, and answers."""
        todo = iter(tasks)
        for worker in [w for w in self._workers if w.task is not None]:
            self._end(worker)  # whoever asked has gone away before the answer came
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
        """Have a fork do a task; another one, where it has died while it waited."""
        try:
            worker.link.send(task)
        except OSError:
            self._end(worker)
            worker = self._begin()
            worker.link.send(task)
        worker.task, worker.since = task, time.monotonic()

    def _answers(self, busy: list[_Worker[Task]]) -> Iterator[tuple[_Worker[Task], Any]]:
        """The answers that are there; waits for one, and for none longer than it may take."""
        oldest = min(worker.since for worker in busy)
        ready = wait([w.link for w in busy], max(0.0, oldest + self._limit - time.monotonic()))
        for worker in busy:
            if worker.link in ready:
                try:
                    yield worker, worker.link.recv()
                except (EOFError, OSError):
                    code = self._end(worker)
                    yield worker, Failed(f"the process that judged it ended with {code}")
            elif time.monotonic() - worker.since >= self._limit:
                self._end(worker)
                yield worker, Failed(f"it was not judged within {self._limit:g} seconds")

    def _begin(self) -> _Worker[Task]:
        mine, its = Pipe()
        # Ctrl-C between the fork and its first words would make it a second run of everything.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with warnings.catch_warnings():
                # From 3.12 on Python warns of threads. Those of a run are idle by now, and a fork
                # takes no lock that one of them may hold.
                warnings.simplefilter("ignore", DeprecationWarning)
                process = os.fork()
            if process == 0:
                self._work(its, mine, before)
            its.close()
            worker: _Worker[Task] = _Worker(process, mine)
            self._workers.append(worker)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return worker

    def _work(self, link: Connection, parents: Connection, mask: Iterable[int]) -> None:
        """Never returns: whatever waits for the end of the parent is none of a fork's business."""
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its forks
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            parents.close()
            for other in self._workers:
                other.link.close()
            while True:
                task = link.recv()
                try:
                    answer = ForkingPickler.dumps(self._do(task))
                except Exception as problem:
                    said = f"it could not be judged: {type(problem).__name__}: {problem}"
                    answer = ForkingPickler.dumps(Failed(said, traceback.format_exc()))
                link.send_bytes(answer)
        except (EOFError, OSError):
            code = 0
        finally:
            os._exit(code)

    def _end(self, worker: _Worker[Task]) -> str:
        """End a fork, and say how it ended."""
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
