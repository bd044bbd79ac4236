"""Equivalent implementations of the pipeline are judged alike."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from steps import deployed as steps
from steps import deployed_outcome as outcome
from steps.support.leftovers import remaining_names
from tests.builders.stacks import declare, stack
from tests.steps.deployed.driver import Driver

BY_ADDRESS = """
@replace_operation("PutItem")
def by_address(call_aws, given):
    item = given["Item"]
    item["InputKey"] = f"s3://{item['InputBucket']}/{item['InputKey']}"
    return call_aws(given)
"""


def test_a_record_may_name_its_upload_by_uri(driver: Driver) -> None:
    with driver.function_patched(BY_ADDRESS):
        steps.empty_file_uploaded(driver.scenario, "empty.mp4")
        steps.everything_settles(driver.scenario)
        driver.check(outcome.no_job_but_record, "ERROR")


@pytest.mark.parametrize("asked_for", [True, False])
def test_an_event_that_the_rule_does_not_match_need_not_be_late(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, asked_for: bool
) -> None:
    """A function that wants to hear of the end alone is not told of anything before."""
    monkeypatch.setattr(steps, "lets_through", lambda _, status: asked_for or status != "CANCELED")
    steps.events_late(driver.scenario, "CANCELED", 10)
    driver.upload()
    if asked_for:
        driver.undetermined(
            outcome.one_job_each, "COMPLETE", match="fault 'delay' on events to fire"
        )
    else:
        driver.check(outcome.one_job_each, "COMPLETE")


@pytest.mark.parametrize("there", [True, False])
def test_a_remaining_mediaconvert_queue_is_found(there: bool) -> None:
    built = stack(declare("aws_media_convert_queue.night", name="night"))
    pages = [{"Queues": [{"Name": "Default"}]}, {"Queues": [{"Name": "night"}] if there else []}]
    pager = SimpleNamespace(paginate=lambda: pages)

    def client(service: str) -> Any:
        assert service == "mediaconvert"
        return SimpleNamespace(get_paginator=lambda operation: pager)

    ((name, found),) = remaining_names(built, client)
    assert (name.value, found) == ("night", there)
