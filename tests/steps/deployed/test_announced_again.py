"""Is an upload that S3 announces twice, an hour apart, made into one video?"""

from __future__ import annotations

from steps import deployed as steps
from steps import deployed_outcome as outcome
from tests.steps.deployed.play import Play

FORGETS = """
@instead("PutItem")
def begin_anew(ask, given):
    return ask({name: given[name] for name in given if name != "ConditionExpression"})
"""


def test_what_is_on_record_is_not_done_again(play: Play) -> None:
    start = play.scene.control.now()
    steps.announced_again(play.scene, 60)
    play.goes()
    assert play.scene.control.now() > start + 3600
    play.judged(outcome.one_job_each, "COMPLETE")
    play.judged(outcome.no_message_left)


def test_a_function_that_begins_anew_makes_a_second_job(play: Play) -> None:
    """Within a minute MediaConvert's token would have kept it from that."""
    with play.wrong(FORGETS):
        steps.announced_again(play.scene, 60)
        play.goes()
        play.fails(outcome.one_job_each, "COMPLETE", said="expected 1 job .* 2 jobs")
