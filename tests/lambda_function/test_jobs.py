"""CreateJob and ListJobs: their requests, and the meaning of their errors."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import botocore.exceptions as failures
import pytest
from botocore.stub import ANY, Stubber
from emulation import After, Clock, ErrorResponse, MediaConvert
from environment import Environment
from errors import JobNotConfirmedError, TransientError, UploadError
from jobs import PAUSES, TOKEN_LASTS, Jobs
from uploads import Upload

UPLOAD = Upload("video-input-test", "talks/opening.mov", "v1", 1, "etag")
URL = {"endpoint_url": "https://mediaconvert.eu-central-1.amazonaws.com"}
ROLE = "arn:aws:iam::111122223333:role/video-mediaconvert-test"


@pytest.fixture
def jobs(mediaconvert: MediaConvert, clock: Clock) -> Jobs:
    return Jobs(mediaconvert.client, Environment.read(), clock.sleep)


def test_the_request_fits_the_service_model_of_aws(jobs: Jobs, mediaconvert: MediaConvert) -> None:
    request = jobs.request(UPLOAD)
    with Stubber(mediaconvert.client) as stubber:
        answer = {"Job": {"Id": "1772366400000-job1", "Role": ROLE, "Settings": {}}}
        stubber.add_response("create_job", answer, request)
        assert jobs.create(UPLOAD) == "1772366400000-job1"


def test_the_check_against_the_service_model_can_fail(
    jobs: Jobs, mediaconvert: MediaConvert, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = copy.deepcopy(jobs.request(UPLOAD))
    broken["Settings"]["OutputGroups"][0]["Outputs"][0]["VideoDescription"]["Width"] = "wide"
    monkeypatch.setattr(jobs, "request", lambda upload: broken)
    with pytest.raises(JobNotConfirmedError, match="Width") as raised:
        jobs.create(UPLOAD)
    assert not raised.value.may_exist
    assert mediaconvert.jobs == []


def walk(value: Any, shape: Any, path: str = "request") -> list[str]:
    """Strings outside an enumeration and numbers outside a range, which botocore accepts."""
    wrong = []
    if shape.type_name == "structure":
        for name, member in value.items():
            wrong += walk(member, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for position, member in enumerate(value):
            wrong += walk(member, shape.member, f"{path}[{position}]")
    elif shape.type_name == "map":
        for name, member in value.items():
            wrong += walk(member, shape.value, f"{path}[{name!r}]")
    elif shape.metadata.get("enum") and value not in shape.metadata["enum"]:
        wrong.append(f"{path} is {value!r}")
    elif isinstance(value, int):
        metadata = shape.metadata
        if not metadata.get("min", value) <= value <= metadata.get("max", value):
            wrong.append(f"{path} is {value!r}")
    return wrong


def test_every_setting_is_among_the_values_that_aws_lists(
    jobs: Jobs, mediaconvert: MediaConvert
) -> None:
    shape = mediaconvert.client.meta.service_model.operation_model("CreateJob").input_shape
    request = jobs.request(UPLOAD)
    assert walk(request, shape) == []

    capture = request["Settings"]["OutputGroups"][1]["Outputs"][0]["VideoDescription"]
    capture["CodecSettings"]["Codec"] = "JPEG"
    capture["CodecSettings"]["FrameCaptureSettings"]["Quality"] = 101
    assert len(walk(request, shape)) == 2


def test_the_role_comes_from_the_environment(jobs: Jobs) -> None:
    assert jobs.request(UPLOAD)["Role"] == ROLE


def test_the_token_is_short_ascii_and_the_same_for_the_same_upload(jobs: Jobs) -> None:
    token = jobs.request(UPLOAD)["ClientRequestToken"]
    other = Upload("video-input-test", "talks/opening.mov", "v2", 1, "etag")
    assert token.isascii()
    assert len(token) <= 64
    assert jobs.request(UPLOAD) == jobs.request(UPLOAD)
    assert jobs.request(other)["ClientRequestToken"] != token


def test_all_attempts_end_before_the_token_expires(
    mediaconvert: MediaConvert,
) -> None:
    config = mediaconvert.client.meta.config
    assert config.retries["total_max_attempts"] == 1
    attempts = len(PAUSES) * (config.connect_timeout + config.read_timeout)
    assert TOKEN_LASTS + timedelta(seconds=attempts + sum(PAUSES)) < timedelta(minutes=1)


def test_the_client_uses_the_regional_endpoint(mediaconvert: MediaConvert) -> None:
    assert mediaconvert.client.meta.endpoint_url == URL["endpoint_url"]


UNREACHED = failures.EndpointConnectionError(**URL)
UNANSWERED = failures.ReadTimeoutError(**URL)
THROTTLED = ErrorResponse("TooManyRequestsException", 429)


@pytest.mark.parametrize(
    ("behaviours", "may_exist"),
    [
        ([THROTTLED] * 3, False),
        ([UNREACHED] * 3, False),
        ([failures.ConnectTimeoutError(**URL)] * 3, False),
        ([UNANSWERED] * 3, True),
        ([After(UNANSWERED)] * 3, True),
        ([failures.ConnectionClosedError(**URL)] * 3, True),
        ([ErrorResponse("InternalServerErrorException", 500)] * 3, True),
        ([ErrorResponse("InternalFailure", 500)] * 3, True),
        ([ErrorResponse("InternalServerErrorException", 400)] * 3, True),
        ([ErrorResponse("ServiceUnavailable", 503)] * 3, True),
        ([ErrorResponse("ConflictException", 409)] * 3, True),
        ([UNANSWERED, THROTTLED, THROTTLED], True),
        ([UNANSWERED, UNREACHED, UNREACHED], True),
        ([UNANSWERED, ErrorResponse("AccessDeniedException", 403)], True),
        ([ErrorResponse("AccessDeniedException", 403)], False),
        ([ErrorResponse("ForbiddenException", 403)], False),
        ([ErrorResponse("NotFoundException", 404)], False),
        ([failures.NoCredentialsError()], False),
        ([failures.ClientError({}, "CreateJob")], False),
        ([failures.ClientError({"ResponseMetadata": {}}, "CreateJob")], False),
    ],
    ids=str,
)
def test_an_error_says_whether_a_job_may_exist(
    jobs: Jobs, mediaconvert: MediaConvert, behaviours: list[Any], may_exist: bool
) -> None:
    mediaconvert.behaviours += behaviours
    with pytest.raises(JobNotConfirmedError, match="CreateJob did not return a job") as raised:
        jobs.create(UPLOAD)
    assert raised.value.may_exist is may_exist
    assert len(mediaconvert.requests) == len(behaviours)


def test_attempts_pause_longer_each_time(
    jobs: Jobs, mediaconvert: MediaConvert, clock: Clock
) -> None:
    start = clock.now()
    mediaconvert.behaviours += [THROTTLED, THROTTLED]
    jobs.create(UPLOAD)
    assert clock.now() - start == timedelta(seconds=2)


def test_a_bad_request_is_an_error_of_the_upload(jobs: Jobs, mediaconvert: MediaConvert) -> None:
    mediaconvert.behaviours.append(ErrorResponse("BadRequestException", 400, "/inputs is wrong"))
    with pytest.raises(UploadError, match="/inputs is wrong") as raised:
        jobs.create(UPLOAD)
    assert raised.value.code == "BadRequestException"
    assert len(mediaconvert.requests) == 1


def other_jobs(count: int, jobs: Jobs, clock: Clock) -> None:
    for number in range(count):
        clock.sleep(1)
        jobs.create(Upload("video-input-test", f"other-{number}.mov", "v1", 1, "etag"))


def test_a_job_is_found_behind_many_newer_ones(
    jobs: Jobs, mediaconvert: MediaConvert, clock: Clock
) -> None:
    since = clock.now()
    job_id = jobs.create(UPLOAD)
    other_jobs(45, jobs, clock)
    assert jobs.find(UPLOAD, since) == job_id
    assert len(mediaconvert.listings) == 3


def test_a_clock_that_is_a_little_ahead_hides_no_job(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.create(UPLOAD)
    assert jobs.find(UPLOAD, since=clock.now() + timedelta(minutes=2)) == job_id
    assert jobs.find(UPLOAD, since=clock.now() + timedelta(minutes=2, seconds=1)) is None


def test_a_job_that_is_not_there_is_not_found(jobs: Jobs, clock: Clock) -> None:
    other_jobs(25, jobs, clock)
    assert jobs.find(UPLOAD, clock.now() - timedelta(hours=1)) is None


def test_the_search_ends_where_older_jobs_begin(
    jobs: Jobs, mediaconvert: MediaConvert, clock: Clock
) -> None:
    jobs.create(UPLOAD)
    clock.sleep(3_600)
    since = clock.now()
    other_jobs(19, jobs, clock)
    assert jobs.find(UPLOAD, since) is None
    assert len(mediaconvert.listings) == 1


def test_a_job_of_another_environment_is_not_taken_for_ours(
    jobs: Jobs, mediaconvert: MediaConvert, clock: Clock
) -> None:
    jobs.create(UPLOAD)
    mediaconvert.jobs[0]["UserMetadata"] = {"AssetId": UPLOAD.asset_id, "AssetsTable": "other"}
    assert jobs.find(UPLOAD, clock.now()) is None
    del mediaconvert.jobs[0]["UserMetadata"]
    assert jobs.find(UPLOAD, clock.now()) is None


def test_an_endless_search_is_an_error(
    jobs: Jobs, mediaconvert: MediaConvert, clock: Clock
) -> None:
    since = clock.now()
    jobs.create(UPLOAD)
    other = {**mediaconvert.jobs[0], "UserMetadata": {}, "CreatedAt": since + timedelta(seconds=1)}
    mediaconvert.jobs += [other] * 1_000
    with pytest.raises(TransientError, match="not among the latest 1000 jobs"):
        jobs.find(UPLOAD, since)
    assert len(mediaconvert.listings) == 50


def test_the_list_request_fits_the_service_model_of_aws(
    jobs: Jobs, mediaconvert: MediaConvert, clock: Clock
) -> None:
    with Stubber(mediaconvert.client) as stubber:
        expected = {"Queue": "Default", "Order": "DESCENDING", "MaxResults": 20}
        stubber.add_response("list_jobs", {"Jobs": [], "NextToken": "more"}, expected)
        stubber.add_response("list_jobs", {}, {**expected, "NextToken": ANY})
        assert jobs.find(UPLOAD, clock.now()) is None
        stubber.assert_no_pending_responses()
