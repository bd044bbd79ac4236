"""What does the function survive, and did it really have to?"""

from __future__ import annotations

import pytest

from planproof.errors import UndeterminedError
from steps import deployed as steps
from steps import deployed_outcome as outcome
from tests.steps.deployed.scenario_driver import DROPS_MESSAGES, ScenarioDriver


def test_everything_comes_twice(driver: ScenarioDriver) -> None:
    steps.events_repeated(driver.scenario, "S3 and EventBridge")
    steps.messages_repeated(driver.scenario)
    steps.events_late(driver.scenario, "PROGRESSING", 10)
    driver.upload_and_settle()
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.no_message_left)


def test_aws_fails_and_the_function_is_killed(driver: ScenarioDriver) -> None:
    steps.call_fails(
        driver.scenario, "dynamodb:PutItem", 2, "ProvisionedThroughputExceededException"
    )
    steps.killed_after(driver.scenario, "mediaconvert:CreateJob")
    driver.upload_and_settle()
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.renditions_written, 2)


def test_a_table_out_of_reach_is_reached_again(driver: ScenarioDriver) -> None:
    steps.unreachable(driver.scenario, "dynamodb:*")
    steps.clip_uploaded(driver.scenario, "opening.mp4")
    steps.time_passes(driver.scenario, "1", "minute")
    assert not driver.scenario.traffic.jobs()
    steps.reachable(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.check(outcome.one_job_each, "COMPLETE")


def test_a_call_that_nobody_makes_does_not_fail(driver: ScenarioDriver) -> None:
    steps.call_fails(driver.scenario, "mediaconvert:CreatePreset", 1, "TooManyRequestsException")
    driver.upload_and_settle()
    for step, *more in ((outcome.one_job_each, "COMPLETE"), (outcome.no_message_left,)):
        driver.expect_undetermined(
            step, *more, match="fault 'error' on mediaconvert:CreatePreset to fire"
        )


def test_a_call_that_is_made_too_rarely_has_not_failed_so_often(driver: ScenarioDriver) -> None:
    steps.call_fails(
        driver.scenario, "dynamodb:PutItem", 90, "ProvisionedThroughputExceededException"
    )
    steps.clip_uploaded(driver.scenario, "opening.mp4")
    steps.time_passes(driver.scenario, "1", "second")
    driver.expect_failure(
        outcome.one_job_each, "COMPLETE", match="0 jobs"
    )  # which is known all the same


def test_an_event_that_never_comes_is_not_late(driver: ScenarioDriver) -> None:
    steps.events_late(driver.scenario, "PROGRESING", 10)
    driver.upload_and_settle()
    driver.expect_undetermined(
        outcome.renditions_written, 2, match="fault 'delay' on events to fire"
    )


def test_what_could_be_reached_all_the_time_was_not_out_of_reach(driver: ScenarioDriver) -> None:
    steps.unreachable(driver.scenario, "sns:*")
    driver.upload_and_settle()
    steps.reachable(driver.scenario)
    driver.expect_undetermined(
        outcome.one_job_each, "COMPLETE", match="fault 'unreachable' on sns to fire"
    )


def test_a_batch_with_a_message_that_makes_no_sense(driver: ScenarioDriver) -> None:
    steps.paused(driver.scenario)
    steps.clips_uploaded(driver.scenario, 2)
    steps.nonsense_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.expect_failure(
        outcome.one_job_each, "COMPLETE", match="expected 1 job for clip-1.mp4.*0 jobs"
    )
    steps.resumed(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.held_in_dead_letter_queue, "processing")


def test_a_pipeline_that_does_not_come_to_rest_proves_nothing(driver: ScenarioDriver) -> None:
    steps.clip_uploaded(driver.scenario, "opening.mp4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "LONGEST_SETTLE_SECONDS", 0.5)
        with pytest.raises(UndeterminedError, match="did not settle: "):
            steps.everything_settles(driver.scenario)


def test_time_passes_where_nothing_happens(driver: ScenarioDriver) -> None:
    before = driver.scenario.control.now()
    steps.time_passes(driver.scenario, "30", "minute")
    assert 1800 <= driver.scenario.control.now() - before < 1900


def test_a_scene_leaves_nothing_behind(driver: ScenarioDriver) -> None:
    steps.events_late(driver.scenario, "jobId", 60)
    steps.clip_uploaded(driver.scenario, "opening.mp4")
    steps.time_passes(driver.scenario, "30", "second")
    steps.nonsense_sent(driver.scenario)
    steps.paused(driver.scenario)
    driver.scenario.clean_up()
    driver.scenario.reset_baseline()
    assert all(count == 0 for _, count in driver.scenario.traffic.message_counts())
    assert driver.scenario.control.remove_faults() == 0
    assert not driver.scenario.control.activity()["pending"]
    driver.scenario.traffic.uploads.clear()
    driver.scenario.traffic.reset_baseline()
    driver.upload_and_settle()
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.nothing_refused)


def test_a_key_is_as_long_as_it_was_said(driver: ScenarioDriver) -> None:
    for count in (1024, 1023):
        steps.clip_uploaded_under_long_key(driver.scenario, count)
    with driver.function_patched(DROPS_MESSAGES):
        steps.everything_settles(driver.scenario)
    assert [len(u.key.encode()) for u in driver.scenario.traffic.uploads] == [1024, 1023]
