"""Can what is kept be got back, and does it go when it is time?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_bdd import parsers, then

from planproof.aws.datapath.queues import redrive_allow_policy, redrives
from planproof.evidence import Recorder
from planproof.terraform.stack import Resource, Stack
from planproof.values import Unknown, Value
from steps.support.companions import companions
from steps.support.lifecycle import OLD_VERSIONS, UNFINISHED_UPLOADS, Ending, record_ending

_STATUS = "versioning_configuration.0.status"
_LIFECYCLE = "aws_s3_bucket_lifecycle_configuration"
_ALLOW = "redrive_allow_policy"
_RETENTION = "message_retention_seconds"
_USUAL_RETENTION = 345_600
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""


@then("every S3 bucket keeps old versions of its objects")
def old_versions_are_kept(stack: Stack, evidence: Recorder) -> None:
    """Its versioning is enabled."""
    for bucket in stack.managed("aws_s3_bucket"):
        for versioning in companions(
            stack, bucket, "aws_s3_bucket_versioning", evidence, expected="status Enabled"
        ):
            evidence.equal(versioning, _STATUS, "Enabled")


@then(
    parsers.re(
        r"every S3 bucket lets old versions go after (?P<least>\d+) to (?P<most>\d+) days",
    )
)
def old_versions_go(stack: Stack, evidence: Recorder, least: str, most: str) -> None:
    """A lifecycle rule for every object ends them, neither sooner nor later."""
    _let_go(stack, OLD_VERSIONS, int(least), int(most), evidence)


@then(parsers.re(r"every S3 bucket lets unfinished uploads go within (?P<most>\d+) days"))
def unfinished_uploads_go(stack: Stack, evidence: Recorder, most: str) -> None:
    """A lifecycle rule for every object aborts multipart uploads that nobody completes."""
    _let_go(stack, UNFINISHED_UPLOADS, 1, int(most), evidence)


@then("every dead-letter queue keeps messages longer than the queues they come from")
def dead_letters_stay_longer(stack: Stack, evidence: Recorder) -> None:
    """A message keeps its age when it is moved, so the same time would leave it none."""
    for queue, target in _redriven(stack, evidence):
        times = [_retention(queue), _retention(target)]
        known = [time for time in times if isinstance(time, (int, float))]
        holds = known[1] > known[0] if len(known) == len(times) else None
        expected = f"longer than the {times[0]} seconds of {queue}"
        evidence.check(holds, target, _RETENTION, expected=expected, found=times[1])
        evidence.check(holds, queue, _RETENTION, expected=f"less than {target}", found=times[0])


@then("every dead-letter queue takes messages from those queues alone")
def dead_letters_come_from_there(stack: Stack, evidence: Recorder) -> None:
    """Its redrive allow policy names the queues that leave messages in it, and no others."""
    sources: dict[str, tuple[Resource, list[Resource]]] = {}
    for queue, target in _redriven(stack, evidence):
        sources.setdefault(target.address, (target, []))[1].append(queue)
    for target, queues in sources.values():
        holder, policy, sure = redrive_allow_policy(stack, target)
        expected = f"byQueue, for {' and '.join(map(str, queues))} alone"
        found = "none, so that every queue may" if policy is None else holder.get(_ALLOW)
        holds: bool | None = False
        if not sure or isinstance(policy, Unknown):
            holds = None
        elif policy is not None and not isinstance(policy, str):
            holds = _names_them(policy, queues)
        evidence.check(holds, holder, _ALLOW, expected=expected, found=found)


def _let_go(stack: Stack, ending: Ending, least: int, most: int, evidence: Recorder) -> None:
    expected = f"a rule that lets {ending.what} of every object go"
    for bucket in stack.managed("aws_s3_bucket"):
        for configuration in companions(stack, bucket, _LIFECYCLE, evidence, expected=expected):
            record_ending(configuration, ending, least, most, evidence)


def _redriven(stack: Stack, evidence: Recorder) -> Iterator[tuple[Resource, Resource]]:
    """Each queue of the stack with its dead-letter queue; one that cannot be told is written
    down."""
    for edge in redrives(stack):
        if isinstance(edge.source, Resource) and isinstance(edge.target, Resource):
            yield edge.source, edge.target
        else:
            holder = edge.declared_by if edge.declared_by is not None else str(edge.source)
            expected = "a dead-letter queue of this stack"
            evidence.check(None, holder, "redrive_policy", expected=expected)


def _retention(queue: Resource) -> Value:
    """For how many seconds a queue keeps a message; the time AWS gives it where nothing is said."""
    value = queue.get(_RETENTION)
    return _USUAL_RETENTION if value is None else value


def _names_them(policy: Mapping[str, Any], queues: list[Resource]) -> bool | None:
    """Whether a redrive allow policy is for these queues and no others."""
    if policy.get("redrivePermission") != "byQueue":
        return False
    sources = policy.get("sourceQueueArns") or ()
    named = {sources} if isinstance(sources, str) else set(sources)
    own = [queue.get("arn") for queue in queues]
    known = {arn for arn in own if isinstance(arn, str)}
    return named == known if len(known) == len(own) else None
