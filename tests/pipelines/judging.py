"""The fixture that judges cases of pipelines, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.pipelines.compliance import PIPELINES, Bench, Case, Judgement


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Case], Judgement]]:
    """Gives the judgement on a case."""
    benches = {
        pipeline: Bench(tmp_path_factory.mktemp(pipeline.name), pipeline) for pipeline in PIPELINES
    }
    judgements: dict[Case, Judgement] = {}

    def judgement_on(case: Case) -> Judgement:
        if case not in judgements:
            judgements[case] = benches[case.pipeline].judge(case)
        return judgements[case]

    yield judgement_on
    for bench in benches.values():
        bench.clear()


def group_by_case(items: list[pytest.Item]) -> None:
    """Let one worker of xdist run all tests on a case, so that it is judged once."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        case = callspec.params.get("case") if callspec is not None else None
        if isinstance(case, Case) and "judged" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(str(case)))
