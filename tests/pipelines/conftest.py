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
            for case in _cases(request.session.items):
                started.setdefault(case, pool.submit(judge, case))
        try:
            yield result
        finally:
            pool.shutdown(cancel_futures=True)
    for kept in benches.values():
        while not kept.empty():
            kept.get().clear()


def _cases(items: list[pytest.Item]) -> list[Case]:
    """The cases of the chosen tests, in their order."""
    found = []
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and isinstance(callspec.params.get("case"), Case):
            found.append(callspec.params["case"])
    return found
