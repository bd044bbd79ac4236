"""What may MediaConvert do in the role it is passed, and which roles may the function pass?"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_bdd import given, parsers, then

from planproof.iam import (
    Decision,
    Effect,
    StatementRef,
    pattern_covers_more,
    statements_allowing,
)
from planproof.iam.arn import parse_arn
from planproof.inquiry import Inquiry
from planproof.recorder import Recorder
from planproof.stack import Resource
from planproof.values import is_unknown
from steps._access import Access, arn_of
from steps._trust import assume_decisions
from steps.pipeline import MEDIACONVERT, MissingPartError, Pipeline, any_of

PASS_ROLE = "iam:PassRole"  # noqa: S105 (no password)
OTHER_SERVICES = (
    "cloudformation.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "glue.amazonaws.com",
    "lambda.amazonaws.com",
    "states.amazonaws.com",
)
_DENIED = (Effect.IMPLICITLY_DENIED, Effect.EXPLICITLY_DENIED)


# REQ-02: the role that MediaConvert works under --------------------------------------------------


@then("MediaConvert can assume a role of this stack")
def mediaconvert_has_role(pipeline: Pipeline, evidence: Recorder) -> None:
    """Decided by the roles' trust policies."""
    expected = f"a role that {MEDIACONVERT} may assume"
    try:
        roles = pipeline.mediaconvert_roles
    except MissingPartError:
        evidence.check(False, "aws_iam_role", expected=expected, found="none")
        return
    for role in roles:
        decision = next(
            d for d in assume_decisions(pipeline.stack, role, MEDIACONVERT) if d.allowed
        )
        evidence.check(True, role, "assume_role_policy", expected=expected, found=str(decision))


@given("the role that MediaConvert works under", target_fixture="role")
def the_mediaconvert_role(pipeline: Pipeline) -> Resource:
    """The role MediaConvert may assume; of several, the one the function is told of."""
    return pipeline.mediaconvert_role


@given("the role of the function that takes the uploads", target_fixture="role")
def the_function_role(pipeline: Pipeline) -> Resource:
    """The role of the Lambda function that the processing queue feeds."""
    return pipeline.function_role


@then("it may read every object that the input bucket announces")
def may_read_input(
    pipeline: Pipeline, role: Resource, inquiry: Inquiry, evidence: Recorder
) -> None:
    """s3:GetObject, wherever the notification's filters let an upload be."""
    bucket = pipeline.input_bucket
    access = Access.of(pipeline, role, bucket)
    for key in _announced_keys(pipeline):
        _record(access, "s3:GetObject", f"{arn_of(bucket)}/{key}", inquiry, evidence)


@then("it may write objects to the output bucket")
def may_write_output(
    pipeline: Pipeline, role: Resource, inquiry: Inquiry, evidence: Recorder
) -> None:
    """s3:PutObject, on any key or below the prefix that a statement names."""
    bucket = pipeline.output_bucket
    access = Access.of(pipeline, role, bucket)
    anywhere = f"{arn_of(bucket)}/renditions/holiday film.mp4"
    below = [arn for arn in _granted_objects(access, bucket, "s3:PutObject") if arn != anywhere]
    for arn in (anywhere, *below):
        if access.decide("s3:PutObject", arn).allowed:
            break
    else:
        arn = anywhere
    _record(access, "s3:PutObject", arn, inquiry, evidence)


def _record(access: Access, action: str, arn: str, inquiry: Inquiry, evidence: Recorder) -> None:
    decision = access.decide(action, arn)
    evidence.check(
        decision.allowed,
        access.role,
        expected=f"{action} allowed on {arn}",
        found=str(decision),
        at=access.place_of(inquiry, decision),
    )


def _announced_keys(pipeline: Pipeline) -> Iterator[str]:
    """A key for each place in which an upload may be and is announced."""
    blocks = pipeline.notification.get("queue")
    for block in blocks if isinstance(blocks, (list, tuple)) else [{}]:
        if is_unknown(block):
            block = {}
        ends = [block.get(f"filter_{end}") or "" for end in ("prefix", "suffix")]
        prefix, suffix = ("" if is_unknown(end) else end for end in ends)
        yield f"{prefix}film{suffix or '.mp4'}"
        yield f"{prefix}some/folder/holiday film{suffix or '.mov'}"


