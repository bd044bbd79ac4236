"""Events of AWS services go to the rules of the default event bus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planproof.emulation.account.clients import Clients
from planproof.emulation.account.process import AccountProcess
from tests.emulation.account.fake_components import EVENT

QUEUE = "arn:aws:sqs:{region}:123456789012:{name}"


class EventRules:
    """EventBridge rules in an account whose MediaConvert reports any status."""

    def __init__(self, account: AccountProcess) -> None:
        self.account = account
        self._clients = Clients(account.endpoint)

    def rule(self, status: str, state: str = "ENABLED", region: str = "us-east-1") -> str:
        """Create a rule for a status; returns the URL of its target queue."""
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
def rules() -> Iterator[EventRules]:
    here = str(Path(__file__).parent)
    options: Any = {
        "components": "fake_components:patched_components",
        "services": ["fake_components:FakeMediaConvert"],
    }
    with AccountProcess(path=[here], **options) as account:
        yield EventRules(account)


def test_event_goes_to_matching_rules(rules: EventRules) -> None:
    url, other = rules.rule("COMPLETE"), rules.rule("ERROR")
    disabled = rules.rule("COMPLETE", "DISABLED")
    elsewhere = rules.rule("COMPLETE", region="eu-west-1")
    rules.report("COMPLETE")
    (event,) = rules.events(url)
    assert rules.events(other) == rules.events(disabled) == []
    assert rules.events(elsewhere, "eu-west-1") == []
    assert event["detail"] == {"status": "COMPLETE"}
    assert {name: event[name] for name in EVENT} == EVENT
    assert (event["version"], event["account"]) == ("0", "123456789012")
    assert event["region"] == "us-east-1"


def test_event_has_id_and_time(rules: EventRules) -> None:
    url = rules.rule("PROGRESSING")
    rules.report("PROGRESSING")
    rules.account.control.advance(86_400)
    rules.report("PROGRESSING")
    first, second = rules.events(url)
    assert first["id"] != second["id"]
    assert len(first["id"]) == 36
    assert first["time"][:10] < second["time"][:10]
    assert second["time"].endswith("Z")
