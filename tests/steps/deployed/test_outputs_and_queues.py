"""When are renditions there and queues empty, and are letters those that nobody could handle?"""

from __future__ import annotations

from typing import Any

from steps import deployed as steps
from steps import deployed_outcome as outcome
from steps.mediaconvert.clip import clip
from steps.support.renditions import requested_renditions
from steps.support.traffic import text_of
from tests.steps.deployed.scenario_driver import DROPS_MESSAGES, ScenarioDriver

ONE_RENDITION = """
@instead("CreateJob")
def less(ask, given):
    settings = given["Settings"]
    groups = [{**g, "Outputs": g["Outputs"][:1]} for g in settings["OutputGroups"]]
    return ask({**given, "Settings": {**settings, "OutputGroups": groups}})
"""
ONE_PLACE = """
@instead("CreateJob")
def same(ask, given):
    settings = given["Settings"]
    for group in settings["OutputGroups"]:
        if "FileGroupSettings" in group["OutputGroupSettings"]:
            own = group["OutputGroupSettings"]["FileGroupSettings"]
            own["Destination"] = own["Destination"].partition("//")[0] + "//" + (
                own["Destination"].partition("//")[2].partition("/")[0] + "/all/one"
            )
    return ask(given)
"""


def places(driver: ScenarioDriver) -> dict[str, Any]:
    """The keys of the renditions of the one job."""
    (job,) = driver.scenario.traffic.jobs()
    bucket = text_of(driver.pipeline.output_bucket, "bucket")
    return {uri.removeprefix(f"s3://{bucket}/"): r for uri, r in requested_renditions(job)}


def put(driver: ScenarioDriver, key: str, body: bytes) -> None:
    bucket = text_of(driver.pipeline.output_bucket, "bucket")
    driver.client("s3").put_object(Bucket=bucket, Key=key, Body=body)


# Renditions --------------------------------------------------------------------------------------


def test_a_rendition_of_another_size_is_none(driver: ScenarioDriver) -> None:
    driver.upload_and_settle()
    key, wanted = next(iter(places(driver).items()))
    put(driver, key, clip(320, 240))
    driver.expect_failure(
        outcome.renditions_written, 2, match=f"expected {wanted} at .*found h264 320 × 240"
    )


def test_a_rendition_that_is_no_video_is_none(driver: ScenarioDriver) -> None:
    driver.upload_and_settle()
    key = list(places(driver))[-1]
    put(driver, key, b"no video")
    driver.expect_failure(outcome.renditions_written, 2, match="found 8 bytes that are not a video")


def test_a_rendition_that_is_not_there_is_none(driver: ScenarioDriver) -> None:
    driver.upload_and_settle()
    key = list(places(driver))[-1]
    bucket = text_of(driver.pipeline.output_bucket, "bucket")
    driver.client("s3").delete_object(Bucket=bucket, Key=key)
    driver.expect_failure(outcome.renditions_written, 2, match="found nothing")


def test_a_job_that_asks_for_less_is_not_enough(driver: ScenarioDriver) -> None:
    with driver.function_patched(ONE_RENDITION):
        driver.upload_and_settle()
        driver.expect_failure(outcome.renditions_written, 2, match="a job with 2 renditions")


def test_two_jobs_may_not_write_to_one_place(driver: ScenarioDriver) -> None:
    with driver.function_patched(ONE_PLACE):
        steps.clips_uploaded(driver.scenario, 2)
        steps.everything_settles(driver.scenario)
        driver.check(outcome.one_job_each, "COMPLETE")
        driver.expect_failure(
            outcome.renditions_written, 2, match="renditions, each at a destination of its own"
        )


def test_every_upload_needs_renditions_not_just_one(driver: ScenarioDriver) -> None:
    driver.upload_and_settle()
    with driver.function_patched(DROPS_MESSAGES):
        driver.upload_and_settle("closing.mp4")
        driver.expect_failure(
            outcome.renditions_written, 2, match="writes the renditions of closing.mp4"
        )


# Messages ----------------------------------------------------------------------------------------


def test_a_message_in_any_queue_is_seen(driver: ScenarioDriver) -> None:
    driver.scenario.control.pause()
    for queue in driver.scenario.traffic.stack.managed("aws_sqs_queue"):
        driver.scenario.traffic.purge_queues()
        driver.scenario.traffic.send(queue, "left")
        driver.expect_failure(
            outcome.no_message_left, match=rf"^{queue}.*expected no message, found 1 mess"
        )


def test_a_message_that_is_in_somebodys_hands_is_seen(driver: ScenarioDriver) -> None:
    queue = driver.pipeline.dead_letters(driver.pipeline.status_queue)
    driver.scenario.traffic.send(queue, "left")
    url = text_of(queue, "url")
    assert driver.client("sqs").receive_message(QueueUrl=url)["Messages"]
    driver.expect_failure(outcome.no_message_left, match="found 1 message")


def test_queues_that_nothing_came_to_prove_nothing(driver: ScenarioDriver) -> None:
    driver.expect_undetermined(outcome.no_message_left, match="found none, so nothing is proven")


def test_letters_are_those_that_were_sent(driver: ScenarioDriver) -> None:
    steps.nonsense_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.check(outcome.held_in_dead_letter_queue, "processing")
    driver.expect_failure(
        outcome.held_in_dead_letter_queue, "processing", match="found no message"
    )  # they are read


def test_another_letter_is_one_too_many(driver: ScenarioDriver) -> None:
    steps.forged_event_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    target = text_of(driver.pipeline.dead_letters(driver.pipeline.processing_queue), "url")
    driver.client("sqs").send_message(QueueUrl=target, MessageBody="another")
    driver.expect_failure(
        outcome.held_in_dead_letter_queue, "processing", match="only this message.*another"
    )


def test_the_letters_of_another_queue_do_not_count(driver: ScenarioDriver) -> None:
    steps.nonsense_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.expect_failure(
        outcome.held_in_dead_letter_queue, "status", match="expected only this message: , f"
    )


def test_a_message_that_was_swallowed_is_no_letter(driver: ScenarioDriver) -> None:
    with driver.function_patched(DROPS_MESSAGES):
        steps.nonsense_sent(driver.scenario)
        steps.everything_settles(driver.scenario)
        driver.expect_failure(
            outcome.held_in_dead_letter_queue, "processing", match="no sense.*found no message"
        )


def test_an_event_about_an_unknown_job_makes_no_record(driver: ScenarioDriver) -> None:
    steps.unknown_job_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.check(outcome.no_record_made)
    driver.check(outcome.held_in_dead_letter_queue, "status")


def test_an_unknown_job_is_no_news_before_the_function_was_told(driver: ScenarioDriver) -> None:
    with driver.input_left_unread(steps.unknown_job_sent):
        steps.everything_settles(driver.scenario)
        driver.expect_undetermined(outcome.no_record_made, match="it was not invoked")


def test_without_a_job_there_is_no_model_of_an_unknown_one(driver: ScenarioDriver) -> None:
    with driver.function_patched(DROPS_MESSAGES):
        driver.expect_undetermined_input(
            steps.unknown_job_sent, match="no job was made whose user metadata"
        )


def test_a_record_of_an_unknown_job_is_one_too_many(driver: ScenarioDriver) -> None:
    steps.unknown_job_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    table = text_of(driver.pipeline.assets_table, "name")
    item = {"AssetId": {"S": "unknown"}, "Status": {"S": "COMPLETE"}}
    driver.client("dynamodb").put_item(TableName=table, Item=item)
    driver.expect_failure(outcome.no_record_made, match="expected no new record, found.*unknown")
