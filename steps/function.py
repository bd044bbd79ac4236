"""The function's handling of uploads and job state changes, and the role of its jobs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest
from pytest_bdd import given, parsers, then, when

from planproof.aws.lambda_package import PackageError, package_path
from planproof.emulation.function.host import FunctionHost, Invocation
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder, render
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.aws_endpoint import ACCOUNT
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import any_of
from steps.support.destinations import writings
from steps.support.package import ROLE, package_at, record_missing_code, source_of
from steps.support.pipeline import MissingPartError, Pipeline
from steps.support.planned_run import PlannedPipelineRun, Record, outcome, texts
from steps.support.policy_evidence import PolicyEvidence

_ROLE_PATH: Final = f"environment.variables.{ROLE}"
_COMPLETE: Final = re.compile(r"(?:.*[^A-Z])?COMPLETED?(?:[^A-Z].*)?")


@dataclass
class FunctionScenario:
    """One scenario on the function of a planned stack, with its evidence.

    Attributes:
        complete_before: attributes of the record that were COMPLETE before MediaConvert reported.
    """

    planned_run: PlannedPipelineRun
    function: Resource
    stacks: ResolvedStacks
    stack: Stack
    evidence: Recorder
    complete_before: frozenset[str] | None = None

    def record_outcome(self, invocation: Invocation) -> None:
        """Record whether the function processed a message."""
        holds, found = outcome(invocation)
        failure = invocation.failure
        at = source_of(self.stacks, self.stack, self.function, failure) if failure else None
        self.evidence.check(
            holds, self.function, "handler", expected="the message is processed", found=found, at=at
        )

    def deliver(self, happens: Callable[[], Invocation]) -> None:
        """Deliver a message to the function; a function whose package file is missing fails.

        Code that is not in a file, such as a container image, cannot be run: the error is raised.
        """
        try:
            invocation = happens()
        except PackageError as problem:
            if package_path(self.stack, self.function) is None:
                raise
            record_missing_code(self.stacks, self.function, problem, self.evidence)
        else:
            self.record_outcome(invocation)

    def record(self, holds: bool, expected: str, found: str, attribute: str = "handler") -> None:
        """Record a result of the function."""
        self.evidence.check(holds, self.function, attribute, expected=expected, found=found)

    def job_texts(self, name: str) -> list[str]:
        """The strings of a name in the settings of the jobs, at any depth."""
        jobs = self.planned_run.jobs
        return [text for job in jobs for text in texts(job.get("Settings"), name)]

    def last_outcome(self) -> str:
        """The outcome of the last invocation, as an addition to evidence."""
        if not self.planned_run.invocations:
            return ""
        return f"; {outcome(self.planned_run.invocations[-1])[1]}"


@pytest.fixture
def planned_run(
    stacks: ResolvedStacks, stack: Stack, pipeline: Pipeline, function_host: FunctionHost
) -> PlannedPipelineRun:
    """The function of the stack, ready to receive events."""
    return PlannedPipelineRun(
        stack, pipeline, function_host, lambda f: package_at(stacks, stack, f)
    )


@pytest.fixture
def scenario(
    planned_run: PlannedPipelineRun,
    pipeline: Pipeline,
    stacks: ResolvedStacks,
    stack: Stack,
    evidence: Recorder,
) -> FunctionScenario:
    """The running scenario."""
    return FunctionScenario(planned_run, pipeline.function, stacks, stack, evidence)


# REQ-09: from the upload to the record ---------------------------------------------------------


@given("the function runs in the environment the stack gives it")
def environment_of_the_stack(planned_run: PlannedPipelineRun) -> None:
    """No variable is overridden."""
    planned_run.environment.clear()


@given(f"{ROLE} names the role that MediaConvert assumes")
def role_is_given(planned_run: PlannedPipelineRun, pipeline: Pipeline) -> None:
    """Override the variable, since another requirement checks the stack's own value."""
    planned_run.environment[ROLE] = _mediaconvert_role(pipeline)