def _granted_objects(access: Access, bucket: Resource, action: str) -> Iterator[str]:
    """An object for each pattern that the role's policies allow an action on."""
    for ref in statements_allowing([p.document for p in access.attached], action):
        for pattern in ref.resources or ():
            if isinstance(pattern, str) and pattern.startswith(f"{arn_of(bucket)}/"):
                yield pattern.replace("*", "film").replace("?", "x")


# REQ-03: what the function may pass --------------------------------------------------------------


@then(parsers.parse("it may pass the role MediaConvert works under to {service}"))
def may_pass(
    pipeline: Pipeline, role: Resource, service: str, inquiry: Inquiry, evidence: Recorder
) -> None:
    """iam:PassRole is allowed on that role, when it is for that service."""
    access = Access.of(pipeline, role)
    passed = pipeline.mediaconvert_role
    decision = _pass(access, arn_of(passed), service)
    evidence.check(
        decision.allowed,
        role,
        expected=f"{PASS_ROLE} allowed on {passed} to {service}",
        found=str(decision),
        at=access.place_of(inquiry, decision),
    )


@then(parsers.parse("it may pass no role to any service but {service}"))
def may_pass_to_no_other(
    pipeline: Pipeline, role: Resource, service: str, inquiry: Inquiry, evidence: Recorder
) -> None:
    """Every statement is limited to that service, and others are refused."""
    access = Access.of(pipeline, role)
    for ref in _pass_statements(access):
        limit = ref.limited_to("iam:PassedToService")
        evidence.check(
            _only(ref, limit, service),
            str(ref),
            "iam:PassedToService",
            expected=f"limited to {service}",
            found=list(limit) if limit else "no limit",
            at=access.place(inquiry, ref.statement),
        )
    passed = pipeline.mediaconvert_role
    for other in OTHER_SERVICES:
        if other != service:
            decision = _pass(access, arn_of(passed), other)
            _record_denied(access, decision, f"{passed} to {other}", inquiry, evidence)


@then("it may pass no other role")
def may_pass_no_other_role(
    pipeline: Pipeline, role: Resource, inquiry: Inquiry, evidence: Recorder
) -> None:
    """Every statement names that role by its ARN, without a wildcard, and others are refused."""
    access = Access.of(pipeline, role)
    passed = pipeline.mediaconvert_role
    for ref in _pass_statements(access):
        resources = ref.resources
        covers_more = [pattern_covers_more(text, arn_of(passed)) for text in resources or ()]
        more = True if resources is None else any_of(covers_more)
        evidence.check(
            None if more is None else not more,
            str(ref),
            "Resource",
            expected=f"{arn_of(passed)} and nothing else",
            found="everything but NotResource" if resources is None else list(resources),
            at=access.place(inquiry, ref.statement),
        )
    for other in _other_roles(pipeline, passed):
        decision = _pass(access, other, MEDIACONVERT)
        _record_denied(access, decision, f"{other} to {MEDIACONVERT}", inquiry, evidence)


def _pass(access: Access, arn: str, service: str) -> Decision:
    parts = parse_arn(arn)
    account = parts.account if parts else None
    return access.decide(PASS_ROLE, arn, account, iam_PassedToService=service)


def _pass_statements(access: Access) -> list[StatementRef]:
    return statements_allowing([p.document for p in access.attached], PASS_ROLE)


def _only(ref: StatementRef, limit: object, service: str) -> bool | None:
    values = list(limit) if isinstance(limit, tuple) else []
    if any(isinstance(value, str) and value.lower() != service for value in values):
        return False
    if not ref.certain or any(map(is_unknown, values)):
        return None
    return bool(values)


def _record_denied(
    access: Access, decision: Decision, what: str, inquiry: Inquiry, evidence: Recorder
) -> None:
    allowed = decision.allowed
    evidence.check(
        None if allowed is None else decision.effect in _DENIED,
        access.role,
        expected=f"{PASS_ROLE} denied on {what}",
        found=str(decision),
        at=access.place_of(inquiry, decision),
    )


def _other_roles(pipeline: Pipeline, passed: Resource) -> Iterator[str]:
    """Roles of the stack, and such as there may be in its account or in another."""
    for role in pipeline.stack.managed("aws_iam_role"):
        if role.address != passed.address and isinstance(role.get("arn"), str):
            yield role.get("arn")
    own = parse_arn(arn_of(passed))
    if own is not None:
        yield str(own._replace(resource="role/administrator"))
        yield str(own._replace(resource=f"{own.resource}-2"))
        yield str(own._replace(account="210987654321"))
