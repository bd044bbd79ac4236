"""ListJobs, ListQueues, and the operations on queues."""

from __future__ import annotations

from typing import Any

import pytest

from tests.steps.mediaconvert.harness import QUEUE, Harness, error_of


def pages(harness: Harness, operation: str, **parameters: Any) -> list[list[str]]:
    """The ids of jobs, or the names of queues, by page."""
    ids: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        response = harness.call(operation, **parameters, **token)
        (items,) = (response[name] for name in ("Jobs", "Queues") if name in response)
        ids.append([item.get("Id") or item["Name"] for item in items])
        if "NextToken" not in response:
            return ids
        token = {"NextToken": response["NextToken"]}


def test_jobs_are_listed_latest_first_in_pages_of_twenty(harness: Harness) -> None:
    made = [harness.create_job()["Id"] for _ in range(45)]
    found = pages(harness, "ListJobs")
    assert [len(page) for page in found] == [20, 20, 5]
    assert [job for page in found for job in page] == made[::-1]


def test_jobs_are_listed_oldest_first_in_ascending_order(harness: Harness) -> None:
    made = [harness.create_job()["Id"] for _ in range(7)]
    assert pages(harness, "ListJobs", Order="ASCENDING", MaxResults=3) == [
        made[:3],
        made[3:6],
        made[6:],
    ]


def test_a_full_last_page_has_no_token(harness: Harness) -> None:
    for _ in range(4):
        harness.create_job()
    assert [len(page) for page in pages(harness, "ListJobs", MaxResults=2)] == [2, 2]


def test_new_jobs_do_not_shift_later_pages(harness: Harness) -> None:
    made = [harness.create_job()["Id"] for _ in range(4)]
    first = harness.call("ListJobs", MaxResults=2)
    harness.create_job()
    second = harness.call("ListJobs", MaxResults=2, NextToken=first["NextToken"])
    assert [job["Id"] for job in first["Jobs"] + second["Jobs"]] == made[::-1]


def test_jobs_are_listed_by_queue_and_status(harness: Harness) -> None:
    harness.upload()
    harness.call("CreateQueue", Name="night")
    done = harness.create_job(Queue="night")["Id"]
    other = harness.create_job()["Id"]
    harness.advance()
    waiting = harness.create_job(Queue="night")["Id"]
    arn = harness.call("GetQueue", Name="night")["Queue"]["Arn"]
    assert pages(harness, "ListJobs", Queue="night") == [[waiting, done]]
    assert pages(harness, "ListJobs", Queue=arn, Status="COMPLETE") == [[done]]
    assert pages(harness, "ListJobs", Queue="Default") == [[other]]
    assert pages(harness, "ListJobs", Status="SUBMITTED") == [[waiting]]
    assert pages(harness, "ListJobs", Status="ERROR") == [[]]


def test_jobs_of_another_region_are_not_listed(harness: Harness) -> None:
    harness.create_job()
    assert harness.call("ListJobs", region="eu-west-1")["Jobs"] == []


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"MaxResults": 21}, "BadRequestException"),
        ({"MaxResults": 0}, "BadRequestException"),
        ({"Status": "DONE"}, "BadRequestException"),
        ({"NextToken": "x"}, "BadRequestException"),
        ({"Queue": "night"}, "NotFoundException"),
    ],
)
def test_an_invalid_list_request_is_refused(
    harness: Harness, parameters: dict[str, Any], code: str
) -> None:
    assert error_of(lambda: harness.call("ListJobs", **parameters)).code == code


def test_jobs_are_dropped_after_three_months(harness: Harness) -> None:
    old = harness.run_job()["Id"]
    harness.advance(89 * 24 * 3600)
    harness.create_job()
    assert harness.get_job(old)["Id"] == old
    harness.advance(2 * 24 * 3600)
    new = harness.create_job()["Id"]
    assert error_of(lambda: harness.get_job(old)).code == "NotFoundException"
    assert pages(harness, "ListJobs")[0][0] == new
    assert pages(harness, "ListJobs", Queue="Default") == pages(harness, "ListJobs")


def test_every_region_has_the_default_queue(harness: Harness) -> None:
    for region in ("us-east-1", "eu-west-1"):
        (queue,) = harness.call("ListQueues", region=region)["Queues"]
        assert queue == harness.call("GetQueue", region=region, Name="Default")["Queue"]
        assert queue["Arn"] == f"arn:aws:mediaconvert:{region}:123456789012:queues/Default"
        assert (queue["PricingPlan"], queue["Status"]) == ("ON_DEMAND", "ACTIVE")
        assert queue["Type"] == "SYSTEM"


def test_queues_are_created_counted_and_deleted(harness: Harness) -> None:
    harness.call("CreateQueue", Name="night", Description="for later")
    for name in ("b", "a"):
        harness.advance(1)
        harness.call("CreateQueue", Name=name)
    assert pages(harness, "ListQueues", MaxResults=3) == [["Default", "night", "b"], ["a"]]
    assert pages(harness, "ListQueues", ListBy="NAME", Order="DESCENDING")[0][0] == "night"
    assert harness.call("GetQueue", Name="night")["Queue"]["Description"] == "for later"
    assert error_of(lambda: harness.call("CreateQueue", Name="night")).code == "ConflictException"
    harness.create_job(Queue="night")
    assert error_of(lambda: harness.call("DeleteQueue", Name="night")).code == "ConflictException"
    harness.advance()
    harness.call("DeleteQueue", Name="night")
    assert error_of(lambda: harness.call("GetQueue", Name="night")).code == "NotFoundException"
    assert (
        error_of(lambda: harness.call("DeleteQueue", Name="Default")).code == "BadRequestException"
    )


@pytest.mark.parametrize(
    "changes", [{"PricingPlan": "RESERVED"}, {"Name": ""}, {"ConcurrentJobs": 3}]
)
def test_an_unsupported_queue_is_refused(harness: Harness, changes: dict[str, Any]) -> None:
    problem = error_of(lambda: harness.call("CreateQueue", **{"Name": "night", **changes}))
    assert problem.code == "BadRequestException"


def test_the_endpoint_is_that_of_the_account(harness: Harness) -> None:
    assert harness.call("DescribeEndpoints") == {"Endpoints": [{"Url": harness.account.endpoint}]}


def test_tags_of_a_queue(harness: Harness) -> None:
    """Terraform lists them after every read of a queue."""
    arn = harness.call("CreateQueue", Name="night", Tags={"team": "news", "stage": "dev"})["Queue"][
        "Arn"
    ]

    def tags() -> dict[str, str]:
        resource = harness.call("ListTagsForResource", Arn=arn)["ResourceTags"]
        assert resource["Arn"] == arn
        return dict(resource["Tags"])

    assert tags() == {"team": "news", "stage": "dev"}
    harness.call("TagResource", Arn=arn, Tags={"stage": "prod", "cost": "7"})
    harness.call("UntagResource", Arn=arn, TagKeys=["team", "none"])
    assert tags() == {"stage": "prod", "cost": "7"}


@pytest.mark.parametrize("operation", ["ListTagsForResource", "TagResource", "UntagResource"])
def test_tags_of_a_queue_that_does_not_exist_are_not_found(
    harness: Harness, operation: str
) -> None:
    more = {"TagResource": {"Tags": {"a": "b"}}, "UntagResource": {"TagKeys": ["a"]}}
    arn = QUEUE.replace("Default", "none")
    problem = error_of(lambda: harness.call(operation, Arn=arn, **more.get(operation, {})))
    assert (problem.code, problem.status) == ("NotFoundException", 404)
    assert "none does not exist" in problem.message
