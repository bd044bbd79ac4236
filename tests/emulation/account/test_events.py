"""Events of AWS services go to the rules of the account's default bus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planproof.emulation.account.clients import Clients
from planproof.emulation.account.process import AccountProcess
from tests.emulation.account.made_parts import EVENT

QUEUE = "arn:aws:sqs:{region}:123456789012:{name}"


class Buses:
    """Rules in an account whose MediaConvert reports any status."""

    def __init__(self, account: AccountProcess) -> None:
        self.account = account
        self._clients = Clients(account.endpoint)

    def rule(self, status: str, state: str = "ENABLED", region: str = "us-east-1") -> str:
        """A rule for a status; returns the address of the queue that its events go to."""
        sqs, events = (self._clients.client(name, region) for name in ("sqs", "events"))
        name = f"{status}-{state}"
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        pattern = {"source": ["aws.mediaconvert"], "detail": {"status": [status]}}
        events.put_rule(Name=name, EventPattern=json.dumps(pattern), State=state)
        target = QUEUE.format(region=region, name=name)
        events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": target}])
        return str(url)

    def report(self, status: str, region: str = "us-east-1") -> None:
        role = "arn:aws:iam::123456789012:role/r"
        self._clients.client("mediaconvert", region).create_job(
            Role=role, Settings={}, UserMetadata={"status": status}
        )

    def events(self, url: str, region: str = "us-east-1") -> list[dict[str, Any]]:
        sqs = self._clients.client("sqs", region)
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]


@pytest.fixture(scope="module")
def buses() -> Iterator[Buses]:
    here = str(Path(__file__).parent)
    options: Any = {"parts": "made_parts:mended_parts", "services": ["made_parts:Jobs"]}
    with AccountProcess(path=[here], **options) as account:
        yield Buses(account)


def test_an_event_goes_to_the_rules_that_it_matches(buses: Buses) -> None:
    wanted, other = buses.rule("COMPLETE"), buses.rule("ERROR")
    disabled = buses.rule("COMPLETE", "DISABLED")
    elsewhere = buses.rule("COMPLETE", region="eu-west-1")
    buses.report("COMPLETE")
    (event,) = buses.events(wanted)
    assert buses.events(other) == buses.events(disabled) == []
    assert buses.events(elsewhere, "eu-west-1") == []
    assert event["detail"] == {"status": "COMPLETE"}
    assert {name: event[name] for name in EVENT} == EVENT
    assert (event["version"], event["account"]) == ("0", "123456789012")
    assert event["region"] == "us-east-1"


def test_each_event_has_its_own_id_and_the_accounts_time(buses: Buses) -> None:
    wanted = buses.rule("PROGRESSING")
    buses.report("PROGRESSING")
    buses.account.control.advance(86_400)
    buses.report("PROGRESSING")
    first, second = buses.events(wanted)
    assert first["id"] != second["id"]
    assert len(first["id"]) == 36
    assert first["time"][:10] < second["time"][:10]
    assert second["time"].endswith("Z")
