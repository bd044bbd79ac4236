"""Settling an account: its clock advances from task to task until none is left."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from planproof.emulation.account import settling

if TYPE_CHECKING:
    from tests.emulation.account.conftest import AccountUnderTest

SOON = 20.0


def test_idle_account_settles_at_once(account: AccountUnderTest) -> None:
    result = account.control.settle()
    assert result == {"settled": True, "advanced": 0}


def test_tasks_run_in_order(account: AccountUnderTest) -> None:
    clock, done = account.application.clock, []
    clock.later(7200, lambda: done.append("late"))
    clock.later(60, lambda: (done.append("soon"), clock.later(60, lambda: done.append("next")))[0])
    result = account.control.settle()
    assert result["settled"]
    assert done == ["soon", "next", "late"]
    assert result["advanced"] == pytest.approx(7200, abs=SOON)
    assert account.control.activity()["next"] is None


def test_settling_waits_for_work(account: AccountUnderTest) -> None:
    go_on, done = threading.Event(), []

    def work() -> None:
        with account.application.busy():
            go_on.wait(SOON)
            done.append(1)

    working = threading.Thread(target=work)
    working.start()
    while not account.control.activity()["busy"]:
        time.sleep(0.001)
    assert account.control.settle(real=0.05) == {
        "settled": False,
        "advanced": 0,
        "why": "1 tasks are still running after 0.05 s",
    }
    go_on.set()
    assert account.control.settle()["settled"]
    assert done == [1]
    working.join()


def test_settling_waits_for_messages(account: AccountUnderTest) -> None:
    start = account.control.now()
    held = [start + 900, start + 30]
    taken: list[float] = []

    def waiting() -> list[float]:
        """Simulates a poller, which takes visible messages."""
        now = account.application.clock.now()
        ready = [at for at in held if at <= now]
        taken.extend(ready)
        held[:] = [at for at in held if at > now]
        return [at - now for at in held] + [0.0] * len(ready)

    account.functions.waiting = waiting  # type: ignore[method-assign]
    result = account.control.settle()
    assert result["settled"]
    assert taken == [start + 30, start + 900]
    assert result["advanced"] == pytest.approx(900, abs=SOON)


def test_limit_of_account_time(account: AccountUnderTest) -> None:
    clock, done = account.application.clock, []

    def again() -> None:
        done.append(1)
        clock.later(100, again)

    clock.later(100, again)
    result = account.control.settle(limit=1000)
    assert not result["settled"]
    assert "1000 s of its time" in result["why"]
    assert result["advanced"] <= 1000
    assert 8 <= len(done) <= 10


def test_limit_of_real_time(account: AccountUnderTest) -> None:
    clock = account.application.clock

    def again() -> None:
        clock.later(0, again)

    clock.later(0, again)
    result = account.control.settle(real=0.3)
    assert not result["settled"]
    assert "0.3 s" in result["why"]


def test_untaken_messages(account: AccountUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "_STALLED_SECONDS", 0.1)
    account.functions.waits = [-1.0, 30.0]
    result = account.control.settle()
    assert not result["settled"]
    assert "messages are visible" in result["why"]
    assert "visible 1, invisible 1" in result["why"]


def test_unfinished_services(account: AccountUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "_STALLED_SECONDS", 0.1)
    account.jobs.unfinished = 2
    result = account.control.settle()
    assert not result["settled"]
    assert "2 pending tasks" in result["why"]


def test_paused_mappings_leave_messages(account: AccountUnderTest) -> None:
    account.functions.waits = [-1.0]
    account.control.pause()
    assert account.control.activity()["visible"] == 0
    assert account.functions.paused
    assert account.control.settle()["settled"]
    account.control.resume()
    assert not account.functions.paused
    assert account.control.activity()["visible"] == 1


def test_advance_runs_tasks_as_they_fall_due(account: AccountUnderTest) -> None:
    clock, done = account.application.clock, []
    begin = account.control.now()
    clock.later(50, lambda: done.append(clock.now()))
    clock.later(20, lambda: done.append(clock.now()))
    clock.later(500, lambda: done.append(clock.now()))
    now = account.control.advance(100)
    assert [at - begin for at in done] == pytest.approx([20, 50], abs=SOON)
    assert done == sorted(done)
    assert now - begin == pytest.approx(100, abs=SOON)


def test_time_cannot_go_back(account: AccountUnderTest) -> None:
    with pytest.raises(Exception, match="cannot go back"):
        account.control.advance(-5)
