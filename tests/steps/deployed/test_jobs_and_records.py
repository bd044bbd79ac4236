"""When has every upload one job, and a record that says what became of it?"""

from __future__ import annotations

from steps import deployed as steps
from steps import deployed_outcome as outcome
from tests.steps.deployed.scenario_driver import DROPS_MESSAGES, TWO_JOBS, ScenarioDriver

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


def test_a_video_goes_through(driver: ScenarioDriver) -> None:
    driver.upload_and_settle()
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.renditions_written, 2)
    driver.check(outcome.no_message_left)
    driver.check(outcome.nothing_refused)


def test_two_uploads_of_one_name_are_two(driver: ScenarioDriver) -> None:
    steps.clip_uploaded(driver.scenario, "opening.mp4")
    driver.upload_and_settle()
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.renditions_written, 2)


def test_without_an_upload_nothing_is_proven(driver: ScenarioDriver) -> None:
    steps.everything_settles(driver.scenario)
    for step, *more in (
        (outcome.one_job_each, "COMPLETE"),
        (outcome.no_job_but_record, "ERROR"),
        (outcome.renditions_written, 2),
    ):
        driver.expect_undetermined(step, *more, match="expected an upload, found none")


def test_what_was_uploaded_before_does_not_count(driver: ScenarioDriver) -> None:
    driver.upload_and_settle()
    driver.scenario.traffic.uploads.clear()
    driver.scenario.traffic.reset_baseline()
    driver.upload_and_settle("closing.mp4")
    driver.check(outcome.one_job_each, "COMPLETE")


def test_another_status_is_not_said(driver: ScenarioDriver) -> None:
    driver.upload_and_settle()
    driver.expect_failure(
        outcome.one_job_each, "ERROR", match=r"record of job \S+ with status ERROR.*COMPLETE"
    )


def test_a_second_job_is_one_too_many(driver: ScenarioDriver) -> None:
    with driver.function_patched(TWO_JOBS):
        driver.upload_and_settle()
        driver.expect_failure(
            outcome.one_job_each, "COMPLETE", match="expected 1 job for opening.mp4.*2 jobs"
        )


def test_a_message_that_is_lost_is_an_upload_without_a_job(driver: ScenarioDriver) -> None:
    with driver.function_patched(DROPS_MESSAGES):
        driver.upload_and_settle()
        driver.expect_failure(
            outcome.one_job_each, "COMPLETE", match="expected 1 job for opening.mp4.*0 jobs"
        )


def test_a_record_has_to_be_final(driver: ScenarioDriver) -> None:
    with driver.function_patched(NEVER_ENDS):
        driver.upload_and_settle()
        driver.expect_failure(
            outcome.one_job_each, "COMPLETE", match="with status COMPLETE.*PROGRESSING"
        )


def test_a_second_record_is_one_too_many(driver: ScenarioDriver) -> None:
    with driver.function_patched(TWO_RECORDS):
        driver.upload_and_settle()
        driver.expect_failure(
            outcome.one_job_each, "COMPLETE", match="expected 1 record, .*found 2 records"
        )


def test_without_a_mapping_nothing_comes_out(driver: ScenarioDriver) -> None:
    with driver.event_sources_disabled():
        driver.upload_and_settle()
        driver.expect_failure(
            outcome.one_job_each, "COMPLETE", match="expected 1 job for opening.mp4.*0 jobs"
        )
        driver.expect_failure(
            outcome.renditions_written, 2, match="expected a job that writes the renditions"
        )
        driver.expect_failure(outcome.no_message_left, match="expected no message, found 1 message")
        driver.expect_undetermined(
            outcome.no_record_made, match="function to run, found it was not invoked"
        )


def test_a_failed_job_is_told_with_record_unfired_faults(driver: ScenarioDriver) -> None:
    steps.text_file_uploaded(driver.scenario, "letter.mp4")
    steps.everything_settles(driver.scenario)
    driver.check(outcome.one_job_each, "ERROR")
    driver.check(outcome.no_message_left)
    driver.expect_failure(outcome.one_job_each, "COMPLETE", match="with status COMPLETE")


# No job, and no record ---------------------------------------------------------------------------


def test_a_file_without_content_has_a_record_and_no_job(driver: ScenarioDriver) -> None:
    steps.empty_file_uploaded(driver.scenario, "empty.mp4")
    steps.everything_settles(driver.scenario)
    driver.check(outcome.no_job_but_record, "ERROR")
    driver.check(outcome.no_job_made)
    driver.expect_failure(
        outcome.no_job_but_record, "COMPLETE", match="one record of empty.mp4 with status COMP"
    )
    driver.expect_failure(outcome.no_record_made, match="expected no new record")


def test_a_job_is_seen_where_none_may_be(driver: ScenarioDriver) -> None:
    driver.upload_and_settle()
    driver.expect_failure(
        outcome.no_job_made, match="expected no call of CreateJob, and no job, found 1 call"
    )
    driver.expect_failure(outcome.no_job_but_record, "COMPLETE", match="no call of CreateJob")


def test_a_job_that_is_asked_for_in_vain_is_seen_too(driver: ScenarioDriver) -> None:
    with driver.function_patched(JOBS_FOR_ALL):
        steps.forged_event_sent(driver.scenario)
        steps.everything_settles(driver.scenario)
        driver.expect_failure(outcome.no_job_made, match=r"found \d+ calls?, 0 jobs")


def test_a_lost_file_has_no_record(driver: ScenarioDriver) -> None:
    with driver.function_patched(DROPS_MESSAGES):
        steps.empty_file_uploaded(driver.scenario, "empty.mp4")
        steps.everything_settles(driver.scenario)
        driver.check(outcome.no_job_made)
        driver.check(outcome.no_record_made)
        driver.expect_failure(
            outcome.no_job_but_record, "ERROR", match="record of empty.mp4.*found none"
        )


def test_a_function_that_never_ran_has_not_refused_anything(driver: ScenarioDriver) -> None:
    steps.everything_settles(driver.scenario)
    driver.expect_undetermined(outcome.no_job_made, match="it was not invoked")
    driver.expect_undetermined(outcome.no_record_made, match="it was not invoked")
