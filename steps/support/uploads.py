"""Whether each upload to the deployed pipeline has its job and its record."""

from __future__ import annotations

from planproof.evidence import Recorder, render
from steps.support.recent_failures import recent_failures
from steps.support.traffic import Traffic, Upload, has_status, has_value


def check_uploads(traffic: Traffic, evidence: Recorder, status: str, since: int) -> None:
    """Record the jobs and the item of every upload.

    Args:
        since: number of the trail entry after which failures are shown.
    """
    pipeline, records = traffic.pipeline, traffic.records()
    require_uploads(traffic, evidence)
    for upload in dict.fromkeys(traffic.uploads):
        count = traffic.uploads.count(upload)
        jobs = traffic.jobs_of(upload)
        evidence.check(
            len(jobs) == count,
            pipeline.function,
            expected=f"{counted(count, 'job')} for {shortened_key(upload)}",
            found=f"{counted(len(jobs), 'job')}{failures_since(traffic, since)}"
            if len(jobs) != count
            else ", ".join(job["Id"] for job in jobs),
        )
        for job in jobs:
            own = [item for item in records if has_value(item, job["Id"])]
            evidence.check(
                len(own) == 1 and has_status(own[0], status),
                pipeline.assets_table,
                expected=f"one record of job {job['Id']} with status {status}",
                found="; ".join(render(item) for item in own) or "none",
            )
    expected = len(traffic.uploads)
    evidence.check(
        len(records) == expected,
        pipeline.assets_table,
        expected=f"{counted(expected, 'record')}, one for each upload",
        found=counted(len(records), "record"),
    )


def require_uploads(traffic: Traffic, evidence: Recorder) -> None:
    """Record as undetermined that there was no upload."""
    if not traffic.uploads:
        bucket = traffic.pipeline.input_bucket
        evidence.check(None, bucket, expected="an upload", found="none, so nothing is proven")


def counted(number: int, word: str) -> str:
    """A number with its noun: ``2 jobs``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def shortened_key(upload: Upload) -> str:
    """The key of an upload, cut where it is long."""
    return upload.key if len(upload.key) <= 80 else f"{upload.key[:60]}… ({len(upload.key)})"


def failures_since(traffic: Traffic, since: int) -> str:
    """The failures in the trail after an entry, behind a text; "" if there are none."""
    return recent_failures(traffic.deployment.control.trail(since))
