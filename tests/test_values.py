"""Unknown values, three-valued truth, and the paths and leaves of values."""

from __future__ import annotations

import copy
import operator
import pickle
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.values import (
    UNKNOWN,
    Truth,
    Unknown,
    all_of,
    any_of,
    contains_unknown,
    dig,
    is_unknown,
    leaves,
    negate,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
KEYS = st.text("abcd_", min_size=1, max_size=3)


def nested(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
    )


@pytest.mark.parametrize("other", [UNKNOWN, None, "", 0, False, [], "UNKNOWN"])
def test_unknown_equals_nothing(other: Any) -> None:
    assert operator.eq(UNKNOWN, other) is False
    assert operator.eq(other, UNKNOWN) is False
    assert operator.ne(UNKNOWN, other) is True
    assert ["a", other] != ["a", UNKNOWN] or other is UNKNOWN


def test_unknown_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(UNKNOWN)


@pytest.mark.parametrize(
    ("parts", "any_", "all_"),
    [
        ((), False, True),
        ((True,), True, True),
        ((False,), False, False),
        ((None,), None, None),
        ((True, False), True, False),
        ((True, None), True, None),
        ((False, None), None, False),
        ((False, None, True), True, False),
    ],
)
def test_an_unknown_part_counts_only_where_it_could_change_the_result(
    parts: tuple[Truth, ...], any_: Truth, all_: Truth
) -> None:
    for order in permutations(parts):
        assert any_of(order) is any_
        assert all_of(order) is all_
        assert all_of(map(negate, order)) is negate(any_)


def test_copies_of_unknown_are_unknown() -> None:
    copies = [Unknown(), copy.copy(UNKNOWN), copy.deepcopy([UNKNOWN])[0]]
    copies.append(pickle.loads(pickle.dumps(UNKNOWN)))
    assert all(is_unknown(one) for one in copies)
    assert repr(UNKNOWN) == "UNKNOWN"


def test_a_list_with_an_unknown_is_not_unknown_itself() -> None:
    assert not is_unknown([UNKNOWN])
    assert contains_unknown([UNKNOWN])
    assert contains_unknown({"a": [{"b": UNKNOWN}]})
    assert not contains_unknown({"a": [{"b": None}], "c": {}})


@given(nested(SCALARS))
def test_a_value_without_unknown_contains_none(value: Any) -> None:
    assert not contains_unknown(value)


@given(nested(SCALARS | st.just(UNKNOWN)))
def test_contains_unknown_agrees_with_the_leaves(value: Any) -> None:
    assert contains_unknown(value) == any(is_unknown(leaf) for _, leaf in leaves(value))


@given(nested(SCALARS))
def test_every_leaf_is_found_at_its_path(value: Any) -> None:
    for path, leaf in leaves(value):
        here = value
        for step in path:
            here = here[step]
        assert here == leaf


def test_an_empty_collection_is_a_leaf() -> None:
    assert list(leaves({"a": [], "b": {}})) == [(("a",), []), (("b",), {})]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("name", "q"),
        ("environment.0.variables.ROLE", "arn"),
        ("environment.variables.ROLE", "arn"),
        ("rules.1.id", "two"),
        ("rules.id", None),  # two items: ambiguous
        ("rules.2.id", None),
        ("name.further", None),
        ("missing.further", None),
        ("environment.0.variables.MISSING", None),
    ],
)
def test_a_path_is_followed(path: str, found: str | None) -> None:
    value = {
        "name": "q",
        "environment": [{"variables": {"ROLE": "arn"}}],
        "rules": [{"id": "one"}, {"id": "two"}],
    }
    assert dig(value, path) == found


def test_a_path_ends_at_the_first_unknown() -> None:
    assert dig({"a": UNKNOWN}, "a.b.c") is UNKNOWN
    assert dig({"a": [UNKNOWN]}, "a.b") is UNKNOWN
    assert dig({"a": [{"b": UNKNOWN}]}, "a.0.b") is UNKNOWN


@given(nested(SCALARS | st.just(UNKNOWN)), st.lists(KEYS | st.just("0"), min_size=1, max_size=4))
def test_no_path_raises(value: Any, steps: list[str]) -> None:
    dig(value, ".".join(steps))
