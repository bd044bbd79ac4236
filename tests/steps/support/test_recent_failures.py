"""The recent failures in evidence: what failed, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.emulation.account.model import Entry
from steps.support.recent_failures import recent_failures


def entry(outcome: str = "failed", what: str = "sqs:SendMessage", **detail: Any) -> Entry:
    return Entry(0.0, "call", "somebody", what, outcome=outcome, detail=detail)


def log(*lines: str) -> Entry:
    return entry("ok", "invoke", failed_items=["m1"], log="\n".join(lines) + "\n")


def test_without_failures_the_text_is_empty() -> None:
    assert (
        recent_failures([])
        == recent_failures([entry("ok"), entry("ok", "invoke", failed_items=[], log="x")])
        == ""
    )


def test_a_failed_condition_is_no_failure() -> None:
    expected = "ConditionalCheckFailedException"
    told = recent_failures(
        [entry(message="Rate exceeded", error="SlowDown"), entry(error=expected)]
    )
    assert told.endswith(": Rate exceeded")
    assert recent_failures([entry(error=expected, message="The conditional request failed")]) == ""


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
        (log(), "the function returned a failed message and logged nothing"),
    ],
)
def test_each_failure_has_its_message(happened: Entry, told: str) -> None:
    assert recent_failures([happened]).endswith(f": {told}")


def test_only_the_last_three_without_duplicates() -> None:
    many = [entry(message=text) for text in ("one", "two", "three", "four", "four")]
    assert recent_failures(many).endswith(": two; three; four")


def test_the_text_has_a_limit() -> None:
    assert len(recent_failures([entry(message="word " * 1000)])) == 900
