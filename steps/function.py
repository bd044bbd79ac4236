"""What does the function make of uploads and reports, and with which role?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest
from pytest_bdd import given, parsers, then, when

from planproof.aws.datapath import Authority
from planproof.aws.lambda_package import PackageError, package_path
from planproof.emulation.function.host import FunctionHost, Invocation
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder, render
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.aws_endpoint import ACCOUNT
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from steps.pipeline import MissingPartError, Pipeline
from steps.support.destinations import writings
from steps.support.package import ROLE, no_code, package_at, source_of
from steps.support.source_locations import place_of_ruling
from steps.support.planned_run import Conveyor, Record, outcome, texts

_ROLE_PATH: Final = f"environment.variables.{ROLE}"
_COMPLETE: Final = re.compile(r"(?:.*[^A-Z])?COMPLETED?(?:[^A-Z].*)?")


@dataclass
class Scene:
    """One scenario: what happens to the function, and where it is written down.

    Attributes:
        complete_before: attributes of the record that said COMPLETE before MediaConvert did.
    """

    conveyor: Conveyor
    function: Resource
    resolved_stacks: ResolvedStacks
    stack: Stack
    evidence: Recorder
    complete_before: frozenset[str] | None = None

    def taken(self, invocation: Invocation) -> None:
        """Write down whether the function took a message."""
        holds, found = outcome(invocation)
        failure = invocation.failure
        at = (
            source_of(self.resolved_stacks, self.stack, self.function, failure) if failure else None
        )
        self.evidence.check(
            holds, self.function, "handler", expected="the message is taken", found=found, at=at
        )

    def gives(self, happens: Callable[[], Invocation]) -> None:
        """Let the function be given a message; that it has no code is the finding.

        Whether what is no file, such as a container image, makes jobs cannot be told here.
        """
        try:
            invocation = happens()
        except PackageError as problem:
            if package_path(self.stack, self.function) is None:
                raise
            no_code(self.resolved_stacks, self.function, problem, self.evidence)
        else:
            self.taken(invocation)

    def seen(self, holds: bool, expected: str, found: str, attribute: str = "handler") -> None:
        """Write down what came of it."""
        self.evidence.check(holds, self.function, attribute, expected=expected, found=found)

    def story(self) -> str:
        """What the function did instead, for a reader."""
        if not self.conveyor.invocations:
            return ""
        return f"; {outcome(self.conveyor.invocations[-1])[1]}"


@pytest.fixture
def conveyor(
    resolved_stacks: ResolvedStacks, stack: Stack, pipeline: Pipeline, function_host: FunctionHost
) -> Conveyor:
    """What a scenario lets happen to the function."""
    return Conveyor(stack, pipeline, function_host, lambda f: package_at(resolved_stacks, stack, f))


@pytest.fixture
def scene(
    conveyor: Conveyor,
    pipeline: Pipeline,
    resolved_stacks: ResolvedStacks,
    stack: Stack,
    evidence: Recorder,
) -> Scene:
    """The scenario that runs."""
    return Scene(conveyor, pipeline.function, resolved_stacks, stack, evidence)


# REQ-09: from the upload to the record ---------------------------------------------------------


@given("the function runs in the environment the stack gives it")
def environment_of_the_stack(conveyor: Conveyor) -> None:
    """Nothing is set beside what the stack sets."""
    conveyor.environment.clear()


@given(f"{ROLE} names the role that MediaConvert assumes")
def role_is_given(conveyor: Conveyor, pipeline: Pipeline) -> None:
    """Whatever the stack says: whether it says so is another requirement's question."""
    conveyor.environment[ROLE] = _mediaconvert_role(pipeline)


def _mediaconvert_role(pipeline: Pipeline) -> str:
    try:
        arns = [role.get("arn") for role in pipeline.mediaconvert_roles]
    except UndeterminedError:
        arns = []  # whether there is such a role is another requirement's question, too
    told = pipeline.function.get(_ROLE_PATH)
    known = [arn for arn in arns if isinstance(arn, str)]
    if isinstance(told, str) and told in known:
        return told
    return known[0] if known else _role_arn(pipeline, "mediaconvert")


def _role_arn(pipeline: Pipeline, name: str) -> str:
    place = pipeline.stack.provider_location(pipeline.function)
    place = place or ProviderLocation("aws", "us-east-1", ACCOUNT)
    return f"arn:{place.partition}:iam::{place.account}:role/{name}"


@when(parsers.parse('"{name}" is uploaded to the input bucket'))
def uploaded(scene: Scene, name: str) -> None:
    """S3 tells the processing queue, and Lambda gives the message to the function."""
    scene.gives(lambda: scene.conveyor.upload(name))


@when("the same message is delivered again, to another instance of the function")
def delivered_again(scene: Scene) -> None:
    """SQS delivers at least once; nothing that the function kept in memory is there any more."""
    scene.taken(scene.conveyor.deliver_again())


@when("S3 sends its test event")
def storage_tested(scene: Scene) -> None:
    """As it does once when the notification is made."""
    scene.gives(scene.conveyor.test_storage)


@when(parsers.re(r"MediaConvert reports the job as (?P<status>[A-Z]+)"))
@when(parsers.re(r"an earlier report of the job as (?P<status>[A-Z]+) arrives late"))
def reported(scene: Scene, status: str) -> None:
    """By EventBridge, along the way that the stack lays."""
    if scene.complete_before is None:
        found = scene.conveyor.record()
        scene.complete_before = _complete(found[1]) if found else frozenset()
    invocation = scene.conveyor.report(status)
    if invocation is not None:
        scene.taken(invocation)


