"""A misspelt name never makes a requirement pass."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.values import Verdict
from steps.vocabulary import (
    every_has,
    every_matches,
    every_sets,
    no_resource_of_types,
    none_sets,
)
from tests.builders.resolved_stacks import verdict
from tests.builders.stacks import declare, stack

BUCKET = declare("aws_s3_bucket.b", force_destroy=True, bucket="films")


@pytest.mark.parametrize(
    ("step", "rest"),
    [(none_sets, ()), (every_sets, ()), (every_has, ("true",)), (every_matches, (".*",))],
)
def test_an_attribute_that_the_type_does_not_have_is_undetermined(
    step: Any, rest: tuple[str, ...]
) -> None:
    evidence = Recorder()
    step(stack(BUCKET), evidence, "S3 bucket", "force_destory", *rest)
    assert verdict(evidence) is Verdict.UNDETERMINED
    assert "the nearest is force_destroy" in evidence.evidence[0].found


def test_an_invalid_regular_expression_is_undetermined() -> None:
    with pytest.raises(UndeterminedError, match="not a valid regular expression"):
        every_matches(stack(BUCKET), Recorder(), "S3 bucket", "bucket", "[")


@pytest.mark.parametrize(
    "table",
    [[["aws_s3_bucket"], ["aws_vpc"]], [["type"]], [["type"], ["S3 bucket"]], [["type"], [""]]],
)
def test_a_table_without_heading_or_types_is_undetermined(table: list[list[str]]) -> None:
    with pytest.raises(UndeterminedError):
        no_resource_of_types(stack(BUCKET), Recorder(), table)


def test_a_table_with_a_heading_is_read() -> None:
    evidence = Recorder()
    no_resource_of_types(stack(BUCKET), evidence, [["type"], ["aws_s3_*"]])
    assert verdict(evidence) is Verdict.FAILED
