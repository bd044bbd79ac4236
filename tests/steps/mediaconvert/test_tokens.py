"""ClientRequestToken: one job per token and minute."""

from __future__ import annotations

import copy

from tests.steps.mediaconvert.harness import Harness, error_of, request, settings

TOKEN = {"ClientRequestToken": "asset-one"}


def test_the_same_request_within_a_minute_returns_the_same_job(harness: Harness) -> None:
    first = harness.create_job(**TOKEN)
    harness.advance(59)
    again = harness.create_job(**copy.deepcopy(TOKEN))
    assert again["Id"] == first["Id"]
    assert len(harness.call("ListJobs")["Jobs"]) == 1
    assert [e.what for e in harness.account.trail.entries].count("SUBMITTED") == 1


def test_a_repeated_request_returns_the_current_status_of_the_job(harness: Harness) -> None:
    harness.upload()
    harness.create_job(**TOKEN)
    harness.advance()
    assert harness.create_job(**TOKEN)["Status"] == "COMPLETE"


def test_the_same_request_after_a_minute_creates_a_second_job(harness: Harness) -> None:
    first = harness.create_job(**TOKEN)
    harness.advance(60)
    assert harness.create_job(**TOKEN)["Id"] != first["Id"]


def test_the_minute_starts_with_the_first_request(harness: Harness) -> None:
    first = harness.create_job(**TOKEN)
    harness.advance(40)
    harness.create_job(**TOKEN)
    harness.advance(40)
    assert harness.create_job(**TOKEN)["Id"] != first["Id"]


def test_the_token_of_another_request_is_a_conflict(harness: Harness) -> None:
    harness.create_job(**TOKEN)
    problem = error_of(lambda: harness.create_job(**TOKEN, Settings=settings("other.mp4")))
    assert (problem.code, problem.status) == ("ConflictException", 409)
    assert len(harness.call("ListJobs")["Jobs"]) == 1
    harness.advance(60)
    assert harness.create_job(**TOKEN, Settings=settings("other.mp4"))["Status"] == "SUBMITTED"


def test_other_tokens_and_other_regions_create_other_jobs(harness: Harness) -> None:
    ids = {
        harness.create_job(**TOKEN)["Id"],
        harness.create_job(ClientRequestToken="asset-two")["Id"],
        harness.create_job()["Id"],
        harness.create_job()["Id"],
        harness.call("CreateJob", region="eu-west-1", **request(), **TOKEN)["Job"]["Id"],
    }
    assert len(ids) == 5


def test_a_refused_request_does_not_use_the_token(harness: Harness) -> None:
    error_of(lambda: harness.create_job(**TOKEN, Queue="none"))
    assert harness.create_job(**TOKEN)["Status"] == "SUBMITTED"


def test_a_token_is_at_most_64_ascii_characters(harness: Harness) -> None:
    for token in ("a" * 65, "ä", ""):
        problem = error_of(lambda token=token: harness.create_job(ClientRequestToken=token))
        assert problem.code == "BadRequestException"
    assert harness.create_job(ClientRequestToken="a" * 64)["Status"] == "SUBMITTED"
