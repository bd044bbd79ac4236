"""Jobs and queues, listed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.steps.mediaconvert.scene import QUEUE, Scene, error


def pages(scene: Scene, operation: str, **parameters: Any) -> list[list[str]]:
    """Ids of jobs, or names of queues, page by page."""
    found: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        answer = scene.ask(operation, **parameters, **token)
        (items,) = (answer[name] for name in ("Jobs", "Queues") if name in answer)
        found.append([item.get("Id") or item["Name"] for item in items])
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}


def test_latest_jobs_come_first_twenty_at_a_time(scene: Scene) -> None:
    made = [scene.create()["Id"] for _ in range(45)]
    found = pages(scene, "ListJobs")
    assert [len(page) for page in found] == [20, 20, 5]
    assert [job for page in found for job in page] == made[::-1]


def test_oldest_jobs_first_if_asked(scene: Scene) -> None:
    made = [scene.create()["Id"] for _ in range(7)]
    assert pages(scene, "ListJobs", Order="ASCENDING", MaxResults=3) == [
        made[:3],
        made[3:6],
        made[6:],
    ]


def test_last_page_that_is_full_has_no_token(scene: Scene) -> None:
    for _ in range(4):
        scene.create()
    assert [len(page) for page in pages(scene, "ListJobs", MaxResults=2)] == [2, 2]


def test_jobs_made_meanwhile_move_no_page(scene: Scene) -> None:
    made = [scene.create()["Id"] for _ in range(4)]
    first = scene.ask("ListJobs", MaxResults=2)
    scene.create()
    second = scene.ask("ListJobs", MaxResults=2, NextToken=first["NextToken"])
    assert [job["Id"] for job in first["Jobs"] + second["Jobs"]] == made[::-1]


def test_jobs_of_a_queue_and_a_status(scene: Scene) -> None:
    scene.upload()
    scene.ask("CreateQueue", Name="night")
    done = scene.create(Queue="night")["Id"]
    other = scene.create()["Id"]
    scene.run()
    waiting = scene.create(Queue="night")["Id"]
    arn = scene.ask("GetQueue", Name="night")["Queue"]["Arn"]
    assert pages(scene, "ListJobs", Queue="night") == [[waiting, done]]
    assert pages(scene, "ListJobs", Queue=arn, Status="COMPLETE") == [[done]]
    assert pages(scene, "ListJobs", Queue="Default") == [[other]]
    assert pages(scene, "ListJobs", Status="SUBMITTED") == [[waiting]]
    assert pages(scene, "ListJobs", Status="ERROR") == [[]]


def test_jobs_are_those_of_the_region(scene: Scene) -> None:
    scene.create()
    assert scene.ask("ListJobs", region="eu-west-1")["Jobs"] == []


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
def test_list_that_cannot_be_is_refused(
    scene: Scene, parameters: dict[str, Any], code: str
) -> None:
    assert error(lambda: scene.ask("ListJobs", **parameters)).code == code


def test_jobs_are_forgotten_after_three_months(scene: Scene) -> None:
    old = scene.done()["Id"]
    scene.run(89 * 24 * 3600)
    scene.create()
    assert scene.job(old)["Id"] == old
    scene.run(2 * 24 * 3600)
    new = scene.create()["Id"]
    assert error(lambda: scene.job(old)).code == "NotFoundException"
    assert pages(scene, "ListJobs")[0][0] == new
    assert pages(scene, "ListJobs", Queue="Default") == pages(scene, "ListJobs")


def test_every_region_has_the_default_queue(scene: Scene) -> None:
    for region in ("us-east-1", "eu-west-1"):
        (queue,) = scene.ask("ListQueues", region=region)["Queues"]
        assert queue == scene.ask("GetQueue", region=region, Name="Default")["Queue"]
        assert queue["Arn"] == f"arn:aws:mediaconvert:{region}:123456789012:queues/Default"
        assert (queue["PricingPlan"], queue["Status"]) == ("ON_DEMAND", "ACTIVE")
        assert queue["Type"] == "SYSTEM"


def test_queues_are_made_counted_and_deleted(scene: Scene) -> None:
    scene.ask("CreateQueue", Name="night", Description="for later")
    for name in ("b", "a"):
        scene.run(1)
        scene.ask("CreateQueue", Name=name)
    assert pages(scene, "ListQueues", MaxResults=3) == [["Default", "night", "b"], ["a"]]
    assert pages(scene, "ListQueues", ListBy="NAME", Order="DESCENDING")[0][0] == "night"
    assert scene.ask("GetQueue", Name="night")["Queue"]["Description"] == "for later"
    assert error(lambda: scene.ask("CreateQueue", Name="night")).code == "ConflictException"
    scene.create(Queue="night")
    assert error(lambda: scene.ask("DeleteQueue", Name="night")).code == "ConflictException"
    scene.run()
    scene.ask("DeleteQueue", Name="night")
    assert error(lambda: scene.ask("GetQueue", Name="night")).code == "NotFoundException"
    assert error(lambda: scene.ask("DeleteQueue", Name="Default")).code == "BadRequestException"


@pytest.mark.parametrize(
    "changes", [{"PricingPlan": "RESERVED"}, {"Name": ""}, {"ConcurrentJobs": 3}]
)
def test_queue_that_cannot_be_is_refused(scene: Scene, changes: dict[str, Any]) -> None:
    problem = error(lambda: scene.ask("CreateQueue", **{"Name": "night", **changes}))
    assert problem.code == "BadRequestException"


def test_endpoint_is_the_account_itself(scene: Scene) -> None:
    assert scene.ask("DescribeEndpoints") == {"Endpoints": [{"Url": scene.account.endpoint}]}


def test_tags_of_a_queue(scene: Scene) -> None:
    """Terraform asks for them after every read of a queue."""
    arn = scene.ask("CreateQueue", Name="night", Tags={"team": "news", "stage": "dev"})["Queue"][
        "Arn"
    ]

    def tags() -> dict[str, str]:
        told = scene.ask("ListTagsForResource", Arn=arn)["ResourceTags"]
        assert told["Arn"] == arn
        return dict(told["Tags"])

    assert tags() == {"team": "news", "stage": "dev"}
    scene.ask("TagResource", Arn=arn, Tags={"stage": "prod", "cost": "7"})
    scene.ask("UntagResource", Arn=arn, TagKeys=["team", "none"])
    assert tags() == {"stage": "prod", "cost": "7"}


@pytest.mark.parametrize("operation", ["ListTagsForResource", "TagResource", "UntagResource"])
def test_there_are_no_tags_of_what_is_not_there(scene: Scene, operation: str) -> None:
    more = {"TagResource": {"Tags": {"a": "b"}}, "UntagResource": {"TagKeys": ["a"]}}
    arn = QUEUE.replace("Default", "none")
    problem = error(lambda: scene.ask(operation, Arn=arn, **more.get(operation, {})))
    assert (problem.code, problem.status) == ("NotFoundException", 404)
    assert "none does not exist" in problem.message
