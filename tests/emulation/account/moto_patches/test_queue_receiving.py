"""One message to one receiver at a time; what is received too often goes to the dead letters."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter

from moto.backends import get_backend

from tests.emulation.account.moto_patches.conftest import Clients
from tests.emulation.account.moto_patches.fake_account import FakeAccount


def redriving(dead: str, count: int = 2) -> str:
    return json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": count})


def receive_twice(aws: Clients, url: str) -> None:
    for count in ("1", "2"):
        (message,) = aws.take(url, VisibilityTimeout=0)
        assert message["Attributes"]["ApproximateReceiveCount"] == count
        time.sleep(0.01)


def test_redrive_is_recorded(account: FakeAccount, aws: Clients) -> None:
    dead_url, dead = aws.queue("dead")
    url, arn = aws.queue("one", RedrivePolicy=redriving(dead))
    sent = aws.sqs.send_message(QueueUrl=url, MessageBody="poison" * 100)
    receive_twice(aws, url)
    assert account.outcomes("redrive") == []

    assert aws.take(url) == []

    (letter,) = aws.take(dead_url)
    assert letter["MessageId"] == sent["MessageId"]
    (entry,) = account.trail.entries
    assert (entry.kind, entry.who, entry.about) == ("redrive", "sqs.amazonaws.com", dead)
    assert entry.outcome == "ok"
    assert entry.detail == {
        "source": arn,
        "message_id": sent["MessageId"],
        "receive_count": 2,
        "body": ("poison" * 100)[:300],
    }


def test_denied_redrive_is_recorded(account: FakeAccount, aws: Clients) -> None:
    dead_url, dead = aws.queue("dead")
    url, _ = aws.queue("one", RedrivePolicy=redriving(dead))
    aws.sqs.set_queue_attributes(
        QueueUrl=dead_url, Attributes={"RedriveAllowPolicy": '{"redrivePermission": "denyAll"}'}
    )
    aws.sqs.send_message(QueueUrl=url, MessageBody="poison")
    receive_twice(aws, url)

    (again,) = aws.take(url)
    assert again["Attributes"]["ApproximateReceiveCount"] == "3"
    assert aws.take(dead_url) == []
    assert account.outcomes("redrive") == [
        ("sqs.amazonaws.com", "redrive denied", dead, "denied"),
    ]


def test_concurrent_receivers_get_each_message_once(aws: Clients) -> None:
    url, _ = aws.queue("one")
    backend = get_backend("sqs")["123456789012"]["us-east-1"]
    total, taken, lock = 150, Counter[str](), threading.Lock()
    sent = threading.Event()

    def send() -> None:
        for number in range(total):
            backend.send_message("one", str(number))
        sent.set()

    def receive() -> None:
        while True:
            finished = sent.is_set()
            found = backend.receive_message("one", 3, 0, 30)
            for message in found:
                with lock:
                    taken[message.body] += 1
                backend.delete_message("one", message.receipt_handle)
            if finished and not found:
                return

    threads = [threading.Thread(target=receive) for _ in range(4)]
    threads.append(threading.Thread(target=send))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert taken == Counter({str(number): 1 for number in range(total)})
    assert aws.attributes(url)["ApproximateNumberOfMessages"] == "0"


def test_receiver_waits_for_a_message(aws: Clients) -> None:
    url, _ = aws.queue("one")
    backend = get_backend("sqs")["123456789012"]["us-east-1"]
    sender = threading.Timer(0.1, lambda: backend.send_message("one", "late"))
    sender.start()
    (found,) = backend.receive_message("one", 1, 20, 30)
    sender.join()
    assert found.body == "late"
    assert backend.receive_message("one", 1, 0, 30) == []
    assert url


def test_expired_messages_are_dropped(aws: Clients) -> None:
    url, _ = aws.queue("one", MessageRetentionPeriod="60")
    aws.sqs.send_message(QueueUrl=url, MessageBody="old")
    aws.sqs.send_message(QueueUrl=url, MessageBody="new")
    queue = get_backend("sqs")["123456789012"]["us-east-1"].queues["one"]
    queue._messages[0].sent_timestamp -= 61_000
    assert [message["Body"] for message in aws.take(url)] == ["new"]
    assert [message.body for message in queue._messages] == ["new"]
