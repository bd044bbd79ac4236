"""Judges every case that the chosen tests need, two at a time, while the tests wait for theirs."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.pipelines.compliance import SECOND, SHIPPED, Bench, Case, Judgement, Pipeline

AT_ONCE = 2


@pytest.fixture(scope="session")
def judged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Case], Judgement]]:
    """Gives the judgement on a case. Under xdist each worker judges its own cases, one by one."""
    ahead = "PYTEST_XDIST_WORKER" not in os.environ
    count = AT_ONCE if ahead else 1
    benches: dict[Pipeline, queue.SimpleQueue[Bench]] = {}
    for pipeline in (SHIPPED, SECOND):
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
            started.update({c: pool.submit(judge, c) for c in _cases(request.session.items)})
        try:
            yield result
        finally:
            pool.shutdown(cancel_futures=True)
    for kept in benches.values():
        while not kept.empty():
            kept.get().clear()


def _cases(items: list[pytest.Item]) -> list[Case]:
    """The cases that the chosen tests want judged, each once, in the order of the tests."""
    wanted = [item for item in items if "judged" in getattr(item, "fixturenames", ())]
    return list(dict.fromkeys(item.callspec.params["case"] for item in wanted))
