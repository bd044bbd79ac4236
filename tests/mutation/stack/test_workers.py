"""Forked workers: answers, failures, and that no process is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from planproof.mutation.stack.workers import TaskFailure, Workers
from planproof.processes import descendants
from tests.builders.repository import ROOT


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    before = set(descendants(os.getpid()))
    yield
    assert set(descendants(os.getpid())) <= before


def square(number: int) -> int:
    return number * number


def answers(do: Callable[[int], Any], tasks: range, count: int = 2, limit: float = 60.0) -> Any:
    with Workers(do, count, limit) as workers:
        return dict(workers.each(tasks))


def test_each_task_has_its_answer_with_more_tasks_than_forks() -> None:
    assert answers(square, range(1, 30)) == {number: number * number for number in range(1, 30)}


def test_more_forks_than_tasks_and_no_task() -> None:
    assert answers(square, range(1, 2), count=3) == {1: 1}
    assert answers(square, range(0)) == {}


def test_the_work_is_done_in_the_given_number_of_processes() -> None:
    def process(_: int) -> int:
        time.sleep(0.02)
        return os.getpid()

    found = set(answers(process, range(8), count=2).values())
    assert len(found) == 2
    assert os.getpid() not in found


def test_one_fork_answers_in_the_order_of_the_tasks() -> None:
    with Workers(square, 1, 60.0) as workers:
        assert [task for task, _ in workers.each([3, 1, 2])] == [3, 1, 2]


def test_a_quick_task_is_answered_while_a_slow_one_runs(tmp_path: Path) -> None:
    go = tmp_path / "go"

    def do(number: int) -> int:
        while number == 0 and not go.exists():
            time.sleep(0.01)
        return number

    found = []
    with Workers(do, 2, 60.0) as workers:
        for task, _ in workers.each([0, 1, 2, 3]):
            found.append(task)
            if task == 3:
                go.touch()
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
        while number == 1:
            time.sleep(1)
        return number

    found = answers(do, range(4), limit=0.5)
    assert found.pop(1) == TaskFailure("it was not judged within 0.5 seconds")
    assert found == {0: 0, 2: 2, 3: 3}


def test_processes_of_a_hanging_task_are_killed_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    def do(_: int) -> int:
        with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
            pid_file.write_text(str(process.pid))
            return process.wait()

    found = answers(do, range(1), count=1, limit=1.0)
    assert isinstance(found[0], TaskFailure)
    pid = int(pid_file.read_text())
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(pid)


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
        deadline = time.monotonic() + 10
        while is_running(first) and time.monotonic() < deadline:
            time.sleep(0.01)
        ((_, second),) = workers.each([2])
    assert isinstance(second, int)
    assert second != first


def test_an_answer_of_an_abandoned_round_is_dropped() -> None:
    def do(number: int) -> int:
        time.sleep(0.05 if number == 1 else 0)
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
import os, sys, time
from planproof.mutation.stack.workers import Workers
def do(number):
    print(f"begun {number}", flush=True)
    time.sleep(60)
try:
    with Workers(do, 2, 60.0) as workers:
        for _ in workers.each([1, 2]):
            pass
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_kills_the_forks_silently() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CTRL_C],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    begun = {process.stdout.readline(), process.stdout.readline()}
    forks = descendants(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert begun == {"begun 1\n", "begun 2\n"}
    assert rest == "interrupted\n"
    assert len(forks) == 2
    assert not any(is_running(pid) for pid, _ in forks)
