"""Which roles the function may pass, and to which services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pytest_bdd import given, parsers, then

from planproof.aws.datapath import DecidedNeed
from planproof.iam import StatementRef, pattern_covers_more, statements_allowing
from planproof.iam.arn import parse_arn
from planproof.terraform.stack import Resource
from planproof.values import Truth, any_of, is_unknown, negate
from steps.support.access import Access, arn_of
from steps.support.pipeline import MEDIACONVERT, MissingPartError, Pipeline
from steps.support.policy_evidence import PolicyEvidence

ACTION: Final = "iam:PassRole"
OTHER_SERVICES: Final = (
    "cloudformation.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "glue.amazonaws.com",
    "lambda.amazonaws.com",
    "states.amazonaws.com",
)


@given("the role of the function that takes the uploads", target_fixture="access")
def the_function_role(pipeline: Pipeline, policy_evidence: PolicyEvidence) -> Access:
    """The role of the Lambda function that reads the processing queue."""
    return Access(pipeline, pipeline.function_role, policy_evidence)


@then(parsers.parse("it may pass the role MediaConvert works under to {service}"))
def may_pass(access: Access, service: str) -> None:
    """iam:PassRole is allowed on that role with that iam:PassedToService."""
    passed = _passed_role(access, f"{ACTION} allowed on the role that MediaConvert assumes")
    if passed is None:
        return
    decided = _pass(access, arn_of(passed), service)
    expected = f"{ACTION} allowed on {passed} to {service}"
    access.record(decided.allowed, decided, expected=expected)


@then(parsers.parse("it may pass no role to any service but {service}"))
def may_pass_to_no_other(access: Access, service: str) -> None:
    """Every statement is limited to that service, and other services are denied."""
    passed = _passed_role(access, f"a role that may be passed only to {service}")
    if passed is None:
        return
    for ref in statements_allowing(access.documents, ACTION):
        limit = list(ref.limited_to("iam:PassedToService") or ())
        access.record_statement(
            _limited_to(ref, limit, service),
            ref.statement,
            "Condition",
            expected=f"iam:PassedToService limited to {service}",
            found=limit or "no limit",
        )
    for other in OTHER_SERVICES:
        if other != service:
            _record_denied(access, _pass(access, arn_of(passed), other), f"{passed} to {other}")


@then("it may pass no other role")
def may_pass_no_other_role(access: Access) -> None:
    """Every statement names that role by its ARN, without wildcards; other roles are denied."""
    passed = _passed_role(access, "the only role that may be passed")
    if passed is None:
        return
    own = arn_of(passed)
    for ref in statements_allowing(access.documents, ACTION):
        more: Truth = True
        if ref.resources is not None:
            more = any_of(pattern_covers_more(text, own) for text in ref.resources)
        access.record_statement(
            negate(more),
            ref.statement,
            "Resource" if ref.resources is not None else "NotResource",
            expected=f"only {own}",
            found=list(ref.resources or ref.not_resources or ()),
        )
    for other in _other_roles(access.pipeline, passed):
        _record_denied(access, _pass(access, other, MEDIACONVERT), f"{other} to {MEDIACONVERT}")


def _passed_role(access: Access, expected: str) -> Resource | None:
    """The role that MediaConvert assumes; a stack without it fails, since no role can be passed."""
    try:
        return access.pipeline.mediaconvert_role
    except MissingPartError as missing:
        granted = list(statements_allowing(access.documents, ACTION))
        statements = "a statement" if granted else "no statement"
        found = f"{statements} of its policies allows {ACTION}, and {missing}"
        access.policy_evidence.evidence.check(False, access.role, expected=expected, found=found)
        return None


def _pass(access: Access, arn: str, service: str) -> DecidedNeed:
    return access.decide(ACTION, arn, iam_PassedToService=service)


def _record_denied(access: Access, decided: DecidedNeed, what: str) -> None:
    access.record(negate(decided.allowed), decided, expected=f"{ACTION} denied on {what}")


def _limited_to(ref: StatementRef, limit: Sequence[object], service: str) -> Truth:
    if any(isinstance(value, str) and value.lower() != service for value in limit):
        return False
    if not ref.certain or any(map(is_unknown, limit)):
        return None
    return bool(limit)


def _other_roles(pipeline: Pipeline, passed: Resource) -> Iterator[str]:
    """ARNs of other roles: those of the stack, and made-up ones in its account and in another."""
    for role in pipeline.stack.managed("aws_iam_role"):
        if role.address != passed.address and isinstance(role.get("arn"), str):
            yield role.get("arn")
    own = parse_arn(arn_of(passed))
    if own is not None:
        yield str(own._replace(resource="role/administrator"))
        yield str(own._replace(resource=f"{own.resource}-2"))
        yield str(own._replace(account="210987654321"))
