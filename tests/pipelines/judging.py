"""Judges every case that the chosen tests need, two at a time, while the tests wait for theirs."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.compliance import PIPELINES, Bench, Case, Judgement, Pipeline

AT_ONCE = 2


def judged_fixture(folder: Path) -> Any:
    """The fixture ``judged`` for the tests of a folder, which gives the judgement on a case.

    The cases of the folder are judged ahead; a worker of xdist judges its own, one by one.
    """

    @pytest.fixture(scope="session", name="judged")
    def judged(
        request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Callable[[Case], Judgement]]:
        yield from _judging(request, folder, tmp_path_factory)

    return judged


def _judging(
    request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Case], Judgement]]:
    ahead = "PYTEST_XDIST_WORKER" not in os.environ
    count = AT_ONCE if ahead else 1
    benches: dict[Pipeline, queue.SimpleQueue[Bench]] = {}
    for pipeline in PIPELINES:
        benches[pipeline] = queue.SimpleQueue()
        for _ in range(count):
            benches[pipeline].put(Bench(tmp_path_factory.mktemp(pipeline.name)))

    def judge(case: Case) -> Judgement:
        bench = benches[case.pipeline].get()
        try:
            return bench.judge(case)
        finally:
            benches[case.pipeline].put(bench)

    with ThreadPoolExecutor(count, thread_name_prefix="compliance") as pool:
        started: dict[Case, Future[Judgement]] = {}

        def result(case: Case) -> Judgement:
            if case not in started:
                started[case] = pool.submit(judge, case)
            return started[case].result()

        if ahead:
            wanted = _cases(request.session.items, folder)
            started.update({case: pool.submit(judge, case) for case in wanted})
        try:
            yield result
        finally:
            pool.shutdown(cancel_futures=True)
    for kept in benches.values():
        while not kept.empty():
            kept.get().clear()


def _cases(items: list[pytest.Item], folder: Path) -> list[Case]:
    """The cases of the chosen tests of a folder, each once, in their order."""
    wanted = [
        item
        for item in items
        if item.path.is_relative_to(folder) and "judged" in getattr(item, "fixturenames", ())
    ]
    return list(dict.fromkeys(item.callspec.params["case"] for item in wanted))