def _mediaconvert_role(pipeline: Pipeline) -> str:
    try:
        arns = [role.get("arn") for role in pipeline.mediaconvert_roles]
    except UndeterminedError:
        arns = []  # another requirement checks that there is such a role
    configured = pipeline.function.get(_ROLE_PATH)
    known = [arn for arn in arns if isinstance(arn, str)]
    if isinstance(configured, str) and configured in known:
        return configured
    return known[0] if known else _role_arn(pipeline, "mediaconvert")


def _role_arn(pipeline: Pipeline, name: str) -> str:
    location = pipeline.stack.provider_location(pipeline.function)
    location = location or ProviderLocation("aws", "us-east-1", ACCOUNT)
    return f"arn:{location.partition}:iam::{location.account}:role/{name}"


@when(parsers.parse('"{name}" is uploaded to the input bucket'))
def uploaded(scenario: FunctionScenario, name: str) -> None:
    """Lambda delivers the S3 event from the processing queue to the function."""
    scenario.deliver(lambda: scenario.planned_run.upload(name))


@when("the same message is delivered again, to another instance of the function")
def delivered_again(scenario: FunctionScenario) -> None:
    """SQS delivers at least once; the new instance has none of the old one's memory."""
    scenario.record_outcome(scenario.planned_run.deliver_again())


@when("S3 sends its test event")
def storage_tested(scenario: FunctionScenario) -> None:
    """S3 sends it when the notification is created."""
    scenario.deliver(scenario.planned_run.test_storage)


@when(parsers.re(r"MediaConvert reports the job as (?P<status>[A-Z]+)"))
@when(parsers.re(r"an earlier report of the job as (?P<status>[A-Z]+) arrives late"))
def reported(scenario: FunctionScenario, status: str) -> None:
    """Delivered through the rule, target and queue of the stack."""
    if scenario.complete_before is None:
        found = scenario.planned_run.record()
        scenario.complete_before = _complete(found[1]) if found else frozenset()
    invocation = scenario.planned_run.report(status)
    if invocation is not None:
        scenario.record_outcome(invocation)


@then("one MediaConvert job is made, and AWS's service model allows it")
def one_valid_job(scenario: FunctionScenario) -> None:
    """botocore validates requests; enumerations and upper bounds are checked here, too."""
    for call in scenario.planned_run.requests:
        errors = call.validation_errors
        found = "; ".join(errors) or "valid"
        scenario.record(not errors, "CreateJob valid by the service model", found)
    count = len(scenario.planned_run.jobs)
    scenario.record(
        count == 1,
        "1 MediaConvert job",
        f"{count} jobs{scenario.last_outcome() if count == 0 else ''}",
    )


@then("no MediaConvert job is made")
def no_job(scenario: FunctionScenario) -> None:
    """CreateJob is not even called."""
    count = len(scenario.planned_run.requests)
    scenario.record(count == 0, "no call of CreateJob", f"{count} calls{scenario.last_outcome()}")


@then("the job reads the uploaded file")
def job_reads_upload(scenario: FunctionScenario) -> None:
    """The decoded bucket and key, not the URL-encoded key of the S3 event."""
    inputs = scenario.job_texts("FileInput")
    expected = f"an input {scenario.planned_run.uploaded}"
    scenario.record(
        scenario.planned_run.uploaded in inputs, expected, ", ".join(inputs) or "no input"
    )


@then("the job writes to the output bucket")
def job_writes_output(scenario: FunctionScenario, pipeline: Pipeline) -> None:
    """There is a destination, and every destination is in the bucket."""
    bucket = pipeline.output_bucket
    name = bucket.get("bucket")
    if not isinstance(name, str):
        raise UndeterminedError(f"{bucket}.bucket is unknown before it is built")
    found = scenario.job_texts("Destination")
    holds = bool(found) and all(u.startswith(f"s3://{name}/") for u in found)
    scenario.record(holds, f"every destination in s3://{name}/", ", ".join(found) or "none")


