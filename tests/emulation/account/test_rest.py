"""An account comes to rest: time goes on to what is next until there is nothing more."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from planproof.emulation.account import rest

if TYPE_CHECKING:
    from tests.emulation.account.conftest import Scene

SOON = 20.0


def test_at_rest_at_once(scene: Scene) -> None:
    answer = scene.control.settle()
    assert answer == {"settled": True, "advanced": 0}


def test_what_is_scheduled_is_done_in_its_order(scene: Scene) -> None:
    clock, done = scene.account.clock, []
    clock.later(7200, lambda: done.append("late"))
    clock.later(60, lambda: (done.append("soon"), clock.later(60, lambda: done.append("next")))[0])
    answer = scene.control.settle()
    assert answer["settled"]
    assert done == ["soon", "next", "late"]
    assert answer["advanced"] == pytest.approx(7200, abs=SOON)
    assert scene.control.rest()["next"] is None


def test_work_is_waited_for(scene: Scene) -> None:
    go_on, done = threading.Event(), []

    def work() -> None:
        with scene.account.busy():
            go_on.wait(SOON)
            done.append(1)

    working = threading.Thread(target=work)
    working.start()
    while not scene.control.rest()["busy"]:
        time.sleep(0.001)
    assert scene.control.settle(real=0.05) == {
        "settled": False,
        "advanced": 0,
        "why": "1 are still busy after 0.05 s",
    }
    go_on.set()
    assert scene.control.settle()["settled"]
    assert done == [1]
    working.join()


def test_messages_that_become_visible_are_waited_for(scene: Scene) -> None:
    start = scene.control.now()
    held = [start + 900, start + 30]
    taken: list[float] = []

    def waiting() -> list[float]:
        """A poller takes what is visible at the next look."""
        now = scene.account.clock.now()
        ready = [at for at in held if at <= now]
        taken.extend(ready)
        held[:] = [at for at in held if at > now]
        return [at - now for at in held] + [0.0] * len(ready)

    scene.functions.waiting = waiting  # type: ignore[method-assign]
    answer = scene.control.settle()
    assert answer["settled"]
    assert taken == [start + 30, start + 900]
    assert answer["advanced"] == pytest.approx(900, abs=SOON)


def test_a_limit_of_the_accounts_time(scene: Scene) -> None:
    clock, done = scene.account.clock, []

    def again() -> None:
        done.append(1)
        clock.later(100, again)

    clock.later(100, again)
    answer = scene.control.settle(limit=1000)
    assert not answer["settled"]
    assert "it was not at rest after 1000 s of its time" in answer["why"]
    assert answer["advanced"] <= 1000
    assert 8 <= len(done) <= 10


def test_a_limit_of_real_time(scene: Scene) -> None:
    clock = scene.account.clock

    def again() -> None:
        clock.later(0, again)

    clock.later(0, again)
    answer = scene.control.settle(real=0.3)
    assert not answer["settled"]
    assert "0.3 s" in answer["why"]


def test_messages_that_nobody_takes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_PATIENCE", 0.1)
    scene.functions.held = [-1.0, 30.0]
    answer = scene.control.settle()
    assert not answer["settled"]
    assert "nobody takes them" in answer["why"]
    assert "visible 1, invisible 1" in answer["why"]


def test_services_that_never_finish(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_PATIENCE", 0.1)
    scene.jobs.left = 2
    answer = scene.control.settle()
    assert not answer["settled"]
    assert "services say that 2 are pending, and nothing is scheduled" in answer["why"]


def test_while_mappings_are_paused_messages_stay(scene: Scene) -> None:
    scene.functions.held = [-1.0]
    scene.control.pause()
    assert scene.control.rest()["visible"] == 0
    assert scene.functions.paused
    assert scene.control.settle()["settled"]
    scene.control.resume()
    assert not scene.functions.paused
    assert scene.control.rest()["visible"] == 1


def test_setting_time_forward_does_what_is_due_on_the_way(scene: Scene) -> None:
    clock, done = scene.account.clock, []
    begin = scene.control.now()
    clock.later(50, lambda: done.append(clock.now()))
    clock.later(20, lambda: done.append(clock.now()))
    clock.later(500, lambda: done.append(clock.now()))
    now = scene.control.advance(100)
    assert [at - begin for at in done] == pytest.approx([20, 50], abs=SOON)
    assert done == sorted(done)
    assert now - begin == pytest.approx(100, abs=SOON)


def test_time_is_not_set_back(scene: Scene) -> None:
    with pytest.raises(Exception, match="does not go back"):
        scene.control.advance(-5)
