"""Wherever a delivery is killed or overtaken, the upload ends with one job."""

from __future__ import annotations

import pytest
from botocore.exceptions import ReadTimeoutError
from emulation import After, Clock, ErrorResponse, Function, FunctionDied, MediaConvert
from messages import state_change, uploaded

# Seconds until the next delivery: while the token is valid, and after the visibility timeout.
SOON = 5
AFTER_VISIBILITY_TIMEOUT = 720


# The calls before or after which the function is killed.
KILL_POINTS = ["record", "claim", "job", "job id"]


def kill(function: Function, mediaconvert: MediaConvert, where: str, *, after: bool) -> None:
    death = After(FunctionDied()) if after else FunctionDied()
    match where:
        case "record":
            function.fail_dynamodb("PutItem", death)
        case "claim":
            function.fail_dynamodb("UpdateItem", death, call=1)
        case "job":
            mediaconvert.behaviours.append(death)
        case "job id":
            function.fail_dynamodb("UpdateItem", death, call=2)
    with pytest.raises(FunctionDied):
        function.deliver(uploaded())


@pytest.mark.parametrize("later", [SOON, AFTER_VISIBILITY_TIMEOUT])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("where", KILL_POINTS)
def test_killed_anywhere_the_next_delivery_ends_with_one_job(
    function: Function,
    mediaconvert: MediaConvert,
    clock: Clock,
    where: str,
    after: bool,
    later: int,
) -> None:
    kill(function, mediaconvert, where, after=after)
    clock.sleep(later)

    assert function.deliver(uploaded()) == []

    (job,) = mediaconvert.jobs
    asset = function.asset()
    assert (asset["Status"], asset["JobId"]) == ("SUBMITTED", job["Id"])
    assert "ClaimedAt" not in asset


@pytest.mark.parametrize("later", [SOON, AFTER_VISIBILITY_TIMEOUT])
def test_killed_twice_between_job_and_record_there_is_one_job(
    function: Function, mediaconvert: MediaConvert, clock: Clock, later: int
) -> None:
    kill(function, mediaconvert, "job id", after=False)
    clock.sleep(20)
    # The second delivery only repeats the token, so this is its first update.
    function.fail_dynamodb("UpdateItem", FunctionDied())
    with pytest.raises(FunctionDied):
        function.deliver(uploaded())
    clock.sleep(later)

    assert function.deliver(uploaded()) == []
    (job,) = mediaconvert.jobs
    assert function.asset()["JobId"] == job["Id"]


def test_a_token_that_may_have_expired_is_not_relied_on(
    function: Function, mediaconvert: MediaConvert, clock: Clock
) -> None:
    kill(function, mediaconvert, "job id", after=False)
    clock.sleep(61)
    function.deliver(uploaded())

    assert len(mediaconvert.requests) == 1
    assert mediaconvert.listings == [{"Queue": "Default", "Order": "DESCENDING", "MaxResults": 20}]


@pytest.mark.parametrize(("later", "listings"), [(24, 0), (25, 1)])
def test_the_token_is_relied_on_for_25_seconds(
    function: Function, mediaconvert: MediaConvert, clock: Clock, later: int, listings: int
) -> None:
    kill(function, mediaconvert, "job id", after=False)
    clock.sleep(later)
    assert function.deliver(uploaded()) == []
    assert (len(mediaconvert.listings), len(mediaconvert.jobs)) == (listings, 1)


def test_while_it_is_unknown_whether_a_job_exists_none_is_made(
    function: Function, mediaconvert: MediaConvert, clock: Clock
) -> None:
    kill(function, mediaconvert, "job", after=True)
    clock.sleep(AFTER_VISIBILITY_TIMEOUT)
    mediaconvert.list_behaviours.append(ErrorResponse("AccessDeniedException", 403))

    assert function.deliver(uploaded()) == [0]
    assert len(mediaconvert.jobs) == 1

    assert function.deliver(uploaded()) == []
    assert len(mediaconvert.jobs) == 1


@pytest.mark.parametrize("status", ["PROGRESSING", "COMPLETE", "ERROR", "CANCELED"])
def test_a_job_that_reported_first_is_not_made_again(
    function: Function, mediaconvert: MediaConvert, clock: Clock, status: str
) -> None:
    kill(function, mediaconvert, "job id", after=False)
    (job,) = mediaconvert.jobs
    clock.sleep(AFTER_VISIBILITY_TIMEOUT)

    assert function.deliver(state_change(status, job)) == []
    assert function.deliver(uploaded()) == []
    assert (len(mediaconvert.requests), mediaconvert.listings) == (1, [])
    asset = function.asset()
    assert (asset["Status"], asset["JobId"]) == (status, job["Id"])
    assert "ClaimedAt" not in asset


