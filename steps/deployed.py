"""Input to the deployed pipeline, injected faults, and the account's clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_bdd import given, parsers, when

from planproof.emulation.account.model import Fault
from planproof.errors import UndeterminedError
from steps.mediaconvert.clip import clip
from steps.mediaconvert.jobs import FINAL, PROGRESSING
from steps.support.deployed_scenario import LONGEST_SETTLE_SECONDS, DeployedScenario
from steps.support.forged_messages import forged_event, unknown_job
from steps.support.pipeline import Pipeline
from steps.support.planned_run import lets_through
from steps.support.traffic import Deployed


@pytest.fixture
def deployed_scenario(deployment: Deployed, pipeline: Pipeline) -> Iterator[DeployedScenario]:
    """The running scenario; the account is cleaned up after it."""
    deployment.check()
    scene = DeployedScenario(deployment, pipeline)
    yield scene
    scene.clean_up()


# Input -----------------------------------------------------------------------------------------


@when(parsers.re(r'a clip is uploaded as "(?P<name>.+)"$'))
def clip_uploaded(deployed_scenario: DeployedScenario, name: str) -> None:
    """A video of one second."""
    deployed_scenario.traffic.upload(name, clip())


@when(parsers.parse('a clip is uploaded as "{name}" to each of them'))
def clip_uploaded_to_each(deployed_scenario: DeployedScenario, name: str) -> None:
    """The same name in each deployment."""
    for traffic in deployed_scenario.all_traffic:
        traffic.upload(name, clip())


@when(parsers.parse("{count:d} clips are uploaded"))
def clips_uploaded(deployed_scenario: DeployedScenario, count: int) -> None:
    """One after the other, without a pause."""
    for number in range(1, count + 1):
        deployed_scenario.traffic.upload(f"clip-{number}.mp4", clip())


@when(parsers.parse("a clip is uploaded under a key of {count:d} bytes"))
def clip_uploaded_under_long_key(deployed_scenario: DeployedScenario, count: int) -> None:
    """A key of two-byte letters, plus the suffix that the notification asks for."""
    stem, ending = "ü" * ((count - len(".mp4")) // 2), ".mp4"
    name = "x" * (count - len((stem + ending).encode())) + stem + ending
    deployed_scenario.traffic.upload(name, clip())


@when(parsers.parse('a file of 0 bytes is uploaded as "{name}"'))
def empty_file_uploaded(deployed_scenario: DeployedScenario, name: str) -> None:
    """A file without content."""
    deployed_scenario.traffic.upload(name, b"")


@when(parsers.parse('a file that is no video is uploaded as "{name}"'))
def text_file_uploaded(deployed_scenario: DeployedScenario, name: str) -> None:
    """Text with the name of a video."""
    deployed_scenario.traffic.upload(name, b"Dear Sir or Madam,\n" * 50)


@when("the processing queue gets a message that makes no sense")
def nonsense_sent(deployed_scenario: DeployedScenario) -> None:
    """Text that is not JSON."""
    deployed_scenario.traffic.send(
        deployed_scenario.traffic.pipeline.processing_queue, "<makes>no sense</makes>"
    )


@when("the processing queue gets an event of S3 about a bucket of somebody else")
def forged_event_sent(deployed_scenario: DeployedScenario) -> None:
    """An event in S3's format that names a bucket outside the stack."""
    traffic = deployed_scenario.traffic
    traffic.send(traffic.pipeline.processing_queue, forged_event(traffic.pipeline.location))


@when("the status queue gets an event about a job that nobody made")
def unknown_job_sent(deployed_scenario: DeployedScenario) -> None:
    """An event in MediaConvert's format, with user metadata like those of the stack's jobs.

    The metadata are copied from a job made for this step, which does not count afterwards.
    """
    traffic = deployed_scenario.traffic
    made = traffic.upload("model.mp4", clip())
    deployed_scenario.control.settle(LONGEST_SETTLE_SECONDS)
    job = next(iter(traffic.jobs_of(made)), None)
    if job is None:
        raise UndeterminedError("no job was made whose user metadata the event could copy")
    traffic.uploads.remove(made)
    traffic.reset_baseline()
    deployed_scenario.reset_baseline()
    traffic.send(
        traffic.pipeline.status_queue, unknown_job(traffic.stack, traffic.pipeline.location, job)
    )


# Faults ----------------------------------------------------------------------------------------


