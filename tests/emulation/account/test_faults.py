"""Faults fire as often as planned, on the calls that they match."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from planproof.emulation.account.faults import AccountFaults
from planproof.emulation.account.model import Fault
from planproof.errors import PlanproofError

if TYPE_CHECKING:
    from tests.emulation.account.conftest import AccountUnderTest

pytestmark = pytest.mark.filterwarnings(r"ignore:Exception\(AwsError\)")


def _fired(faults: AccountFaults, times: int, operation: str = "PutItem") -> list[bool]:
    content = {"Item": {"id": "ü 1", "raw": b"bytes"}}
    due = [faults.due("error", "dynamodb", operation, content) for _ in range(times)]
    return [fault is not None for fault in due]


@pytest.mark.parametrize(
    ("fault", "fired"),
    [
        (Fault("error"), [True, False, False]),
        (Fault("error", times=2), [True, True, False]),
        (Fault("error", times=None), [True, True, True]),
        (Fault("error", skip=1), [False, True, False]),
        (Fault("error", skip=2, times=None), [False, False, True]),
        (Fault("error", service="dynamodb", operation="PutItem"), [True, False, False]),
        (Fault("error", service="s3"), [False, False, False]),
        (Fault("error", operation="GetItem"), [False, False, False]),
        (Fault("unreachable"), [False, False, False]),
        (Fault("error", containing='"id": "ü 1"'), [True, False, False]),
        (Fault("error", containing="bytes"), [True, False, False]),
        (Fault("error", containing="other"), [False, False, False]),
    ],
)
def test_times_and_skip(fault: Fault, fired: list[bool]) -> None:
    faults = AccountFaults()
    faults.add(fault)
    assert _fired(faults, 3) == fired


def test_other_calls_are_not_skipped() -> None:
    faults = AccountFaults()
    faults.add(Fault("error", operation="PutItem", skip=1))
    assert _fired(faults, 3, "GetItem") == [False, False, False]
    assert _fired(faults, 2) == [False, True]


def test_faults_fire_in_order() -> None:
    faults = AccountFaults()
    faults.add(Fault("error", code="First"))
    faults.add(Fault("error", code="Second"))
    codes = [getattr(faults.due("error", "s3", "GetObject", {}), "code", None) for _ in range(3)]
    assert codes == ["First", "Second", None]


def test_remove() -> None:
    faults = AccountFaults()
    faults.add(Fault("error", name="a", times=None))
    faults.add(Fault("error", name="b", times=None))
    assert faults.remove("a") == 1
    due = faults.due("error", "", "", {})
    assert due is not None
    assert due.name == "b"
    assert faults.remove() == 1
    assert faults.due("error", "", "", {}) is None
    assert faults.remove("a") == 0


def test_unknown_kind() -> None:
    with pytest.raises(ValueError, match="there is no fault 'explode', only error, kill before"):
        AccountFaults().add(Fault("explode"))


def test_unknown_kind_is_reported_to_the_run(account: AccountUnderTest) -> None:
    with pytest.raises(PlanproofError, match=r"(?s)'add_fault'.*no fault 'explode'"):
        account.control.add_fault(Fault("explode"))


def test_error_replaces_the_response(account: AccountUnderTest) -> None:
    account.owner("sqs").create_queue(QueueName="q")
    code = "ProvisionedThroughputExceededException"
    account.control.add_fault(
        Fault("error", "sqs", "CreateQueue", "later", code=code, message="slow down", status=400)
    )
    sqs = account.role("sqs")
    sqs.create_queue(QueueName="now")
    with pytest.raises(ClientError) as caught:
        sqs.create_queue(QueueName="later")
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, "slow down")
    assert not [u for u in sqs.list_queues()["QueueUrls"] if u.endswith("later")]
    sqs.create_queue(QueueName="later")
    outcomes = [entry.outcome for entry in account.entries() if entry.what == "sqs:CreateQueue"]
    assert outcomes == ["ok", "throttled", "ok"]


def test_error_of_an_extension_service(account: AccountUnderTest) -> None:
    account.control.add_fault(
        Fault("error", "mediaconvert", code="TooManyRequestsException", status=429)
    )
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        account.role("mediaconvert").create_job(Role="arn:aws:iam::1:role/r", Settings={})
    assert account.jobs.calls == []
    assert [entry.outcome for entry in account.entries()] == ["throttled"]


def test_error_affects_the_owner(account: AccountUnderTest) -> None:
    account.control.add_fault(Fault("error", "sqs", "CreateQueue", code="Odd", status=400))
    with pytest.raises(ClientError, match="Odd"):
        account.owner("sqs").create_queue(QueueName="q")
    assert account.entries() == []


def test_unreachable_until_removed(account: AccountUnderTest) -> None:
    account.owner("sqs").create_queue(QueueName="q")
    account.control.add_fault(Fault("unreachable", "sqs", times=None, name="out"))
    for _ in range(2):
        with pytest.raises(ConnectionClosedError):
            account.role("sqs").create_queue(QueueName="other")
    assert account.role("s3").list_buckets()["Buckets"] == []
    assert account.control.remove_faults("out") == 1
    assert len(account.role("sqs").list_queues()["QueueUrls"]) == 1
    assert [entry.outcome for entry in account.entries()] == ["failed", "failed", "ok", "ok"]


@pytest.mark.parametrize(("kind", "done"), [("kill before", 0), ("kill after", 1)])
def test_instance_is_killed(account: AccountUnderTest, kind: str, done: int) -> None:
    account.control.add_fault(Fault(kind, "sqs", "CreateQueue"))
    with pytest.raises(ConnectionClosedError):
        account.role("sqs").create_queue(QueueName="q")
    assert account.functions.killed == ["i-1"]
    assert len(account.owner("sqs").list_queues().get("QueueUrls", [])) == done
    (entry,) = account.entries()
    assert (entry.what, entry.outcome) == ("sqs:CreateQueue", "killed")
    assert entry.detail["instance"] == "i-1"


def test_lost_answer(account: AccountUnderTest) -> None:
    account.control.add_fault(Fault("lost answer", "sqs", "CreateQueue"))
    with pytest.raises(ConnectionClosedError):
        account.role("sqs").create_queue(QueueName="q")
    assert account.functions.killed == []
    assert len(account.role("sqs").list_queues()["QueueUrls"]) == 1
    assert [(e.outcome, e.detail.get("fault")) for e in account.entries()] == [
        ("ok", "lost answer"),
        ("ok", None),
    ]


@pytest.mark.parametrize("kind", ["kill before", "kill after"])
def test_only_instances_are_killed(account: AccountUnderTest, kind: str) -> None:
    account.control.add_fault(Fault(kind, "sqs", times=None))
    account.owner("sqs").create_queue(QueueName="q")
    keys = account.application.credentials("arn:aws:iam::123456789012:role/poller", "mapping")
    account.application.client("sqs", "us-east-1", keys).list_queues()
    assert account.functions.killed == []


def test_denied_call_does_not_kill(account: AccountUnderTest) -> None:
    account.deny("sqs:CreateQueue", "AccessDenied")
    account.control.add_fault(Fault("kill after", "sqs"))
    with pytest.raises(ClientError, match="AccessDenied"):
        account.role("sqs").create_queue(QueueName="q")
    assert account.functions.killed == []
    with pytest.raises(ConnectionClosedError):
        account.role("sqs").list_queues()
    assert [entry.outcome for entry in account.entries()] == ["denied", "killed"]