@then("MediaConvert may write where the job writes")
def may_write_there(scenario: FunctionScenario, policy_evidence: PolicyEvidence) -> None:
    """The role of the job may write objects and use the key at each destination."""
    evidence = scenario.evidence
    if not scenario.planned_run.jobs:
        expected = "a job with destinations"
        evidence.check(None, scenario.function, "handler", expected=expected, found="no job")
    for job in scenario.planned_run.jobs:
        arn = str(job.get("Role"))
        roles = [r for r in scenario.stack.managed("aws_iam_role") if r.get("arn") == arn]
        if not roles:
            expected = "a job with a role of this stack"
            evidence.check(None, scenario.function, "handler", expected=expected, found=arn)
        for role in roles[:1]:
            for destination in dict.fromkeys(texts(job.get("Settings"), "Destination")):
                for writing in writings(policy_evidence.authority, role, destination):
                    at = None
                    if writing.decided is not None:
                        at = policy_evidence.decision_location(writing.decided)
                    evidence.check(
                        writing.allowed, role, expected=writing.expected, found=writing.found, at=at
                    )


@then("a record in DynamoDB names the job")
def record_names_job(scenario: FunctionScenario) -> None:
    """An attribute of an item is the job id."""
    found = scenario.planned_run.record()
    expected = "an item that names the job"
    if found is None:
        scenario.record(False, expected, f"none{scenario.last_outcome()}")
    else:
        table, item = found
        scenario.record(True, expected, f"in {table}: {render(item)}")


@then("the job's record says COMPLETE")
def record_is_complete(scenario: FunctionScenario) -> None:
    """An attribute of the item, whatever its name, changed to COMPLETE."""
    found = scenario.planned_run.record()
    expected = "the item that names the job changed to COMPLETE"
    if found is None:
        scenario.record(False, expected, "no item that names the job")
        return
    table, item = found
    changed = _complete(item) - (scenario.complete_before or frozenset())
    scenario.record(bool(changed), expected, f"in {table}: {render(item)}")


def _complete(item: Record) -> frozenset[str]:
    """Short attributes with the word COMPLETE or COMPLETED."""
    return frozenset(
        name
        for name, value in item.items()
        if isinstance(value, str) and len(value) <= 40 and _COMPLETE.fullmatch(value.upper())
    )


# REQ-12: the role ------------------------------------------------------------------------------


@then(f"its {ROLE} is the ARN of a role that MediaConvert can assume")
def role_is_configured(stack: Stack, pipeline: Pipeline, evidence: Recorder) -> None:
    """Compared by resolved value; where an ARN is unknown, by the reference in the sources."""
    function = pipeline.function
    try:
        roles = pipeline.mediaconvert_roles
    except MissingPartError as missing:
        expected = "the ARN of a role that MediaConvert can assume"
        found = f"{render(function.get(_ROLE_PATH))}, and {missing}"
        evidence.check(False, function, _ROLE_PATH, expected=expected, found=found)
        return
    holds = any_of(links(stack, function, _ROLE_PATH, role, ("arn",)) for role in roles)
    arns = " or ".join(f"{r.get('arn')} ({r})" for r in roles)
    evidence.check(holds, function, _ROLE_PATH, expected=arns)


@given(f"{ROLE} names a role that nothing else names", target_fixture="marked_role")
def role_is_marked(planned_run: PlannedPipelineRun, pipeline: Pipeline) -> str:
    """A role that the function can only know from the variable."""
    marked = _role_arn(pipeline, "planproof-marked-role")
    planned_run.environment[ROLE] = marked
    return marked


@then("the job has exactly that role")
def job_has_role(scenario: FunctionScenario, marked_role: str) -> None:
    """The code passes the role of the variable to CreateJob."""
    roles = [str(call.parameters.get("Role")) for call in scenario.planned_run.requests]
    holds = bool(roles) and set(roles) == {marked_role}
    found = ", ".join(roles) or f"no job{scenario.last_outcome()}"
    scenario.record(holds, f"Role {marked_role} in CreateJob", found, _ROLE_PATH)
