"""Exactly one job and one final record for each upload."""

from __future__ import annotations

from steps import deployed as steps
from steps import deployed_outcome as outcome
from tests.steps.deployed.driver import DROPS_MESSAGES, TWO_JOBS, Driver

NEVER_ENDS = """
def handler(event, context):
    if '"COMPLETE"' in event["Records"][0]["body"]:
        return {}
    return lambda_function.handler(event, context)
"""
TWO_RECORDS = """
@replace_operation("PutItem")
def twice(call_aws, given):
    call_aws({**given, "Item": {**given["Item"], "AssetId": given["Item"]["AssetId"] + "-again"}})
    return call_aws()
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


def test_a_video_goes_through(driver: Driver) -> None:
    driver.upload()
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.renditions_written, 2)
    driver.check(outcome.no_message_left)
    driver.check(outcome.nothing_refused)


def test_two_uploads_of_one_name_are_two(driver: Driver) -> None:
    steps.clip_uploaded(driver.scenario, "opening.mp4")
    driver.upload()
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.renditions_written, 2)


def test_without_an_upload_nothing_is_proven(driver: Driver) -> None:
    steps.everything_settles(driver.scenario)
    for step, *more in (
        (outcome.one_job_each, "COMPLETE"),
        (outcome.no_job_but_record, "ERROR"),
        (outcome.renditions_written, 2),
    ):
        driver.undetermined(step, *more, match="expected an upload, found none")


def test_what_was_uploaded_before_does_not_count(driver: Driver) -> None:
    driver.upload()
    driver.scenario.traffic.uploads.clear()
    driver.scenario.traffic.reset_baseline()
    driver.upload("closing.mp4")
    driver.check(outcome.one_job_each, "COMPLETE")


def test_another_status_fails(driver: Driver) -> None:
    driver.upload()
    driver.fails(
        outcome.one_job_each, "ERROR", match=r"record of job \S+ with status ERROR.*COMPLETE"
    )


def test_a_second_job_is_one_too_many(driver: Driver) -> None:
    with driver.function_patched(TWO_JOBS):
        driver.upload()
        driver.fails(
            outcome.one_job_each, "COMPLETE", match="expected 1 job for opening.mp4.*2 jobs"
        )


def test_a_dropped_message_is_an_upload_without_a_job(driver: Driver) -> None:
    with driver.function_patched(DROPS_MESSAGES):
        driver.upload()
        driver.fails(
            outcome.one_job_each, "COMPLETE", match="expected 1 job for opening.mp4.*0 jobs"
        )


def test_a_record_has_to_be_final(driver: Driver) -> None:
    with driver.function_patched(NEVER_ENDS):
        driver.upload()
        driver.fails(outcome.one_job_each, "COMPLETE", match="with status COMPLETE.*PROGRESSING")


def test_a_second_record_is_one_too_many(driver: Driver) -> None:
    with driver.function_patched(TWO_RECORDS):
        driver.upload()
        driver.fails(outcome.one_job_each, "COMPLETE", match="expected 1 record, .*found 2 records")


def test_without_an_event_source_mapping_every_step_fails(driver: Driver) -> None:
    with driver.event_sources_disabled():
        driver.upload()
        driver.fails(
            outcome.one_job_each, "COMPLETE", match="expected 1 job for opening.mp4.*0 jobs"
        )
        driver.fails(
            outcome.renditions_written, 2, match="expected a job that writes the renditions"
        )
        driver.fails(outcome.no_message_left, match="expected no message, found 1 message")
        driver.undetermined(
            outcome.no_record_made, match="function to run, found it was not invoked"
        )


def test_a_failed_job_has_its_recent_failures(driver: Driver) -> None:
    steps.text_file_uploaded(driver.scenario, "letter.mp4")
    steps.everything_settles(driver.scenario)
    driver.check(outcome.one_job_each, "ERROR")
    driver.check(outcome.no_message_left)
    driver.fails(outcome.one_job_each, "COMPLETE", match="with status COMPLETE")


# No job, and no record ---------------------------------------------------------------------------


def test_a_file_without_content_has_a_record_and_no_job(driver: Driver) -> None:
    steps.empty_file_uploaded(driver.scenario, "empty.mp4")
    steps.everything_settles(driver.scenario)
    driver.check(outcome.no_job_but_record, "ERROR")
    driver.check(outcome.no_job_made)
    driver.fails(
        outcome.no_job_but_record, "COMPLETE", match="one record of empty.mp4 with status COMP"
    )
    driver.fails(outcome.no_record_made, match="expected no new record")


def test_an_unexpected_job_fails(driver: Driver) -> None:
    driver.upload()
    driver.fails(
        outcome.no_job_made, match="expected no call of CreateJob, and no job, found 1 call"
    )
    driver.fails(outcome.no_job_but_record, "COMPLETE", match="no call of CreateJob")


def test_a_refused_create_job_call_fails(driver: Driver) -> None:
    with driver.function_patched(JOBS_FOR_ALL):
        steps.forged_event_sent(driver.scenario)
        steps.everything_settles(driver.scenario)
        driver.fails(outcome.no_job_made, match=r"found \d+ calls?, 0 jobs")


def test_a_dropped_message_has_no_record(driver: Driver) -> None:
    with driver.function_patched(DROPS_MESSAGES):
        steps.empty_file_uploaded(driver.scenario, "empty.mp4")
        steps.everything_settles(driver.scenario)
        driver.check(outcome.no_job_made)
        driver.check(outcome.no_record_made)
        driver.fails(outcome.no_job_but_record, "ERROR", match="record of empty.mp4.*found none")


def test_a_function_that_never_ran_is_undetermined(driver: Driver) -> None:
    steps.everything_settles(driver.scenario)
    driver.undetermined(outcome.no_job_made, match="it was not invoked")
    driver.undetermined(outcome.no_record_made, match="it was not invoked")
