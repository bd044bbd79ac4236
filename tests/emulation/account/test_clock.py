"""The account's clock ticks, can be advanced, and runs tasks."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Iterator

import pytest

from planproof.emulation.account.clock import AccountClock
from planproof.emulation.account.work import Work

SOON = 20.0


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def clock(work: Work) -> Iterator[AccountClock]:
    clock = AccountClock(work)
    clock.start()
    yield clock
    clock.stop()


def test_process_uses_the_clock(clock: AccountClock) -> None:
    before, steady = time.time(), time.monotonic()
    clock.advance(7200)
    assert time.time() - before == pytest.approx(7200, abs=SOON)
    assert clock.now() == pytest.approx(time.time(), abs=SOON)
    there = datetime.datetime.now(datetime.UTC).timestamp()
    assert there == pytest.approx(before + 7200, abs=SOON)
    assert time.monotonic() - steady < 3600
    assert clock.ahead == 7200
    clock.advance(0.5)
    assert clock.ahead == 7200.5


def test_clock_ticks(clock: AccountClock) -> None:
    before = clock.now()
    time.sleep(0.01)
    assert clock.now() > before


def test_clock_cannot_go_back(clock: AccountClock) -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(-1)


def test_stop_restores_the_machines_clock() -> None:
    clock = AccountClock(Work())
    clock.start()
    clock.advance(7200)
    clock.stop()
    before = clock.now()
    assert before - time.time() == pytest.approx(7200, abs=SOON)


def test_advance_runs_due_tasks(clock: AccountClock) -> None:
    done = threading.Event()
    clock.later(3600, done.set)
    assert clock.next_in() == pytest.approx(3600, abs=SOON)
    assert not done.wait(0.05)
    clock.advance(3000)
    assert not done.wait(0.05)
    clock.advance(601)
    assert done.wait(SOON)


def test_due_task_runs_without_advance(clock: AccountClock) -> None:
    done = threading.Event()
    clock.later(0.02, done.set)
    assert done.wait(SOON)


def test_task_is_busy_until_done(clock: AccountClock, work: Work) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def task() -> None:
        begun.set()
        go_on.wait(SOON)

    clock.later(0, task)
    assert begun.wait(SOON)
    assert work.count == 1
    assert clock.next_in() == 0
    assert not work.wait(time.monotonic() + 0.05)
    go_on.set()
    assert work.wait(time.monotonic() + SOON)
    assert clock.next_in() is None


def test_failing_task_is_reported(
    clock: AccountClock, work: Work, capfd: pytest.CaptureFixture[str]
) -> None:
    done = threading.Event()

    def fail() -> None:
        raise LookupError("a defect")

    clock.later(0, fail)
    clock.later(0.01, done.set)
    assert done.wait(SOON)
    assert work.wait(time.monotonic() + SOON)
    assert "LookupError: a defect" in capfd.readouterr().err


def test_task_may_schedule_another(clock: AccountClock) -> None:
    done = threading.Event()
    clock.later(10, lambda: clock.later(10, done.set))
    clock.advance(11)
    deadline = time.monotonic() + SOON
    while (clock.next_in() or 0) <= 0 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert not done.is_set()
    clock.advance(11)
    assert done.wait(SOON)
