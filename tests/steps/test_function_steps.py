"""The steps on the function: a working one passes, every kind of mistake fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from planproof.aws.lambda_package import Package, PackageError
from planproof.emulation.function.host import FunctionHost
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder, StepFailedError
from planproof.session.stacks import ResolvedStacks, RunRequest
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN
from steps import function as steps
from steps.function import FunctionScenario
from steps.support.pipeline import Pipeline
from steps.support.planned_run import PlannedPipelineRun
from tests.builders.packages import package
from tests.steps.pipeline_stack import (
    ENVIRONMENT,
    FUNCTION_ARN,
    ROLE_ARN,
    converter_role,
    job_state_rule,
    mapping,
    notification,
    pipeline_stack,
    processor,
    rule_target,
)

WORKS = """
import json, os
from urllib.parse import unquote_plus
import boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
mediaconvert = boto3.client("mediaconvert")


def handler(event, context):
    for record in event["Records"]:
        body = json.loads(record["body"])
        if "detail" in body:
            follow(body["detail"])
        for upload in body.get("Records", []):
            submit(upload["s3"])


def submit(s3):
    key = unquote_plus(s3["object"]["key"])
    source = f"s3://{s3['bucket']['name']}/{key}"
    token = s3["object"]["eTag"][:32]
    h264 = {"RateControlMode": "QVBR", "MaxBitrate": 5000000}
    output = {"VideoDescription": {"CodecSettings": {"Codec": "H_264", "H264Settings": h264}}}
    destination = {"Destination": f"s3://{os.environ['OUTPUT']}/{token}/"}
    group = {"Type": "FILE_GROUP_SETTINGS", "FileGroupSettings": destination}
    job = mediaconvert.create_job(
        Role=os.environ["MEDIACONVERT_ROLE"],
        ClientRequestToken=token,
        UserMetadata={"Id": token},
        Settings={
            "Inputs": [{"FileInput": source}],
            "OutputGroups": [{"OutputGroupSettings": group, "Outputs": [output]}],
        },
    )["Job"]
    table.put_item(Item={"Id": token, "Job": job["Id"], "State": "SUBMITTED"})


def follow(detail):
    try:
        table.update_item(
            Key={"Id": detail["userMetadata"]["Id"]},
            UpdateExpression="SET #s = :s",
            ConditionExpression="#s <> :done",
            ExpressionAttributeNames={"#s": "State"},
            ExpressionAttributeValues={":s": detail["status"], ":done": "COMPLETE"},
        )
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
"""


@pytest.fixture(scope="module")
def host() -> Iterator[FunctionHost]:
    with FunctionHost(seconds_per_event=5) as kept:
        yield kept


MakeScenario = Callable[..., FunctionScenario]


@pytest.fixture
def make_scenario(host: FunctionHost, tmp_path: Path) -> MakeScenario:
    """Sets a scenario: a function's text, in a stack."""

    def scenario(
        text: str = WORKS, stack: Stack | None = None, *, given: bool = True
    ) -> FunctionScenario:
        judged = stack or pipeline_stack()
        pipeline = Pipeline(judged)
        planned_run = PlannedPipelineRun(judged, pipeline, host, lambda _: package(main=text))
        stacks = ResolvedStacks(RunRequest(terraform_dir=tmp_path, cache=tmp_path))
        if given:
            steps.environment_of_the_stack(planned_run)
            steps.role_is_given(planned_run, pipeline)
        return FunctionScenario(planned_run, pipeline.function, stacks, judged, Recorder())

    return scenario


def but(old: str, new: str) -> str:
    """The function that works, but for one thing."""
    assert WORKS.count(old) == 1
    return WORKS.replace(old, new)


def proven(scenario: FunctionScenario, step: Callable[[FunctionScenario], None]) -> None:
    scenario.evidence.begin(step.__name__)
    step(scenario)
    scenario.evidence.settle(must_prove=True)


def found_by(scenario: FunctionScenario, step: Callable[[FunctionScenario], None]) -> str:
    """What a step finds that contradicts the requirement."""
    scenario.evidence.begin(step.__name__)
    step(scenario)
    with pytest.raises(StepFailedError) as caught:
        scenario.evidence.settle(must_prove=True)
    return str(caught.value)


def writes_output(scenario: FunctionScenario) -> None:
    steps.job_writes_output(scenario, Pipeline(scenario.stack))


