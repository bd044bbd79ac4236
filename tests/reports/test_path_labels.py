"""Labels of nodes and edges, and the wrapping of long names."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from planproof.reports.path_labels import (
    NOT_HERE,
    first_missing,
    missing_text,
    node_label,
    plain_type,
    tally,
    unproven,
    width,
    wrapped,
)
from planproof.reports.text import one_line
from planproof.results import DrawnEdge, EdgeState
from tests.reports.conftest import DECRYPT, PASS, pipeline


@pytest.mark.parametrize(
    ("end", "type_", "name", "outside"),
    [
        ("aws_sqs_queue.processing", "SQS queue", "processing", False),
        ('aws_s3_bucket.media["in.put"]', "S3 bucket", 'media["in.put"]', False),
        ("aws_sqs_queue.q[0]", "SQS queue", "q[0]", False),
        ('module.a["x.y"].module.b.aws_iam_role.r', "IAM role", 'a["x.y"].b.r', False),
        ("data.aws_sns_topic.t", "SNS topic", "t", True),
        ("X-Ray", NOT_HERE, "X-Ray", True),
        ("events.amazonaws.com", NOT_HERE, "events.amazonaws.com", True),
        ("arn:aws:sqs:eu-west-1:111122223333:q", NOT_HERE, "arn:aws:sqs:eu-west-1:111122223333:q",
         True),
        ("an unknown target", "unknown", "an unknown target", True),
        ("aws_sqs_queue.q and more", NOT_HERE, "aws_sqs_queue.q and more", True),
        ("", NOT_HERE, "", True),
    ],
)  # fmt: skip
def test_a_node_has_a_plain_type_and_a_name(end: str, type_: str, name: str, outside: bool) -> None:
    found = node_label(end)

    assert (found.type, found.name, found.outside) == (type_, name, outside)


@pytest.mark.parametrize(
    ("type_", "plain"),
    [
        ("aws_lambda_function", "Lambda function"),
        ("aws_dynamodb_table", "DynamoDB table"),
        ("aws_cloudwatch_log_group", "Log group"),
        ("aws_cloudwatch_dashboard", "CloudWatch dashboard"),
        ("aws_cloudwatch_event_rule", "EventBridge rule"),
        ("aws_secretsmanager_secret", "Secrets Manager secret"),
        ("google_pubsub_topic", "Pubsub topic"),
    ],
)
def test_types_are_spelled_as_aws_spells_them(type_: str, plain: str) -> None:
    assert plain_type(type_) == plain


def test_a_text_that_fits_is_unchanged() -> None:
    assert wrapped("processing", 112, 13) == ["processing"]
    assert wrapped("processing_dead_letter", 112, 13) == ["processing_", "dead_letter"]
    assert wrapped("sends traces to", 72, 11) == ["sends", "traces to"]


def test_a_long_name_loses_its_middle() -> None:
    lines = wrapped("arn:aws:sqs:eu-west-1:111122223333:" + "part_" * 40 + "end", 112, 13)

    assert len(lines) == 2
    assert lines[0].startswith("arn:aws:")
    assert lines[1].endswith("end")
    assert "…" in "".join(lines)


@example("00000\x1f\n0", 60, 2, False)
@given(st.text(max_size=400), st.integers(60, 150), st.integers(1, 3), st.booleans())
def test_no_line_is_wider_than_its_room(text: str, room: int, lines: int, bold: bool) -> None:
    found = wrapped(text, room, 13, lines, bold=bold)

    assert len(found) <= lines
    for line in found:
        assert width(line, 13, bold=bold) <= room
    if "…" not in "".join(found):
        assert "".join("".join(found).split()) == "".join(one_line(text).split())


def edge(
    state: EdgeState, missing: tuple[str, ...] = (), undecided: tuple[str, ...] = ()
) -> DrawnEdge:
    return DrawnEdge("a", "b", "notifies", state, missing, undecided=undecided)


@pytest.mark.parametrize(
    ("drawn", "first", "more", "whole"),
    [
        (edge(EdgeState.PROVEN), "", 0, ""),
        (edge(EdgeState.BROKEN, (PASS,)), "iam:PassRole", 0, PASS),
        (edge(EdgeState.BROKEN, (PASS, DECRYPT)), "iam:PassRole", 1, f"{PASS}, {DECRYPT}"),
        (edge(EdgeState.BROKEN, ("a queue of  the account",)), "a queue of the account", 0,
         "a queue of  the account"),
        (edge(EdgeState.BROKEN, (PASS,), (DECRYPT,)), "iam:PassRole", 0, PASS),
        (edge(EdgeState.BROKEN), "", 0, "an unnamed permission or fact"),
        (edge(EdgeState.UNDETERMINED, (), (DECRYPT,)), "kms:Decrypt", 0, DECRYPT),
        (edge(EdgeState.UNDETERMINED), "", 0, ""),
    ],
)  # fmt: skip
def test_missing_permissions(drawn: DrawnEdge, first: str, more: int, whole: str) -> None:
    assert first_missing(drawn) == (first, more)
    assert missing_text(drawn) == whole


def test_the_broken_edges_come_before_the_undetermined_ones() -> None:
    states = [edge.state for edge in unproven(pipeline()[::-1])]

    assert states == ["broken", "undetermined"]
    assert tally(pipeline()) == "10 of 12 edges proven"
    assert tally(pipeline()[:1]) == "1 of 1 edge proven"