def test_a_job_may_report_before_its_id_is_recorded(
    function: Function, mediaconvert: MediaConvert
) -> None:
    """The status message is handled just before the upload's delivery records the job."""

    def report() -> None:
        assert function.deliver(state_change("PROGRESSING", mediaconvert.jobs[0])) == []

    function.intervene("before-call", "UpdateItem", report, call=2)
    assert function.deliver(uploaded()) == []
    asset = function.asset()
    assert (asset["Status"], asset["JobId"]) == ("PROGRESSING", mediaconvert.jobs[0]["Id"])


def test_of_two_deliveries_at_once_one_submits(
    function: Function, mediaconvert: MediaConvert
) -> None:
    """A second delivery runs from start to end just before the first one claims the asset."""

    def overtake() -> None:
        assert function.deliver(uploaded()) == []

    function.intervene("before-call", "UpdateItem", overtake)
    assert function.deliver(uploaded()) == [0]
    assert len(mediaconvert.requests) == 1
    assert function.asset()["Status"] == "SUBMITTED"


def test_the_slower_of_two_deliveries_does_not_submit_while_a_job_may_exist(
    function: Function, mediaconvert: MediaConvert, clock: Clock
) -> None:
    """The faster one makes a job and is killed, long before the slower one claims the asset."""

    def overtake() -> None:
        kill(function, mediaconvert, "job", after=True)
        clock.sleep(AFTER_VISIBILITY_TIMEOUT)

    function.intervene("before-call", "UpdateItem", overtake)
    assert function.deliver(uploaded()) == [0]
    assert function.deliver(uploaded()) == []
    assert len(mediaconvert.jobs) == 1


def test_a_second_job_of_an_asset_is_reported_and_not_recorded(
    function: Function, mediaconvert: MediaConvert, capsys: pytest.CaptureFixture[str]
) -> None:
    def report() -> None:
        other = {**mediaconvert.jobs[0], "Id": "1772366400000-other"}
        assert function.deliver(state_change("PROGRESSING", other)) == []

    function.intervene("before-call", "UpdateItem", report, call=2)
    assert function.deliver(uploaded()) == []
    assert function.asset()["JobId"] == "1772366400000-other"
    assert "asset has another job already" in capsys.readouterr().out


def test_without_a_response_the_next_delivery_looks_for_the_job(
    function: Function, mediaconvert: MediaConvert, clock: Clock
) -> None:
    no_response = ReadTimeoutError(endpoint_url="https://mediaconvert.eu-central-1.amazonaws.com")
    mediaconvert.behaviours += [After(no_response)] * 3
    assert function.deliver(uploaded()) == [0]
    asset = function.asset()
    assert (asset["Status"], "ClaimedAt" in asset) == ("RECEIVED", True)

    clock.sleep(AFTER_VISIBILITY_TIMEOUT)
    assert function.deliver(uploaded()) == []
    (job,) = mediaconvert.jobs
    assert function.asset()["JobId"] == job["Id"]


def test_an_older_delivery_does_not_take_back_the_claim_of_a_newer_one(
    function: Function, mediaconvert: MediaConvert, clock: Clock
) -> None:
    """The older one is denied; meanwhile the newer one claims the asset and is killed."""

    def claim_again() -> None:
        clock.sleep(AFTER_VISIBILITY_TIMEOUT)
        mediaconvert.behaviours.append(After(FunctionDied()))
        with pytest.raises(FunctionDied):
            function.deliver(uploaded())

    mediaconvert.behaviours += [ErrorResponse("AccessDeniedException", 403)]
    function.intervene("before-call", "UpdateItem", claim_again, call=2)
    assert function.deliver(uploaded()) == [0]
    clock.sleep(AFTER_VISIBILITY_TIMEOUT)

    assert function.deliver(uploaded()) == []
    assert len(mediaconvert.jobs) == 1


def test_throttling_does_not_clear_an_earlier_claim(
    function: Function, mediaconvert: MediaConvert, clock: Clock
) -> None:
    kill(function, mediaconvert, "job", after=True)
    clock.sleep(SOON)
    mediaconvert.behaviours += [ErrorResponse("TooManyRequestsException", 429)] * 3
    assert function.deliver(uploaded()) == [0]

    clock.sleep(AFTER_VISIBILITY_TIMEOUT)
    assert function.deliver(uploaded()) == []
    assert len(mediaconvert.jobs) == 1