@given(parsers.re(r"(?P<services>S3|EventBridge|S3 and EventBridge) delivers? every event twice"))
def events_repeated(deployed_scenario: DeployedScenario, services: str) -> None:
    """S3 and EventBridge deliver at least once."""
    for service in services.split(" and "):
        name = {"S3": "s3", "EventBridge": "events"}[service]
        deployed_scenario.inject_fault(Fault("repeat event", service=name, times=None))


@given(parsers.parse("S3 announces an upload again {minutes:d} minutes later"))
def announced_again(deployed_scenario: DeployedScenario, minutes: int) -> None:
    """The second event arrives after MediaConvert has dropped the ClientRequestToken."""
    deployed_scenario.inject_fault(Fault("repeat event", service="s3"))
    deployed_scenario.inject_fault(Fault("delay", service="s3", seconds=60.0 * minutes))


@given("SQS delivers every message twice")
def messages_repeated(deployed_scenario: DeployedScenario) -> None:
    """A standard queue delivers at least once, even messages that were deleted."""
    deployed_scenario.inject_fault(Fault("repeat message", service="sqs", times=None))


@given(parsers.parse('EventBridge delivers "{text}" {minutes:d} minutes late'))
def events_late(deployed_scenario: DeployedScenario, text: str, minutes: int) -> None:
    """Every event that contains a text is delayed. The fault need not fire where the stack's rule
    does not match that status."""
    late = Fault("delay", service="events", containing=text, seconds=60.0 * minutes, times=None)
    pattern = deployed_scenario.traffic.pipeline.status_rule.get("event_pattern")
    if text in (PROGRESSING, *FINAL) and not lets_through(pattern, text):
        deployed_scenario.control.add_fault(late)
    else:
        deployed_scenario.inject_fault(late)


@given(parsers.parse('the function is killed as soon as it has called "{call}"'))
def killed_after(deployed_scenario: DeployedScenario, call: str) -> None:
    """The first call succeeds, and the function ends before it gets the response."""
    deployed_scenario.inject_fault(_fault_of("kill after", call))


@given(parsers.parse('"{call}" fails {times:d} times with {code}'))
def call_fails(deployed_scenario: DeployedScenario, call: str, times: int, code: str) -> None:
    """The first calls get an error, later ones succeed."""
    status = 429 if code == "TooManyRequestsException" else 400
    deployed_scenario.inject_fault(
        _fault_of("error", call, times=times, code=code, message="Rate exceeded", status=status)
    )


@given(parsers.parse('"{call}" cannot be reached'))
def unreachable(deployed_scenario: DeployedScenario, call: str) -> None:
    """Connections are closed without a response."""
    call = call.removesuffix("*") if call.endswith(":*") else call
    deployed_scenario.inject_fault(_fault_of("unreachable", call, times=None, name="unreachable"))


def _fault_of(kind: str, call: str, **fields: Any) -> Fault:
    """A fault of the calls of one operation: ``service:Operation``."""
    service, _, operation = call.partition(":")
    return Fault(kind, service=service, operation=operation, **fields)


@when("everything can be reached again")
def reachable(deployed_scenario: DeployedScenario) -> None:
    """Withdraw the faults of unreachable services."""
    deployed_scenario.withdraw_faults("unreachable")
    deployed_scenario.control.remove_faults("unreachable")


@given("the function takes no messages for now")
def paused(deployed_scenario: DeployedScenario) -> None:
    """Disable the delivery of messages, so that they stay in the queues."""
    deployed_scenario.control.pause()


@when("the function takes messages again")
def resumed(deployed_scenario: DeployedScenario) -> None:
    """Enable the delivery again: waiting messages arrive in batches."""
    deployed_scenario.control.resume()


# Time ------------------------------------------------------------------------------------------


@when("everything has come to rest")
def everything_settles(deployed_scenario: DeployedScenario) -> None:
    """Run until no message waits and no job runs; the clock skips the waits."""
    result = deployed_scenario.control.settle(LONGEST_SETTLE_SECONDS)
    if not result.get("settled"):
        raise UndeterminedError(f"the account did not settle: {result.get('why')}")


@when(parsers.re(r"(?P<count>\d+) (?P<unit>second|minute)s? pass(?:es)?"))
def time_passes(deployed_scenario: DeployedScenario, count: str, unit: str) -> None:
    """Advance the clock; what falls due in that time happens."""
    seconds = float(count) * {"second": 1, "minute": 60}[unit]
    start = deployed_scenario.control.now()
    deployed_scenario.control.settle(seconds)
    left = seconds - (deployed_scenario.control.now() - start)
    if left > 0:
        deployed_scenario.control.advance(left)
