"""Is what was done once given as an answer again, where an SDK lost the first?"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from planproof.emulation.account.answers_kept import AnswersKept
from planproof.emulation.account.wire import Answer

GOOD = Answer(201, [], b"made")
BAD = Answer(500, [], b"oh")


def asked(method: str = "POST", invocation: str = "i-1") -> dict[str, Any]:
    return {"REQUEST_METHOD": method, "HTTP_AMZ_SDK_INVOCATION_ID": invocation}


def count(kept: AnswersKept, *requests: dict[str, Any], answer: Answer = GOOD) -> int:
    """How often something was really done for some requests."""
    done = []
    for request in requests:
        given = kept.given_again(request, lambda: (done.append(1), answer)[1])
        assert given == answer
    return len(done)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_same_invocation_is_carried_out_once(method: str) -> None:
    assert count(AnswersKept(), asked(method), asked(method)) == 1


@pytest.mark.parametrize(
    ("requests", "answer"),
    [
        pytest.param([asked(), asked(invocation="i-2")], GOOD, id="another invocation"),
        pytest.param([asked("GET"), asked("GET")], GOOD, id="a question"),
        pytest.param([asked(invocation=""), asked(invocation="")], GOOD, id="no SDK"),
        pytest.param([asked(), asked()], BAD, id="it failed"),
    ],
)
def test_all_else_is_carried_out_each_time(requests: list[dict[str, Any]], answer: Answer) -> None:
    assert count(AnswersKept(), *requests, answer=answer) == 2


def test_only_the_latest_are_kept() -> None:
    kept = AnswersKept()
    many = [asked(invocation=f"i-{number}") for number in range(2_001)]
    assert count(kept, *many) == 2_001
    assert count(kept, many[0], many[-1]) == 1


def test_a_role_is_made_once_for_an_owner_who_lost_the_answer(scene: Any) -> None:
    def make(invocation: str) -> None:
        iam = scene.owner("iam")

        def fixed(request: Any, **_: Any) -> None:
            request.headers["amz-sdk-invocation-id"] = invocation

        iam.meta.events.register("before-send.iam.*", fixed)
        iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")

    make("one")
    make("one")
    with pytest.raises(ClientError, match="EntityAlreadyExists"):
        make("two")
