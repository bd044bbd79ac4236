"""Forked workers: answers, failures, and that no process is left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from planproof.mutation.workers import TaskFailure, Workers
from planproof.processes import descendants
from tests.builders.repository import ROOT


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    before = set(descendants(os.getpid()))
    yield
    assert set(descendants(os.getpid())) <= before


def square(number: int) -> int:
    return number * number


def answers(do: Callable[[int], Any], tasks: range, count: int = 2) -> Any:
    with Workers(do, count, 60.0) as workers:
        return dict(workers.each(tasks))


def answers_with_a_time_out(do: Callable[[int], Any], tasks: range) -> Any:
    """The answers of two forks, one of which hangs: its time is up when there is no more task."""
    now = [0.0]

    def then_time_is_up() -> Iterator[int]:
        yield from tasks
        now[0] = 60.0

    with Workers(do, 2, 60.0, clock=lambda: now[0]) as workers:
        return dict(workers.each(then_time_is_up()))


class Line:
    """A pipe between a test and its forks. Reading blocks until something is written, or until no
    process is left that could write."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()

    def read(self) -> bytes:
        return os.read(self.reading, 100)

    def write(self, text: bytes) -> None:
        os.write(self.writing, text)

    def close(self) -> None:
        for end in (self.reading, self.writing):
            with contextlib.suppress(OSError):
                os.close(end)


@pytest.fixture
def lines() -> Iterator[Callable[[], Line]]:
    made: list[Line] = []

    def line() -> Line:
        made.append(Line())
        return made[-1]

    yield line
    for one in made:
        one.close()


def test_each_task_has_its_answer_with_more_tasks_than_forks() -> None:
    assert answers(square, range(1, 30)) == {number: number * number for number in range(1, 30)}


def test_more_forks_than_tasks_and_no_task() -> None:
    assert answers(square, range(1, 2), count=3) == {1: 1}
    assert answers(square, range(0)) == {}


def test_the_work_is_done_in_the_given_number_of_processes() -> None:
    found = set(answers(lambda _: os.getpid(), range(8), count=2).values())
    assert len(found) == 2
    assert os.getpid() not in found


def test_one_fork_answers_in_the_order_of_the_tasks() -> None:
    with Workers(square, 1, 60.0) as workers:
        assert [task for task, _ in workers.each([3, 1, 2])] == [3, 1, 2]


def test_a_quick_task_is_answered_while_a_slow_one_runs(lines: Callable[[], Line]) -> None:
    go = lines()

    def do(number: int) -> int:
        if number == 0:
            go.read()
        return number

    found = []
    with Workers(do, 2, 60.0) as workers:
        for task, _ in workers.each([0, 1, 2, 3]):
            found.append(task)
            if task == 3:
                go.write(b"go")
    assert found == [1, 2, 3, 0]


def test_the_forks_keep_their_memory_between_rounds() -> None:
    known: list[int] = []

    def do(number: int) -> list[int]:
        known.append(number)
        return list(known)

    with Workers(do, 1, 60.0) as workers:
        assert [answer for _, answer in workers.each([1, 2])] == [[1], [1, 2]]
        assert [answer for _, answer in workers.each([3])] == [[1, 2, 3]]
    assert known == []


def test_a_task_that_raises_fails_with_its_traceback_and_the_others_are_done() -> None:
    def do(number: int) -> int:
        return 10 // number

    found = answers(do, range(3))
    assert found[1] == 10
    assert found[2] == 5
    failed = found[0]
    assert isinstance(failed, TaskFailure)
    assert "ZeroDivisionError: " in failed.reason
    assert "in do" in failed.detail


def test_an_answer_that_cannot_be_pickled_is_a_failure() -> None:
    found = answers(lambda number: (lambda: number) if number else number, range(2), count=1)
    assert found[0] == 0
    assert isinstance(found[1], TaskFailure)
    assert found[1].reason.startswith("it could not be judged: ")