# A function that works -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["opening.mp4", "My film (1) ü.mp4", "a+b %2F&=.mp4"])
def test_an_upload_becomes_a_job(make_scenario: MakeScenario, name: str) -> None:
    scenario = make_scenario()
    steps.uploaded(scenario, name)
    assert scenario.planned_run.uploaded == f"s3://films-in/{name}"
    for step in (
        steps.one_valid_job,
        steps.job_reads_upload,
        writes_output,
        steps.record_names_job,
    ):
        proven(scenario, step)


def test_a_second_delivery_makes_no_second_job(make_scenario: MakeScenario) -> None:
    scenario = make_scenario()
    steps.uploaded(scenario, "opening.mp4")
    steps.delivered_again(scenario)
    proven(scenario, steps.one_valid_job)
    assert len(scenario.planned_run.requests) == 2
    assert len(scenario.planned_run.jobs) == 1


def test_the_test_event_makes_no_job(make_scenario: MakeScenario) -> None:
    scenario = make_scenario()
    steps.storage_tested(scenario)
    proven(scenario, steps.no_job)


def test_the_completion_of_a_job_is_recorded(make_scenario: MakeScenario) -> None:
    scenario = make_scenario()
    steps.uploaded(scenario, "opening.mp4")
    steps.reported(scenario, "COMPLETE")
    proven(scenario, steps.record_is_complete)
    steps.reported(scenario, "PROGRESSING")
    proven(scenario, steps.record_is_complete)


