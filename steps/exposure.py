"""Requests without TLS, account lockout, public access and access control lists."""

from __future__ import annotations

from pytest_bdd import then

from planproof.aws.datapath.guarded import Attempt
from planproof.aws.datapath.transport import account_lockout, plaintext_attempts
from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from steps.support.bucket_settings import bucket_settings
from steps.support.policy_evidence import PolicyEvidence

_BLOCKS = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
)
_OWNERSHIP = "rule.0.object_ownership"
_NO_ACLS = "BucketOwnerEnforced"
_NAMED = 5


@then("every S3 bucket refuses what comes without TLS")
def buckets_refuse(policy_evidence: PolicyEvidence) -> None:
    """Every S3 action on a bucket or its objects is denied to every principal."""
    _record_plaintext("aws_s3_bucket", policy_evidence)


@then("every SQS queue refuses what comes without TLS")
def queues_refuse(policy_evidence: PolicyEvidence) -> None:
    """Every SQS action on a queue is denied to every principal."""
    _record_plaintext("aws_sqs_queue", policy_evidence)


@then("no S3 bucket shuts out its own account over TLS")
def buckets_allow_their_account(policy_evidence: PolicyEvidence) -> None:
    """No S3 action on a bucket or its objects is denied to all principals of its account."""
    _record_lockout("aws_s3_bucket", policy_evidence)


@then("no SQS queue shuts out its own account over TLS")
def queues_allow_their_account(policy_evidence: PolicyEvidence) -> None:
    """No action of SQS on a queue is denied to all who administer it."""
    _record_lockout("aws_sqs_queue", policy_evidence)


@then("every S3 bucket blocks public access in all four ways")
def public_access_is_blocked(stack: Stack, evidence: Recorder) -> None:
    """It has a public access block, in which all four are true."""
    expected = f"{', '.join(_BLOCKS)}: all true"
    for block in bucket_settings(
        stack, "aws_s3_bucket_public_access_block", evidence, expected=expected
    ):
        for attribute in _BLOCKS:
            evidence.equal(block, attribute, True)


@then("every S3 bucket has its access control lists switched off")
def lists_are_off(stack: Stack, evidence: Recorder) -> None:
    """Its object ownership is BucketOwnerEnforced, and the sources say so."""
    expected = f"object_ownership {_NO_ACLS}"
    for controls in bucket_settings(
        stack, "aws_s3_bucket_ownership_controls", evidence, expected=expected
    ):
        evidence.equal(controls, _OWNERSHIP, _NO_ACLS)


def _record_plaintext(type_: str, policy_evidence: PolicyEvidence) -> None:
    """Record for each resource whether every kind of caller is denied without TLS."""
    for part in policy_evidence.stack.managed(type_):
        for attempt in plaintext_attempts(policy_evidence.authority, part):
            expected = f"{_actions_on(attempt)} {part} denied without TLS to {attempt.caller}"
            _record(attempt, expected, policy_evidence)


def _record_lockout(type_: str, policy_evidence: PolicyEvidence) -> None:
    """Record for each resource whether anything is denied to its own account over TLS."""
    for part in policy_evidence.stack.managed(type_):
        attempt = account_lockout(policy_evidence.authority, part)
        expected = f"{_actions_on(attempt)} {part} not denied with TLS to {attempt.caller}"
        _record(attempt, expected, policy_evidence)


def _actions_on(attempt: Attempt) -> str:
    more = len(attempt.actions) - _NAMED
    named = ", ".join(attempt.actions[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{named} on" if named else "everything on"


def _record(attempt: Attempt, expected: str, policy_evidence: PolicyEvidence) -> None:
    """Record an attempt, at the line of the statement that decides if there is one."""
    (policy,) = attempt.policies if len(attempt.policies) == 1 else (None,)
    policy_evidence.evidence.check(
        attempt.holds,
        policy.source if policy is not None else attempt.part,
        policy.attribute if policy is not None else "policy",
        expected=expected,
        found=attempt.found,
        at=policy_evidence.statement_location(attempt.policies, attempt.statement),
    )
