"""Is the reader told what went wrong, and nothing that did not?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.emulation.account.model import Entry
from steps.support.recent_failures import story


def entry(outcome: str = "failed", what: str = "sqs:SendMessage", **detail: Any) -> Entry:
    return Entry(0.0, "call", "somebody", what, outcome=outcome, detail=detail)


def log(*lines: str) -> Entry:
    return entry("ok", "invoke", failed_items=["m1"], log="\n".join(lines) + "\n")


def test_nothing_went_wrong() -> None:
    assert story([]) == story([entry("ok"), entry("ok", "invoke", failed_items=[], log="x")]) == ""


def test_a_condition_that_does_not_hold_is_an_answer_and_no_mishap() -> None:
    expected = "ConditionalCheckFailedException"
    told = story([entry(message="Rate exceeded", error="SlowDown"), entry(error=expected)])
    assert told == "; lately: Rate exceeded"
    assert story([entry(error=expected, message="The conditional request failed")]) == ""


@pytest.mark.parametrize(
    ("happened", "told"),
    [
        (entry("denied", message="User: a is not authorized"), "User: a is not authorized"),
        (entry("failed", error_type="KeyError", error_message="'Records'"), "'Records'"),
        (entry(error="SlowDown"), "SlowDown"),
        (
            entry("killed", "mediaconvert:CreateJob", fault="kill after"),
            "kill after: mediaconvert:CreateJob",
        ),
        (entry("timed out", "invoke"), "somebody: invoke timed out"),
        (log("first", "", "last "), "last"),
        (log('["no object"]'), '["no object"]'),
        (log('{"level": "ERROR"}'), '{"level": "ERROR"}'),
        (log(json.dumps({"message": "message refused", "reason": "no JSON"})), "no JSON"),
        (
            log(
                json.dumps(
                    {"reason": "KeyError('a')", "exception": "Traceback\n  a\nKeyError: 'a'"}
                )
            ),
            "KeyError: 'a'",
        ),
        (log(), "the function named a message as failed, and did not say why"),
    ],
)
def test_the_words_of_those_to_whom_it_happened(happened: Entry, told: str) -> None:
    assert story([happened]) == f"; lately: {told}"


def test_the_last_three_and_each_once() -> None:
    many = [entry(message=text) for text in ("one", "two", "three", "four", "four")]
    assert story(many) == "; lately: two; three; four"


def test_a_reader_is_told_no_novel() -> None:
    assert len(story([entry(message="word " * 1000)])) == 900
