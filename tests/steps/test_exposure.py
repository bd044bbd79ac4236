"""Buckets and queues deny requests without TLS, and no bucket can be made public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from steps import exposure
from tests.builders.resolved_stacks import broken, policy_evidence, verdict
from tests.builders.shipped import shipped, with_document, with_values
from tests.builders.stacks import DeclaredResource, declare, stack
from tests.steps.stack_steps import StackSteps

BUCKET = "aws_s3_bucket_policy.input"
BUCKET_ARN = shipped()["aws_s3_bucket.input"].get("arn")
OTHER_ARN = shipped()["aws_s3_bucket.output"].get("arn")
DEAD_LETTERS = "aws_sqs_queue_policy.status_dead_letter"
OWN = shipped().provider_locations["aws"].account
Edit = Callable[[dict[str, Any]], None]


def refusals(found: Stack) -> dict[str, Recorder]:
    """The evidence of both steps, by service."""
    steps = StackSteps(found)
    written = {}
    for name, step in (("s3", exposure.buckets_refuse), ("sqs", exposure.queues_refuse)):
        steps.evidence = Recorder(found.locate)
        written[name] = steps.run(step)
    return written


def denial(**elements: Any) -> Edit:
    """Changes elements of the statement that denies plain HTTP; None takes one away."""

    def edit(document: dict[str, Any]) -> None:
        (statement,) = [s for s in document["Statement"] if s["Sid"] == "DenyInsecureTransport"]
        statement.update(elements)
        for name in [n for n, value in elements.items() if value is None]:
            del statement[name]

    return edit


def without_denial(document: dict[str, Any]) -> None:
    document["Statement"] = [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        }
    ]


def test_the_shipped_stack_refuses_plain_http() -> None:
    found = refusals(shipped())
    assert {name: verdict(one) for name, one in found.items()} == {
        "s3": Verdict.PASSED,
        "sqs": Verdict.PASSED,
    }
    assert len(found["s3"].evidence) == 2 * 3
    assert len(found["sqs"].evidence) == 4 * 3
    seen = {(e.address, e.attribute) for e in found["sqs"].evidence}
    assert (DEAD_LETTERS, "policy") in seen
    assert all(e.line for e in (*found["s3"].evidence, *found["sqs"].evidence))


NARROWED = {
    "the statement is gone": without_denial,
    "it allows": denial(Effect="Allow"),
    "reads alone": denial(Action="s3:Get*"),
    "one action": denial(Action="s3:PutObject"),
    "another service": denial(Action="sqs:*"),
    "all but one action": denial(Action=None, NotAction="s3:GetObjectTorrent"),
    "the bucket alone": denial(Resource=BUCKET_ARN),
    "its objects alone": denial(Resource=f"{BUCKET_ARN}/*"),
    "some of its objects": denial(Resource=[BUCKET_ARN, f"{BUCKET_ARN}/films/*"]),
    "another bucket": denial(Resource=[OTHER_ARN, f"{OTHER_ARN}/*"]),
    "one account": denial(Principal={"AWS": OWN}),
    "another account": denial(Principal={"AWS": "111122223333"}),
    "one role": denial(Principal={"AWS": f"arn:aws:iam::{OWN}:role/reader"}),
    "a service": denial(Principal={"Service": "s3.amazonaws.com"}),
    "all but one role": denial(
        Principal=None,
        NotPrincipal={"AWS": [f"arn:aws:iam::{OWN}:role/reader", f"arn:aws:iam::{OWN}:root"]},
    ),
    "all but the root user": denial(
        Principal=None, NotPrincipal={"AWS": f"arn:aws:iam::{OWN}:root"}
    ),
    "all but a named role": denial(
        Condition={
            "Bool": {"aws:SecureTransport": "false"},
            "ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/reader"},
        }
    ),
    "with TLS": denial(Condition={"Bool": {"aws:SecureTransport": "true"}}),
    "the condition negated": denial(
        Condition={"StringNotEquals": {"aws:SecureTransport": "false"}}
    ),
    "on behalf of somebody": denial(
        Condition={
            "Bool": {"aws:SecureTransport": "false"},
            "StringEquals": {"aws:SourceAccount": OWN},
        }
    ),
}


@pytest.mark.parametrize("edit", NARROWED.values(), ids=NARROWED)
def test_access_without_tls_fails(edit: Edit) -> None:
    found = refusals(with_document(shipped(), BUCKET, edit))
    assert verdict(found["s3"]) is Verdict.FAILED
    assert {item[:2] for item in broken(found["s3"])} == {(BUCKET, "policy")}
    assert verdict(found["sqs"]) is Verdict.PASSED


@pytest.mark.parametrize(
    "edit",
    [
        denial(Action="*"),
        denial(Resource="*"),
        denial(Principal={"AWS": "*"}),
        denial(Condition={"BoolIfExists": {"aws:SecureTransport": False}}),
        denial(Condition=None),
    ],
)
def test_equivalent_statements_pass(edit: Edit) -> None:
    assert verdict(refusals(with_document(shipped(), BUCKET, edit))["s3"]) is Verdict.PASSED


def test_allowed_actions_are_named() -> None:
    found = refusals(with_document(shipped(), BUCKET, denial(Resource=BUCKET_ARN)))["s3"]
    (first, *_) = [e for e in found.evidence if e.holds is False]
    assert first.expected.startswith("s3:AbortMultipartUpload, ")
    assert "more on aws_s3_bucket.input denied without TLS to an unauthenticated caller" in (
        first.expected
    )
    assert first.found.startswith(f"no statement denies it on {BUCKET_ARN}/")


def test_a_dead_letter_queue_without_a_policy() -> None:
    elsewhere = with_values(shipped(), DEAD_LETTERS, queue_url="https://sqs.example/other")
    found = refusals(elsewhere)["sqs"]
    assert {item[:2] for item in broken(found)} == {("aws_sqs_queue.status_dead_letter", "policy")}


def test_a_policy_on_another_queue_leaves_two_undetermined() -> None:
    url = shipped()["aws_sqs_queue.status"].get("id")
    found = refusals(with_values(shipped(), DEAD_LETTERS, queue_url=url))["sqs"]
    holds = {(e.address, e.holds) for e in found.evidence if e.holds is not True}
    assert holds == {("aws_sqs_queue.status", None), ("aws_sqs_queue.status_dead_letter", False)}


@pytest.mark.parametrize("address", [BUCKET, DEAD_LETTERS])
def test_an_unknown_policy_is_undetermined(address: str) -> None:
    found = refusals(with_values(shipped(), address, policy=UNKNOWN))
    assert Verdict.UNDETERMINED in {verdict(one) for one in found.values()}


def test_an_unknown_condition_is_undetermined() -> None:
    office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    narrowed = denial(Condition={"Bool": {"aws:SecureTransport": "false"}, **office})
    assert verdict(refusals(with_document(shipped(), BUCKET, narrowed))["s3"]) is (
        Verdict.UNDETERMINED
    )


def test_a_plan_alone_leaves_it_undetermined() -> None:
    items = (
        declare("aws_s3_bucket.b", bucket="b", id=UNKNOWN, arn=UNKNOWN),
        declare(
            "aws_s3_bucket_policy.b",
            bucket=UNKNOWN,
            policy=UNKNOWN,
            refers={"bucket": ["aws_s3_bucket.b.id", "aws_s3_bucket.b"]},
        ),
    )
    scene_stack, evidence = stack(*items, region=None), Recorder()
    exposure.buckets_refuse(policy_evidence(scene_stack, evidence))
    assert verdict(evidence) is Verdict.UNDETERMINED


# Account lockout -----------------------------------------------------------------------------


def account_lockout(found: Stack) -> dict[str, Recorder]:
    """The evidence of both steps on the account's own access, by service."""
    steps = StackSteps(found)
    written = {}
    for name, step in (
        ("s3", exposure.buckets_allow_their_account),
        ("sqs", exposure.queues_allow_their_account),
    ):
        steps.evidence = Recorder(found.locate)
        written[name] = steps.run(step)
    return written


