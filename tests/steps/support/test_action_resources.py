"""The resource that an action is checked on, and texts that patterns have in common."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planproof.aws.datapath.samples import FILLER, common_text
from planproof.iam.patterns import split_wildcards
from steps.support.action_resources import action_resource
from steps.support.iam_names import RequestedResource

PATTERNS = st.text("ab/*?", max_size=8)


def matches(pattern: str, text: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    return re.fullmatch(expression, text) is not None


def shared(*patterns: str) -> str | None:
    return common_text(*map(split_wildcards, patterns))


@settings(max_examples=400)
@given(st.lists(PATTERNS, min_size=1, max_size=3))
def test_a_common_text_matches_every_pattern(patterns: list[str]) -> None:
    found = shared(*patterns)
    assert found is None or all(matches(pattern, found) for pattern in patterns)


@settings(max_examples=400)
@given(st.text("ab/", max_size=6), st.data())
def test_an_existing_common_text_is_found(text: str, data: st.DataObject) -> None:
    """Patterns made of one text by putting wildcards into it have that text in common."""
    patterns = []
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        ones = data.draw(st.booleans())
        patterns.append(text[:start] + ("?" * (end - start) if ones else "*") + text[end:])
    assert shared(*patterns) is not None


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (("b/*",), f"b/{FILLER}"),
        (("b/*", "b/in/*"), f"b/in/{FILLER}"),
        (("b/*", "*"), f"b/{FILLER}"),
        (("b/*", "b/a.mp4"), "b/a.mp4"),
        (("b/*", "b/?.mp4"), "b/x.mp4"),
        (("b/*", "c/*"), None),
        (("b/*", "b/*.mp4", "b/in/*"), f"b/in/{FILLER}.mp4"),
        (("b/a", "b/a"), "b/a"),
        (("b/a", "b/ab"), None),
    ],
)
def test_common(patterns: tuple[str, ...], found: str | None) -> None:
    assert shared(*patterns) == found


@pytest.mark.parametrize(
    ("action", "arn", "asked"),
    [
        ("s3:ListBucket", "arn:aws:s3:::b", "arn:aws:s3:::b"),
        ("s3:GetObject", "arn:aws:s3:::b", "arn:aws:s3:::b/*"),
        ("s3:GetObject", "arn:aws:s3:::b/k", "arn:aws:s3:::b/k"),
        ("s3:ListBucket", "arn:aws:s3:::b/k", None),
        ("s3:GetObject", "arn:aws:sqs:r:111122223333:q", None),
        ("dynamodb:Query", "arn:aws:dynamodb:r:111122223333:table/t", "same"),
        ("dynamodb:Query", "arn:aws:dynamodb:r:111122223333:table/t/index/i", "same"),
        ("dynamodb:UpdateItem", "arn:aws:dynamodb:r:111122223333:table/t/index/i", None),
        (
            "dynamodb:GetRecords",
            "arn:aws:dynamodb:r:111122223333:table/t",
            "arn:aws:dynamodb:r:111122223333:table/t/stream/*",
        ),
        (
            "logs:PutLogEvents",
            "arn:aws:logs:r:111122223333:log-group:/g",
            "arn:aws:logs:r:111122223333:log-group:/g:log-stream:*",
        ),
        ("logs:PutLogEvents", "arn:aws:logs:r:111122223333:log-group:/g:log-stream:s", "same"),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/r", "same"),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/service-role/r", "same"),
        ("lambda:InvokeFunction", "arn:aws:lambda:r:111122223333:function:f", "same"),
        ("kms:Decrypt", "arn:aws:kms:r:111122223333:key/k", "same"),
        ("kms:Decrypt", "arn:aws:kms:r:111122223333:alias/a", None),
    ],
)
def test_the_resource_of_an_action(action: str, arn: str, asked: str | None) -> None:
    found = action_resource(action, RequestedResource("x", arn, None))
    assert (found.arn if found else None) == (arn if asked == "same" else asked)
