"""A request that an SDK retries is carried out once."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from planproof.emulation.account.response_cache import ResponseCache
from planproof.emulation.account.wire import HttpResponse

GOOD = HttpResponse(201, [], b"made")
BAD = HttpResponse(500, [], b"oh")


def request(method: str = "POST", invocation: str = "i-1") -> dict[str, Any]:
    return {"REQUEST_METHOD": method, "HTTP_AMZ_SDK_INVOCATION_ID": invocation}


def count(cache: ResponseCache, *requests: dict[str, Any], response: HttpResponse = GOOD) -> int:
    """How many of the requests are carried out."""
    done = []
    for environ in requests:
        assert cache.respond_once(environ, lambda: (done.append(1), response)[1]) == response
    return len(done)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_same_invocation_is_performed_once(method: str) -> None:
    assert count(ResponseCache(), request(method), request(method)) == 1


@pytest.mark.parametrize(
    ("requests", "response"),
    [
        pytest.param([request(), request(invocation="i-2")], GOOD, id="another invocation"),
        pytest.param([request("GET"), request("GET")], GOOD, id="a read"),
        pytest.param([request(invocation=""), request(invocation="")], GOOD, id="no SDK"),
        pytest.param([request(), request()], BAD, id="it failed"),
    ],
)
def test_others_are_performed_each_time(
    requests: list[dict[str, Any]], response: HttpResponse
) -> None:
    assert count(ResponseCache(), *requests, response=response) == 2


def test_only_the_latest_are_cached() -> None:
    cache = ResponseCache()
    many = [request(invocation=f"i-{number}") for number in range(2_001)]
    assert count(cache, *many) == 2_001
    assert count(cache, many[0], many[-1]) == 1


def test_retried_create_role_succeeds(account: Any) -> None:
    def make(invocation: str) -> None:
        iam = account.owner("iam")

        def fixed(request: Any, **_: Any) -> None:
            request.headers["amz-sdk-invocation-id"] = invocation

        iam.meta.events.register("before-send.iam.*", fixed)
        iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")

    make("one")
    make("one")
    with pytest.raises(ClientError, match="EntityAlreadyExists"):
        make("two")
