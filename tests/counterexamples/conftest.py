"""The judgements that the tests of this folder check."""

from __future__ import annotations

from pathlib import Path

from tests.pipelines.judging import judged_fixture

judged = judged_fixture(Path(__file__).parent)