def test_a_task_that_hangs_times_out_and_the_others_are_done() -> None:
    def do(number: int) -> int:
        if number == 1:
            signal.pause()
        return number

    found = answers_with_a_time_out(do, range(4))
    assert found.pop(1) == TaskFailure("it was not judged within 60 seconds")
    assert found == {0: 0, 2: 2, 3: 3}


def test_processes_of_a_hanging_task_are_killed_with_it(lines: Callable[[], Line]) -> None:
    begun, kept_alive, output = lines(), lines(), lines()

    def do(number: int) -> bytes:
        os.close(kept_alive.writing)
        if number == 1:
            return begun.read()
        with subprocess.Popen(
            ["sh", "-c", "echo begun >&2; cat; echo survived"],
            stdin=kept_alive.reading,
            stdout=output.writing,
            stderr=begun.writing,
            start_new_session=True,
        ) as process:
            return bytes(process.wait())

    found = answers_with_a_time_out(do, range(2))
    assert isinstance(found[0], TaskFailure)
    assert found[1] == b"begun\n"
    os.close(kept_alive.writing)
    os.close(output.writing)
    assert output.read() == b""


def is_running(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("die", "how"),
    [
        (lambda: os._exit(3), "exit code 3"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "signal 9"),
        (lambda: sys.exit("for good"), "exit code 1"),
    ],
)
def test_a_fork_that_dies_is_a_failure_and_another_does_the_rest(
    die: Callable[[], None], how: str
) -> None:
    def do(number: int) -> int:
        if number == 1:
            die()
        return number

    found = answers(do, range(5), count=1)
    assert found.pop(1) == TaskFailure(f"the process that judged it ended with {how}")
    assert found == {0: 0, 2: 2, 3: 3, 4: 4}


def test_a_fork_that_died_while_idle_is_replaced() -> None:
    with Workers(lambda _: os.getpid(), 1, 60.0) as workers:
        ((_, first),) = workers.each([1])
        assert isinstance(first, int)
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        ((_, second),) = workers.each([2])
    assert isinstance(second, int)
    assert second != first


def test_an_answer_of_an_abandoned_round_is_dropped(lines: Callable[[], Line]) -> None:
    never = lines()

    def do(number: int) -> int:
        if number == 1:
            never.read()
        return number

    with Workers(do, 2, 60.0) as workers:
        for task, _ in workers.each([0, 1]):
            assert task == 0
            break
        assert dict(workers.each([7, 8, 9])) == {7: 7, 8: 8, 9: 9}


def test_no_fork_is_left_after_an_exception() -> None:
    def raise_an_error() -> None:
        with Workers(square, 2, 60.0) as workers:
            for _ in workers.each(range(1, 10)):
                assert len(descendants(os.getpid())) >= 2
                raise LookupError

    with pytest.raises(LookupError):
        raise_an_error()


CTRL_C = """
import os, sys
from planproof.mutation.workers import Workers
def do(number):
    # One write for each line: print() makes two with PYTHONUNBUFFERED, and those of forks mix.
    os.write(1, f"begun {number}\\n".encode())
    os.read(int(sys.argv[1]), 1)
    os.write(1, f"survived {number}\\n".encode())
try:
    with Workers(do, 2, 60.0) as workers:
        for _ in workers.each([1, 2]):
            pass
except KeyboardInterrupt:
    os.write(1, b"interrupted\\n")
"""


def test_ctrl_c_kills_the_forks_silently(lines: Callable[[], Line]) -> None:
    end = lines()
    process = subprocess.Popen(
        [sys.executable, "-c", CTRL_C, str(end.reading)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[end.reading],
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    begun = {process.stdout.readline(), process.stdout.readline()}
    forks = descendants(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    first = process.stdout.readline()
    end.close()  # a fork that is left would go on
    rest, _ = process.communicate()
    assert begun == {"begun 1\n", "begun 2\n"}
    assert (first, rest) == ("interrupted\n", "")
    assert len(forks) == 2
    assert process.returncode == 0
    assert not any(is_running(pid) for pid, _ in forks)
