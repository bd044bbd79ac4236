"""Old versions are kept and expire in time; dead letters outlast their queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from steps import keeping
from tests.builders.parts import queue, queue_arn
from tests.builders.resolved_stacks import broken, verdict
from tests.builders.shipped import shipped
from tests.builders.stacks import DeclaredResource, declare, stack

BUCKET = declare("aws_s3_bucket.b", bucket="b", id="b")
OLD = {"noncurrent_version_expiration": [{"noncurrent_days": 30}]}
ABORT = {"abort_incomplete_multipart_upload": [{"days_after_initiation": 7}]}
Step = Callable[[Stack, Recorder], None]


def old_versions(found: Stack, evidence: Recorder) -> None:
    keeping.old_versions_go(found, evidence, "7", "90")


def unfinished(found: Stack, evidence: Recorder) -> None:
    keeping.unfinished_uploads_go(found, evidence, "7")


def judged(step: Step, *items: DeclaredResource) -> Recorder:
    evidence = Recorder()
    step(stack(*items), evidence)
    return evidence


def test_the_shipped_stack_keeps_and_expires() -> None:
    for step in (
        keeping.old_versions_are_kept,
        old_versions,
        unfinished,
        keeping.dead_letters_stay_longer,
        keeping.dead_letters_come_from_there,
    ):
        evidence = Recorder()
        step(shipped(), evidence)
        assert verdict(evidence) is Verdict.PASSED
        assert all(e.attribute for e in evidence.evidence)


# Versions ------------------------------------------------------------------------------------


def versioning(status: Any, of: Any = "b") -> DeclaredResource:
    return declare(
        "aws_s3_bucket_versioning.v", bucket=of, versioning_configuration=[{"status": status}]
    )


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([versioning("Enabled")], Verdict.PASSED),
        ([versioning("Suspended")], Verdict.FAILED),
        ([versioning(None)], Verdict.FAILED),
        ([versioning("Enabled", of="other")], Verdict.FAILED),
        ([], Verdict.FAILED),
        ([versioning(UNKNOWN)], Verdict.UNDETERMINED),
        ([versioning("Enabled", of=UNKNOWN)], Verdict.UNDETERMINED),
    ],
)
def test_versions_are_kept(items: list[DeclaredResource], expected: Verdict) -> None:
    assert verdict(judged(keeping.old_versions_are_kept, BUCKET, *items)) is expected


def rules(*blocks: Mapping[str, Any], of: Any = "b") -> DeclaredResource:
    usual = {"status": "Enabled", "filter": [{"prefix": "", "and": [], "tag": []}], "prefix": ""}
    rule = [{**usual, **block} for block in blocks]
    return declare("aws_s3_bucket_lifecycle_configuration.l", bucket=of, rule=rule)


@pytest.mark.parametrize(("step", "block"), [(old_versions, OLD), (unfinished, ABORT)])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Verdict.PASSED),
        ({"filter": []}, Verdict.PASSED),
        ({"filter": None}, Verdict.PASSED),
        ({"status": "Disabled"}, Verdict.FAILED),
        ({"prefix": "films/"}, Verdict.FAILED),
        ({"filter": [{"prefix": "films/"}]}, Verdict.FAILED),
        ({"filter": [{"tag": [{"key": "kind", "value": "film"}]}]}, Verdict.FAILED),
        ({"filter": [{"object_size_greater_than": 1000}]}, Verdict.FAILED),
        ({"status": UNKNOWN}, Verdict.UNDETERMINED),
        ({"filter": [{"prefix": UNKNOWN}]}, Verdict.UNDETERMINED),
        ({"filter": UNKNOWN}, Verdict.UNDETERMINED),
        ({"filter": [{"prefix": "films/", "tag": UNKNOWN}]}, Verdict.FAILED),
    ],
)
def test_a_rule_is_enabled_and_for_every_object(
    step: Step, block: Mapping[str, Any], change: Mapping[str, Any], expected: Verdict
) -> None:
    assert verdict(judged(step, BUCKET, rules({**block, **change}))) is expected


def test_a_filter_for_some_objects_is_named() -> None:
    some = {**OLD, "filter": [{"and": [], "prefix": "films/", "tag": []}]}
    evidence = judged(old_versions, BUCKET, rules(some))
    assert [item[:3] for item in broken(evidence)] == [
        ("aws_s3_bucket_lifecycle_configuration.l", "rule.0.filter.0.prefix", "films/")
    ]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (7, Verdict.PASSED),
        (90, Verdict.PASSED),
        (6, Verdict.FAILED),
        (91, Verdict.FAILED),
        (0, Verdict.FAILED),
        (UNKNOWN, Verdict.UNDETERMINED),
    ],
)
def test_the_days_must_be_in_the_range(days: Any, expected: Verdict) -> None:
    block = {"noncurrent_version_expiration": [{"noncurrent_days": days}]}
    assert verdict(judged(old_versions, BUCKET, rules(block))) is expected


@pytest.mark.parametrize(
    ("days", "expected"), [(1, Verdict.PASSED), (8, Verdict.FAILED), (0, Verdict.FAILED)]
)
def test_unfinished_uploads_expire_in_time(days: int, expected: Verdict) -> None:
    block = {"abort_incomplete_multipart_upload": [{"days_after_initiation": days}]}
    assert verdict(judged(unfinished, BUCKET, rules(block))) is expected


def test_kept_newer_versions_fail() -> None:
    block = [{"noncurrent_days": 30, "newer_noncurrent_versions": 3}]
    evidence = judged(old_versions, BUCKET, rules({"noncurrent_version_expiration": block}))
    assert [item[1] for item in broken(evidence)] == [
        "rule.0.noncurrent_version_expiration.0.newer_noncurrent_versions"
    ]


def test_the_rule_that_expires_first_counts() -> None:
    late = {"noncurrent_version_expiration": [{"noncurrent_days": 300}]}
    soon = {"noncurrent_version_expiration": [{"noncurrent_days": 1}]}
    assert verdict(judged(old_versions, BUCKET, rules(late, OLD))) is Verdict.PASSED
    assert verdict(judged(old_versions, BUCKET, rules(OLD, soon))) is Verdict.FAILED
    some = {**soon, "filter": [{"prefix": "films/"}]}
    assert verdict(judged(old_versions, BUCKET, rules(OLD, some))) is Verdict.PASSED
    perhaps = {**OLD, "status": UNKNOWN}
    assert verdict(judged(old_versions, BUCKET, rules(some, perhaps))) is Verdict.UNDETERMINED


@pytest.mark.parametrize("step", [old_versions, unfinished])
@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], Verdict.FAILED),
        ([rules(OLD, ABORT, of="other")], Verdict.FAILED),
        ([rules({})], Verdict.FAILED),
        ([rules(OLD, ABORT, of=UNKNOWN)], Verdict.UNDETERMINED),
        (
            [declare("aws_s3_bucket_lifecycle_configuration.l", bucket="b", rule=UNKNOWN)],
            Verdict.UNDETERMINED,
        ),
    ],
)
def test_without_a_rule_it_fails(
    step: Step, items: list[DeclaredResource], expected: Verdict
) -> None:
    assert verdict(judged(step, BUCKET, *items)) is expected


# Dead letters --------------------------------------------------------------------------------


def retention_queue(name: str, seconds: Any = None, **values: Any) -> DeclaredResource:
    """A queue with a retention period."""
    given = {"redrive_policy": None, "redrive_allow_policy": None, **values}
    return queue(name, message_retention_seconds=seconds, **given)


def source(name: str = "up", seconds: Any = None) -> DeclaredResource:
    """A queue whose dead-letter queue is "dead"."""
    policy = {"deadLetterTargetArn": queue_arn("dead"), "maxReceiveCount": 3}
    return retention_queue(name, seconds, redrive_policy=json.dumps(policy))


def allow_policy(*names: str, permission: str = "byQueue") -> str:
    arns = [queue_arn(name) for name in names]
    return json.dumps({"redrivePermission": permission, "sourceQueueArns": arns})


def allow_policy_of(name: str, policy: Any, **values: Any) -> DeclaredResource:
    given = {"queue_url": queue(name).resource.get("url"), **values}
    return declare("aws_sqs_queue_redrive_allow_policy.a", redrive_allow_policy=policy, **given)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (345600, 345601, Verdict.PASSED),
        (None, 1209600, Verdict.PASSED),
        (345600, 345600, Verdict.FAILED),
        (345600, 60, Verdict.FAILED),
        (None, None, Verdict.FAILED),
        (1209600, None, Verdict.FAILED),
        (UNKNOWN, 1209600, Verdict.UNDETERMINED),
        (345600, UNKNOWN, Verdict.UNDETERMINED),
    ],
)
def test_dead_letters_outlast_their_queue(first: Any, second: Any, expected: Verdict) -> None:
    items = (source(seconds=first), retention_queue("dead", second))
    evidence = judged(keeping.dead_letters_stay_longer, *items)
    assert verdict(evidence) is expected
    assert [e.address for e in evidence.evidence] == ["aws_sqs_queue.dead", "aws_sqs_queue.up"]


def test_dead_letters_outlast_each_of_several_queues() -> None:
    items = (source("up", 60), source("down", 900), retention_queue("dead", 600))
    evidence = judged(keeping.dead_letters_stay_longer, *items)
    assert {item[0] for item in broken(evidence)} == {"aws_sqs_queue.dead", "aws_sqs_queue.down"}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (allow_policy("up"), Verdict.PASSED),
        (allow_policy("up", "other"), Verdict.FAILED),
        (allow_policy("other"), Verdict.FAILED),
        (allow_policy(), Verdict.FAILED),
        (allow_policy(permission="allowAll"), Verdict.FAILED),
        (allow_policy(permission="denyAll"), Verdict.FAILED),
        ("no JSON", Verdict.FAILED),
        (UNKNOWN, Verdict.UNDETERMINED),
    ],
)
def test_the_allow_policy_names_only_the_source_queue(policy: Any, expected: Verdict) -> None:
    own = retention_queue("dead", redrive_allow_policy=policy)
    for items in ((retention_queue("dead"), allow_policy_of("dead", policy)), (own,)):
        evidence = judged(keeping.dead_letters_come_from_there, source(), *items)
        assert verdict(evidence) is expected
        assert evidence.evidence[0].attribute == "redrive_allow_policy"


def test_without_an_allow_policy_every_queue_may() -> None:
    step = keeping.dead_letters_come_from_there
    assert verdict(judged(step, source(), retention_queue("dead"))) is Verdict.FAILED
    elsewhere = allow_policy_of("other", allow_policy("up"))
    assert verdict(judged(step, source(), retention_queue("dead"), elsewhere)) is Verdict.FAILED
    unclear = allow_policy_of("dead", allow_policy("up"), queue_url=UNKNOWN)
    assert verdict(judged(step, source(), retention_queue("dead"), unclear)) is Verdict.UNDETERMINED


def test_the_allow_policy_names_every_source_queue() -> None:
    items = (source("up"), source("down"), retention_queue("dead"))
    step = keeping.dead_letters_come_from_there
    assert (
        verdict(judged(step, *items, allow_policy_of("dead", allow_policy("up", "down"))))
        is Verdict.PASSED
    )
    assert (
        verdict(judged(step, *items, allow_policy_of("dead", allow_policy("up")))) is Verdict.FAILED
    )


@pytest.mark.parametrize(
    "step", [keeping.dead_letters_stay_longer, keeping.dead_letters_come_from_there]
)
def test_a_dead_letter_queue_outside_the_stack_is_undetermined(step: Step) -> None:
    assert verdict(judged(step, source())) is Verdict.UNDETERMINED
    assert judged(step, retention_queue("alone")).evidence == []
