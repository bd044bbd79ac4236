"""Events of EventBridge rules: their content, their targets and failed deliveries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.emulation.account.model import Fault
from tests.emulation.account.moto_patches.conftest import Clients
from tests.emulation.account.moto_patches.fake_account import FakeAccount

RULE = "arn:aws:events:us-east-1:123456789012:rule/r"


def rule(aws: Clients, *targets: dict[str, Any], state: str = "ENABLED") -> None:
    aws.events.put_rule(Name="r", EventPattern='{"source": ["mine"]}', State=state)
    named = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    aws.events.put_targets(Rule="r", Targets=named)


def happen(aws: Clients, **detail: Any) -> str:
    entry = {
        "Source": "mine",
        "DetailType": "Something Happened",
        "Detail": json.dumps(detail),
        "Resources": ["arn:aws:s3:::b"],
        "Time": 1_767_225_600,
    }
    return str(aws.events.put_events(Entries=[entry])["Entries"][0]["EventId"])


def test_event_has_aws_format(account: FakeAccount, aws: Clients) -> None:
    url, arn = aws.queue("one")
    rule(aws, {"Arn": arn})
    identity = happen(aws, name="ü")
    (message,) = aws.take(url)
    assert json.loads(message["Body"]) == {
        "version": "0",
        "id": identity,
        "detail-type": "Something Happened",
        "source": "mine",
        "account": "123456789012",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::b"],
        "detail": {"name": "ü"},
    }
    assert account.outcomes("delivery") == [("events.amazonaws.com", "sqs:SendMessage", arn, "ok")]
    assert account.decisions.checked == [("events.amazonaws.com", "sqs:SendMessage", RULE, arn)]


def test_denied_event_goes_to_the_dead_letter_queue(account: FakeAccount, aws: Clients) -> None:
    url, arn = aws.queue("one")
    dead_url, dead = aws.queue("dead")
    rule(aws, {"Arn": arn, "DeadLetterConfig": {"Arn": dead}})
    account.decisions.closed.add(arn)
    happen(aws, number=1)

    assert aws.take(url) == []
    (letter,) = aws.take(dead_url)
    assert json.loads(letter["Body"])["detail"] == {"number": 1}
    content = {k: v["StringValue"] for k, v in letter["MessageAttributes"].items()}
    assert (content["RULE_ARN"], content["TARGET_ARN"]) == (RULE, arn)
    assert content["ERROR_CODE"] == "NO_PERMISSIONS"
    assert account.outcomes("delivery") == [
        ("events.amazonaws.com", "sqs:SendMessage", arn, "denied"),
        ("events.amazonaws.com", "sqs:SendMessage", dead, "ok"),
    ]


def test_denied_event_without_dead_letter_queue_is_recorded(
    account: FakeAccount, aws: Clients
) -> None:
    url, arn = aws.queue("one")
    rule(aws, {"Arn": arn})
    account.decisions.closed.add(arn)
    happen(aws)
    assert aws.take(url) == []
    (entry,) = account.trail.entries
    assert entry.outcome == "denied"
    assert (entry.detail["source"], entry.detail["resource"]) == (RULE, arn)


def test_dead_letter_queue_needs_permission(account: FakeAccount, aws: Clients) -> None:
    _, arn = aws.queue("one")
    dead_url, dead = aws.queue("dead")
    rule(aws, {"Arn": arn, "DeadLetterConfig": {"Arn": dead}})
    account.decisions.closed |= {arn, dead}
    happen(aws)
    assert aws.take(dead_url) == []
    assert [entry.outcome for entry in account.trail.entries] == ["denied", "denied"]


@pytest.mark.parametrize(("state", "count"), [("ENABLED", 1), ("DISABLED", 0)])
def test_disabled_rule_sends_nothing(aws: Clients, state: str, count: int) -> None:
    url, arn = aws.queue("one")
    rule(aws, {"Arn": arn}, state=state)
    happen(aws)
    assert len(aws.take(url)) == count


def test_event_is_repeated_and_delayed(account: FakeAccount, aws: Clients) -> None:
    url, arn = aws.queue("one")
    rule(aws, {"Arn": arn})
    account.faults.planned = [
        Fault("delay", "events", seconds=60.0),
        Fault("repeat event", "events"),
    ]
    happen(aws, number=1)
    (first,) = aws.take(url)
    ((seconds, late),) = account.clock.later_on
    assert seconds == 60.0
    late()
    (second,) = aws.take(url)
    assert first["Body"] == second["Body"]
    assert account.faults.contents[0]["detail"] == {"number": 1}


def test_target_input(aws: Clients) -> None:
    one, one_arn = aws.queue("one")
    two, two_arn = aws.queue("two")
    three, three_arn = aws.queue("three")
    rule(
        aws,
        {"Arn": one_arn, "Input": '{"constant": true}'},
        {"Arn": two_arn, "InputPath": "$.detail"},
        {
            "Arn": three_arn,
            "InputTransformer": {
                "InputPathsMap": {"n": "$.detail.number"},
                "InputTemplate": '{"it": <n>}',
            },
        },
    )
    happen(aws, number=7)
    bodies = [json.loads(aws.take(url)[0]["Body"]) for url in (one, two, three)]
    assert bodies == [{"constant": True}, {"number": 7}, {"it": 7}]


def test_log_group_target(account: FakeAccount, aws: Clients) -> None:
    aws.logs.create_log_group(logGroupName="/events")
    rule(aws, {"Arn": "arn:aws:logs:us-east-1:123456789012:log-group:/events"})
    happen(aws, number=1)
    streams = aws.logs.describe_log_streams(logGroupName="/events")["logStreams"]
    assert len(streams) == 1
    assert account.outcomes("delivery") == []


def test_function_target(account: FakeAccount, aws: Clients) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:gone"
    rule(aws, {"Arn": arn})
    happen(aws)
    assert account.outcomes("delivery") == [
        ("events.amazonaws.com", "lambda:InvokeFunction", arn, "failed")
    ]
    assert account.invoked == []
