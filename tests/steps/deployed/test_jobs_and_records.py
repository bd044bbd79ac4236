"""When has every upload one job, and a record that says what became of it?"""

from __future__ import annotations

from steps import deployed as steps
from steps import deployed_outcome as outcome
from tests.steps.deployed.play import LOSES, TWO_JOBS, Play

NEVER_ENDS = """
def handler(event, context):
    if '"COMPLETE"' in event["Records"][0]["body"]:
        return {}
    return lambda_function.handler(event, context)
"""
TWO_RECORDS = """
@instead("PutItem")
def twice(ask, given):
    ask({**given, "Item": {**given["Item"], "AssetId": given["Item"]["AssetId"] + "-again"}})
    return ask()
"""
JOBS_FOR_ALL = """
import boto3
mediaconvert = boto3.client("mediaconvert")
real = lambda_function.handler
def handler(event, context):
    if "ObjectCreated" in event["Records"][0]["body"]:
        try:
            mediaconvert.create_job(Role="none", Settings={"Inputs": [], "OutputGroups": []})
        except Exception:
            pass
    return real(event, context)
"""


def test_a_video_goes_through(play: Play) -> None:
    play.goes()
    play.judged(outcome.one_job_each, "COMPLETE")
    play.judged(outcome.renditions_written, 2)
    play.judged(outcome.no_message_left)
    play.judged(outcome.nothing_refused)


def test_two_uploads_of_one_name_are_two(play: Play) -> None:
    steps.clip_uploaded(play.scene, "opening.mp4")
    play.goes()
    play.judged(outcome.one_job_each, "COMPLETE")
    play.judged(outcome.renditions_written, 2)


def test_without_an_upload_nothing_is_proven(play: Play) -> None:
    steps.at_rest(play.scene)
    for step, *more in (
        (outcome.one_job_each, "COMPLETE"),
        (outcome.no_job_but_record, "ERROR"),
        (outcome.renditions_written, 2),
    ):
        play.cannot_tell(step, *more, said="expected an upload, found none")


def test_what_was_uploaded_before_does_not_count(play: Play) -> None:
    play.goes()
    play.scene.traffic.uploads.clear()
    play.scene.traffic.forget()
    play.goes("closing.mp4")
    play.judged(outcome.one_job_each, "COMPLETE")


def test_another_status_is_not_said(play: Play) -> None:
    play.goes()
    play.fails(outcome.one_job_each, "ERROR", said=r"record of job \S+ that says ERROR.*COMPLETE")


def test_a_second_job_is_one_too_many(play: Play) -> None:
    with play.wrong(TWO_JOBS):
        play.goes()
        play.fails(outcome.one_job_each, "COMPLETE", said="expected 1 job for opening.mp4.*2 jobs")


def test_a_message_that_is_lost_is_an_upload_without_a_job(play: Play) -> None:
    with play.wrong(LOSES):
        play.goes()
        play.fails(outcome.one_job_each, "COMPLETE", said="expected 1 job for opening.mp4.*0 jobs")


def test_a_record_has_to_be_final(play: Play) -> None:
    with play.wrong(NEVER_ENDS):
        play.goes()
        play.fails(outcome.one_job_each, "COMPLETE", said="that says COMPLETE.*PROGRESSING")


def test_a_second_record_is_one_too_many(play: Play) -> None:
    with play.wrong(TWO_RECORDS):
        play.goes()
        play.fails(outcome.one_job_each, "COMPLETE", said="expected 1 record, .*found 2 records")


def test_without_a_mapping_nothing_comes_out(play: Play) -> None:
    with play.unmapped():
        play.goes()
        play.fails(outcome.one_job_each, "COMPLETE", said="expected 1 job for opening.mp4.*0 jobs")
        play.fails(outcome.renditions_written, 2, said="expected a job that writes the renditions")
        play.fails(outcome.no_message_left, said="expected no message, found 1 message")
        play.cannot_tell(outcome.no_record_made, said="function to run, found it was not invoked")


def test_a_failed_job_is_told_with_what_went_wrong(play: Play) -> None:
    steps.letter_uploaded(play.scene, "letter.mp4")
    steps.at_rest(play.scene)
    play.judged(outcome.one_job_each, "ERROR")
    play.judged(outcome.no_message_left)
    play.fails(outcome.one_job_each, "COMPLETE", said="says COMPLETE")


# No job, and no record ---------------------------------------------------------------------------


def test_a_file_without_content_has_a_record_and_no_job(play: Play) -> None:
    steps.nothing_uploaded(play.scene, "empty.mp4")
    steps.at_rest(play.scene)
    play.judged(outcome.no_job_but_record, "ERROR")
    play.judged(outcome.no_job_made)
    play.fails(outcome.no_job_but_record, "COMPLETE", said="one record of empty.mp4 that says COMP")
    play.fails(outcome.no_record_made, said="expected no new record")


def test_a_job_is_seen_where_none_may_be(play: Play) -> None:
    play.goes()
    play.fails(outcome.no_job_made, said="expected no call of CreateJob, and no job, found 1 call")
    play.fails(outcome.no_job_but_record, "COMPLETE", said="no call of CreateJob")


def test_a_job_that_is_asked_for_in_vain_is_seen_too(play: Play) -> None:
    with play.wrong(JOBS_FOR_ALL):
        steps.forged_event_sent(play.scene)
        steps.at_rest(play.scene)
        play.fails(outcome.no_job_made, said=r"found \d+ calls?, 0 jobs")


def test_a_lost_file_has_no_record(play: Play) -> None:
    with play.wrong(LOSES):
        steps.nothing_uploaded(play.scene, "empty.mp4")
        steps.at_rest(play.scene)
        play.judged(outcome.no_job_made)
        play.judged(outcome.no_record_made)
        play.fails(outcome.no_job_but_record, "ERROR", said="record of empty.mp4.*found none")


def test_a_function_that_never_ran_has_not_refused_anything(play: Play) -> None:
    steps.at_rest(play.scene)
    play.cannot_tell(outcome.no_job_made, said="it was not invoked")
    play.cannot_tell(outcome.no_record_made, said="it was not invoked")
