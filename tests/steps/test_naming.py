"""Names that two copies of a stack share."""

from __future__ import annotations

import pytest

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.values import UNKNOWN, Verdict
from steps.naming import copy_names_only_its_own, no_shared_name, stack_with_other_suffix
from tests.builders.resolved_stacks import NAMES, FakeResolvedStacks, broken, verdict
from tests.builders.stacks import declare, stack


def judged(ours: object, theirs: object) -> Recorder:
    one = stack(declare("aws_sqs_queue.q", name=ours), declare("aws_sns_topic.t", name="t-dev"))
    other = stack(declare("aws_sqs_queue.q", name=theirs), declare("aws_sns_topic.t", name="t-pr1"))
    evidence = Recorder()
    no_shared_name(one, other, NAMES, evidence)
    return evidence


def test_no_name_in_both() -> None:
    evidence = judged("q-dev", "q-pr1")
    assert verdict(evidence) is Verdict.PASSED
    assert [e.address for e in evidence.evidence] == ["aws_sqs_queue.q", "aws_sns_topic.t"]


def test_a_name_in_both_is_named() -> None:
    assert broken(judged("q", "q")) == [("aws_sqs_queue.q", "name", "q in both", "")]


def test_an_unknown_name() -> None:
    assert verdict(judged(UNKNOWN, "q")) is Verdict.UNDETERMINED


def test_the_copy() -> None:
    default = stack(variables={"environment_suffix": "dev"})
    copy = stack(name="another suffix", variables={"environment_suffix": "pr1"})
    assert stack_with_other_suffix(FakeResolvedStacks(default, copy), NAMES, Recorder()) is copy
    with pytest.raises(UndeterminedError):
        stack_with_other_suffix(FakeResolvedStacks(default), NAMES, Recorder())


def test_a_stack_without_the_suffix_variable_fails() -> None:
    evidence = Recorder()
    assert stack_with_other_suffix(FakeResolvedStacks(stack()), NAMES, evidence) is None
    assert broken(evidence)[0][0] == "var.environment_suffix"


def kept_apart(**values: object) -> Recorder:
    arn = "arn:aws:sqs:us-east-1:123456789012:q-"
    one = stack(
        declare("aws_sqs_queue.q", name="q-dev", arn=f"{arn}dev"),
        declare("aws_lambda_function.f", function_name="f-dev"),
    )
    values = {"function_name": "f-pr1"} | values
    other = stack(
        declare("aws_sqs_queue.q", name="q-pr1", arn=f"{arn}pr1"),
        declare("aws_lambda_function.f", **values),
    )
    evidence = Recorder()
    copy_names_only_its_own(one, other, NAMES, evidence)
    return evidence


@pytest.mark.parametrize("text", ["q-pr1", "q-dev-2", "old-q-dev", "aq-dev", "arn:aws:sqs:::q"])
def test_a_copy_that_names_only_its_own_resources(text: str) -> None:
    assert verdict(kept_apart(description=text)) is Verdict.PASSED


@pytest.mark.parametrize(
    "text",
    [
        "q-dev",
        "messages of q-dev",
        "arn:aws:sqs:us-east-1:123456789012:q-dev",
        '{"Resource": ["arn:aws:sqs:us-east-1:123456789012:q-dev"]}',
    ],
)
def test_a_copy_that_names_a_resource_of_the_first_fails(text: str) -> None:
    evidence = kept_apart(description=text)
    assert verdict(evidence) is Verdict.FAILED
    assert "aws_sqs_queue.q" in evidence.evidence[0].expected


@pytest.mark.parametrize(
    ("refers", "wanted"),
    [({"policy": ["aws_kms_key.k.arn"]}, Verdict.UNDETERMINED), ({}, Verdict.PASSED)],
    ids=["set by the sources", "filled in by AWS"],
)
def test_a_copy_with_an_unknown_text(refers: dict[str, list[str]], wanted: Verdict) -> None:
    one = stack(declare("aws_sqs_queue.q", name="q-dev"))
    policy = declare(
        "aws_sqs_queue.q", name="q-pr1", policy=UNKNOWN, refers=refers, computed=["policy"]
    )
    evidence = Recorder()
    copy_names_only_its_own(one, stack(policy), NAMES, evidence)
    assert verdict(evidence) is wanted


def test_a_stack_of_which_nothing_differs() -> None:
    same = stack(declare("aws_sqs_queue.q", name="q"))
    evidence = Recorder()
    copy_names_only_its_own(same, same, NAMES, evidence)
    assert verdict(evidence) is Verdict.UNDETERMINED
