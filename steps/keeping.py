"""Versions, their expiration, and dead-letter queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_bdd import parsers, then

from planproof.aws.datapath.queues import redrive_policy, redrives
from planproof.evidence import Recorder
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, Unknown
from steps.support.bucket_settings import bucket_settings
from steps.support.lifecycle import OLD_VERSIONS, UNFINISHED_UPLOADS, Expiration, record_expiration
from steps.support.pipeline import retention_of

_STATUS = "versioning_configuration.0.status"
_LIFECYCLE = "aws_s3_bucket_lifecycle_configuration"
_ALLOW = "redrive_allow_policy"
_RETENTION = "message_retention_seconds"


@then("every S3 bucket keeps old versions of its objects")
def old_versions_are_kept(stack: Stack, evidence: Recorder) -> None:
    """Bucket versioning is enabled."""
    for versioning in bucket_settings(
        stack, "aws_s3_bucket_versioning", evidence, expected="status Enabled"
    ):
        evidence.equal(versioning, _STATUS, "Enabled")


@then(
    parsers.re(r"every S3 bucket lets old versions go after (?P<least>\d+) to (?P<most>\d+) days")
)
def old_versions_go(stack: Stack, evidence: Recorder, least: str, most: str) -> None:
    """A lifecycle rule for every object expires them within that range of days."""
    _record_expirations(stack, OLD_VERSIONS, int(least), int(most), evidence)


@then(parsers.re(r"every S3 bucket lets unfinished uploads go within (?P<most>\d+) days"))
def unfinished_uploads_go(stack: Stack, evidence: Recorder, most: str) -> None:
    """A lifecycle rule for every object aborts incomplete multipart uploads."""
    _record_expirations(stack, UNFINISHED_UPLOADS, 1, int(most), evidence)


@then("every dead-letter queue keeps messages longer than the queues they come from")
def dead_letters_stay_longer(stack: Stack, evidence: Recorder) -> None:
    """A message keeps its age when it is moved, so the retention must be longer."""
    for queue, target in _redriven(stack, evidence):
        times = [retention_of(queue), retention_of(target)]
        known = [time for time in times if isinstance(time, (int, float))]
        holds = known[1] > known[0] if len(known) == len(times) else None
        expected = f"longer than the {times[0]} seconds of {queue}"
        evidence.check(holds, target, _RETENTION, expected=expected, found=times[1])
        evidence.check(holds, queue, _RETENTION, expected=f"less than {target}", found=times[0])


@then("every dead-letter queue takes messages from those queues alone")
def dead_letters_come_from_there(stack: Stack, evidence: Recorder) -> None:
    """Its redrive allow policy names exactly the queues that it is the dead-letter queue of."""
    sources: dict[str, tuple[Resource, list[Resource]]] = {}
    for queue, target in _redriven(stack, evidence):
        sources.setdefault(target.address, (target, []))[1].append(queue)
    for target, queues in sources.values():
        holder, policy, sure = redrive_policy(stack, target, _ALLOW)
        expected = f"byQueue, only for {' and '.join(map(str, queues))}"
        found = "none: every queue may use it" if policy is None else holder.get(_ALLOW)
        holds: Truth = False
        if not sure or isinstance(policy, Unknown):
            holds = None
        elif policy is not None and not isinstance(policy, str):
            holds = _names_exactly(policy, queues)
        evidence.check(holds, holder, _ALLOW, expected=expected, found=found)


def _record_expirations(
    stack: Stack, expiration: Expiration, least: int, most: int, evidence: Recorder
) -> None:
    expected = f"a rule that expires {expiration.what} of every object"
    for configuration in bucket_settings(stack, _LIFECYCLE, evidence, expected=expected):
        record_expiration(configuration, expiration, least, most, evidence)


def _redriven(stack: Stack, evidence: Recorder) -> Iterator[tuple[Resource, Resource]]:
    """Each queue of the stack with its dead-letter queue; an unknown one is recorded."""
    for edge in redrives(stack):
        if isinstance(edge.source, Resource) and isinstance(edge.target, Resource):
            yield edge.source, edge.target
        else:
            holder = edge.declared_by if edge.declared_by is not None else str(edge.source)
            expected = "a dead-letter queue of this stack"
            evidence.check(None, holder, "redrive_policy", expected=expected)


def _names_exactly(policy: Mapping[str, Any], queues: list[Resource]) -> Truth:
    """Whether a redrive allow policy names exactly these queues."""
    if policy.get("redrivePermission") != "byQueue":
        return False
    sources = policy.get("sourceQueueArns") or ()
    named = {sources} if isinstance(sources, str) else set(sources)
    own = [queue.get("arn") for queue in queues]
    known = {arn for arn in own if isinstance(arn, str)}
    return named == known if len(known) == len(own) else None
