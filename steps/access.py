"""Whether the role that MediaConvert assumes may read uploads and write renditions."""

from __future__ import annotations

from pytest_bdd import given, then

from planproof.evidence import Recorder
from steps.support.access import Access, arn_of
from steps.support.objects import announced_keys, named_objects
from steps.support.pipeline import MEDIACONVERT, MissingPartError, Pipeline
from steps.support.policy_evidence import PolicyEvidence
from steps.support.trust import assume_decisions


@then("MediaConvert can assume a role of this stack")
def mediaconvert_has_role(pipeline: Pipeline, evidence: Recorder) -> None:
    """Decided by the trust policies of the roles."""
    try:
        roles = pipeline.mediaconvert_roles
    except MissingPartError:
        _no_role(pipeline, evidence)
        return
    expected = f"a role that {MEDIACONVERT} may assume"
    for role in roles:
        decisions = assume_decisions(pipeline.authority, role, MEDIACONVERT)
        found = next(str(decision) for decision in decisions if decision.allowed)
        evidence.check(True, role, "assume_role_policy", expected=expected, found=found)


@given("the role that MediaConvert works under", target_fixture="access")
def the_mediaconvert_role(pipeline: Pipeline, policy_evidence: PolicyEvidence) -> Access | None:
    """The role MediaConvert may assume; of several, the one in the function's environment.

    A stack that certainly has no such role fails here.
    """
    try:
        return Access(pipeline, pipeline.mediaconvert_role, policy_evidence)
    except MissingPartError:
        _no_role(pipeline, policy_evidence.evidence)
        return None


def _no_role(pipeline: Pipeline, evidence: Recorder) -> None:
    roles = ", ".join(map(str, pipeline.stack.managed("aws_iam_role")))
    evidence.check(
        False,
        "aws_iam_role",
        expected=f"a role that {MEDIACONVERT} may assume",
        found=f"none among {roles}" if roles else "none",
    )


@then("it may read every object that the input bucket announces")
def may_read_input(access: Access) -> None:
    """s3:GetObject on a key for each filter of the bucket notification."""
    for key in announced_keys(access.pipeline):
        _record(access, "s3:GetObject", f"{arn_of(access.pipeline.input_bucket)}/{key}")


@then("it may write objects to the output bucket")
def may_write_output(access: Access) -> None:
    """s3:PutObject on any key, or below a prefix that a statement names."""
    bucket = arn_of(access.pipeline.output_bucket)
    anywhere = f"{bucket}/renditions/holiday film.mp4"
    named = named_objects(access.documents, bucket, "s3:PutObject")
    objects = [arn for arn in (anywhere, *named) if access.decide("s3:PutObject", arn).allowed]
    _record(access, "s3:PutObject", objects[0] if objects else anywhere)


def _record(access: Access, action: str, arn: str) -> None:
    decided = access.decide(action, arn)
    access.record(decided.allowed, decided, expected=f"{action} allowed on {arn}")
