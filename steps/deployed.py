"""What goes into the deployed pipeline, what goes wrong meanwhile, and how time passes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_bdd import given, parsers, when

from planproof.emulation.account.model import Fault
from planproof.errors import UndeterminedError
from steps.mediaconvert.clip import clip
from steps.mediaconvert.jobs import FINAL, PROGRESSING
from steps.pipeline import Pipeline
from steps.support.deployed_scenario import LONGEST_REST, Scene
from steps.support.forged_messages import forged_event, unknown_job
from steps.support.planned_run import lets_through
from steps.support.traffic import Deployed


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
    on_stage.control.settle(LONGEST_REST)
    job = next(iter(traffic.jobs_of(made)), None)
    if job is None:
        raise UndeterminedError("no job was made that could be the model of an unknown one")
    traffic.uploads.remove(made)
    traffic.forget()
    on_stage.forget()
    traffic.send(traffic.pipeline.status_queue, unknown_job(traffic.stack, traffic.place, job))


# What goes wrong -------------------------------------------------------------------------------


@given(parsers.re(r"(?P<services>S3|EventBridge|S3 and EventBridge) delivers? every event twice"))
def events_repeated(on_stage: Scene, services: str) -> None:
    """Both promise to deliver at least once."""
    for service in services.split(" and "):
        name = {"S3": "s3", "EventBridge": "events"}[service]
        on_stage.goes_wrong(Fault("repeat event", service=name, times=None))


@given(parsers.parse("S3 announces an upload again {minutes:d} minutes later"))
def announced_again(on_stage: Scene, minutes: int) -> None:
    """When all is done, the record written, and MediaConvert has long forgotten the token."""
    on_stage.goes_wrong(Fault("repeat event", service="s3"))
    on_stage.goes_wrong(Fault("delay", service="s3", seconds=60.0 * minutes))


@given("SQS delivers every message twice")
def messages_repeated(on_stage: Scene) -> None:
    """A standard queue delivers at least once, even what was deleted."""
    on_stage.goes_wrong(Fault("repeat message", service="sqs", times=None))


@given(parsers.parse('EventBridge delivers "{text}" {minutes:d} minutes late'))
def events_late(on_stage: Scene, text: str, minutes: int) -> None:
    """Every event that holds a text arrives so much later, whatever comes after it. Where the
    stack's rule is not about a status at all, there is nothing of it that could be late."""
    late = Fault("delay", service="events", containing=text, seconds=60.0 * minutes, times=None)
    pattern = on_stage.traffic.pipeline.status_rule.get("event_pattern")
    if text in (PROGRESSING, *FINAL) and not lets_through(pattern, text):
        on_stage.control.fault(late)
    else:
        on_stage.goes_wrong(late)


@given(parsers.parse('the function is killed as soon as it has called "{call}"'))
def killed_after(on_stage: Scene, call: str) -> None:
    """Once; AWS has done what was asked, and nobody hears the answer."""
    service, _, operation = call.partition(":")
    on_stage.goes_wrong(Fault("kill after", service=service, operation=operation))


@given(parsers.parse('"{call}" fails {times:d} times with {code}'))
def fails(on_stage: Scene, call: str, times: int, code: str) -> None:
    """AWS answers with an error so often, then as usual."""
    service, _, operation = call.partition(":")
    on_stage.goes_wrong(
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
    on_stage.goes_wrong(
        Fault("unreachable", service=service, operation=operation, times=None, name="unreachable")
    )


@when("everything can be reached again")
def reachable(on_stage: Scene) -> None:
    """What was closed is open."""
    on_stage.withdraw_unmet("unreachable")
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
    told = on_stage.control.settle(LONGEST_REST)
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
