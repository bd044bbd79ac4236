"""What a scenario looks at: nothing that it asks escapes, so what it does not see is the same."""

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
from tests.mutation.stack.questions import (
    CHANGES,
    NEW,
    OTHER,
    QUESTIONS,
    QUEUE,
    ROLE,
    answer,
    small,
)


def seen_by(question: Callable[[Stack], object], of: Stack, changed_: Stack) -> bool:
    reads = Reads()
    answer(question, traced(of, reads))
    return reads.sees(of, changed(of, changed_), changed_)


# The soundness of it all --------------------------------------------------------------------------


@pytest.mark.parametrize("change", CHANGES)
def test_an_answer_that_a_change_turns_was_seen_to_depend_on_it(change: str) -> None:
    before = small()
    after = CHANGES[change](before)
    turned = 0
    for name, question in QUESTIONS.items():
        if answer(question, before) != answer(question, after):
            turned += 1
            assert seen_by(question, before, after), name
    assert bool(turned) is (after is not before and change != "not resolved")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(QUESTIONS)), min_size=1, max_size=4),
    st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=3),
)
@example(["get " + NEW], ["add a queue"])
@example(["links from it aws_kms_key.k"], ["put a key's arn"])
def test_what_is_not_seen_is_answered_alike(names: list[str], changes: list[str]) -> None:
    """Several questions of one scenario, which share indexes, and several changes of a mutant."""
    before = after = small()
    for change in changes:
        after = CHANGES[change](after) if QUEUE in after.resources else after
    reads = Reads()
    watched = traced(before, reads)
    for name in names:
        answer(QUESTIONS[name], watched)
    if not reads.sees(before, changed(before, after), after):
        for name in names:
            assert answer(QUESTIONS[name], before) == answer(QUESTIONS[name], after), name


def test_being_watched_changes_no_answer() -> None:
    plain = small()
    for name, question in QUESTIONS.items():
        assert answer(question, traced(plain, Reads())) == answer(question, plain), name


# And no more than that: what is seen too often is judged too often --------------------------------


@pytest.mark.parametrize(
    ("question", "change", "seen"),
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
        (f"dependencies {QUEUE}", "wait for nothing", True),
        (f"dependencies {OTHER}", "wait for nothing", False),
        (f"dependencies {QUEUE}", "put name", False),
        (f"made after {QUEUE} {ROLE}", "wait for nothing", True),
        (f"made after {ROLE} {QUEUE}", "wait for nothing", False),
        (f"place {ROLE}", "other places", True),
    ],
)
def test_what_is_looked_at(question: str, change: str, seen: bool) -> None:
    before = small()
    assert seen_by(QUESTIONS[question], before, CHANGES[change](before)) is seen


def test_what_is_looked_at_in_one_set_of_variables_is_not_in_another() -> None:
    reads, one, other = Reads(), small(), small("other suffix")
    watched, _ = traced(one, reads), traced(other, reads)
    watched[QUEUE].get("name")
    rewrite = put(QUEUE, ("name",), "x")
    assert reads.sees(one, changed(one, rewrite(one)), rewrite(one))
    assert not reads.sees(other, changed(other, rewrite(other)), rewrite(other))


def test_watching_looks_at_nothing_itself() -> None:
    reads = Reads()
    traced(small(), reads)
    assert reads == Reads()


def test_no_change_is_seen_by_nobody() -> None:
    before, reads = small(), Reads()
    for question in QUESTIONS.values():
        answer(question, traced(before, reads))
    assert changed(before, before) == frozenset()
    assert not reads.sees(before, (), before)


def test_what_was_found_in_the_stack_before_is_not_found_in_the_watched_one() -> None:
    """An index that is kept would answer without a look."""
    before, reads = small(), Reads()
    with_value(before, ("aws_sqs_queue",), "name", "q")
    before.made_after(before[OTHER], before[QUEUE])
    watched = traced(before, reads)
    with_value(watched, ("aws_sqs_queue",), "name", "q")
    assert ("default", QUEUE, "name") in reads.values


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("put name", {(QUEUE, "name")}),
        ("put fifo_queue", {(QUEUE, "fifo_queue")}),
        ("unset nothing", {(QUEUE, "nothing")}),
        ("put a tag", {(QUEUE, "tags")}),
        (f"drop {QUEUE}", {(QUEUE, "")}),
        ("add a queue", {(NEW, "")}),
        ("wait for nothing", {(QUEUE, DEPENDENCIES)}),
        ("another type", {(QUEUE, "")}),
        ("sensitive", {(QUEUE, "")}),
        ("another order", {("", "")}),
        ("other places", {("", "")}),
    ],
)
def test_what_has_changed(change: str, told: set[tuple[str, str]]) -> None:
    before = small()
    assert changed(before, CHANGES[change](before)) == told


def test_a_resource_of_the_watched_stack_is_one() -> None:
    watched = traced(small(), Reads())
    assert all(isinstance(r, Resource) for r in watched)
    assert isinstance(watched, Stack)
