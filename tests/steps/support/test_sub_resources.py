"""Invalid suffixes within a resource are undetermined: no policy could name them."""

from __future__ import annotations

import pytest

from planproof.values import UNKNOWN
from tests.builders.stacks import declare
from tests.builders.stacks import stack as stack_of
from tests.steps.permission_steps import assert_undetermined, iam_names, iam_names_of


@pytest.mark.parametrize(
    "words",
    [
        "the assets table/index/ByName",
        "the assets table/*",
        "the input bucket/*",
        "the log group of the function:log-stream:2027",
        "the log group of the function:*",
        "the status queue",
    ],
)
def test_valid_suffixes(words: str) -> None:
    (target,) = iam_names().resources(words)
    assert target.name.endswith(target.suffix)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("the processing queue:foo", "':foo' cannot be within aws_sqs_queue.jobs, since nothing"),
        (
            "every SQS queue/*",
            "'/*' cannot be within aws_sqs_queue.jobs, since nothing can be: lea",
        ),
        ("the key/x", "nothing can be"),
        ("the function's role/x", "nothing can be"),
        ("the input bucket:films", "since only /… can be: leave it out, or write it so"),
        ("the assets table/ByName", "/index/…"),
        ("the assets table/indx/*", "/index/…"),
        ("the log group of the function:stream", "since only :log-stream:… can be"),
        ("aws_s3_bucket.films/", "only /… can be"),
    ],
)
def test_invalid_suffixes(words: str, said: str) -> None:
    assert_undetermined(iam_names().resources, words, said)
    late = declare("aws_sqs_queue.jobs", name="jobs", arn=UNKNOWN)
    assert_undetermined(
        iam_names_of(stack_of(late)).resources, "aws_sqs_queue.jobs:foo", "nothing can be"
    )


def test_a_type_without_arn_formats_accepts_any_suffix() -> None:
    odd = declare("aws_odd_thing.o", arn="arn:aws:odd:us-east-1:123456789012:thing/o")
    (target,) = iam_names(odd).resources("aws_odd_thing.o/x")
    assert target.arn == "arn:aws:odd:us-east-1:123456789012:thing/o/x"