def test_the_shipped_stack_does_not_lock_out_its_account() -> None:
    found = account_lockout(shipped())
    assert {verdict(one) for one in found.values()} == {Verdict.PASSED}
    assert [len(one.evidence) for one in found.values()] == [2, 4]


@pytest.mark.parametrize(
    ("address", "service"),
    [
        (BUCKET, "s3"),
        (DEAD_LETTERS, "sqs"),
        ("aws_sqs_queue_policy.processing_dead_letter", "sqs"),
        ("aws_sqs_queue_policy.processing", "sqs"),
    ],
)
def test_a_denial_without_its_condition_locks_out_the_account(address: str, service: str) -> None:
    stack_ = with_document(shipped(), address, denial(Condition=None))
    found = account_lockout(stack_)
    ((where, path, said, place),) = broken(found[service])
    assert (where, path) == (address, "policy")
    assert said.startswith("explicitly denied: ")
    assert place.startswith("terraform/")
    part = address.replace("_policy", "")
    (wrong,) = [e for e in found[service].evidence if e.holds is False]
    assert wrong.expected.endswith(
        f"more on {part} not denied with TLS to an administrator of its account"
    )
    assert verdict(refusals(stack_)[service]) is Verdict.PASSED  # which does not notice


def test_an_unknown_policy_leaves_the_lockout_undetermined() -> None:
    found = account_lockout(with_values(shipped(), DEAD_LETTERS, policy=UNKNOWN))
    assert verdict(found["sqs"]) is Verdict.UNDETERMINED
    assert verdict(found["s3"]) is Verdict.PASSED


