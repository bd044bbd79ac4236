"""What comes out of the deployed pipeline, and what does it make of what went wrong?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from pytest_bdd import parsers, then

from planproof.evidence import Recorder, render
from steps.support.deployed_scenario import Scene
from steps.support.recent_failures import story
from steps.support.renditions import asked_for, probe
from steps.support.traffic import Traffic, Upload, names, says, text_of


@then(parsers.parse("every upload has one job, and its record says {status}"))
def one_job_each(on_stage: Scene, evidence: Recorder, status: str) -> None:
    """No upload without, none with two, and as many records as uploads."""
    check_uploads(on_stage.traffic, evidence, status, on_stage.since)
    on_stage.what_went_wrong(evidence)


def check_uploads(traffic: Traffic, evidence: Recorder, status: str, since: int) -> None:
    """Write down jobs and record of every upload.

    Args:
        since: number in the trail from where on it tells what went wrong.
    """
    pipeline, records = traffic.pipeline, traffic.records()
    _must_be_uploads(traffic, evidence)
    for upload in dict.fromkeys(traffic.uploads):
        count = traffic.uploads.count(upload)
        jobs = traffic.jobs_of(upload)
        evidence.check(
            len(jobs) == count,
            pipeline.function,
            expected=f"{_counted(count, 'job')} for {_short(upload)}",
            found=f"{_counted(len(jobs), 'job')}{_story(traffic, since)}"
            if len(jobs) != count
            else ", ".join(job["Id"] for job in jobs),
        )
        for job in jobs:
            mine = [item for item in records if names(item, job["Id"])]
            evidence.check(
                len(mine) == 1 and says(mine[0], status),
                pipeline.assets_table,
                expected=f"one record of job {job['Id']} that says {status}",
                found="; ".join(render(item) for item in mine) or "none",
            )
    expected = len(traffic.uploads)
    evidence.check(
        len(records) == expected,
        pipeline.assets_table,
        expected=f"{_counted(expected, 'record')}, one for each upload",
        found=_counted(len(records), "record"),
    )


@then(parsers.parse("no job is made, and the record of every upload says {status}"))
def no_job_but_record(on_stage: Scene, evidence: Recorder, status: str) -> None:
    """It is refused before it costs anything, and said so where one looks."""
    traffic = on_stage.traffic
    _must_be_uploads(traffic, evidence)
    _check_no_job(on_stage, evidence)
    for upload in traffic.uploads:
        mine = [r for r in traffic.records() if names(r, upload.key) or names(r, upload.uri)]
        evidence.check(
            len(mine) == 1 and says(mine[0], status),
            traffic.pipeline.assets_table,
            expected=f"one record of {_short(upload)} that says {status}",
            found="; ".join(render(item) for item in mine) or "none",
        )
    on_stage.what_went_wrong(evidence)


@then("no job is made")
def no_job_made(on_stage: Scene, evidence: Recorder) -> None:
    """Neither of this stack's files nor of others, by this stack's function."""
    _check_no_job(on_stage, evidence)
    _must_have_run(on_stage, evidence)


def _check_no_job(on_stage: Scene, evidence: Recorder) -> None:
    traffic = on_stage.traffic
    role = PurePosixPath(text_of(traffic.pipeline.function_role, "name")).name
    calls = [
        e
        for e in on_stage.control.trail(on_stage.since)
        if e.what == "mediaconvert:CreateJob" and f"/{role}/" in e.who
    ]
    evidence.check(
        not calls and not traffic.jobs(),
        traffic.pipeline.function,
        expected="no call of CreateJob, and no job",
        found=f"{_counted(len(calls), 'call')}, {_counted(len(traffic.jobs()), 'job')}",
    )


@then("no record is made")
def no_record_made(on_stage: Scene, evidence: Recorder) -> None:
    """The table holds no item that it did not hold before."""
    records = on_stage.traffic.records()
    evidence.check(
        not records,
        on_stage.traffic.pipeline.assets_table,
        expected="no new record",
        found="; ".join(render(item) for item in records) or "none",
    )
    _must_have_run(on_stage, evidence)


@then(
    parsers.parse(
        "the output bucket holds {count:d} renditions of every upload, "
        "in the size and codec that its job asks for"
    )
)
def renditions_written(on_stage: Scene, evidence: Recorder, count: int) -> None:
    """Each file is opened and looked into."""
    traffic = on_stage.traffic
    bucket = traffic.pipeline.output_bucket
    own, s3 = text_of(bucket, "bucket"), traffic.client("s3")
    seen: set[str] = set()
    _must_be_uploads(traffic, evidence)
    for upload in dict.fromkeys(traffic.uploads):
        jobs = traffic.jobs_of(upload)
        if not jobs:
            evidence.check(
                False,
                traffic.pipeline.function,
                expected=f"a job that writes the renditions of {_short(upload)}",
                found=f"none{_story(traffic, on_stage.since)}",
            )
        for job in jobs:
            wanted = dict(asked_for(job))
            evidence.check(
                len(wanted) == count and not seen & set(wanted),
                traffic.pipeline.function,
                expected=f"a job that asks for {count} renditions in places of their own",
                found=", ".join(map(str, wanted.values())) or "none",
            )
            seen |= set(wanted)
            for uri, rendition in wanted.items():
                key = uri.removeprefix(f"s3://{own}/")
                try:
                    body = s3.get_object(Bucket=own, Key=key)["Body"].read()
                    found = probe(body)
                except s3.exceptions.NoSuchKey:
                    evidence.check(False, bucket, expected=f"{rendition} at {key}", found="nothing")
                    continue
                evidence.check(
                    rendition.is_met_by(found),
                    bucket,
                    expected=f"{rendition} at {key}",
                    found=str(found) if found else f"{len(body)} bytes that are no video",
                )
    on_stage.what_went_wrong(evidence)


@then("no message is left anywhere")
def no_message_left(on_stage: Scene, evidence: Recorder) -> None:
    """Neither waiting nor given up."""
    for queue, count in on_stage.traffic.counted():
        told = _story(on_stage.traffic, on_stage.since) if count else ""
        found = f"{_counted(count, 'message')}{told}"
        evidence.check(count == 0, queue, expected="no message", found=found)
    on_stage.something_went_through(evidence)
    on_stage.what_went_wrong(evidence)


@then(
    parsers.re(
        r"the dead-letter queue of the (?P<queue>processing|status) queue holds that message "
        r"and no other"
    )
)
def kept_in_dead_letters(on_stage: Scene, evidence: Recorder, queue: str) -> None:
    """What nobody could handle is there for somebody to look at."""
    traffic = on_stage.traffic
    pipeline = traffic.pipeline
    source = pipeline.processing_queue if queue == "processing" else pipeline.status_queue
    sent = traffic.sent.get(source.address, [])
    target = pipeline.dead_letters(source)
    found = [body for _, body in traffic.letters(target)]
    evidence.check(
        bool(sent) and sorted(found) == sorted(sent),
        target,
        expected=f"this and nothing else: {_some(sent)}",
        found=_some(found) if found else f"nothing{_story(traffic, on_stage.since)}",
    )
    on_stage.what_went_wrong(evidence)


@then("AWS refused nothing")
def nothing_refused(on_stage: Scene, evidence: Recorder) -> None:
    """Neither the function nor a service that works for the stack."""
    refused = on_stage.traffic.refusals(on_stage.since)
    asked = on_stage.control.trail(on_stage.since)
    # What the policies leave open is refused, too, but that AWS would do so is not known.
    known = not refused or not all(entry.detail.get("undetermined") for entry in refused)
    evidence.check(
        (not refused and bool(asked)) if known else None,
        on_stage.traffic.pipeline.function,
        expected="every call allowed",
        found="; ".join(dict.fromkeys(str(e.detail.get("message", e.what)) for e in refused))
        or f"{_counted(len(asked), 'call')} and deliveries, none refused",
    )
    on_stage.something_went_through(evidence)
    on_stage.what_went_wrong(evidence)


def _must_be_uploads(traffic: Traffic, evidence: Recorder) -> None:
    """Without any, whatever is said of every upload is said of nothing."""
    if not traffic.uploads:
        bucket = traffic.pipeline.input_bucket
        evidence.check(None, bucket, expected="an upload", found="none, so that nothing is proven")


def _must_have_run(on_stage: Scene, evidence: Recorder) -> None:
    """A function that never runs does nothing wrong."""
    on_stage.function_ran(evidence)
    on_stage.what_went_wrong(evidence)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _short(upload: Upload) -> str:
    return upload.key if len(upload.key) <= 80 else f"{upload.key[:60]}… ({len(upload.key)})"


def _some(bodies: Sequence[str]) -> str:
    """Messages as a reader tells them apart: whole, they would hide what else was found."""
    return "; ".join(body if len(body) <= 160 else f"{body[:160]}…" for body in bodies)


def _story(traffic: Traffic, since: int) -> str:
    return story(traffic.deployment.control.trail(since))
