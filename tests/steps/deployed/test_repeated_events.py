"""Is an upload that S3 announces twice, an hour apart, made into one video?"""

from __future__ import annotations

from steps import deployed as steps
from steps import deployed_outcome as outcome
from tests.steps.deployed.scenario_driver import ScenarioDriver

FORGETS = """
@instead("PutItem")
def begin_anew(ask, given):
    return ask({name: given[name] for name in given if name != "ConditionExpression"})
"""


def test_what_is_on_record_is_not_done_again(driver: ScenarioDriver) -> None:
    start = driver.scenario.control.now()
    steps.announced_again(driver.scenario, 60)
    driver.upload_and_settle()
    assert driver.scenario.control.now() > start + 3600
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.no_message_left)


def test_a_function_that_begins_anew_makes_a_second_job(driver: ScenarioDriver) -> None:
    """Within a minute MediaConvert's token would have kept it from that."""
    with driver.function_patched(FORGETS):
        steps.announced_again(driver.scenario, 60)
        driver.upload_and_settle()
        driver.expect_failure(outcome.one_job_each, "COMPLETE", match="expected 1 job .* 2 jobs")
