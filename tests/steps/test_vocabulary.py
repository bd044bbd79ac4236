"""The steps for any stack, with set, unset and unknown attributes."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.values import UNKNOWN, Verdict
from steps.support.kinds import KINDS, resources_of_kind
from steps.vocabulary import (
    every_has,
    every_is_bounded,
    every_matches,
    every_sets,
    no_resource_of_types,
    none_sets,
)
from tests.builders.resolved_stacks import broken, verdict
from tests.builders.stacks import DeclaredResource, declare, stack

GOOD, BAD, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.UNDETERMINED


def judged(step: Any, *arguments: Any, items: list[DeclaredResource]) -> Verdict:
    evidence = Recorder()
    step(stack(*items), evidence, "S3 bucket", *arguments)
    return verdict(evidence)


def buckets(*values: Any, **more: Any) -> list[DeclaredResource]:
    return [declare(f"aws_s3_bucket.b{i}", setting=value, **more) for i, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, True], GOOD),
        ([True, False], BAD),
        ([True, None], BAD),
        (["true"], GOOD),  # the type of the value decides: this one is text
        (["True"], BAD),
        ([1], BAD),
        ([True, UNKNOWN], OPEN),
        ([False, UNKNOWN], BAD),
        ([], OPEN),
    ],
)
def test_set_to(values: list[Any], expected: Verdict) -> None:
    assert judged(every_has, "setting", "true", items=buckets(*values)) is expected


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("7", 7),
        ('"7"', "7"),
        ("aws:kms", "aws:kms"),
        ('["a"]', ["a"]),
        ("null", None),
    ],
)
def test_values_are_read_as_json_or_as_text(written: str, value: Any) -> None:
    assert judged(every_has, "setting", written, items=buckets(value)) is GOOD


@pytest.mark.parametrize(
    ("value", "given", "absent"),
    [
        ("x", GOOD, BAD),
        ([{"a": 1}], GOOD, BAD),
        ([{"a": UNKNOWN}], GOOD, BAD),
        (False, GOOD, BAD),
        (0, GOOD, BAD),
        (None, BAD, GOOD),
        ("", BAD, GOOD),
        ([], BAD, GOOD),
        ({}, BAD, GOOD),
        (UNKNOWN, OPEN, OPEN),
    ],
)
def test_set_and_not_set(value: Any, given: Verdict, absent: Verdict) -> None:
    assert judged(every_sets, "setting", items=buckets(value)) is given
    assert judged(none_sets, "setting", items=buckets(value)) is absent


def test_a_computed_attribute_is_not_set() -> None:
    items = buckets(UNKNOWN, computed=("setting",))
    assert judged(none_sets, "setting", items=items) is GOOD
    assert judged(every_sets, "setting", items=items) is BAD


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        (7, GOOD, GOOD),
        (8, GOOD, BAD),
        (6.5, BAD, GOOD),
        (None, BAD, BAD),
        (True, BAD, BAD),
        ("7", BAD, BAD),
        (UNKNOWN, OPEN, OPEN),
    ],
)
def test_bounds(value: Any, least: Verdict, most: Verdict) -> None:
    assert judged(every_is_bounded, "setting", "least", "7", items=buckets(value)) is least
    assert judged(every_is_bounded, "setting", "most", "7", items=buckets(value)) is most


@pytest.mark.parametrize(
    ("value", "expected"),
    [("films-dev", GOOD), ("films-dev-2", BAD), ("x-films-dev", BAD), (None, BAD), (UNKNOWN, OPEN)],
)
def test_matching(value: Any, expected: Verdict) -> None:
    assert judged(every_matches, "setting", "films-[a-z]+", items=buckets(value)) is expected


TABLE = [["type", "what"], ["aws_vpc", "a VPC"], ["aws_subnet*", "a subnet"]]


def test_no_resource_of_types() -> None:
    evidence = Recorder()
    no_resource_of_types(
        stack(declare("aws_vpc_endpoint.e"), declare("data.aws_vpc.v")), evidence, TABLE
    )
    assert verdict(evidence) is GOOD
    assert [e.address for e in evidence.evidence] == ["aws_vpc", "aws_subnet*"]


@pytest.mark.parametrize("address", ["aws_vpc.v", "module.m.aws_vpc.v", "aws_subnet_x.s"])
def test_a_resource_of_these_types(address: str) -> None:
    evidence = Recorder()
    no_resource_of_types(stack(declare(address)), evidence, TABLE)
    assert [item[0] for item in broken(evidence)] == [address]


def test_a_kind_is_a_phrase_or_a_type() -> None:
    found = stack(
        declare("aws_kms_key.k"), declare("aws_kms_replica_key.r"), declare("aws_glue_job.j")
    )
    assert len(resources_of_kind(found, "customer-managed KMS key")) == 2
    assert [str(r) for r in resources_of_kind(found, "aws_glue_job")] == ["aws_glue_job.j"]
    assert all(types for types in KINDS.values())


def test_an_unknown_kind() -> None:
    with pytest.raises(UndeterminedError, match="'toaster' is not a known kind"):
        resources_of_kind(stack(), "toaster")