@then("one MediaConvert job is made, and AWS's service model allows it")
def one_valid_job(scene: Scene) -> None:
    """botocore has validated every request; enumerations and upper bounds are looked at here."""
    for call in scene.conveyor.requests:
        objections = call.objections
        found = "; ".join(objections) if objections else "nothing"
        scene.seen(not objections, "no objection of the service model to CreateJob", found)
    count = len(scene.conveyor.jobs)
    scene.seen(
        count == 1, "1 MediaConvert job", f"{count} jobs{scene.story() if count == 0 else ''}"
    )


@then("no MediaConvert job is made")
def no_job(scene: Scene) -> None:
    """CreateJob is not even called."""
    count = len(scene.conveyor.requests)
    scene.seen(count == 0, "no call of CreateJob", f"{count} calls{scene.story()}")


@then("the job reads the uploaded file")
def job_reads_upload(scene: Scene) -> None:
    """Bucket and key as they are, not as S3's event encodes them."""
    inputs = [u for job in scene.conveyor.jobs for u in texts(job.get("Settings"), "FileInput")]
    expected = f"an input {scene.conveyor.uploaded}"
    scene.seen(scene.conveyor.uploaded in inputs, expected, ", ".join(inputs) or "no input")


@then("the job writes to the output bucket")
def job_writes_output(scene: Scene, pipeline: Pipeline) -> None:
    """Every destination lies there, and there is one."""
    bucket = pipeline.output_bucket
    name = bucket.get("bucket")
    if not isinstance(name, str):
        raise UndeterminedError(f"{bucket}.bucket is unknown before it is built")
    found = [u for job in scene.conveyor.jobs for u in texts(job.get("Settings"), "Destination")]
    holds = bool(found) and all(u.startswith(f"s3://{name}/") for u in found)
    scene.seen(holds, f"every destination in s3://{name}/", ", ".join(found) or "none")


@then("MediaConvert may write where the job writes")
def may_write_there(
    scene: Scene, authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """The role of the job may put objects below each of its destinations, key use included."""
    if not scene.conveyor.jobs:
        expected = "a job that writes somewhere"
        evidence.check(None, scene.function, "handler", expected=expected, found="no job")
    for job in scene.conveyor.jobs:
        arn = str(job.get("Role"))
        roles = [r for r in scene.stack.managed("aws_iam_role") if r.get("arn") == arn]
        if not roles:
            expected = "a job under a role of this stack"
            evidence.check(None, scene.function, "handler", expected=expected, found=arn)
        for role in roles[:1]:
            for destination in dict.fromkeys(texts(job.get("Settings"), "Destination")):
                for writing in writings(authority, role, destination):
                    at = None
                    if writing.ruling is not None:
                        at = place_of_ruling(authority, resolved_stacks, writing.ruling)
                    evidence.check(
                        writing.allowed,
                        role,
                        expected=writing.expected,
                        found=writing.found,
                        at=at,
                    )


@then("a record in DynamoDB names the job")
def record_names_job(scene: Scene) -> None:
    """Some attribute of some item is the job's id."""
    found = scene.conveyor.record()
    expected = "an item that names the job"
    if found is None:
        scene.seen(False, expected, f"none{scene.story()}")
    else:
        table, item = found
        scene.seen(True, expected, f"in {table}: {render(item)}")


@then("the job's record says COMPLETE")
def record_is_complete(scene: Scene) -> None:
    """Some attribute of the item says so, whatever it is called."""
    found = scene.conveyor.record()
    expected = "the item that names the job says COMPLETE, and did not before"
    if found is None:
        scene.seen(False, expected, "no item that names the job")
        return
    table, item = found
    news = _complete(item) - (scene.complete_before or frozenset())
    scene.seen(bool(news), expected, f"in {table}: {render(item)}")


def _complete(item: Record) -> frozenset[str]:
    """Attributes that say COMPLETE in so many words, not in a long text that holds all sorts."""
    return frozenset(
        name
        for name, value in item.items()
        if isinstance(value, str) and len(value) <= 40 and _COMPLETE.fullmatch(value.upper())
    )


# REQ-12: the role ------------------------------------------------------------------------------


@then(f"its {ROLE} is the ARN of a role that MediaConvert can assume")
def role_is_told(stack: Stack, pipeline: Pipeline, evidence: Recorder) -> None:
    """Compared as resolved; where ARNs are unknown, the reference decides."""
    function = pipeline.function
    try:
        roles = pipeline.mediaconvert_roles
    except MissingPartError as missing:
        expected = "the ARN of a role that MediaConvert can assume"
        evidence.check(
            False, function, _ROLE_PATH, expected=expected, found=_shown(function, str(missing))
        )
        return
    verdicts = {links(stack, function, _ROLE_PATH, role, ("arn",)) for role in roles}
    holds = True if True in verdicts else None if None in verdicts else False
    arns = " or ".join(f"{r.get('arn')} ({r})" for r in roles)
    evidence.check(holds, function, _ROLE_PATH, expected=arns)


def _shown(function: Resource, missing: str) -> str:
    return f"{render(function.get(_ROLE_PATH))}, and {missing}"


@given(f"{ROLE} names a role that nothing else names", target_fixture="marked_role")
def role_is_marked(conveyor: Conveyor, pipeline: Pipeline) -> str:
    """So that a job can have it only from there."""
    marked = _role_arn(pipeline, "planproof-marked-role")
    conveyor.environment[ROLE] = marked
    return marked


@then("the job has exactly that role")
def job_has_role(scene: Scene, marked_role: str) -> None:
    """The code reads the variable."""
    roles = [str(call.parameters.get("Role")) for call in scene.conveyor.requests]
    holds = bool(roles) and set(roles) == {marked_role}
    found = ", ".join(roles) or f"no job{scene.story()}"
    scene.seen(holds, f"Role {marked_role} in CreateJob", found, _ROLE_PATH)
