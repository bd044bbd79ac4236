"""Does anything cross the network in the clear, and can anything be made public?"""

from __future__ import annotations

from pytest_bdd import then

from planproof.aws.datapath import Authority
from planproof.aws.datapath.account_lockout import shut_out
from planproof.aws.datapath.cleartext import in_the_clear
from planproof.aws.datapath.outsiders import Attempt
from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Stack
from steps.support.companions import companions
from steps.support.places import place_of

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
def buckets_refuse(
    authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Every action of S3 on a bucket or an object of it is denied, whoever asks."""
    _refuse("aws_s3_bucket", authority, resolved_stacks, evidence)


@then("every SQS queue refuses what comes without TLS")
def queues_refuse(
    authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Every action of SQS on a queue is denied, whoever asks."""
    _refuse("aws_sqs_queue", authority, resolved_stacks, evidence)


@then("no S3 bucket shuts out its own account over TLS")
def buckets_let_their_own_in(
    authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """No action of S3 on a bucket or an object of it is denied to all who administer it."""
    _shut_out("aws_s3_bucket", authority, resolved_stacks, evidence)


@then("no SQS queue shuts out its own account over TLS")
def queues_let_their_own_in(
    authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """No action of SQS on a queue is denied to all who administer it."""
    _shut_out("aws_sqs_queue", authority, resolved_stacks, evidence)


@then("every S3 bucket blocks public access in all four ways")
def public_access_is_blocked(stack: Stack, evidence: Recorder) -> None:
    """It has a public access block, in which all four are true."""
    expected = f"{', '.join(_BLOCKS)}: all true"
    for bucket in stack.managed("aws_s3_bucket"):
        for block in companions(
            stack, bucket, "aws_s3_bucket_public_access_block", evidence, expected=expected
        ):
            for attribute in _BLOCKS:
                evidence.equal(block, attribute, True)


@then("every S3 bucket has its access control lists switched off")
def lists_are_off(stack: Stack, evidence: Recorder) -> None:
    """Its object ownership is BucketOwnerEnforced, and the sources say so."""
    expected = f"object_ownership {_NO_ACLS}"
    for bucket in stack.managed("aws_s3_bucket"):
        for controls in companions(
            stack, bucket, "aws_s3_bucket_ownership_controls", evidence, expected=expected
        ):
            evidence.equal(controls, _OWNERSHIP, _NO_ACLS)


def _refuse(
    type_: str, authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Write down what became of each kind of caller."""
    for part in authority.stack.managed(type_):
        for attempt in in_the_clear(authority, part):
            expected = f"{_tried(attempt)} {part} denied without TLS to {attempt.who}"
            _record(attempt, expected, authority, resolved_stacks, evidence)


def _shut_out(
    type_: str, authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Write down whether anything is denied to the account of each part."""
    for part in authority.stack.managed(type_):
        attempt = shut_out(authority, part)
        expected = f"{_tried(attempt)} {part} not denied with TLS to {attempt.who}"
        _record(attempt, expected, authority, resolved_stacks, evidence)


def _tried(attempt: Attempt) -> str:
    more = len(attempt.actions) - _NAMED
    named = ", ".join(attempt.actions[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{named} on" if named else "everything on"


def _record(
    attempt: Attempt,
    expected: str,
    authority: Authority,
    resolved_stacks: ResolvedStacks,
    evidence: Recorder,
) -> None:
    """Write down what was attempted, at the policy that decides if there is one."""
    at = None
    if attempt.statement is not None:
        at = place_of(authority.stack, resolved_stacks, attempt.policies, attempt.statement)
    (policy,) = attempt.policies if len(attempt.policies) == 1 else (None,)
    evidence.check(
        attempt.holds,
        policy.source if policy is not None else attempt.part,
        policy.attribute if policy is not None else "policy",
        expected=expected,
        found=attempt.found,
        at=at,
    )
