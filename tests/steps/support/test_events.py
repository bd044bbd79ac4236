"""Event patterns that match state changes of MediaConvert jobs, and that do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.values import UNKNOWN
from steps.support.events import JOB_STATES, may_match

STATE = "MediaConvert Job State Change"


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.mediaconvert"], "detail-type": [STATE]},
        {"source": ["aws.s3", "aws.mediaconvert"]},
        {"detail-type": [STATE], "detail": {"status": ["COMPLETE"]}},
        {"source": [{"prefix": "aws.media"}]},
        {"source": [{"suffix": "convert"}]},
        {"source": [{"wildcard": "aws.*convert"}]},
        {"source": [{"equals-ignore-case": "AWS.MediaConvert"}]},
        {"source": [{"anything-but": ["aws.s3"]}], "detail-type": [STATE]},
        {"source": [{"exists": True}], "detail-type": [STATE]},
    ],
)
def test_about_job_states(pattern: Any) -> None:
    assert may_match(json.dumps(pattern), JOB_STATES) is True


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"account": ["123456789012"]},
        {"source": ["aws.s3"]},
        {"source": ["aws.mediaconvert"], "detail-type": ["MediaConvert Queue Hop"]},
        {"source": "aws.mediaconvert"},
        {"source": [{"prefix": "aws.s"}]},
        {"source": [{"suffix": "live"}]},
        {"source": [{"wildcard": "aws.media"}]},
        {"source": [{"anything-but": "aws.mediaconvert"}]},
        {"source": [{"exists": False}]},
        {"source": [{"cidr": "10.0.0.0/8"}]},
        {"source": []},
    ],
)
def test_not_about_job_states(pattern: Any) -> None:
    assert may_match(json.dumps(pattern), JOB_STATES) is False


def test_no_pattern() -> None:
    assert may_match(UNKNOWN, JOB_STATES) is None
    assert may_match(None, JOB_STATES) is False
    assert may_match("not JSON", JOB_STATES) is False
    assert may_match("[]", JOB_STATES) is False
