"""ClientRequestToken: one job for one token and a minute."""

from __future__ import annotations

import copy

from tests.steps.mediaconvert.scene import Scene, error, request, settings

TOKEN = {"ClientRequestToken": "asset-one"}


def test_same_request_within_a_minute_gives_the_same_job(scene: Scene) -> None:
    first = scene.create(**TOKEN)
    scene.run(59)
    again = scene.create(**copy.deepcopy(TOKEN))
    assert again["Id"] == first["Id"]
    assert len(scene.ask("ListJobs")["Jobs"]) == 1
    assert [e.what for e in scene.account.trail.entries].count("SUBMITTED") == 1


def test_repeated_request_is_answered_with_what_became_of_the_job(scene: Scene) -> None:
    scene.upload()
    scene.create(**TOKEN)
    scene.run()
    assert scene.create(**TOKEN)["Status"] == "COMPLETE"


def test_same_request_after_a_minute_makes_a_second_job(scene: Scene) -> None:
    first = scene.create(**TOKEN)
    scene.run(60)
    assert scene.create(**TOKEN)["Id"] != first["Id"]


def test_minute_begins_with_the_first_request(scene: Scene) -> None:
    first = scene.create(**TOKEN)
    scene.run(40)
    scene.create(**TOKEN)
    scene.run(40)
    assert scene.create(**TOKEN)["Id"] != first["Id"]


def test_token_of_another_request_is_a_conflict(scene: Scene) -> None:
    scene.create(**TOKEN)
    problem = error(lambda: scene.create(**TOKEN, Settings=settings("other.mp4")))
    assert (problem.code, problem.status) == ("ConflictException", 409)
    assert len(scene.ask("ListJobs")["Jobs"]) == 1
    scene.run(60)
    assert scene.create(**TOKEN, Settings=settings("other.mp4"))["Status"] == "SUBMITTED"


def test_other_tokens_and_other_regions_make_jobs_of_their_own(scene: Scene) -> None:
    ids = {
        scene.create(**TOKEN)["Id"],
        scene.create(ClientRequestToken="asset-two")["Id"],
        scene.create()["Id"],
        scene.create()["Id"],
        scene.ask("CreateJob", region="eu-west-1", **request(), **TOKEN)["Job"]["Id"],
    }
    assert len(ids) == 5


def test_refused_request_leaves_the_token_free(scene: Scene) -> None:
    error(lambda: scene.create(**TOKEN, Queue="none"))
    assert scene.create(**TOKEN)["Status"] == "SUBMITTED"


def test_token_is_short_ascii(scene: Scene) -> None:
    for token in ("a" * 65, "ä", ""):
        problem = error(lambda token=token: scene.create(ClientRequestToken=token))
        assert problem.code == "BadRequestException"
    assert scene.create(ClientRequestToken="a" * 64)["Status"] == "SUBMITTED"
