"""A misspelt condition value is undetermined: otherwise "not allowed" would pass."""

from __future__ import annotations

import pytest

from planproof.errors import UndeterminedError
from planproof.values import Verdict
from tests.builders.resolved_stacks import verdict
from tests.steps.permission_steps import ask, assert_undetermined, iam_names, pipeline_of

HEAD = "| context key | value |"
SEND = '"S3" IS to "sqs:SendMessage" on "the processing queue" when:'


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        ("this acount", "this account"),
        ("This account", "this account"),
        ("thisaccount", "this account"),
        ("anotheraccount", "another account"),
        ("an other account", "another account"),
        ("input bucket", "the input bucket"),
        ("teh input bucket/films/", "the input bucket"),
        ("MediaConvrt", "MediaConvert"),
        ("EventBrige", "EventBridge"),
        ("(abscent)", "(absent)"),
    ],
)
def test_a_value_that_resembles_a_phrase(words: str, nearest: str) -> None:
    assert_undetermined(iam_names().value, words, repr(words), f"the nearest is {nearest}")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "| aws:SourceArn | films |",
            "aws:SourceArn is an ARN, not 'films'",
        ),
        ("| aws:SourceAccount | this acount |", "'this acount' .* nearest is this account"),
        (
            "| AWS:sourceaccount | 12345 |",
            "AWS:sourceaccount is an account, not '12345'",
        ),
        ("| aws:SourceAccount | S3 |", "aws:SourceAccount is an account, not 'S3'"),
        (
            "| iam:PassedToService | mediaconvert |",
            "iam:PassedToService, 'mediaconvert'.* nearest is mediaconvert.amazonaws.com",
        ),
        (
            "| iam:passedtoservice | lamda.amazonaws.com |",
            "nearest is lambda.amazonaws.com",
        ),
        ("| kms:ViaService | the input bucket |", "kms:ViaService, .* is not a service principal"),
    ],
)
def test_a_value_that_the_key_never_has(row: str, said: str) -> None:
    for verb in ("is allowed", "is not allowed"):
        with pytest.raises(UndeterminedError, match=said) as problem:
            ask(SEND.replace("IS", verb), pipeline_of(), HEAD, row)
        assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    "row",
    [
        "| aws:SourceArn | the input bucket |",
        "| aws:SourceArn | arn:aws:s3:::films |",
        "| aws:SourceArn | (absent) |",
        "| aws:SourceAccount | this account |",
        "| aws:SourceAccount | another account |",
        "| aws:SourceAccount | 111122223333 |",
        "| iam:PassedToService | MediaConvert |",
        "| iam:PassedToService | mediaconvert.amazonaws.com |",
        "| kms:ViaService | sqs.us-east-1.amazonaws.com |",
        "| aws:CalledVia | cloudformation.amazonaws.com |",
        "| aws:PrincipalTag/team | accounts |",
    ],
)
def test_a_value_that_the_key_may_have(row: str) -> None:
    evidence = ask(SEND.replace("IS", "is not allowed"), pipeline_of(), HEAD, row)
    assert verdict(evidence) is Verdict.PASSED
