"""An upload that S3 announces twice, an hour apart, is transcoded once."""

from __future__ import annotations

from steps import deployed as steps
from steps import deployed_outcome as outcome
from tests.steps.deployed.driver import Driver

FORGETS = """
@replace_operation("PutItem")
def begin_anew(call_aws, given):
    return call_aws({name: given[name] for name in given if name != "ConditionExpression"})
"""


def test_a_recorded_upload_makes_no_second_job(driver: Driver) -> None:
    start = driver.scenario.control.now()
    steps.announced_again(driver.scenario, 60)
    driver.upload()
    assert driver.scenario.control.now() > start + 3600
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.no_message_left)


def test_a_function_that_ignores_its_record_makes_a_second_job(driver: Driver) -> None:
    """Within a minute MediaConvert's token would have kept it from that."""
    with driver.function_patched(FORGETS):
        steps.announced_again(driver.scenario, 60)
        driver.upload()
        driver.fails(outcome.one_job_each, "COMPLETE", match="expected 1 job .* 2 jobs")
