"""Output of the deployed pipeline: jobs, records, renditions, messages and refusals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from pytest_bdd import parsers, then

from planproof.evidence import Recorder, render
from steps.support.deployed_scenario import DeployedScenario
from steps.support.renditions import probe, requested_renditions
from steps.support.traffic import has_status, has_value, text_of
from steps.support.uploads import (
    check_uploads,
    counted,
    failures_since,
    require_uploads,
    shortened_key,
)


@then(parsers.parse("every upload has one job, and its record says {status}"))
def one_job_each(deployed_scenario: DeployedScenario, evidence: Recorder, status: str) -> None:
    """Exactly one job and one record for each upload."""
    check_uploads(deployed_scenario.traffic, evidence, status, deployed_scenario.since)
    deployed_scenario.record_unfired_faults(evidence)


@then(parsers.parse("no job is made, and the record of every upload says {status}"))
def no_job_but_record(deployed_scenario: DeployedScenario, evidence: Recorder, status: str) -> None:
    """The function rejects the file without a job, and records the status."""
    traffic = deployed_scenario.traffic
    require_uploads(traffic, evidence)
    _check_no_job(deployed_scenario, evidence)
    for upload in traffic.uploads:
        own = [r for r in traffic.records() if has_value(r, upload.key) or has_value(r, upload.uri)]
        evidence.check(
            len(own) == 1 and has_status(own[0], status),
            traffic.pipeline.assets_table,
            expected=f"one record of {shortened_key(upload)} with status {status}",
            found="; ".join(render(item) for item in own) or "none",
        )
    deployed_scenario.record_unfired_faults(evidence)


@then("no job is made")
def no_job_made(deployed_scenario: DeployedScenario, evidence: Recorder) -> None:
    """The function of this stack makes no job, for no file."""
    _check_no_job(deployed_scenario, evidence)
    _require_invocation(deployed_scenario, evidence)


def _check_no_job(deployed_scenario: DeployedScenario, evidence: Recorder) -> None:
    traffic = deployed_scenario.traffic
    role = PurePosixPath(text_of(traffic.pipeline.function_role, "name")).name
    calls = [
        e
        for e in deployed_scenario.control.trail(deployed_scenario.since)
        if e.what == "mediaconvert:CreateJob" and f"/{role}/" in e.who
    ]
    evidence.check(
        not calls and not traffic.jobs(),
        traffic.pipeline.function,
        expected="no call of CreateJob, and no job",
        found=f"{counted(len(calls), 'call')}, {counted(len(traffic.jobs()), 'job')}",
    )


@then("no record is made")
def no_record_made(deployed_scenario: DeployedScenario, evidence: Recorder) -> None:
    """The table has no new item."""
    records = deployed_scenario.traffic.records()
    evidence.check(
        not records,
        deployed_scenario.traffic.pipeline.assets_table,
        expected="no new record",
        found="; ".join(render(item) for item in records) or "none",
    )
    _require_invocation(deployed_scenario, evidence)


@then(
    parsers.parse(
        "the output bucket holds {count:d} renditions of every upload, "
        "in the size and codec that its job asks for"
    )
)
def renditions_written(deployed_scenario: DeployedScenario, evidence: Recorder, count: int) -> None:
    """Each file is read, and its size and codec are detected."""
    traffic = deployed_scenario.traffic
    bucket = traffic.pipeline.output_bucket
    bucket_name, s3 = text_of(bucket, "bucket"), traffic.client("s3")
    seen: set[str] = set()
    require_uploads(traffic, evidence)
    for upload in dict.fromkeys(traffic.uploads):
        jobs = traffic.jobs_of(upload)
        if not jobs:
            evidence.check(
                False,
                traffic.pipeline.function,
                expected=f"a job that writes the renditions of {shortened_key(upload)}",
                found=f"none{failures_since(traffic, deployed_scenario.since)}",
            )
        for job in jobs:
            wanted = dict(requested_renditions(job))
            evidence.check(
                len(wanted) == count and not seen & set(wanted),
                traffic.pipeline.function,
                expected=f"a job with {count} renditions, each at a destination of its own",
                found=", ".join(map(str, wanted.values())) or "none",
            )
            seen |= set(wanted)
            for uri, rendition in wanted.items():
                key = uri.removeprefix(f"s3://{bucket_name}/")
                try:
                    body = s3.get_object(Bucket=bucket_name, Key=key)["Body"].read()
                    found = probe(body)
                except s3.exceptions.NoSuchKey:
                    evidence.check(False, bucket, expected=f"{rendition} at {key}", found="nothing")
                    continue
                evidence.check(
                    rendition.is_met_by(found),
                    bucket,
                    expected=f"{rendition} at {key}",
                    found=str(found) if found else f"{len(body)} bytes that are not a video",
                )
    deployed_scenario.record_unfired_faults(evidence)


@then("no message is left anywhere")
def no_message_left(deployed_scenario: DeployedScenario, evidence: Recorder) -> None:
    """Every queue is empty, dead-letter queues included."""
    for queue, count in deployed_scenario.traffic.message_counts():
        failures = (
            failures_since(deployed_scenario.traffic, deployed_scenario.since) if count else ""
        )
        found = f"{counted(count, 'message')}{failures}"
        evidence.check(count == 0, queue, expected="no message", found=found)
    deployed_scenario.require_traffic(evidence)
    deployed_scenario.record_unfired_faults(evidence)


@then(
    parsers.re(
        r"the dead-letter queue of the (?P<queue>processing|status) queue holds that message "
        r"and no other"
    )
)
def in_dead_letter_queue(
    deployed_scenario: DeployedScenario, evidence: Recorder, queue: str
) -> None:
    """The dead-letter queue holds the message that could not be processed."""
    traffic = deployed_scenario.traffic
    pipeline = traffic.pipeline
    source = pipeline.processing_queue if queue == "processing" else pipeline.status_queue
    sent = traffic.sent.get(source.address, [])
    target = pipeline.dead_letters(source)
    found = [body for _, body in traffic.take_messages(target)]
    evidence.check(
        bool(sent) and sorted(found) == sorted(sent),
        target,
        expected=f"only this message: {_shortened_bodies(sent)}",
        found=_shortened_bodies(found)
        if found
        else f"no message{failures_since(traffic, deployed_scenario.since)}",
    )
    deployed_scenario.record_unfired_faults(evidence)


@then("AWS refused nothing")
def nothing_refused(deployed_scenario: DeployedScenario, evidence: Recorder) -> None:
    """No call of the function, nor of a service on behalf of the stack, was refused."""
    refused = deployed_scenario.traffic.refusals(deployed_scenario.since)
    calls = deployed_scenario.control.trail(deployed_scenario.since)
    # The emulated account also refuses what the policies do not decide; AWS might allow it.
    decided = not refused or not all(entry.detail.get("undetermined") for entry in refused)
    evidence.check(
        (not refused and bool(calls)) if decided else None,
        deployed_scenario.traffic.pipeline.function,
        expected="every call allowed",
        found="; ".join(dict.fromkeys(str(e.detail.get("message", e.what)) for e in refused))
        or f"{counted(len(calls), 'call')} and deliveries, none refused",
    )
    deployed_scenario.require_traffic(evidence)
    deployed_scenario.record_unfired_faults(evidence)


def _require_invocation(deployed_scenario: DeployedScenario, evidence: Recorder) -> None:
    """Record as undetermined that the function never ran, or that a fault did not fire."""
    deployed_scenario.require_invocation(evidence)
    deployed_scenario.record_unfired_faults(evidence)


def _shortened_bodies(bodies: Sequence[str]) -> str:
    """The beginnings of messages."""
    return "; ".join(body if len(body) <= 160 else f"{body[:160]}…" for body in bodies)
