"""Two copies of a stack, and the names they share."""

from __future__ import annotations

import pytest

from planproof.recorder import Recorder, UndeterminedError
from planproof.results import Verdict
from planproof.values import UNKNOWN
from steps.naming import no_shared_name, stack_with_other_suffix
from tests.made_inquiry import NAMES, MadeInquiry, broken, verdict
from tests.made_stack import made, stack


def judged(ours: object, theirs: object) -> Recorder:
    one = stack(made("aws_sqs_queue.q", name=ours), made("aws_sns_topic.t", name="t-dev"))
    other = stack(made("aws_sqs_queue.q", name=theirs), made("aws_sns_topic.t", name="t-pr1"))
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
    assert stack_with_other_suffix(MadeInquiry(default, copy), NAMES, Recorder()) is copy
    with pytest.raises(UndeterminedError):
        stack_with_other_suffix(MadeInquiry(default), NAMES, Recorder())


def test_a_stack_without_a_suffix_is_the_finding() -> None:
    evidence = Recorder()
    assert stack_with_other_suffix(MadeInquiry(stack()), NAMES, evidence) is None
    assert broken(evidence)[0][0] == "var.environment_suffix"
