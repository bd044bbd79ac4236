"""Whoever asks IAM gets one answer, and it is the answer of AWS's documentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from planproof.evidence import Recorder
from planproof.results import EdgeState
from planproof.terraform.stack import Stack
from planproof.values import Verdict
from steps.access import may_read_input, may_write_output
from steps.support.access import Access
from steps.support.pipeline import Pipeline
from tests.aws.datapath.shipped_grants import READ, WRITE, edge_states
from tests.builders.resolved_stacks import policy_evidence, verdict
from tests.builders.shipped import shipped, with_document
from tests.builders.stacks import REGION
from tests.iam.askers import DeployedPolicies, askers_of, stack_of
from tests.iam.questions import ROLE, Question, questions

QUESTIONS = questions()


@pytest.fixture(scope="module")
def account() -> Iterator[DeployedPolicies]:
    with mock_aws():
        yield DeployedPolicies()


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_everybody_gets_the_same_answer(question: Question, account: DeployedPolicies) -> None:
    found = stack_of(question)
    answers = {asker: ask(question, found) for asker, ask in askers_of(question, account).items()}
    assert len(answers) >= 2
    assert answers == dict.fromkeys(answers, question.answer)


def test_three_hundred_questions_are_for_all_who_know_a_role(account: DeployedPolicies) -> None:
    asked = [askers_of(question, account).keys() for question in QUESTIONS if question.who == ROLE]
    everybody = {"step", "role of a step", "data path", "account"}
    assert sum(askers == everybody for askers in asked) >= 300
    assert {question.answer for question in QUESTIONS} == {True, False, None}


# The case that had two answers ---------------------------------------------------------------


def limited(**condition: Any) -> Stack:
    """The shipped stack, with a condition on every statement of the MediaConvert policy."""

    def edit(document: dict[str, Any]) -> None:
        for statement in document["Statement"]:
            own = statement.setdefault("Condition", {})
            for operator, keys in condition.items():
                own[operator] = {**own.get(operator, {}), **keys}

    return with_document(shipped(), "aws_iam_policy.mediaconvert", edit)


@pytest.mark.parametrize(
    ("condition", "expected", "state"),
    [
        ({"StringEquals": {"aws:RequestedRegion": REGION}}, Verdict.PASSED, EdgeState.PROVEN),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, Verdict.FAILED, EdgeState.BROKEN),
        ({"StringNotEquals": {"aws:RequestedRegion": REGION}}, Verdict.FAILED, EdgeState.BROKEN),
        (
            {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
            Verdict.UNDETERMINED,
            EdgeState.UNDETERMINED,
        ),
    ],
    ids=str,
)
def test_the_region_of_the_mediaconvert_policy(
    condition: dict[str, Any], expected: Verdict, state: EdgeState
) -> None:
    """REQ-02's steps and REQ-14's edges agree on what MediaConvert may read and write."""
    found = limited(**condition)
    pipeline, evidence = Pipeline(found), [Recorder(), Recorder()]
    for step, recorder in zip((may_read_input, may_write_output), evidence, strict=True):
        step(Access(pipeline, pipeline.mediaconvert_role, policy_evidence(found, recorder)))
    assert [verdict(recorder) for recorder in evidence] == [expected, expected]
    states = edge_states(found)
    assert (states[READ], states[WRITE]) == (state, state)
