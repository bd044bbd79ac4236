"""What a scenario looks at: nothing that it asks escapes, so what it does not see is the same."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planproof.link_index import holders, targets, with_value
from planproof.links import configured, linked, links, references
from planproof.mutants.model import DEPENDENCIES, changed
from planproof.mutants.rewriting import GONE, added, dropped, put
from planproof.mutants.tracing import Reads, traced
from planproof.physical_names import compare_names, physical_names
from planproof.resource_policies import resource_policies
from planproof.stack import Resource, Stack
from planproof.values import UNKNOWN, leaves
from tests.made_stack import allow, made, role, stack

QUEUE, OTHER, ROLE, DATA = (
    "aws_sqs_queue.q",
    "aws_sqs_queue.other",
    "aws_iam_role.r",
    "data.aws_region.here",
)
NEW = 'module.m["a"].aws_sqs_queue.new'


def small(name: str = "default") -> Stack:
    return stack(
        role("r"),
        made(
            QUEUE,
            refers={"kms_master_key_id": ["aws_kms_key.k.arn"]},
            arn="arn:aws:sqs:us-east-1:123456789012:q",
            name="q",
            policy=allow("sqs:SendMessage"),
            kms_master_key_id="arn:aws:kms:k",
            tags={"a": "b"},
            after=["aws_kms_key.k"],
        ),
        made(OTHER, arn="arn:aws:sqs:us-east-1:123456789012:other", name=UNKNOWN, after=None),
        made("aws_kms_key.k", arn="arn:aws:kms:k", id="k"),
        made("aws_sns_topic.t", arn="arn:aws:sns:us-east-1:123456789012:t", name="t"),
        made(DATA, name="us-east-1", id="us-east-1"),
        name=name,
    )


# Every way to ask, of which each hands back what can be compared ----------------------------------

ADDRESSES = (QUEUE, OTHER, ROLE, DATA, NEW, "aws_kms_key.k", "aws_sns_topic.t")
TYPES = ("aws_sqs_queue", "aws_iam_role", "aws_region", "aws_vpc", "aws_sns_topic")
NAMES = ("name", "arn", "tags", "policy", "fifo_queue", "kms_master_key_id", "nothing")

OF_STACK: Mapping[str, Callable[[Stack], object]] = {
    "iteration": lambda s: [r.address for r in s],
    "length": len,
    "truth": bool,
    "types": lambda s: s.types(),
    "all managed": lambda s: [str(r) for r in s.managed()],
    "all data": lambda s: [str(r) for r in s.data()],
    "the mapping": lambda s: list(s.resources),
    "its size": lambda s: len(s.resources),
    "its items": lambda s: [(a, r.name) for a, r in s.resources.items()],
    "its keys, compared": lambda s: s.resources.keys() == {QUEUE, OTHER},
    "by type, read directly": lambda s: {k: len(v) for k, v in s._by_type.items()},
    "types, counted": lambda s: len(s._by_type),
    "physical names": lambda s: [
        (n.resource.address, n.attribute, shown(n.value)) for n in physical_names(s)
    ],
    "names compared": lambda s: [c.differs for c in compare_names(s, s)],
    "all leaves": lambda s: [shown(leaf) for r in s for _, leaf in leaves(r.values)],
    "the copy with another resource": lambda s: [
        (r.address, shown(r.values))
        for r in s.with_resources([made("aws_vpc.v").resource]).managed()
    ],
    "another name": lambda s: [str(r) for r in replace(s, name="x").managed("aws_sqs_queue")],
}
OF_TYPES: Mapping[str, Callable[[Stack, str, str], object]] = {
    "managed": lambda s, a, _: [str(r) for r in s.managed(a)],
    "managed, two types": lambda s, a, b: [str(r) for r in s.managed(a, b)],
    "data": lambda s, a, _: [str(r) for r in s.data(a)],
    "data, two types": lambda s, a, b: [str(r) for r in s.data(a, b)],
    "by type, one": lambda s, a, _: ("managed", a) in s._by_type,
    "where": lambda s, a, _: [str(r) for r in s.where(a, "name", "q")],
    "with value": lambda s, a, _: [str(r) for r in with_value(s, (a,), "name", "q")],
    "with value, twice": lambda s, a, b: [
        [str(r) for r in with_value(s, (a, b), "name", value)] for value in ("q", "t")
    ],
}
OF_ADDRESS: Mapping[str, Callable[[Stack, str], object]] = {
    "get": lambda s, a: str(s.get(a)),
    "brackets": lambda s, a: str(s[a]),
    "in the mapping": lambda s, a: a in s.resources,
    "get from the mapping": lambda s, a: s.resources.get(a) is None,
    "kind": lambda s, a: (s[a].mode, s[a].type, s[a].index, s[a].module, s[a].declared),
    "dependencies": lambda s, a: s[a].dependencies,
    "dependencies of a copy": lambda s, a: replace(s[a], name="x").dependencies,
    "sensitive": lambda s, a: (s[a].sensitive, s[a].is_sensitive("name")),
    "place": lambda s, a: s.place(s[a]),
    "block": lambda s, a: (s.block(s[a]), s.locate(s[a], "name")),
    "values": lambda s, a: [shown(value) for value in s[a].values.values()],
    "names of values": lambda s, a: list(s[a].values),
    "number of values": lambda s, a: len(s[a].values),
    "truth of values": lambda s, a: bool(s[a].values),
    "unpacked": lambda s, a: shown({**s[a].values}),
    "as a dictionary": lambda s, a: shown(dict(s[a].values)),
    "items": lambda s, a: [(k, shown(v)) for k, v in s[a].values.items()],
    "leaves": lambda s, a: [(p, shown(leaf)) for p, leaf in leaves(s[a].values)],
    "values compared": lambda s, a: s[a].values == {"name": "q"},
    "written out": lambda s, a: repr(s[a].values),
    "resource written out": lambda s, a: repr(s[a]).partition("(")[2],
    "copied": lambda s, a: shown(copy.deepcopy(s[a].values)),
    "copied flatly": lambda s, a: shown(copy.copy(s[a].values)),
    "pickled": lambda s, a: shown(pickle.loads(pickle.dumps(s[a].values))),
    "resource copied": lambda s, a: shown(copy.deepcopy(s[a]).values),
    "order of a copy": lambda s, a: copy.deepcopy(s[a]).dependencies,
    "as a dictionary of fields": lambda s, a: shown(dataclasses.asdict(s[a])),
    "compared to a copy": lambda s, a: s[a] == replace(s[a], values={"name": "q"}),
    "links to it": lambda s, a: [
        str(r) for r in targets(s, s[a], "kms_master_key_id", ("aws_kms_key",), ("arn", "id"))
    ],
    "links from it": lambda s, a: [
        str(r) for r in holders(s, ("aws_sqs_queue",), "kms_master_key_id", s[a], ("arn",))
    ],
    "linked": lambda s, a: shown(linked(s, s[a], "kms_master_key_id", s.managed("aws_kms_key"))),
    "policies": lambda s, a: shown(resource_policies(s, s[a])),
    "matched": lambda s, a: _matched(s[a].values),
}
OF_NAME: Mapping[str, Callable[[Stack, str, str], object]] = {
    "value": lambda s, a, n: shown(s[a].values[n]),
    "value or none": lambda s, a, n: shown(s[a].values.get(n)),
    "value or else": lambda s, a, n: shown(s[a].values.get(n, "else")),
    "set at all": lambda s, a, n: n in s[a].values,
    "path": lambda s, a, n: shown(s[a].get(n)),
    "inner path": lambda s, a, n: shown(s[a].get(f"{n}.a")),
    "references": lambda s, a, n: (references(s, s[a], n), configured(s, s[a], n)),
    "one link": lambda s, a, n: links(s, s[a], n, s["aws_kms_key.k"]),
}
OF_TWO: Mapping[str, Callable[[Stack, str, str], object]] = {
    "made after": lambda s, a, b: s.made_after(s[a], s[b]),
    "equal": lambda s, a, b: s[a] == s[b],
    "equal values": lambda s, a, b: s[a].values == s[b].values,
}


def _matched(values: Mapping[str, Any]) -> str:
    match values:
        case {"name": str(name), **rest}:
            return f"{name} {shown(rest)}"
        case _:
            return "none"


def shown(value: object) -> str:
    return repr(value).replace("_Resource(", "Resource(")


QUESTIONS: dict[str, Callable[[Stack], object]] = dict(OF_STACK)
for _ways, _firsts, _seconds in (
    (OF_TYPES, TYPES, TYPES),
    (OF_NAME, ADDRESSES, NAMES),
    (OF_TWO, ADDRESSES, ADDRESSES),
):
    for (_name, _ask), _one, _two in product(_ways.items(), _firsts, _seconds):
        QUESTIONS[f"{_name} {_one} {_two}"] = lambda s, a=_ask, x=_one, y=_two: a(s, x, y)
for (_name, _one_ask), _one in product(OF_ADDRESS.items(), ADDRESSES):
    QUESTIONS[f"{_name} {_one}"] = lambda s, a=_one_ask, x=_one: a(s, x)


def answer(question: Callable[[Stack], object], of: Stack) -> object:
    """What comes of a question, be it that there is nothing to ask."""
    try:
        return question(of)
    except KeyError as problem:
        return f"KeyError {problem}"


# Every way to change ------------------------------------------------------------------------------


def _replaced(address: str, **fields: Any) -> Callable[[Stack], Stack]:
    return lambda s: s.with_resources([replace(s[address], **fields)])


def _without_value(address: str, name: str) -> Callable[[Stack], Stack]:
    def rewrite(s: Stack) -> Stack:
        values = {key: value for key, value in s[address].values.items() if key != name}
        return s.with_resources([replace(s[address], values=values)])

    return rewrite


def _reordered(s: Stack) -> Stack:
    return replace(s, resources=dict(reversed(s.resources.items())))


CHANGES: dict[str, Callable[[Stack], Stack]] = {
    **{f"drop {a}": dropped(a) for a in ADDRESSES},
    "add a queue": added(made(NEW, name="q", arn="arn:new").resource),
    "add a vpc": added(made("aws_vpc.v", id="vpc-1").resource),
    **{f"put {n}": put(QUEUE, (n,), "other") for n in NAMES},
    **{f"unknown {n}": put(QUEUE, (n,), UNKNOWN) for n in NAMES},
    **{f"unset {n}": put(QUEUE, (n,), GONE) for n in NAMES},
    **{f"take away {n}": _without_value(QUEUE, n) for n in ("name", "tags")},
    "put a name": put(OTHER, ("name",), "q"),
    "put a key's arn": put("aws_kms_key.k", ("arn",), "arn:aws:kms:other"),
    "put a tag": put(QUEUE, ("tags", "a"), "c"),
    "put another tag": put(QUEUE, ("tags", "c"), "c"),
    "put a topic's name": put("aws_sns_topic.t", ("name",), "q"),
    "put a region": put(DATA, ("name",), "eu-west-1"),
    "wait for nothing": _replaced(QUEUE, dependencies=frozenset()),
    "wait for who knows what": _replaced(QUEUE, dependencies=None),
    "another type": _replaced(QUEUE, type="aws_sns_topic"),
    "data": _replaced(QUEUE, mode="data"),
    "another index": _replaced(QUEUE, index=0),
    "another module": _replaced(QUEUE, module="module.m"),
    "sensitive": _replaced(QUEUE, sensitive=True),
    "another order": _reordered,
    "other places": lambda s: replace(s, places={}),
    "no configuration": lambda s: replace(
        s, configuration=replace(s.configuration, resources={}, _reached={})
    ),
    "not resolved": lambda s: replace(s, resolved=False),
}


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
    assert not watched.indexes
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
