"""Injected faults that the function survives, and faults that did not fire."""

from __future__ import annotations

import pytest

from planproof.errors import UndeterminedError
from steps import deployed as steps
from steps import deployed_outcome as outcome
from tests.steps.deployed.driver import DROPS_MESSAGES, Driver


def test_repeated_events_and_messages_pass(driver: Driver) -> None:
    steps.events_repeated(driver.scenario, "S3 and EventBridge")
    steps.messages_repeated(driver.scenario)
    steps.events_late(driver.scenario, "PROGRESSING", 10)
    driver.upload()
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.no_message_left)


def test_errors_and_a_killed_function_pass(driver: Driver) -> None:
    steps.call_fails(
        driver.scenario, "dynamodb:PutItem", 2, "ProvisionedThroughputExceededException"
    )
    steps.killed_after(driver.scenario, "mediaconvert:CreateJob")
    driver.upload()
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.renditions_written, 2)


def test_an_unreachable_table_is_retried(driver: Driver) -> None:
    steps.unreachable(driver.scenario, "dynamodb:*")
    steps.clip_uploaded(driver.scenario, "opening.mp4")
    steps.time_passes(driver.scenario, "1", "minute")
    assert not driver.scenario.traffic.jobs()
    steps.reachable(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.check(outcome.one_job_each, "COMPLETE")


def test_a_fault_on_a_call_that_is_not_made_is_undetermined(driver: Driver) -> None:
    steps.call_fails(driver.scenario, "mediaconvert:CreatePreset", 1, "TooManyRequestsException")
    driver.upload()
    for step, *more in ((outcome.one_job_each, "COMPLETE"), (outcome.no_message_left,)):
        driver.undetermined(step, *more, match="fault 'error' on mediaconvert:CreatePreset to fire")


def test_a_fault_that_fires_too_rarely_is_undetermined(driver: Driver) -> None:
    steps.call_fails(
        driver.scenario, "dynamodb:PutItem", 90, "ProvisionedThroughputExceededException"
    )
    steps.clip_uploaded(driver.scenario, "opening.mp4")
    steps.time_passes(driver.scenario, "1", "second")
    driver.fails(outcome.one_job_each, "COMPLETE", match="0 jobs")  # which is known all the same


def test_a_delay_of_an_event_that_never_comes_is_undetermined(driver: Driver) -> None:
    steps.events_late(driver.scenario, "PROGRESING", 10)
    driver.upload()
    driver.undetermined(outcome.renditions_written, 2, match="fault 'delay' on events to fire")


def test_an_unreachable_service_that_is_not_called_is_undetermined(driver: Driver) -> None:
    steps.unreachable(driver.scenario, "sns:*")
    driver.upload()
    steps.reachable(driver.scenario)
    driver.undetermined(
        outcome.one_job_each, "COMPLETE", match="fault 'unreachable' on sns to fire"
    )


def test_a_batch_with_a_message_that_makes_no_sense(driver: Driver) -> None:
    steps.paused(driver.scenario)
    steps.clips_uploaded(driver.scenario, 2)
    steps.nonsense_sent(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.fails(outcome.one_job_each, "COMPLETE", match="expected 1 job for clip-1.mp4.*0 jobs")
    steps.resumed(driver.scenario)
    steps.everything_settles(driver.scenario)
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.in_dead_letter_queue, "processing")


def test_a_pipeline_that_does_not_settle_is_undetermined(driver: Driver) -> None:
    steps.clip_uploaded(driver.scenario, "opening.mp4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "LONGEST_SETTLE_SECONDS", 0.5)
        with pytest.raises(UndeterminedError, match="did not settle: "):
            steps.everything_settles(driver.scenario)


def test_time_passes_where_nothing_happens(driver: Driver) -> None:
    before = driver.scenario.control.now()
    steps.time_passes(driver.scenario, "30", "minute")
    assert 1800 <= driver.scenario.control.now() - before < 1900


def test_a_scenario_leaves_nothing_behind(driver: Driver) -> None:
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
    driver.upload()
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.nothing_refused)


def test_a_key_has_the_requested_length(driver: Driver) -> None:
    for count in (1024, 1023):
        steps.clip_uploaded_under_long_key(driver.scenario, count)
    with driver.function_patched(DROPS_MESSAGES):
        steps.everything_settles(driver.scenario)
    assert [len(u.key.encode()) for u in driver.scenario.traffic.uploads] == [1024, 1023]
