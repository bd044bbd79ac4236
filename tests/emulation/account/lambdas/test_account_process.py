"""A function in its own account process, with real permissions, faults and time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from planproof.emulation.account.model import Entry, Fault
from planproof.emulation.account.process import AccountProcess
from tests.emulation.account.lambdas.conftest import REGION, ROLE, zipped

WRITES = """
    import boto3, os
    table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    def handler(event, context):
        for record in event["Records"]:
            table.put_item(Item={"id": record["messageId"], "body": record["body"]})
"""
QUEUE = f"arn:aws:sqs:{REGION}:123456789012:work"
DEAD = f"arn:aws:sqs:{REGION}:123456789012:dead"
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
GRANTS = {
    "queue": (["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], QUEUE),
    "table": (["dynamodb:PutItem"], f"arn:aws:dynamodb:{REGION}:123456789012:table/t"),
    "log": (["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"),
}


class DeployedFunction:
    """A function, its queue and its table in a running account."""

    def __init__(self, account: AccountProcess) -> None:
        self.control = account.control
        self._endpoint = account.endpoint
        self.sqs = self.client("sqs")
        self.iam = self.client("iam")
        self.iam.create_role(
            RoleName="worker", AssumeRolePolicyDocument=document(TRUST, "sts:AssumeRole")
        )
        self.sqs.create_queue(QueueName="dead")
        redrive = json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": 2})
        self.queue = self.sqs.create_queue(
            QueueName="work", Attributes={"VisibilityTimeout": "60", "RedrivePolicy": redrive}
        )["QueueUrl"]
        self.client("dynamodb").create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        aws = self.client("lambda")
        function = aws.create_function(
            FunctionName="worker",
            Role=ROLE,
            Runtime="python3.11",
            Handler="main.handler",
            Code={"ZipFile": zipped(WRITES)},
            Environment={"Variables": {"TABLE": "t"}},
            Timeout=30,
        )["FunctionArn"]
        aws.create_event_source_mapping(EventSourceArn=QUEUE, FunctionName=function, BatchSize=1)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self._endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def allow(self, *names: str) -> None:
        """Give the role these grants and no others."""
        for name, (actions, resource) in GRANTS.items():
            if name not in names:
                actions = ["s3:ListAllMyBuckets"]
            statement = {"Effect": "Allow", "Resource": resource}
            self.iam.put_role_policy(
                RoleName="worker", PolicyName=name, PolicyDocument=document(statement, actions)
            )

    def send(self, body: str) -> list[Entry]:
        """The trail entries of a message, until the account is settled."""
        before = self.control.trail()
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=body)
        settled = self.control.settle()
        assert settled["settled"], settled
        return self.control.trail()[len(before) :]

    def items(self, body: str) -> int:
        items = self.client("dynamodb").scan(TableName="t")["Items"]
        return sum(item["body"]["S"] == body for item in items)

    def message_count(self, queue: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(count) for count in found.values())


def document(statement: dict[str, Any], action: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Action": action}]})


def outcomes(entries: list[Entry], kind: str, what: str) -> list[str]:
    return [e.outcome for e in entries if (e.kind, e.what) == (kind, what)]


@pytest.fixture(scope="module")
def running() -> Iterator[DeployedFunction]:
    with AccountProcess() as account:
        yield DeployedFunction(account)


@pytest.fixture
def deployed(running: DeployedFunction) -> DeployedFunction:
    running.control.remove_faults()
    running.allow(*GRANTS)
    running.control.settle()
    return running


def test_message_is_processed(deployed: DeployedFunction) -> None:
    entries = deployed.send("fine")
    assert deployed.items("fine") == 1
    assert outcomes(entries, "invocation", "invoke") == ["ok"]
    assert outcomes(entries, "call", "dynamodb:PutItem") == ["ok"]
    assert {e.outcome for e in entries if e.what.startswith("logs:Put")} == {"ok"}
    (invocation,) = [e for e in entries if e.kind == "invocation"]
    (put,) = [e for e in entries if e.what == "dynamodb:PutItem"]
    assert put.detail["instance"] == invocation.detail["instance"] != ""
    assert put.who == "arn:aws:sts::123456789012:assumed-role/worker/worker"


def test_denied_calls_lead_to_the_dead_letter_queue(deployed: DeployedFunction) -> None:
    deployed.allow("queue", "log")
    dead = deployed.message_count("dead")
    entries = deployed.send("refused")
    assert outcomes(entries, "call", "dynamodb:PutItem") == ["denied", "denied"]
    assert outcomes(entries, "invocation", "invoke") == ["failed", "failed"]
    (first, _) = [e for e in entries if e.kind == "invocation"]
    assert first.detail["error_type"] == "ClientError"
    assert "(AccessDeniedException)" in first.detail["error_message"]
    assert "is not authorized to perform: dynamodb:PutItem" in first.detail["error_message"]
    assert (deployed.items("refused"), deployed.message_count("dead")) == (0, dead + 1)


def test_polling_starts_once_receive_is_granted(deployed: DeployedFunction) -> None:
    deployed.allow("table", "log")
    entries = deployed.send("later")
    denied = [e for e in entries if e.outcome == "denied"]
    assert [e.detail["action"] for e in denied] == ["sqs:GetQueueAttributes"]
    assert deployed.message_count("work") == 1
    deployed.allow(*GRANTS)
    assert deployed.control.settle()["settled"]
    assert (deployed.items("later"), deployed.message_count("work")) == (1, 0)


def test_denied_log_fails_nothing(deployed: DeployedFunction) -> None:
    deployed.send("warm")
    deployed.allow("queue", "table")
    entries = deployed.send("unlogged")
    assert outcomes(entries, "invocation", "invoke") == ["ok"]
    assert [e.detail["action"] for e in entries if e.outcome == "denied"] == ["logs:PutLogEvents"]


def test_role_without_trust_runs_nothing(deployed: DeployedFunction) -> None:
    stranger = TRUST | {"Principal": {"Service": "ec2.amazonaws.com"}}
    deployed.iam.update_assume_role_policy(
        RoleName="worker", PolicyDocument=document(stranger, "sts:AssumeRole")
    )
    entries = deployed.send("trusted")
    assert [(e.kind, e.outcome) for e in entries] == [("invocation", "denied")]
    deployed.iam.update_assume_role_policy(
        RoleName="worker", PolicyDocument=document(TRUST, "sts:AssumeRole")
    )
    assert deployed.control.settle()["settled"]
    assert deployed.items("trusted") == 1


@pytest.mark.parametrize("kind", ["kill before", "kill after"])
def test_kill_before_and_after_a_call(deployed: DeployedFunction, kind: str) -> None:
    deployed.control.add_fault(
        Fault(kind, service="dynamodb", operation="PutItem", containing=kind)
    )
    deployed.control.pause()
    deployed.sqs.send_message(QueueUrl=deployed.queue, MessageBody=kind)
    number = len(deployed.control.trail())
    deployed.control.resume()
    assert deployed.control.settle()["settled"]
    entries = deployed.control.trail()[number:]
    assert outcomes(entries, "call", "dynamodb:PutItem") == ["killed", "ok"]
    assert outcomes(entries, "invocation", "invoke") == ["killed", "ok"]
    first, second = [e for e in entries if e.kind == "invocation"]
    assert first.detail["instance"] != second.detail["instance"]
    assert second.at - first.at > 50  # after the visibility timeout
    assert deployed.items(kind) == 1


def test_repeated_message_is_processed_twice(deployed: DeployedFunction) -> None:
    deployed.control.add_fault(Fault("repeat message", service="sqs", containing="twice"))
    entries = deployed.send("twice")
    assert outcomes(entries, "invocation", "invoke") == ["ok", "ok"]
    assert len({e.detail["instance"] for e in entries if e.kind == "invocation"}) == 2
    assert outcomes(entries, "call", "dynamodb:PutItem") == ["ok", "ok"]
    assert deployed.items("twice") == 1
