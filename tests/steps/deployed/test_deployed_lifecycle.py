"""Second deployments, drift and destruction in the emulated account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import Recorder, StepFailedError
from planproof.terraform.drift import AttributeChange, Drift
from steps import deployed as steps
from steps import deployed_lifecycle as lifecycle
from steps import deployed_outcome as outcome
from steps.support.leftovers import remaining_names
from steps.support.traffic import Traffic, text_of
from tests.builders.shipped import shipped_stacks
from tests.steps.deployed.driver import Driver
from tests.steps.deployed.teardown import Teardown, tear_down

OWN_JOB_FOR_OTHERS = """
handler = lambda_function.handler
@replace_operation("CreateJob")
def others(call_aws, given):
    text = repr(given["Settings"]).replace("-us-east-1-dev/", "-us-east-1-pr4711/")
    return call_aws({**given, "Settings": eval(text)})
"""


def upload_to_each(driver: Driver) -> None:
    steps.clip_uploaded_to_each(driver.scenario, "opening.mp4")
    steps.everything_settles(driver.scenario)


@pytest.fixture
def two(driver: Driver) -> Driver:
    lifecycle.deploy_second_stack(driver.scenario, driver.deployment)
    return driver


# Two environments --------------------------------------------------------------------------------


def test_each_deployment_has_its_own_jobs_and_records(two: Driver) -> None:
    upload_to_each(two)
    two.check(lifecycle.each_has_its_own_job)
    two.check(outcome.nothing_refused)


def test_a_deployment_in_another_region_works(driver: Driver) -> None:
    lifecycle.deploy_in_another_region(driver.scenario, driver.deployment)
    upload_to_each(driver)
    driver.check(lifecycle.each_has_its_own_job)
    assert driver.scenario.second is not None
    assert driver.scenario.second.pipeline.location.region == "eu-west-1"
    driver.scenario.second.uploads.append(driver.scenario.traffic.uploads[0])
    driver.fails(lifecycle.each_has_its_own_job, match="expected 1 job for opening.mp4.*0 jobs")


def test_a_job_for_the_other_deployments_upload_fails(two: Driver) -> None:
    with two.function_patched(OWN_JOB_FOR_OTHERS):
        upload_to_each(two)
        two.fails(lifecycle.each_has_its_own_job, match="expected 1 job for opening.mp4")


def test_an_upload_without_a_notification_fails(two: Driver) -> None:
    bucket = text_of(two.pipeline.input_bucket, "bucket")
    s3 = two.client("s3")
    told = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        upload_to_each(two)
        two.fails(lifecycle.each_has_its_own_job, match="expected 1 job for opening.mp4.*0 jobs")
    finally:
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": told}
        )


def test_an_extra_record_in_the_other_table_fails(two: Driver) -> None:
    upload_to_each(two)
    other = two.scenario.second
    assert other is not None
    table = text_of(other.pipeline.assets_table, "name")
    item = {"AssetId": {"S": f"stray-{other.uploads[0].key}"}, "Status": {"S": "COMPLETE"}}
    other.client("dynamodb").put_item(TableName=table, Item=item)
    two.fails(
        lifecycle.each_has_its_own_job,
        match="expected 1 record, one for each upload, found 2 records",
    )
    other.client("dynamodb").delete_item(TableName=table, Key={"AssetId": item["AssetId"]})


def test_a_single_deployment_is_undetermined(driver: Driver) -> None:
    driver.upload()
    driver.undetermined(lifecycle.each_has_its_own_job, match="there is no second deployment")


# Drift -------------------------------------------------------------------------------------------


def plan(driver: Driver, *changes: Drift, stack: Any = None) -> Recorder:
    driver.deployment.terraform_stub.changes = list(changes)
    evidence = Recorder()
    stack = stack if stack is not None else driver.scenario.traffic.stack
    lifecycle.nothing_to_change(driver.deployment, stack, evidence)
    evidence.settle(must_prove=True)
    return evidence


def test_a_plan_that_changes_nothing(driver: Driver) -> None:
    (seen,) = plan(driver).evidence
    assert seen.found == f"no changes of {len(driver.scenario.traffic.stack.managed())} resources"


def test_drift_is_named(driver: Driver) -> None:
    drift = Drift("aws_sqs_queue.status", ("update",), (AttributeChange("delay_seconds", 0, 5),))
    with pytest.raises(StepFailedError, match=r"aws_sqs_queue.status \(update\): delay_sec.*0 → 5"):
        plan(driver, drift)


def test_a_plan_of_nothing_proves_nothing(driver: Driver) -> None:
    empty = replace(shipped_stacks()["default"], resources={})
    with pytest.raises(UndeterminedError, match="found no changes of 0 resources"):
        plan(driver, stack=empty)


# Destroyed ---------------------------------------------------------------------------------------


@pytest.fixture
def destroyed(driver: Driver) -> Iterator[Callable[..., Driver]]:
    """Deploys beside the stack and destroys, but for what a test keeps."""
    teardowns: list[Teardown] = []

    def destroy(*kept: str, days: int | None = 7) -> Driver:
        lifecycle.deploy_second_stack(driver.scenario, driver.deployment)
        traffic = driver.scenario.second
        assert traffic is not None
        work = Teardown(traffic.stack, traffic.client, frozenset(kept), days)
        teardowns.append(work)
        driver.deployment.terraform_stub.destroy = lambda: tear_down(work)
        lifecycle.destroyed(driver.scenario, driver.deployment, Recorder())
        return driver

    yield destroy
    for work in teardowns:
        work.kept, work.days = frozenset(), work.days and None
        tear_down(work)
        driver.deployment.forget("another suffix")


def test_a_destroyed_stack_leaves_only_its_key(destroyed: Callable[..., Driver]) -> None:
    evidence = destroyed().check(lifecycle.nothing_left)
    assert len(evidence.evidence) == 27  # names, two mappings and the key


def test_remaining_resources_are_named(destroyed: Callable[..., Driver]) -> None:
    one_of_each = {
        "aws_cloudwatch_dashboard.pipeline",
        "aws_cloudwatch_event_rule.job_state",
        "aws_cloudwatch_log_group.function",
        "aws_cloudwatch_metric_alarm.job_errors",
        "aws_dynamodb_table.assets",
        "aws_iam_policy.mediaconvert",
        "aws_iam_role.function",
        "aws_kms_alias.media",
        "aws_lambda_event_source_mapping.status",
        "aws_lambda_function.processor",
        "aws_s3_bucket.input",
        "aws_sqs_queue.status_dead_letter",
    }
    driver, evidence = destroyed(*one_of_each), Recorder()
    lifecycle.nothing_left(driver.scenario, evidence)
    found = {e.address: e.found for e in evidence.evidence if e.holds is False}
    assert set(found) == one_of_each
    assert found["aws_iam_role.function"] == "video-processor-us-east-1-pr4711 still exists"
    driver.fails(lifecycle.nothing_left, match=r"still exists, and 11 more")


def test_a_key_may_not_stay(destroyed: Callable[..., Driver]) -> None:
    destroyed(days=None).fails(
        lifecycle.nothing_left, match="deletion scheduled within 7 days, found Enabled"
    )


def test_a_key_may_not_stay_for_a_month(destroyed: Callable[..., Driver]) -> None:
    destroyed(days=30).fails(
        lifecycle.nothing_left, match="within 7 days, found PendingDeletion, deletion date 20"
    )


@pytest.mark.parametrize("detail", ["storage.tf:3: deleting S3 Bucket: BucketNotEmpty", ""])
def test_a_failed_destroy_has_terraforms_error(driver: Driver, detail: str) -> None:
    def stuck() -> None:
        raise PlanproofError("Terraform destroy failed", "mend it", detail=detail)

    lifecycle.deploy_second_stack(driver.scenario, driver.deployment)
    driver.deployment.terraform_stub.destroy = stuck
    evidence = Recorder()
    evidence.begin("destroyed")
    lifecycle.destroyed(driver.scenario, driver.deployment, evidence)
    with pytest.raises(StepFailedError, match=detail or "Terraform destroy failed"):
        evidence.settle(must_prove=False)
    assert driver.scenario.all_traffic == [
        driver.scenario.traffic
    ]  # no queue of it is asked for any longer


def test_an_account_that_has_ended_is_no_evidence(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def over(*_: object) -> None:
        raise PlanproofError("the emulated account ended half-way", "run again")

    lifecycle.deploy_second_stack(driver.scenario, driver.deployment)
    driver.deployment.terraform_stub.destroy = over
    monkeypatch.setattr(type(driver.deployment), "check", over)
    evidence = Recorder()
    with pytest.raises(PlanproofError, match="ended half-way"):
        lifecycle.destroyed(driver.scenario, driver.deployment, evidence)
    assert not evidence.evidence


def test_a_stack_that_was_not_destroyed_fails(driver: Driver) -> None:
    with pytest.raises(StepFailedError, match=r"still exists, and \d+ more"):
        driver.check(lifecycle.nothing_left)


def test_every_name_is_found_in_a_deployed_stack(driver: Driver) -> None:
    traffic = driver.scenario.traffic
    assert {there for _, there in remaining_names(traffic.stack, traffic.client)} == {True}


def test_a_type_that_cannot_be_listed_is_undetermined(driver: Driver) -> None:
    stack = driver.scenario.traffic.stack
    part = stack["aws_kms_alias.media"]
    strange = type(part)("aws_x_thing.y", "managed", "aws_x_thing", "y", None, "", {"id": "1"})
    found = {
        name.resource.address: there
        for name, there in remaining_names(
            stack.with_resources([strange]), driver.scenario.traffic.client
        )
    }
    assert found["aws_x_thing.y"] is None


def test_a_stack_in_use_has_objects_and_messages(two: Driver) -> None:
    evidence = Recorder()
    lifecycle.in_use(two.scenario, evidence)
    assert [e.holds for e in evidence.evidence] == [True] * 6
    assert isinstance(two.scenario.second, Traffic)