# Nothing public ------------------------------------------------------------------------------

ALL = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
    True,
)
NAMED = declare("aws_s3_bucket.b", bucket="b", id="b")


def block(of: Any = "b", **values: Any) -> DeclaredResource:
    return declare("aws_s3_bucket_public_access_block.p", bucket=of, **{**ALL, **values})


def ownership(value: Any, of: Any = "b") -> DeclaredResource:
    rule = [{"object_ownership": value}]
    return declare("aws_s3_bucket_ownership_controls.o", bucket=of, rule=rule)


def judged(step: Callable[[Stack, Recorder], None], *items: DeclaredResource) -> Recorder:
    evidence = Recorder()
    step(stack(*items), evidence)
    return evidence


def test_public_access_is_blocked() -> None:
    blocked = judged(exposure.public_access_is_blocked, NAMED, block())
    assert verdict(blocked) is Verdict.PASSED
    assert [e.attribute for e in blocked.evidence] == list(ALL)
    off = judged(exposure.lists_are_off, NAMED, ownership("BucketOwnerEnforced"))
    assert verdict(off) is Verdict.PASSED
    assert off.evidence[0].attribute == "rule.0.object_ownership"


@pytest.mark.parametrize("attribute", ALL)
@pytest.mark.parametrize(
    ("value", "expected"),
    [(False, Verdict.FAILED), (None, Verdict.FAILED), (UNKNOWN, Verdict.UNDETERMINED)],
)
def test_each_of_the_four_counts(attribute: str, value: Any, expected: Verdict) -> None:
    found = judged(exposure.public_access_is_blocked, NAMED, block(**{attribute: value}))
    assert verdict(found) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("BucketOwnerPreferred", Verdict.FAILED),
        ("ObjectWriter", Verdict.FAILED),
        (None, Verdict.FAILED),
        (UNKNOWN, Verdict.UNDETERMINED),
    ],
)
def test_enabled_acls_fail(value: Any, expected: Verdict) -> None:
    assert verdict(judged(exposure.lists_are_off, NAMED, ownership(value))) is expected


@pytest.mark.parametrize("step", [exposure.public_access_is_blocked, exposure.lists_are_off])
def test_a_default_is_not_enough(step: Any) -> None:
    assert broken(judged(step, NAMED))[0][0] == "aws_s3_bucket.b"
    others = (block(of="other"), ownership("BucketOwnerEnforced", of="other"))
    assert verdict(judged(step, NAMED, *others)) is Verdict.FAILED
    second = declare("aws_s3_bucket.second", bucket="second", id="second")
    own = (block(), ownership("BucketOwnerEnforced"))
    found = judged(step, NAMED, second, *own)
    assert [item[0] for item in broken(found)] == ["aws_s3_bucket.second"]


@pytest.mark.parametrize("step", [exposure.public_access_is_blocked, exposure.lists_are_off])
def test_the_bucket_of_a_setting_may_be_unknown(step: Any) -> None:
    unclear = (block(of=UNKNOWN), ownership("BucketOwnerEnforced", of=UNKNOWN))
    assert verdict(judged(step, NAMED, *unclear)) is Verdict.UNDETERMINED
