"""Tracing records every read, so a change that was not read cannot affect an answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planproof.mutation.stack.model import DEPENDENCIES, changed
from planproof.mutation.stack.rewriting import put
from planproof.mutation.stack.tracing import Reads, traced
from planproof.terraform.link_index import with_value
from planproof.terraform.stack import Resource, Stack
from tests.mutation.stack.stack_queries import (
    CHANGES,
    NEW,
    OTHER,
    QUERIES,
    QUEUE,
    ROLE,
    answer,
    small,
)


def seen_by(query: Callable[[Stack], object], of: Stack, changed_: Stack) -> bool:
    reads = Reads()
    answer(query, traced(of, reads))
    return reads.sees(of, changed(of, changed_), changed_)


# Soundness ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_affects_an_answer_was_read(change: str) -> None:
    before = small()
    after = CHANGES[change](before)
    affected = 0
    for name, query in QUERIES.items():
        if answer(query, before) != answer(query, after):
            affected += 1
            assert seen_by(query, before, after), name
    assert bool(affected) is (after is not before and change != "not resolved")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(QUERIES)), min_size=1, max_size=4),
    st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=3),
)
@example(["get " + NEW], ["add a queue"])
@example(["links from it aws_kms_key.k"], ["put a key's arn"])
def test_changes_that_were_not_read_affect_no_answer(names: list[str], changes: list[str]) -> None:
    """Several queries of one scenario, which share indexes, and several changes of a mutant."""
    before = after = small()
    for change in changes:
        after = CHANGES[change](after) if QUEUE in after.resources else after
    reads = Reads()
    traced_stack = traced(before, reads)
    for name in names:
        answer(QUERIES[name], traced_stack)
    if not reads.sees(before, changed(before, after), after):
        for name in names:
            assert answer(QUERIES[name], before) == answer(QUERIES[name], after), name


def test_tracing_changes_no_answer() -> None:
    plain = small()
    for name, query in QUERIES.items():
        assert answer(query, traced(plain, Reads())) == answer(query, plain), name


# Precision: reads that are not needed cost time ---------------------------------------------------


@pytest.mark.parametrize(
    ("query", "change", "seen"),
    [
        (f"value {QUEUE} name", "put name", True),
        (f"value {QUEUE} name", "put tags", False),
        (f"value {QUEUE} name", f"drop {OTHER}", False),
        (f"value {QUEUE} name", f"drop {QUEUE}", True),
        (f"set at all {QUEUE} fifo_queue", "put fifo_queue", True),
        (f"names of values {QUEUE}", "put name", False),
        (f"names of values {QUEUE}", "put fifo_queue", True),
        (f"number of values {QUEUE}", "unset nothing", True),
        (f"values {QUEUE}", "put name", True),
        (f"get {NEW}", "add a queue", True),
        (f"get {NEW}", "add a vpc", False),
        ("managed aws_sqs_queue aws_vpc", "add a queue", True),
        ("managed aws_sqs_queue aws_vpc", "add a vpc", False),
        ("managed, two types aws_sqs_queue aws_vpc", "add a vpc", True),
        ("managed aws_sqs_queue aws_vpc", "put name", False),
        ("data aws_sqs_queue aws_vpc", "add a queue", False),
        ("data aws_sqs_queue aws_vpc", "data", True),
        ("length", "add a vpc", True),
        ("types", "put name", False),
        (f"dependencies {QUEUE}", "no dependencies", True),
        (f"dependencies {OTHER}", "no dependencies", False),
        (f"dependencies {QUEUE}", "put name", False),
        (f"made after {QUEUE} {ROLE}", "no dependencies", True),
        (f"made after {ROLE} {QUEUE}", "no dependencies", False),
        (f"place {ROLE}", "other provider locations", True),
    ],
)
def test_what_is_read(query: str, change: str, seen: bool) -> None:
    before = small()
    assert seen_by(QUERIES[query], before, CHANGES[change](before)) is seen


def test_reads_are_recorded_for_each_set_of_variables() -> None:
    reads, one, other = Reads(), small(), small("other suffix")
    traced_stack, _ = traced(one, reads), traced(other, reads)
    traced_stack[QUEUE].get("name")
    rewrite = put(QUEUE, ("name",), "x")
    assert reads.sees(one, changed(one, rewrite(one)), rewrite(one))
    assert not reads.sees(other, changed(other, rewrite(other)), rewrite(other))


def test_tracing_itself_reads_nothing() -> None:
    reads = Reads()
    traced(small(), reads)
    assert reads == Reads()


def test_no_change_is_not_read() -> None:
    before, reads = small(), Reads()
    for query in QUERIES.values():
        answer(query, traced(before, reads))
    assert changed(before, before) == frozenset()
    assert not reads.sees(before, (), before)


def test_indexes_of_the_original_stack_are_not_used() -> None:
    """An existing index would answer without a read."""
    before, reads = small(), Reads()
    with_value(before, ("aws_sqs_queue",), "name", "q")
    before.created_after(before[OTHER], before[QUEUE])
    traced_stack = traced(before, reads)
    with_value(traced_stack, ("aws_sqs_queue",), "name", "q")
    assert ("default", QUEUE, "name") in reads.values


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("put name", {(QUEUE, "name")}),
        ("put fifo_queue", {(QUEUE, "fifo_queue")}),
        ("unset nothing", {(QUEUE, "nothing")}),
        ("put a tag", {(QUEUE, "tags")}),
        (f"drop {QUEUE}", {(QUEUE, "")}),
        ("add a queue", {(NEW, "")}),
        ("no dependencies", {(QUEUE, DEPENDENCIES)}),
        ("another type", {(QUEUE, "")}),
        ("sensitive", {(QUEUE, "")}),
        ("another order", {("", "")}),
        ("other provider locations", {("", "")}),
    ],
)
def test_changes_between_stacks(change: str, expected: set[tuple[str, str]]) -> None:
    before = small()
    assert changed(before, CHANGES[change](before)) == expected


def test_traced_stacks_and_resources_have_the_usual_types() -> None:
    traced_stack = traced(small(), Reads())
    assert all(isinstance(r, Resource) for r in traced_stack)
    assert isinstance(traced_stack, Stack)