def test_the_role_is_the_one_in_the_variable(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(given=False)
    marked = steps.role_is_marked(scenario.planned_run, Pipeline(scenario.stack))
    assert marked != ROLE_ARN
    steps.uploaded(scenario, "opening.mp4")
    steps.job_has_role(scenario, marked)
    scenario.evidence.settle(must_prove=True)


def test_the_key_has_the_prefix_and_suffix_of_the_notification(make_scenario: MakeScenario) -> None:
    told = notification(filter_prefix="incoming/", filter_suffix=".mov")
    scenario = make_scenario(stack=pipeline_stack(told))
    steps.uploaded(scenario, "opening.mp4")
    assert scenario.planned_run.uploaded == "s3://films-in/incoming/opening.mov"
    proven(scenario, steps.job_reads_upload)


def test_events_that_the_rule_does_not_match_are_not_delivered(make_scenario: MakeScenario) -> None:
    naive = but('"#s <> :done"', '"attribute_exists(Id) AND :done = :done"')
    scenario = make_scenario(naive, pipeline_stack(job_state_rule(status=["COMPLETE", "ERROR"])))
    steps.uploaded(scenario, "opening.mp4")
    steps.reported(scenario, "COMPLETE")
    count = len(scenario.planned_run.invocations)
    steps.reported(scenario, "PROGRESSING")
    assert len(scenario.planned_run.invocations) == count
    proven(scenario, steps.record_is_complete)


def test_events_may_be_delivered_without_a_queue(make_scenario: MakeScenario) -> None:
    direct = but(
        '    for record in event["Records"]:',
        "    if 'detail' in event:\n"
        "        follow(event['detail'])\n    for record in event.get('Records', []):",
    )
    scenario = make_scenario(direct, pipeline_stack(rule_target(FUNCTION_ARN)))
    steps.uploaded(scenario, "opening.mp4")
    steps.reported(scenario, "COMPLETE")
    proven(scenario, steps.record_is_complete)


def test_another_function_may_receive_the_events(make_scenario: MakeScenario) -> None:
    other = processor("g")
    own = other.resource.get("arn")
    stack = pipeline_stack(other, mapping("states", "states", str(own)))
    scenario = make_scenario(stack=stack)
    steps.uploaded(scenario, "opening.mp4")
    steps.reported(scenario, "COMPLETE")
    proven(scenario, steps.record_is_complete)
    steps.delivered_again(scenario)
    proven(scenario, steps.one_valid_job)


# Functions that do not -------------------------------------------------------------------------


def test_a_url_encoded_key_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(but('unquote_plus(s3["object"]["key"])', 's3["object"]["key"]'))
    steps.uploaded(scenario, "My film (1) ü.mp4")
    told = found_by(scenario, steps.job_reads_upload)
    assert "expected an input s3://films-in/My film (1) ü.mp4" in told
    assert "found s3://films-in/My+film+%281%29+%C3%BC.mp4" in told


def test_a_job_for_every_delivery_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(but("        ClientRequestToken=token,\n", ""))
    steps.uploaded(scenario, "opening.mp4")
    proven(scenario, steps.one_valid_job)
    steps.delivered_again(scenario)
    assert "expected 1 MediaConvert job, found 2 jobs" in found_by(scenario, steps.one_valid_job)


def test_a_second_delivery_goes_to_a_new_instance(make_scenario: MakeScenario) -> None:
    text = but("        ClientRequestToken=token,\n", "").replace(
        "def submit(s3):\n",
        "seen = set()\ndef submit(s3):\n    if s3['object']['eTag'] in seen:\n        return\n"
        "    seen.add(s3['object']['eTag'])\n",
    )
    scenario = make_scenario(text)
    steps.uploaded(scenario, "opening.mp4")
    steps.delivered_again(scenario)
    assert "found 2 jobs" in found_by(scenario, steps.one_valid_job)


def test_a_job_that_the_service_model_forbids_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(but('"Codec": "H_264"', '"Codec": "H264"'))
    steps.uploaded(scenario, "opening.mp4")
    told = found_by(scenario, steps.one_valid_job)
    assert "CodecSettings.Codec is 'H264', and must be one of" in told


def test_a_job_that_botocore_rejects_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(but('"Inputs": [{"FileInput": source}]', '"Inputs": source'))
    told = found_by(scenario, lambda s: steps.uploaded(s, "opening.mp4"))
    assert "ParamValidationError" in told
    assert "Invalid type for parameter Settings.Inputs" in told
    told = found_by(scenario, steps.one_valid_job)
    assert "Invalid type for parameter Settings.Inputs" in told
    assert "and 1 more" in told


def test_a_validation_error_that_the_function_hides_fails(make_scenario: MakeScenario) -> None:
    text = but('"Inputs": [{"FileInput": source}]', '"Inputs": source').replace(
        "            submit(upload", "            try: submit(upload"
    )
    scenario = make_scenario(
        text.replace('upload["s3"])\n', 'upload["s3"])\n            except Exception: pass\n')
    )
    steps.uploaded(scenario, "opening.mp4")
    scenario.evidence.settle(must_prove=True)
    assert "Invalid type for parameter" in found_by(scenario, steps.one_valid_job)


def test_a_missing_job_is_reported_with_the_last_outcome(make_scenario: MakeScenario) -> None:
    scenario = make_scenario("def handler(event, context):\n    print('to do')")
    steps.uploaded(scenario, "opening.mp4")
    told = found_by(scenario, steps.one_valid_job)
    assert "found 0 jobs; the message was processed, without any call to AWS" in told
    for step in (steps.job_reads_upload, writes_output, steps.record_names_job):
        found_by(scenario, step)
    found_by(scenario, steps.record_is_complete)
    found_by(scenario, lambda s: steps.job_has_role(s, "role"))
    with pytest.raises(UndeterminedError, match="no job was made, so none can be reported"):
        steps.reported(scenario, "COMPLETE")


def test_another_output_bucket_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(but("s3://{os.environ['OUTPUT']}/", "s3://films-in/"))
    steps.uploaded(scenario, "opening.mp4")
    assert "expected every destination in s3://films-out/" in found_by(scenario, writes_output)


def test_a_record_that_does_not_name_the_job_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(but(', "Job": job["Id"]', ""))
    steps.uploaded(scenario, "opening.mp4")
    told = found_by(scenario, steps.record_names_job)
    assert "found none; the message was processed, after calls of mediaconvert:CreateJob" in told


def test_an_unrecorded_completion_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(but('            follow(body["detail"])', "            pass"))
    steps.uploaded(scenario, "opening.mp4")
    steps.reported(scenario, "COMPLETE")
    assert '"State": "SUBMITTED"' in found_by(scenario, steps.record_is_complete)


def test_a_status_that_was_complete_before_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(but('"State": "SUBMITTED"', '"State": "COMPLETE"'))
    steps.uploaded(scenario, "opening.mp4")
    steps.reported(scenario, "COMPLETE")
    assert '"State": "COMPLETE"' in found_by(scenario, steps.record_is_complete)


def test_a_late_event_that_overwrites_the_status_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(but('"#s <> :done"', '"attribute_exists(Id) AND :done = :done"'))
    steps.uploaded(scenario, "opening.mp4")
    steps.reported(scenario, "COMPLETE")
    proven(scenario, steps.record_is_complete)
    steps.reported(scenario, "PROGRESSING")
    assert '"State": "PROGRESSING"' in found_by(scenario, steps.record_is_complete)


@pytest.mark.parametrize("said", ["INCOMPLETE", "COMPLETELY LOST", "x" * 40 + " COMPLETE"])
def test_a_text_that_only_contains_complete_fails(make_scenario: MakeScenario, said: str) -> None:
    scenario = make_scenario(but('":s": detail["status"]', f'":s": {said!r}'))
    steps.uploaded(scenario, "opening.mp4")
    steps.reported(scenario, "COMPLETE")
    found_by(scenario, steps.record_is_complete)


@pytest.mark.parametrize("said", ["completed", "JOB_COMPLETE", "Complete (2 files)"])
def test_other_spellings_of_complete_pass(make_scenario: MakeScenario, said: str) -> None:
    scenario = make_scenario(but('":s": detail["status"]', f'":s": {said!r}'))
    steps.uploaded(scenario, "opening.mp4")
    steps.reported(scenario, "COMPLETE")
    proven(scenario, steps.record_is_complete)


def test_a_function_that_fails_on_the_test_event_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(but('body.get("Records", [])', 'body["Records"]'))
    told = found_by(scenario, steps.storage_tested)
    assert "KeyError at main.py" in told
    assert "aws_lambda_function.f.handler" in told


def test_a_job_from_the_test_event_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(
        but(
            'body.get("Records", [])',
            "[{'s3': {'bucket': {'name': 'films-in'}, 'object': {'key': 'x', 'eTag': 'y'}}}]",
        )
    )
    steps.storage_tested(scenario)
    assert "expected no call of CreateJob, found 1 calls" in found_by(scenario, steps.no_job)


def test_a_message_returned_as_failed_fails(make_scenario: MakeScenario) -> None:
    text = """
        def handler(event, context):
            print("no such bucket")
            return {"batchItemFailures": [{"itemIdentifier": "upload-1"}]}
    """
    told = found_by(make_scenario(text), lambda s: steps.uploaded(s, "opening.mp4"))
    assert "returned the message as failed" in told
    assert "no such bucket" in told


def test_a_hard_coded_role_fails(make_scenario: MakeScenario) -> None:
    scenario = make_scenario(but('os.environ["MEDIACONVERT_ROLE"]', f'"{ROLE_ARN}"'), given=False)
    marked = steps.role_is_marked(scenario.planned_run, Pipeline(scenario.stack))
    steps.uploaded(scenario, "opening.mp4")
    told = found_by(scenario, lambda s: steps.job_has_role(s, marked))
    assert f"found {ROLE_ARN}" in told
    assert "environment.variables.MEDIACONVERT_ROLE" in told


# What decides nothing --------------------------------------------------------------------------


def undecided(scenario: FunctionScenario, step: Callable[[FunctionScenario], None]) -> str:
    def as_a_step() -> None:
        step(scenario)
        scenario.evidence.settle(must_prove=False)

    with pytest.raises(UndeterminedError) as caught:
        as_a_step()
    return str(caught.value)


def upload(scenario: FunctionScenario) -> None:
    steps.uploaded(scenario, "opening.mp4")


def test_a_handler_that_cannot_be_imported_is_undetermined(make_scenario: MakeScenario) -> None:
    assert "No module named 'lost'" in undecided(make_scenario("import lost"), upload)


def test_an_operation_that_is_not_emulated_is_undetermined(make_scenario: MakeScenario) -> None:
    text = but("def submit(s3):\n", "def submit(s3):\n    mediaconvert.list_presets()\n")
    assert "mediaconvert:ListPresets is not emulated here" in undecided(make_scenario(text), upload)


def test_an_unknown_environment_is_undetermined(make_scenario: MakeScenario) -> None:
    unknown = processor(environment=[{"variables": {**ENVIRONMENT, "TABLE": UNKNOWN}}])
    assert "environment" in undecided(make_scenario(stack=pipeline_stack(unknown)), upload)


def test_a_function_in_another_language_is_undetermined(make_scenario: MakeScenario) -> None:
    stack = pipeline_stack(processor(runtime="nodejs22.x"))
    found = undecided(make_scenario(stack=stack), upload)
    assert "nodejs22.x" in found
    assert "only Python" in found


# A function without code -----------------------------------------------------------------------


@pytest.fixture
def no_package(make_scenario: MakeScenario, host: FunctionHost) -> Callable[..., FunctionScenario]:
    """Sets a scenario in which the function's package is not there."""

    def refuse(_: Resource) -> Package:
        raise PackageError("the package f.zip does not exist", "build it")

    def scenario(**values: object) -> FunctionScenario:
        found = make_scenario(stack=pipeline_stack(processor(**{"filename": "f.zip", **values})))
        pipeline = Pipeline(found.stack)
        found.planned_run = PlannedPipelineRun(found.stack, pipeline, host, refuse)
        return found

    return scenario


def test_a_package_that_is_not_there_makes_no_job(
    no_package: Callable[..., FunctionScenario],
) -> None:
    for step in (upload, steps.storage_tested):
        scenario = no_package()
        assert "the package f.zip does not exist" in found_by(scenario, step)
        assert [e.attribute for e in scenario.evidence.evidence] == ["filename"]


def test_a_package_that_is_not_a_file_raises_the_error(
    no_package: Callable[..., FunctionScenario],
) -> None:
    scenario = no_package(filename=None)
    with pytest.raises(PackageError):
        upload(scenario)
    assert scenario.evidence.evidence == []


@pytest.mark.parametrize(
    ("files", "handler", "seen"),
    [
        ({"code/index.js": "exports.handler = 1"}, "index.handler", "code/index.js"),
        ({"code/app.py": "def go(): ..."}, "code.app.go", "code/app.py"),
        ({"code/index.js": "new CreateJobCommand()"}, "index.handler", ""),
        ({"code/index.js": "x", "code/lib/jobs.js": "createJob()"}, "index.handler", ""),
        ({"code/index.py": "c.create_job()"}, "index.handler", ""),
        ({"a/index.js": "x", "b/index.js": "x"}, "index.handler", ""),
        ({"code/other.js": "x"}, "index.handler", ""),
        ({"code/index.txt": "x"}, "index.handler", ""),
        ({"node_modules/index.js": "x", ".cache/index.js": "x"}, "index.handler", ""),
        ({"code/index.js": "x"}, None, ""),
    ],
)
def test_a_handler_source_without_jobs_is_reported(
    files: dict[str, str],
    handler: str | None,
    seen: str,
    tmp_path: Path,
    no_package: Callable[..., FunctionScenario],
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    scenario = no_package(handler=handler)
    found_by(scenario, upload)
    *first, last = scenario.evidence.evidence
    assert last.attribute == "filename"
    assert [(e.attribute, e.holds, e.file.endswith(seen), e.line) for e in first] == (
        [("handler", False, True, 1)] if seen else []
    )


# MEDIACONVERT_ROLE -----------------------------------------------------------------------------


def told(stack: Stack) -> bool | None:
    evidence = Recorder()
    steps.role_is_configured(stack, Pipeline(stack), evidence)
    (item,) = evidence.evidence
    assert item.attribute == "environment.variables.MEDIACONVERT_ROLE"
    return item.holds


def with_role(value: object) -> Stack:
    return pipeline_stack(processor(environment=[{"variables": {"MEDIACONVERT_ROLE": value}}]))


def test_the_variable_is_the_arn_of_the_role() -> None:
    assert told(pipeline_stack()) is True


@pytest.mark.parametrize("value", [None, "", "transcoder", f"{ROLE_ARN}2"])
def test_another_value_is_seen(value: object) -> None:
    assert told(with_role(value)) is False


def test_no_environment_is_seen() -> None:
    assert told(pipeline_stack(processor(environment=[]))) is False


def test_a_role_that_mediaconvert_cannot_assume_is_seen() -> None:
    assert told(pipeline_stack(converter_role("lambda.amazonaws.com"))) is False


def test_an_unknown_value_is_undetermined() -> None:
    assert told(with_role(UNKNOWN)) is None


@pytest.mark.parametrize(
    "stack",
    [
        pipeline_stack(
            processor(environment=[{"variables": {"TABLE": "t", "OUTPUT": "films-out"}}])
        ),
        pipeline_stack(converter_role("lambda.amazonaws.com")),
    ],
    ids=["not told", "no such role"],
)
def test_the_other_requirement_does_not_depend_on_it(
    make_scenario: MakeScenario, stack: Stack
) -> None:
    scenario = make_scenario(stack=stack)
    assert scenario.planned_run.environment["MEDIACONVERT_ROLE"].startswith(
        "arn:aws:iam::123456789012:"
    )
