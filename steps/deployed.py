"""What does the pipeline do once it is deployed, and what does it make of what goes wrong?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import pytest
from pytest_bdd import given, parsers, then, when

from planproof.account.model import Fault
from planproof.recorder import Recorder, UndeterminedError, render
from steps._mediaconvert.clip import clip
from steps._renditions import asked_for, probe
from steps._strays import forged_event, unknown_job
from steps._traffic import Deployed, Traffic, Upload, names, says, text_of
from steps.pipeline import Pipeline

_LONGEST_REST: Final = 4 * 24 * 3600
"""Seconds of the account's time that a pipeline may take to come to rest: the retention of its
messages, more than any number of deliveries takes."""


class Scene:
    """One scenario: traffic through one deployed stack or two, and what was done to the account."""

    def __init__(self, deployment: Deployed, pipeline: Pipeline) -> None:
        self.deployment = deployment
        self.control = deployment.control
        self.traffic = Traffic(deployment, pipeline)
        self.beside: Traffic | None = None
        self.gone: Traffic | None = None
        trail = self.control.trail()
        self.since = trail[-1].number if trail else 0

    @property
    def all(self) -> list[Traffic]:
        """The traffic of every stack that takes part."""
        return [self.traffic, *([self.beside] if self.beside else [])]

    def end(self) -> None:
        """Leave the account as it was found."""
        self.control.withdraw_all()
        self.control.resume()
        for traffic in self.all:
            traffic.clear()


@pytest.fixture
def on_stage(deployment: Deployed, pipeline: Pipeline) -> Iterator[Scene]:
    """The scenario that runs."""
    deployment.check()
    scene = Scene(deployment, pipeline)
    yield scene
    scene.end()


# What goes in ----------------------------------------------------------------------------------


@when(parsers.re(r'a clip is uploaded as "(?P<name>.+)"$'))
def clip_uploaded(on_stage: Scene, name: str) -> None:
    """A video of a second."""
    on_stage.traffic.upload(name, clip())


@when(parsers.parse('a clip is uploaded as "{name}" to each of them'))
def clip_uploaded_to_each(on_stage: Scene, name: str) -> None:
    """The same name in both."""
    for traffic in on_stage.all:
        traffic.upload(name, clip())


@when(parsers.parse("{count:d} clips are uploaded"))
def clips_uploaded(on_stage: Scene, count: int) -> None:
    """One after the other, as fast as they go."""
    for number in range(1, count + 1):
        on_stage.traffic.upload(f"clip-{number}.mp4", clip())


@when(parsers.parse("a clip is uploaded under a key of {count:d} bytes"))
def clip_uploaded_under_long_key(on_stage: Scene, count: int) -> None:
    """Letters of two bytes each, but for the ending and what the notification asks for."""
    stem, ending = "ü" * ((count - len(".mp4")) // 2), ".mp4"
    name = "x" * (count - len((stem + ending).encode())) + stem + ending
    on_stage.traffic.upload(name, clip())


@when(parsers.parse('a file of 0 bytes is uploaded as "{name}"'))
def nothing_uploaded(on_stage: Scene, name: str) -> None:
    """A file without content."""
    on_stage.traffic.upload(name, b"")


@when(parsers.parse('a file that is no video is uploaded as "{name}"'))
def letter_uploaded(on_stage: Scene, name: str) -> None:
    """Text under the name of a video."""
    on_stage.traffic.upload(name, b"Dear Sir or Madam,\n" * 50)


@when("the processing queue gets a message that makes no sense")
def nonsense_sent(on_stage: Scene) -> None:
    """No JSON, and nothing that any service sends."""
    on_stage.traffic.send(on_stage.traffic.pipeline.processing_queue, "<makes>no sense</makes>")


@when("the processing queue gets an event of S3 about a bucket of somebody else")
def forged_event_sent(on_stage: Scene) -> None:
    """As S3 writes it, but for the bucket."""
    traffic = on_stage.traffic
    traffic.send(traffic.pipeline.processing_queue, forged_event(traffic.place))


@when("the status queue gets an event about a job that nobody made")
def unknown_job_sent(on_stage: Scene) -> None:
    """As MediaConvert words it, with user metadata such as jobs of this stack have.

    What these look like is seen from a job that is made for it, and then left out.
    """
    traffic = on_stage.traffic
    made = traffic.upload("model.mp4", clip())
    on_stage.control.settle(_LONGEST_REST)
    job = next(iter(traffic.jobs_of(made)), None)
    if job is None:
        raise UndeterminedError("no job was made that could be the model of an unknown one")
    traffic.uploads.remove(made)
    traffic.forget()
    traffic.send(traffic.pipeline.status_queue, unknown_job(traffic.stack, traffic.place, job))


# What goes wrong -------------------------------------------------------------------------------


@given(parsers.re(r"(?P<services>S3|EventBridge|S3 and EventBridge) delivers? every event twice"))
def events_repeated(on_stage: Scene, services: str) -> None:
    """Both promise to deliver at least once."""
    for service in services.split(" and "):
        name = {"S3": "s3", "EventBridge": "events"}[service]
        on_stage.control.fault(Fault("repeat event", service=name, times=None))


@given("SQS delivers every message twice")
def messages_repeated(on_stage: Scene) -> None:
    """A standard queue delivers at least once, even what was deleted."""
    on_stage.control.fault(Fault("repeat message", service="sqs", times=None))


@given(parsers.parse('EventBridge delivers "{text}" {minutes:d} minutes late'))
def events_late(on_stage: Scene, text: str, minutes: int) -> None:
    """Every event that holds a text arrives so much later, whatever comes after it."""
    on_stage.control.fault(
        Fault("delay", service="events", containing=text, seconds=60.0 * minutes, times=None)
    )


@given(parsers.parse('the function is killed as soon as it has called "{call}"'))
def killed_after(on_stage: Scene, call: str) -> None:
    """Once; AWS has done what was asked, and nobody hears the answer."""
    service, _, operation = call.partition(":")
    on_stage.control.fault(Fault("kill after", service=service, operation=operation))


@given(parsers.parse('"{call}" fails {times:d} times with {code}'))
def fails(on_stage: Scene, call: str, times: int, code: str) -> None:
    """AWS answers with an error so often, then as usual."""
    service, _, operation = call.partition(":")
    on_stage.control.fault(
        Fault(
            "error",
            service=service,
            operation=operation,
            times=times,
            code=code,
            message="Rate exceeded",
            status=429 if code == "TooManyRequestsException" else 400,
        )
    )


@given(parsers.parse('"{call}" cannot be reached'))
def unreachable(on_stage: Scene, call: str) -> None:
    """Connections are closed without an answer."""
    service, _, operation = call.partition(":")
    operation = "" if operation == "*" else operation
    on_stage.control.fault(
        Fault("unreachable", service=service, operation=operation, times=None, name="unreachable")
    )


@when("everything can be reached again")
def reachable(on_stage: Scene) -> None:
    """What was closed is open."""
    on_stage.control.withdraw("unreachable")


@given("the function takes no messages for now")
def paused(on_stage: Scene) -> None:
    """Messages gather in its queues."""
    on_stage.control.pause()


@when("the function takes messages again")
def resumed(on_stage: Scene) -> None:
    """Whatever has gathered comes in batches."""
    on_stage.control.resume()


# Time ------------------------------------------------------------------------------------------


@when("everything has come to rest")
def at_rest(on_stage: Scene) -> None:
    """No message waits, no job runs, nothing is under way; waits in between are skipped."""
    told = on_stage.control.settle(_LONGEST_REST)
    if not told.get("settled"):
        raise UndeterminedError(f"the account did not come to rest: {told.get('why')}")


@when(parsers.re(r"(?P<count>\d+) (?P<unit>second|minute)s? pass(?:es)?"))
def time_passes(on_stage: Scene, count: str, unit: str) -> None:
    """What falls due meanwhile happens."""
    seconds = float(count) * {"second": 1, "minute": 60}[unit]
    start = on_stage.control.now()
    on_stage.control.settle(seconds)
    left = seconds - (on_stage.control.now() - start)
    if left > 0:
        on_stage.control.advance(left)


# What comes out --------------------------------------------------------------------------------


@then(parsers.parse("every upload has one job, and its record says {status}"))
def one_job_each(on_stage: Scene, evidence: Recorder, status: str) -> None:
    """No upload without, none with two, and as many records as uploads."""
    check_uploads(on_stage.traffic, evidence, status)


def check_uploads(traffic: Traffic, evidence: Recorder, status: str) -> None:
    """Write down jobs and record of every upload."""
    pipeline, records = traffic.pipeline, traffic.records()
    for upload in dict.fromkeys(traffic.uploads):
        count = traffic.uploads.count(upload)
        jobs = traffic.jobs_of(upload)
        evidence.check(
            len(jobs) == count,
            pipeline.function,
            expected=f"{_counted(count, 'job')} for {_short(upload)}",
            found=f"{_counted(len(jobs), 'job')}{_story(traffic)}"
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
    no_job_made(on_stage, evidence)
    for upload in traffic.uploads:
        mine = [item for item in traffic.records() if names(item, upload.key)]
        evidence.check(
            len(mine) == 1 and says(mine[0], status),
            traffic.pipeline.assets_table,
            expected=f"one record of {_short(upload)} that says {status}",
            found="; ".join(render(item) for item in mine) or "none",
        )


@then("no job is made")
def no_job_made(on_stage: Scene, evidence: Recorder) -> None:
    """Neither of this stack's files nor of others, by this stack's function."""
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
        expected="no call of CreateJob",
        found=_counted(len(calls), "call"),
    )


@then("no record is made")
def no_record_made(on_stage: Scene, evidence: Recorder) -> None:
    """The table holds what it held before."""
    records = on_stage.traffic.records()
    evidence.check(
        not records,
        on_stage.traffic.pipeline.assets_table,
        expected="no new record",
        found="; ".join(render(item) for item in records) or "none",
    )


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
    for upload in dict.fromkeys(traffic.uploads):
        for job in traffic.jobs_of(upload):
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
                    found == rendition,
                    bucket,
                    expected=f"{rendition} at {key}",
                    found=str(found) if found else f"{len(body)} bytes that are no video",
                )


@then("no message is left anywhere")
def no_message_left(on_stage: Scene, evidence: Recorder) -> None:
    """Neither waiting nor given up."""
    for queue, count in on_stage.traffic.counted():
        evidence.check(count == 0, queue, expected="no message", found=_counted(count, "message"))


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
        expected=f"this and nothing else: {'; '.join(sent)}",
        found="; ".join(found) or "nothing",
    )


@then("AWS refused nothing")
def nothing_refused(on_stage: Scene, evidence: Recorder) -> None:
    """Neither the function nor a service that works for the stack."""
    refused = on_stage.traffic.refusals(on_stage.since)
    asked = on_stage.control.trail(on_stage.since)
    evidence.check(
        not refused and bool(asked),
        on_stage.traffic.pipeline.function,
        expected="every call allowed",
        found="; ".join(dict.fromkeys(str(e.detail.get("message", e.what)) for e in refused))
        or f"{_counted(len(asked), 'call')} and deliveries, none refused",
    )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _short(upload: Upload) -> str:
    return upload.key if len(upload.key) <= 80 else f"{upload.key[:60]}… ({len(upload.key)})"


def _story(traffic: Traffic) -> str:
    """What the last things that went wrong were."""
    bad = [e for e in traffic.deployment.control.trail() if e.outcome != "ok"][-3:]
    said = [str(e.detail.get("message") or e.detail.get("error") or e.what) for e in bad]
    return f"; lately: {'; '.join(dict.fromkeys(said))}"[:900] if said else ""
