"""When has every upload one job, and a record that says what became of it?"""

from __future__ import annotations

from steps import deployed as steps
from tests.steps.deployed.play import Play

TWO_JOBS = """
@instead("CreateJob")
def twice(ask, given):
    ask({**given, "ClientRequestToken": given["ClientRequestToken"][::-1]})
    return ask()
"""
LOSES = """
def handler(event, context):
    return {}
"""
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


def test_a_video_goes_through(play: Play) -> None:
    play.goes()
    play.judged(steps.one_job_each, "COMPLETE")
    play.judged(steps.renditions_written, 2)
    play.judged(steps.no_message_left)
    play.judged(steps.nothing_refused)


def test_another_status_is_not_said(play: Play) -> None:
    play.goes()
    play.fails(steps.one_job_each, "ERROR", said=r"record of job \S+ that says ERROR.*COMPLETE")


def test_a_second_job_is_one_too_many(play: Play) -> None:
    with play.wrong(TWO_JOBS):
        play.goes()
        play.fails(steps.one_job_each, "COMPLETE", said="expected 1 job for opening.mp4.*2 jobs")


def test_a_message_that_is_lost_is_an_upload_without_a_job(play: Play) -> None:
    with play.wrong(LOSES):
        play.goes()
        play.fails(steps.one_job_each, "COMPLETE", said="expected 1 job for opening.mp4.*0 jobs")


def test_a_record_has_to_be_final(play: Play) -> None:
    with play.wrong(NEVER_ENDS):
        play.goes()
        play.fails(steps.one_job_each, "COMPLETE", said="that says COMPLETE.*PROGRESSING")


def test_a_second_record_is_one_too_many(play: Play) -> None:
    with play.wrong(TWO_RECORDS):
        play.goes()
        play.fails(steps.one_job_each, "COMPLETE", said="expected 1 record, .*found 2 records")
