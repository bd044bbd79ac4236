"""Renditions, empty queues and dead letters."""

from __future__ import annotations

from typing import Any

from steps import deployed as steps
from steps import deployed_outcome as outcome
from steps.mediaconvert.clip import clip
from steps.support.renditions import requested_renditions
from steps.support.traffic import text_of
from tests.steps.deployed.driver import DROPS_MESSAGES, Driver

ONE_RENDITION = """
@replace_operation("CreateJob")
def less(call_aws, given):
    settings = given["Settings"]
    groups = [{**g, "Outputs": g["Outputs"][:1]} for g in settings["OutputGroups"]]
    return call_aws({**given, "Settings": {**settings, "OutputGroups": groups}})
"""
ONE_PLACE = """
@replace_operation("CreateJob")
def same(call_aws, given):
    settings = given["Settings"]
    for group in settings["OutputGroups"]:
        if "FileGroupSettings" in group["OutputGroupSettings"]:
            own = group["OutputGroupSettings"]["FileGroupSettings"]
            own["Destination"] = own["Destination"].partition("//")[0] + "//" + (
                own["Destination"].partition("//")[2].partition("/")[0] + "/all/one"
            )
    return call_aws(given)
"""


def places(driver: Driver) -> dict[str, Any]:
    """The keys of the renditions of the one job."""
    (job,) = driver.scenario.traffic.jobs()
    bucket = text_of(driver.pipeline.output_bucket, "bucket")
    return {uri.removeprefix(f"s3://{bucket}/"): r for uri, r in requested_renditions(job)}


def put(driver: Driver, key: str, body: bytes) -> None:
    bucket = text_of(driver.pipeline.output_bucket, "bucket")
    driver.client("s3").put_object(Bucket=bucket, Key=key, Body=body)


# Renditions --------------------------------------------------------------------------------------


def test_a_rendition_of_another_size_fails(driver: Driver) -> None:
    driver.upload()
    key, wanted = next(iter(places(driver).items()))
    put(driver, key, clip(320, 240))
    driver.fails(
        outcome.renditions_written, 2, match=f"expected {wanted} at .*found h264 320 × 240"
    )


def test_a_rendition_that_is_no_video_fails(driver: Driver) -> None:
    driver.upload()
    key = list(places(driver))[-1]
    put(driver, key, b"no video")
    driver.fails(outcome.renditions_written, 2, match="found 8 bytes that are not a video")


def test_a_missing_rendition_fails(driver: Driver) -> None:
    driver.upload()
    key = list(places(driver))[-1]
    bucket = text_of(driver.pipeline.output_bucket, "bucket")
    driver.client("s3").delete_object(Bucket=bucket, Key=key)
    driver.fails(outcome.renditions_written, 2, match="found nothing")


def test_a_job_with_too_few_renditions_fails(driver: Driver) -> None:
    with driver.function_patched(ONE_RENDITION):
        driver.upload()
        driver.fails(outcome.renditions_written, 2, match="a job with 2 renditions")


def test_two_jobs_with_one_destination_fail(driver: Driver) -> None:
    with driver.function_patched(ONE_PLACE):
        steps.clips_uploaded(driver.scenario, 2)
        steps.everything_settles(driver.scenario)
        driver.check(outcome.one_job_each, "COMPLETE")
        driver.fails(
            outcome.renditions_written, 2, match="renditions, each at a destination of its own"
        )


def test_every_upload_needs_renditions_not_just_one(driver: Driver) -> None:
    driver.upload()
    with driver.function_patched(DROPS_MESSAGES):
        driver.upload("closing.mp4")
        driver.fails(outcome.renditions_written, 2, match="writes the renditions of closing.mp4")


# Messages ----------------------------------------------------------------------------------------


def test_a_message_in_any_queue_fails(driver: Driver) -> None:
    driver.scenario.control.pause()
    for queue in driver.scenario.traffic.stack.managed("aws_sqs_queue"):
        driver.scenario.traffic.purge_queues()
        driver.scenario.traffic.send(queue, "left")
        driver.fails(outcome.no_message_left, match=rf"^{queue}.*expected no message, found 1 mess")


def test_a_message_in_flight_fails(driver: Driver) -> None:
    queue = driver.pipeline.dead_letters(driver.pipeline.status_queue)
    driver.scenario.traffic.send(queue, "left")
    url = text_of(queue, "url")
    assert driver.client("sqs").receive_message(QueueUrl=url)["Messages"]
    driver.fails(outcome.no_message_left, match="found 1 message")


def test_empty_queues_without_input_are_undetermined(driver: Driver) -> None:
    driver.undetermined(outcome.no_message_left, match="found none, so nothing is proven")


def test_dead_letters_are_the_messages_that_were_sent(driver: Driver) -> None:
    steps.nonsense_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.check(outcome.in_dead_letter_queue, "processing")
    driver.fails(
        outcome.in_dead_letter_queue, "processing", match="found no message"
    )  # they are read


def test_an_extra_dead_letter_fails(driver: Driver) -> None:
    steps.forged_event_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    target = text_of(driver.pipeline.dead_letters(driver.pipeline.processing_queue), "url")
    driver.client("sqs").send_message(QueueUrl=target, MessageBody="another")
    driver.fails(outcome.in_dead_letter_queue, "processing", match="only this message.*another")


def test_dead_letters_of_another_queue_do_not_count(driver: Driver) -> None:
    steps.nonsense_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.fails(outcome.in_dead_letter_queue, "status", match="expected only this message: , f")


def test_a_dropped_message_is_no_dead_letter(driver: Driver) -> None:
    with driver.function_patched(DROPS_MESSAGES):
        steps.nonsense_sent(driver.scenario)
        steps.everything_settles(driver.scenario)
        driver.fails(outcome.in_dead_letter_queue, "processing", match="no sense.*found no message")


def test_an_event_about_an_unknown_job_makes_no_record(driver: Driver) -> None:
    steps.unknown_job_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.check(outcome.no_record_made)
    driver.check(outcome.in_dead_letter_queue, "status")


def test_an_event_that_was_not_delivered_is_undetermined(driver: Driver) -> None:
    with driver.input_left_unread(steps.unknown_job_sent):
        steps.everything_settles(driver.scenario)
        driver.undetermined(outcome.no_record_made, match="it was not invoked")


def test_without_a_job_the_unknown_event_is_undetermined(driver: Driver) -> None:
    with driver.function_patched(DROPS_MESSAGES):
        driver.input_is_undetermined(
            steps.unknown_job_sent, match="no job was made whose user metadata"
        )


def test_a_record_of_an_unknown_job_fails(driver: Driver) -> None:
    steps.unknown_job_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    table = text_of(driver.pipeline.assets_table, "name")
    item = {"AssetId": {"S": "unknown"}, "Status": {"S": "COMPLETE"}}
    driver.client("dynamodb").put_item(TableName=table, Item=item)
    driver.fails(outcome.no_record_made, match="expected no new record, found.*unknown")
