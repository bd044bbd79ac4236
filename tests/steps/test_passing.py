"""iam:PassRole of the function, in every form of policy."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.values import UNKNOWN, Verdict
from steps.passing import may_pass, may_pass_no_other_role, may_pass_to_no_other
from steps.support.access import Access
from steps.support.pipeline import MEDIACONVERT, Pipeline
from tests.builders.parts import inline_policy, role, role_arn
from tests.builders.policies import document
from tests.builders.resolved_stacks import broken, policy_evidence, verdict
from tests.builders.stacks import ACCOUNT, DeclaredResource, declare, stack

CONVERTER = role_arn("converter")
TO_MEDIACONVERT = {"StringEquals": {"iam:PassedToService": MEDIACONVERT}}
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/pass"
SOURCES = """resource "aws_iam_role_policy" "p" {
  policy = jsonencode({
    Statement = [{
      Sid = "Pass"
    }]
  })
}
"""


def pass_statement(**elements: Any) -> dict[str, Any]:
    good = {
        "Sid": "Pass",
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": CONVERTER,
        "Condition": TO_MEDIACONVERT,
    }
    return {k: v for k, v in {**good, **elements}.items() if v is not None}


worker_policy = partial(inline_policy, role="worker", name="p")


def verdicts(*items: DeclaredResource) -> tuple[Verdict, Verdict, Verdict]:
    """Of the three steps: may pass, to no other service, no other role."""
    return tuple(verdict(evidence) for evidence in records(*items))  # type: ignore[return-value]


def records(*items: DeclaredResource) -> list[Recorder]:
    found = stack(
        role("worker"),
        role("converter", MEDIACONVERT),
        role("administrator"),
        *items,
        sources=SOURCES,
    )
    evidence = [Recorder(), Recorder(), Recorder()]
    worker = found["aws_iam_role.worker"]
    one, two, three = (
        Access(Pipeline(found), worker, policy_evidence(found, recorder)) for recorder in evidence
    )
    may_pass(one, MEDIACONVERT)
    may_pass_to_no_other(two, MEDIACONVERT)
    may_pass_no_other_role(three)
    return evidence


GOOD, BAD, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.UNDETERMINED

FORMS = {
    "inline": [worker_policy(pass_statement())],
    "attached": [
        declare("aws_iam_policy.pass", arn=POLICY_ARN, policy=document(pass_statement())),
        declare("aws_iam_role_policy_attachment.a", role="worker", policy_arn=POLICY_ARN),
    ],
    "as a list and in other letters": [
        worker_policy(
            pass_statement(Action=["IAM:passrole", "sqs:ReceiveMessage"], Resource=[CONVERTER])
        )
    ],
    "in two statements": [worker_policy(pass_statement(), pass_statement(Sid="Again"))],
    "by StringLike": [
        worker_policy(
            pass_statement(Condition={"StringLike": {"iam:PassedToService": MEDIACONVERT}})
        )
    ],
    "beside a denial of all others": [
        worker_policy(
            pass_statement(),
            pass_statement(
                Sid="No", Effect="Deny", Resource=None, NotResource=CONVERTER, Condition=None
            ),
        )
    ],
}


@pytest.mark.parametrize("form", FORMS)
def test_one_role_to_one_service(form: str) -> None:
    assert verdicts(*FORMS[form]) == (GOOD, GOOD, GOOD)


OTHER_SERVICE = "lambda.amazonaws.com"
BROKEN = {
    "no statement": ([], (BAD, GOOD, GOOD)),
    "another action": ([worker_policy(pass_statement(Action="iam:GetRole"))], (BAD, GOOD, GOOD)),
    "another role": (
        [worker_policy(pass_statement(Resource=role_arn("administrator")))],
        (BAD, GOOD, BAD),
    ),
    "another service": (
        [
            worker_policy(
                pass_statement(Condition={"StringEquals": {"iam:PassedToService": OTHER_SERVICE}})
            )
        ],
        (BAD, BAD, GOOD),
    ),
    "a service more": (
        [
            worker_policy(
                pass_statement(
                    Condition={
                        "StringEquals": {"iam:PassedToService": [MEDIACONVERT, OTHER_SERVICE]}
                    }
                )
            )
        ],
        (GOOD, BAD, GOOD),
    ),
    "any service": ([worker_policy(pass_statement(Condition=None))], (GOOD, BAD, GOOD)),
    "any service, if one is named": (
        [
            worker_policy(
                pass_statement(
                    Condition={"StringEqualsIfExists": {"iam:PassedToService": MEDIACONVERT}}
                )
            )
        ],
        (GOOD, BAD, GOOD),
    ),
    "services by wildcard": (
        [
            worker_policy(
                pass_statement(Condition={"StringLike": {"iam:PassedToService": "*.amazonaws.com"}})
            )
        ],
        (GOOD, BAD, GOOD),
    ),
    "any role": ([worker_policy(pass_statement(Resource="*"))], (GOOD, GOOD, BAD)),
    "roles by wildcard": (
        [worker_policy(pass_statement(Resource=f"{CONVERTER}*"))],
        (GOOD, GOOD, BAD),
    ),
    "all roles but one": (
        [worker_policy(pass_statement(Resource=None, NotResource=role_arn("administrator")))],
        (GOOD, GOOD, BAD),
    ),
    "every action": ([worker_policy(pass_statement(Action="*"))], (GOOD, GOOD, GOOD)),
    "every action on everything": (
        [worker_policy(pass_statement(Action="*", Resource="*", Condition=None))],
        (GOOD, BAD, BAD),
    ),
    "a second statement that is wider": (
        [worker_policy(pass_statement(), pass_statement(Sid="Any", Resource="*", Condition=None))],
        (GOOD, BAD, BAD),
    ),
    "denied again": (
        [worker_policy(pass_statement(), pass_statement(Sid="No", Effect="Deny", Condition=None))],
        (BAD, GOOD, GOOD),
    ),
    "on another role's policy": (
        [worker_policy(pass_statement(), role="converter")],
        (BAD, GOOD, GOOD),
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_any_wider_permission_fails(case: str) -> None:
    items, expected = BROKEN[case]
    assert verdicts(*items) == expected


@pytest.mark.parametrize(
    "items",
    [
        [worker_policy(policy=UNKNOWN)],
        [worker_policy(role=UNKNOWN)],
        [declare("aws_iam_role_policy_attachment.a", role="worker", policy_arn=POLICY_ARN)],
    ],
)
def test_unknown_values_are_undetermined(items: list[DeclaredResource]) -> None:
    assert verdicts(*items) == (OPEN, OPEN, OPEN)


def test_evidence_names_the_statement_and_its_place() -> None:
    _, to_others, others = records(worker_policy(pass_statement(Resource="*", Condition=None)))
    place = "terraform/main.tf:4"
    address = "aws_iam_role_policy.p"
    assert broken(to_others)[0] == (address, "policy.Statement.0.Condition", "no limit", place)
    assert broken(others)[0] == (address, "policy.Statement.0.Resource", '["*"]', place)


def test_a_missing_statement_is_reported_at_the_role() -> None:
    lacking, _, _ = records()
    ((address, _, found, _),) = broken(lacking)
    assert address == "aws_iam_role.worker"
    assert found.startswith("implicitly denied: no statement of an identity-based policy allows")


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([], "no statement of its policies allows iam:PassRole"),
        ([worker_policy(pass_statement())], "a statement of its policies allows iam:PassRole"),
    ],
)
def test_without_a_role_to_pass_there_is_nothing_to_grant(
    items: list[DeclaredResource], said: str
) -> None:
    for evidence in records(role("converter"), *items):
        ((address, _, found, _),) = broken(evidence)
        assert address == "aws_iam_role.worker"
        assert found == f"{said}, and the stack has no role that {MEDIACONVERT} may assume"


def test_an_unknown_role_to_pass_is_no_evidence() -> None:
    with pytest.raises(UndeterminedError):
        records(role("converter", assume_role_policy=UNKNOWN))
