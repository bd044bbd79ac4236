"""When are renditions there and queues empty, and are letters those that nobody could handle?"""

from __future__ import annotations

from typing import Any

from steps import deployed as steps
from steps import deployed_outcome as outcome
from steps.mediaconvert.clip import clip
from steps.support.renditions import asked_for
from steps.support.traffic import text_of
from tests.steps.deployed.play import LOSES, Play

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


def places(play: Play) -> dict[str, Any]:
    """The keys of the renditions of the one job."""
    (job,) = play.scene.traffic.jobs()
    bucket = text_of(play.pipeline.output_bucket, "bucket")
    return {uri.removeprefix(f"s3://{bucket}/"): r for uri, r in asked_for(job)}


def put(play: Play, key: str, body: bytes) -> None:
    bucket = text_of(play.pipeline.output_bucket, "bucket")
    play.client("s3").put_object(Bucket=bucket, Key=key, Body=body)


# Renditions --------------------------------------------------------------------------------------


def test_a_rendition_of_another_size_is_none(play: Play) -> None:
    play.goes()
    key, wanted = next(iter(places(play).items()))
    put(play, key, clip(320, 240))
    play.fails(outcome.renditions_written, 2, said=f"expected {wanted} at .*found h264 320 × 240")


def test_a_rendition_that_is_no_video_is_none(play: Play) -> None:
    play.goes()
    key = list(places(play))[-1]
    put(play, key, b"no video")
    play.fails(outcome.renditions_written, 2, said="found 8 bytes that are no video")


def test_a_rendition_that_is_not_there_is_none(play: Play) -> None:
    play.goes()
    key = list(places(play))[-1]
    bucket = text_of(play.pipeline.output_bucket, "bucket")
    play.client("s3").delete_object(Bucket=bucket, Key=key)
    play.fails(outcome.renditions_written, 2, said="found nothing")


def test_a_job_that_asks_for_less_is_not_enough(play: Play) -> None:
    with play.wrong(ONE_RENDITION):
        play.goes()
        play.fails(outcome.renditions_written, 2, said="a job that asks for 2 renditions")


def test_two_jobs_may_not_write_to_one_place(play: Play) -> None:
    with play.wrong(ONE_PLACE):
        steps.clips_uploaded(play.scene, 2)
        steps.at_rest(play.scene)
        play.judged(outcome.one_job_each, "COMPLETE")
        play.fails(outcome.renditions_written, 2, said="renditions in places of their own")


def test_every_upload_needs_renditions_not_just_one(play: Play) -> None:
    play.goes()
    with play.wrong(LOSES):
        play.goes("closing.mp4")
        play.fails(outcome.renditions_written, 2, said="writes the renditions of closing.mp4")


# Messages ----------------------------------------------------------------------------------------


def test_a_message_in_any_queue_is_seen(play: Play) -> None:
    play.scene.control.pause()
    for queue in play.scene.traffic.stack.managed("aws_sqs_queue"):
        play.scene.traffic.clear()
        play.scene.traffic.send(queue, "left")
        play.fails(outcome.no_message_left, said=rf"^{queue}.*expected no message, found 1 mess")


def test_a_message_that_is_in_somebodys_hands_is_seen(play: Play) -> None:
    queue = play.pipeline.dead_letters(play.pipeline.status_queue)
    play.scene.traffic.send(queue, "left")
    url = text_of(queue, "url")
    assert play.client("sqs").receive_message(QueueUrl=url)["Messages"]
    play.fails(outcome.no_message_left, said="found 1 message")


def test_queues_that_nothing_came_to_prove_nothing(play: Play) -> None:
    play.cannot_tell(outcome.no_message_left, said="nothing, so that nothing is proven")


def test_letters_are_those_that_were_sent(play: Play) -> None:
    steps.nonsense_sent(play.scene)
    steps.at_rest(play.scene)
    play.judged(outcome.kept_in_dead_letters, "processing")
    play.fails(outcome.kept_in_dead_letters, "processing", said="found nothing")  # they are read


def test_another_letter_is_one_too_many(play: Play) -> None:
    steps.forged_event_sent(play.scene)
    steps.at_rest(play.scene)
    target = text_of(play.pipeline.dead_letters(play.pipeline.processing_queue), "url")
    play.client("sqs").send_message(QueueUrl=target, MessageBody="another")
    play.fails(outcome.kept_in_dead_letters, "processing", said="this and nothing else.*another")


def test_the_letters_of_another_queue_do_not_count(play: Play) -> None:
    steps.nonsense_sent(play.scene)
    steps.at_rest(play.scene)
    play.fails(outcome.kept_in_dead_letters, "status", said="expected this and nothing else: , f")


def test_a_message_that_was_swallowed_is_no_letter(play: Play) -> None:
    with play.wrong(LOSES):
        steps.nonsense_sent(play.scene)
        steps.at_rest(play.scene)
        play.fails(outcome.kept_in_dead_letters, "processing", said="no sense.*found nothing")


def test_an_event_about_an_unknown_job_makes_no_record(play: Play) -> None:
    steps.unknown_job_sent(play.scene)
    steps.at_rest(play.scene)
    play.judged(outcome.no_record_made)
    play.judged(outcome.kept_in_dead_letters, "status")


def test_an_unknown_job_is_no_news_before_the_function_was_told(play: Play) -> None:
    with play.unmapped_after(steps.unknown_job_sent):
        steps.at_rest(play.scene)
        play.cannot_tell(outcome.no_record_made, said="it was not invoked")


def test_without_a_job_there_is_no_model_of_an_unknown_one(play: Play) -> None:
    with play.wrong(LOSES):
        play.cannot_tell_to(steps.unknown_job_sent, said="no job was made that could be the model")


def test_a_record_of_an_unknown_job_is_one_too_many(play: Play) -> None:
    steps.unknown_job_sent(play.scene)
    steps.at_rest(play.scene)
    table = text_of(play.pipeline.assets_table, "name")
    item = {"AssetId": {"S": "unknown"}, "Status": {"S": "COMPLETE"}}
    play.client("dynamodb").put_item(TableName=table, Item=item)
    play.fails(outcome.no_record_made, said="expected no new record, found.*unknown")
