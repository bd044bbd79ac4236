"""What does the function survive, and did it really have to?"""

from __future__ import annotations

import pytest

from planproof.errors import UndeterminedError
from steps import deployed as steps
from steps import deployed_outcome as outcome
from tests.steps.deployed.play import LOSES, Play


def test_everything_comes_twice(play: Play) -> None:
    steps.events_repeated(play.scene, "S3 and EventBridge")
    steps.messages_repeated(play.scene)
    steps.events_late(play.scene, "PROGRESSING", 10)
    play.goes()
    play.judged(outcome.one_job_each, "COMPLETE")
    play.judged(outcome.no_message_left)


def test_aws_fails_and_the_function_is_killed(play: Play) -> None:
    steps.fails(play.scene, "dynamodb:PutItem", 2, "ProvisionedThroughputExceededException")
    steps.killed_after(play.scene, "mediaconvert:CreateJob")
    play.goes()
    play.judged(outcome.one_job_each, "COMPLETE")
    play.judged(outcome.renditions_written, 2)


def test_a_table_out_of_reach_is_reached_again(play: Play) -> None:
    steps.unreachable(play.scene, "dynamodb:*")
    steps.clip_uploaded(play.scene, "opening.mp4")
    steps.time_passes(play.scene, "1", "minute")
    assert not play.scene.traffic.jobs()
    steps.reachable(play.scene)
    steps.at_rest(play.scene)
    play.judged(outcome.one_job_each, "COMPLETE")


def test_a_call_that_nobody_makes_does_not_fail(play: Play) -> None:
    steps.fails(play.scene, "mediaconvert:CreatePreset", 1, "TooManyRequestsException")
    play.goes()
    for step, *more in ((outcome.one_job_each, "COMPLETE"), (outcome.no_message_left,)):
        play.cannot_tell(step, *more, said="to go wrong|what was to go wrong with mediaconvert:Cr")


def test_a_call_that_is_made_too_rarely_has_not_failed_so_often(play: Play) -> None:
    steps.fails(play.scene, "dynamodb:PutItem", 90, "ProvisionedThroughputExceededException")
    steps.clip_uploaded(play.scene, "opening.mp4")
    steps.time_passes(play.scene, "1", "second")
    play.fails(outcome.one_job_each, "COMPLETE", said="0 jobs")  # which is known all the same


def test_an_event_that_never_comes_is_not_late(play: Play) -> None:
    steps.events_late(play.scene, "PROGRESING", 10)
    play.goes()
    play.cannot_tell(outcome.renditions_written, 2, said="wrong with events .delay.")


def test_what_could_be_reached_all_the_time_was_not_out_of_reach(play: Play) -> None:
    steps.unreachable(play.scene, "sns:*")
    play.goes()
    steps.reachable(play.scene)
    play.cannot_tell(outcome.one_job_each, "COMPLETE", said="wrong with sns .unreachable.")


def test_a_batch_with_a_message_that_makes_no_sense(play: Play) -> None:
    steps.paused(play.scene)
    steps.clips_uploaded(play.scene, 2)
    steps.nonsense_sent(play.scene)
    steps.at_rest(play.scene)
    play.fails(outcome.one_job_each, "COMPLETE", said="expected 1 job for clip-1.mp4.*0 jobs")
    steps.resumed(play.scene)
    steps.at_rest(play.scene)
    play.judged(outcome.one_job_each, "COMPLETE")
    play.judged(outcome.kept_in_dead_letters, "processing")


def test_a_pipeline_that_does_not_come_to_rest_proves_nothing(play: Play) -> None:
    steps.clip_uploaded(play.scene, "opening.mp4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "LONGEST_REST", 0.5)
        with pytest.raises(UndeterminedError, match="did not come to rest: it was not at rest"):
            steps.at_rest(play.scene)


def test_time_passes_where_nothing_happens(play: Play) -> None:
    before = play.scene.control.now()
    steps.time_passes(play.scene, "30", "minute")
    assert 1800 <= play.scene.control.now() - before < 1900


def test_a_scene_leaves_nothing_behind(play: Play) -> None:
    steps.events_late(play.scene, "jobId", 60)
    steps.clip_uploaded(play.scene, "opening.mp4")
    steps.time_passes(play.scene, "30", "second")
    steps.nonsense_sent(play.scene)
    steps.paused(play.scene)
    play.scene.end()
    play.scene.forget()
    assert all(count == 0 for _, count in play.scene.traffic.counted())
    assert play.scene.control.withdraw_all() == 0
    assert not play.scene.control.rest()["pending"]
    play.scene.traffic.uploads.clear()
    play.scene.traffic.forget()
    play.goes()
    play.judged(outcome.one_job_each, "COMPLETE")
    play.judged(outcome.nothing_refused)


def test_a_key_is_as_long_as_it_was_said(play: Play) -> None:
    for count in (1024, 1023):
        steps.clip_uploaded_under_long_key(play.scene, count)
    with play.wrong(LOSES):
        steps.at_rest(play.scene)
    assert [len(u.key.encode()) for u in play.scene.traffic.uploads] == [1024, 1023]
