"""Do two deployments keep apart, does a plan settle, and does a destroyed stack leave anything?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import Recorder, StepFailedError
from planproof.terraform.drift import Change, Drift
from steps import deployed as steps
from steps import deployed_beside as beside
from steps import deployed_outcome as outcome
from steps.support.leftovers import left
from steps.support.traffic import Traffic, text_of
from tests.builders.shipped import shipped_stacks
from tests.steps.deployed.demolition import Demolition, demolish
from tests.steps.deployed.play import Play

OWN_JOB_FOR_OTHERS = """
handler = lambda_function.handler
@instead("CreateJob")
def others(ask, given):
    text = repr(given["Settings"]).replace("-us-east-1-dev/", "-us-east-1-pr4711/")
    return ask({**given, "Settings": eval(text)})
"""


def goes(play: Play) -> None:
    steps.clip_uploaded_to_each(play.scene, "opening.mp4")
    steps.at_rest(play.scene)


@pytest.fixture
def two(play: Play) -> Play:
    beside.deployed_beside(play.scene, play.deployment)
    return play


# Two environments --------------------------------------------------------------------------------


def test_each_keeps_to_its_own(two: Play) -> None:
    goes(two)
    two.judged(beside.each_its_own)
    two.judged(outcome.nothing_refused)


def test_another_region_works_as_well(play: Play) -> None:
    beside.deployed_elsewhere(play.scene, play.deployment)
    goes(play)
    play.judged(beside.each_its_own)
    assert play.scene.beside is not None
    assert play.scene.beside.place.region == "eu-west-1"
    play.scene.beside.uploads.append(play.scene.traffic.uploads[0])
    play.fails(beside.each_its_own, said="expected 1 job for opening.mp4.*0 jobs")


def test_a_job_for_the_others_upload_is_seen(two: Play) -> None:
    with two.wrong(OWN_JOB_FOR_OTHERS):
        goes(two)
        two.fails(beside.each_its_own, said="expected 1 job for opening.mp4")


def test_an_upload_that_the_other_was_told_of_is_seen(two: Play) -> None:
    bucket = text_of(two.pipeline.input_bucket, "bucket")
    s3 = two.client("s3")
    told = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        goes(two)
        two.fails(beside.each_its_own, said="expected 1 job for opening.mp4.*0 jobs")
    finally:
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": told}
        )


def test_a_record_too_many_in_the_others_table_is_seen(two: Play) -> None:
    goes(two)
    other = two.scene.beside
    assert other is not None
    table = text_of(other.pipeline.assets_table, "name")
    item = {"AssetId": {"S": f"stray-{other.uploads[0].key}"}, "Status": {"S": "COMPLETE"}}
    other.client("dynamodb").put_item(TableName=table, Item=item)
    two.fails(beside.each_its_own, said="expected 1 record, one for each upload, found 2 records")
    other.client("dynamodb").delete_item(TableName=table, Key={"AssetId": item["AssetId"]})


def test_one_deployment_alone_has_nothing_of_another(play: Play) -> None:
    play.goes()
    play.cannot_tell(beside.each_its_own, said="there is no other deployment")


# Drift -------------------------------------------------------------------------------------------


def plan(play: Play, *changes: Drift, stack: Any = None) -> Recorder:
    play.deployment.made.changes = list(changes)
    evidence = Recorder()
    stack = stack if stack is not None else play.scene.traffic.stack
    beside.nothing_to_change(play.deployment, stack, evidence)
    evidence.settle(must_prove=True)
    return evidence


def test_a_plan_that_changes_nothing(play: Play) -> None:
    (seen,) = plan(play).evidence
    assert seen.found == f"no changes of {len(play.scene.traffic.stack.managed())} resources"


def test_drift_is_named(play: Play) -> None:
    drift = Drift("aws_sqs_queue.status", ("update",), (Change("delay_seconds", 0, 5),))
    with pytest.raises(StepFailedError, match=r"aws_sqs_queue.status \(update\): delay_sec.*0 → 5"):
        plan(play, drift)


def test_a_plan_of_nothing_proves_nothing(play: Play) -> None:
    empty = shipped_stacks()["default"].with_resources([])
    empty.resources.clear()
    with pytest.raises(UndeterminedError, match="found no changes of 0 resources"):
        plan(play, stack=empty)


# Destroyed ---------------------------------------------------------------------------------------


@pytest.fixture
def destroyed(play: Play) -> Iterator[Callable[..., Play]]:
    """Deploys beside the stack and destroys, but for what a test keeps."""
    demolitions: list[Demolition] = []

    def destroy(*kept: str, days: int | None = 7) -> Play:
        beside.deployed_beside(play.scene, play.deployment)
        traffic = play.scene.beside
        assert traffic is not None
        work = Demolition(traffic.stack, traffic.client, frozenset(kept), days)
        demolitions.append(work)
        play.deployment.made.destroy = lambda: demolish(work)
        beside.destroyed(play.scene, play.deployment, Recorder())
        return play

    yield destroy
    for work in demolitions:
        work.kept, work.days = frozenset(), work.days and None
        demolish(work)
        play.deployment.forget("another suffix")


def test_a_destroyed_stack_leaves_a_key_that_goes(destroyed: Callable[..., Play]) -> None:
    evidence = destroyed().judged(beside.nothing_left)
    assert len(evidence.evidence) == 27  # names, two mappings and the key


def test_what_is_left_is_named(destroyed: Callable[..., Play]) -> None:
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
    play, evidence = destroyed(*one_of_each), Recorder()
    beside.nothing_left(play.scene, evidence)
    found = {e.address: e.found for e in evidence.evidence if e.holds is False}
    assert set(found) == one_of_each
    assert found["aws_iam_role.function"] == "video-processor-us-east-1-pr4711 is still there"
    play.fails(beside.nothing_left, said=r"is still there, and 11 more")


def test_a_key_may_not_stay(destroyed: Callable[..., Play]) -> None:
    destroyed(days=None).fails(beside.nothing_left, said="deleted within 7 days, found Enabled")


def test_a_key_may_not_stay_for_a_month(destroyed: Callable[..., Play]) -> None:
    destroyed(days=30).fails(beside.nothing_left, said="within 7 days, found PendingDeletion, 20")


@pytest.mark.parametrize("detail", ["storage.tf:3: deleting S3 Bucket: BucketNotEmpty", ""])
def test_a_stack_that_cannot_be_destroyed_fails_in_terraforms_words(
    play: Play, detail: str
) -> None:
    def stuck() -> None:
        raise PlanproofError("Terraform destroy failed", "mend it", detail=detail)

    beside.deployed_beside(play.scene, play.deployment)
    play.deployment.made.destroy = stuck
    evidence = Recorder()
    evidence.begin("destroyed")
    beside.destroyed(play.scene, play.deployment, evidence)
    with pytest.raises(StepFailedError, match=detail or "Terraform destroy failed"):
        evidence.settle(must_prove=False)
    assert play.scene.all == [play.scene.traffic]  # no queue of it is asked for any longer


def test_an_account_that_has_ended_is_no_fault_of_the_stack(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    def over(*_: object) -> None:
        raise PlanproofError("the emulated account ended half-way", "run again")

    beside.deployed_beside(play.scene, play.deployment)
    play.deployment.made.destroy = over
    monkeypatch.setattr(type(play.deployment), "check", over)
    evidence = Recorder()
    with pytest.raises(PlanproofError, match="ended half-way"):
        beside.destroyed(play.scene, play.deployment, evidence)
    assert not evidence.evidence


def test_a_stack_that_was_not_destroyed_is_there(play: Play) -> None:
    with pytest.raises(StepFailedError, match=r"is still there, and \d+ more"):
        play.judged(beside.nothing_left)


def test_everything_is_found_while_it_stands(play: Play) -> None:
    traffic = play.scene.traffic
    assert {there for _, there in left(traffic.stack, traffic.client)} == {True}


def test_what_nobody_can_list_is_not_gone(play: Play) -> None:
    stack = play.scene.traffic.stack
    part = stack["aws_kms_alias.media"]
    strange = type(part)("aws_x_thing.y", "managed", "aws_x_thing", "y", None, "", {"id": "1"})
    found = {
        name.resource.address: there
        for name, there in left(stack.with_resources([strange]), play.scene.traffic.client)
    }
    assert found["aws_x_thing.y"] is None


def test_a_stack_in_use_is_full(two: Play) -> None:
    evidence = Recorder()
    beside.in_use(two.scene, evidence)
    assert [e.holds for e in evidence.evidence] == [True] * 6
    assert isinstance(two.scene.beside, Traffic)
