"""Which messages pass a mapping's filter."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.emulation.account.lambdas.filters import FilterSyntaxError, MessageFilter


def passes(pattern: Any, body: Any) -> bool:
    criteria = {"Filters": [{"Pattern": json.dumps({"body": pattern})}]}
    text = body if isinstance(body, str) else json.dumps(body)
    return MessageFilter(criteria).passes({"messageId": "1", "body": text})


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ({"a": ["x", "y"]}, {"a": "y"}, {"a": "z"}),
        ({"a": ["x"]}, {"a": ["w", "x"]}, {"a": ["w"]}),
        ({"a": [1]}, {"a": 1.0}, {"a": "1"}),
        ({"a": [True]}, {"a": True}, {"a": 1}),
        ({"a": [None]}, {"a": None}, {"b": None}),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, {"a": "b"}),
        ({"a": ["x"], "b": ["y"]}, {"a": "x", "b": "y"}, {"a": "x"}),
        ({"a": [{"prefix": "up"}]}, {"a": "uploads"}, {"a": "down"}),
        ({"a": [{"suffix": ".mp4"}]}, {"a": "x.mp4"}, {"a": 4}),
        ({"a": [{"equals-ignore-case": "Up"}]}, {"a": "uP"}, {"a": "down"}),
        ({"a": [{"exists": True}]}, {"a": None}, {"b": 1}),
        ({"a": [{"exists": False}]}, {"b": 1}, {"a": 1}),
        ({"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 5}, {"a": 6}),
        ({"a": [{"numeric": ["=", 5]}]}, {"a": 5}, {"a": True}),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "z"}, {"a": "x"}),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "y"}, {"a": "xy"}),
        ({"a": [{"anything-but": "x"}]}, {"a": "y"}, {}),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, {"a": "y"}),
        ({"a": ["x"]}, {"a": "x"}, "a text"),
        (["exact"], "exact", "another"),
    ],
)
def test_patterns(pattern: Any, yes: Any, no: Any) -> None:
    assert passes(pattern, yes)
    assert not passes(pattern, no)


def test_one_matching_pattern_suffices() -> None:
    patterns = [{"Pattern": json.dumps({"body": {"a": [value]}})} for value in ("x", "y")]
    both = MessageFilter({"Filters": patterns})
    assert both.passes({"body": '{"a": "y"}'})
    assert not both.passes({"body": '{"a": "z"}'})
    for criteria in (None, {}, {"Filters": []}):
        assert MessageFilter(criteria).passes({"body": "anything"})


def test_patterns_match_other_fields() -> None:
    criteria = {"Filters": [{"Pattern": '{"messageAttributes": {"k": {"stringValue": ["v"]}}}'}]}
    chosen = MessageFilter(criteria)
    assert chosen.passes({"body": "", "messageAttributes": {"k": {"stringValue": "v"}}})
    assert not chosen.passes({"body": "", "messageAttributes": {}})


@pytest.mark.parametrize(
    "pattern",
    [
        "no JSON",
        "[1]",
        '{"body": "x"}',
        '{"body": []}',
        '{"body": {"a": [{"cidr": "10.0.0.0/8"}]}}',
        '{"body": {"a": [{"prefix": 1}]}}',
        '{"body": {"a": [{"prefix": "x", "suffix": "y"}]}}',
        '{"body": {"a": [{"numeric": [">"]}]}}',
        '{"body": {"a": [{"numeric": ["!", 1]}]}}',
        '{"body": {"a": [{"numeric": [">", "1"]}]}}',
        '{"body": {"a": [["x"]]}}',
        '{"body": {"a": [{"anything-but": {"wildcard": "x*"}}]}}',
        '{"$or": "x"}',
    ],
)
def test_unsupported_pattern_raises(pattern: str) -> None:
    with pytest.raises(FilterSyntaxError):
        MessageFilter({"Filters": [{"Pattern": pattern}]})
