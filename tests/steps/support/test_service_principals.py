"""An unknown service principal is undetermined: otherwise "not allowed" would pass."""

from __future__ import annotations

import pytest

from steps.support.service_principals import is_service
from tests.steps.permission_steps import assert_undetermined, iam_names


@pytest.mark.parametrize(
    "host",
    [
        "logs.eu-west-1",
        "sqs.us-gov-west-1",
        "delivery.logs",
        "edgelambda",
        "ecs-tasks",
        "cloudtrail",
        "lambda.alarms.cloudwatch",
        "vpc-flow-logs",
        "elasticloadbalancing",
        "logging.s3",
        "states",
    ],
)
def test_any_service_principal(host: str) -> None:
    principal = f"{host}.amazonaws.com"
    (one,) = iam_names().principals(principal)
    assert one.identity == principal
    (china,) = iam_names().principals(f"{principal}.cn")
    assert china.identity == f"{principal}.cn"


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        ("s4.amazonaws.com", "; the nearest is s3.amazonaws.com: write one"),
        ("event.amazonaws.com", "; the nearest is events.amazonaws.com"),
        ("onvert.amazonaws.com", "; the nearest is mediaconvert.amazonaws.com"),
        ("delivery.log.amazonaws.com", "; the nearest is delivery.logs.amazonaws.com"),
        ("eu-west-1.logs.amazonaws.com", ""),
        ("zzzzzzzz.amazonaws.com", "AWS: write one"),
    ],
)
def test_a_service_principal_that_aws_does_not_have(words: str, nearest: str) -> None:
    assert_undetermined(
        iam_names().principals, words, f"{words!r} is not a service principal of AWS", nearest
    )


@pytest.mark.parametrize(
    "words", ["s3", "s3.amazonaws.org", "amazonaws.com", "", "S3.amazonaws.com"]
)
def test_text_in_another_form_is_no_service_principal(words: str) -> None:
    assert not is_service(words)
