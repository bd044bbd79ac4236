"""The judgements that these tests are about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pipelines.compliance import Case, Judgement
from tests.pipelines.judging import judging


@pytest.fixture(scope="session")
def judged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Case], Judgement]]:
    """Gives the judgement on a case."""
    yield from judging(request, Path(__file__).parent, tmp_path_factory)
