"""Settings of a function are returned as set, and only Lambda's poller invokes it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulation.account.moto_patches.conftest import Clients

LOGGING = {"LogFormat": "JSON", "LogGroup": "/mine", "ApplicationLogLevel": "DEBUG"}


@pytest.fixture
def role(aws: Clients) -> str:
    trust = {"Version": "2012-10-17", "Statement": []}
    made = aws.iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))
    return str(made["Role"]["Arn"])


def make(aws: Clients, role: str, **settings: Any) -> dict[str, Any]:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): pass")
    aws.lambda_.create_function(
        FunctionName="f",
        Role=role,
        Runtime="python3.11",
        Handler="index.handler",
        Code={"ZipFile": package.getvalue()},
        **settings,
    )
    return dict(aws.lambda_.get_function(FunctionName="f"))


def test_settings_are_returned(aws: Clients, role: str) -> None:
    letters = {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"}
    found = make(
        aws,
        role,
        LoggingConfig=LOGGING,
        TracingConfig={"Mode": "Active"},
        DeadLetterConfig=letters,
        SnapStart={"ApplyOn": "PublishedVersions"},
    )["Configuration"]
    assert found["LoggingConfig"] == {**LOGGING, "SystemLogLevel": "INFO"}
    assert found["TracingConfig"] == {"Mode": "Active"}
    assert found["DeadLetterConfig"] == letters
    assert found["SnapStart"]["ApplyOn"] == "PublishedVersions"


def test_default_settings(aws: Clients, role: str) -> None:
    found = make(aws, role)
    assert found["Configuration"]["LoggingConfig"] == {
        "LogFormat": "Text",
        "LogGroup": "/aws/lambda/f",
    }
    assert "DeadLetterConfig" not in found["Configuration"]
    assert "Concurrency" not in found


def test_settings_are_updated(aws: Clients, role: str) -> None:
    make(aws, role, LoggingConfig=LOGGING, Environment={"Variables": {"A": "1"}})
    aws.lambda_.update_function_configuration(
        FunctionName="f",
        Timeout=9,
        LoggingConfig={"LogFormat": "Text", "LogGroup": "/other"},
        TracingConfig={"Mode": "Active"},
        EphemeralStorage={"Size": 1024},
        Environment={},
    )
    found = aws.lambda_.get_function_configuration(FunctionName="f")
    assert found["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/other"}
    assert found["TracingConfig"] == {"Mode": "Active"}
    assert found["EphemeralStorage"] == {"Size": 1024}
    assert found["Timeout"] == 9
    assert "Environment" not in found


@pytest.mark.parametrize("reserved", [0, 10])
def test_reserved_concurrency_is_returned(aws: Clients, role: str, reserved: int) -> None:
    make(aws, role)
    aws.lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=reserved)
    found = aws.lambda_.get_function(FunctionName="f")["Concurrency"]
    assert found == {"ReservedConcurrentExecutions": reserved}


def test_sent_message_invokes_nothing(
    aws: Clients, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(aws, role)
    url, arn = aws.queue("one")
    made = aws.lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName="f")

    def invoked(*_: Any, **__: Any) -> None:
        raise AssertionError("moto invoked the function")

    monkeypatch.setattr("moto.awslambda.models.LambdaBackend.send_sqs_batch", invoked)
    aws.sqs.send_message(QueueUrl=url, MessageBody="hello")

    (message,) = aws.take(url)
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert aws.lambda_.get_event_source_mapping(UUID=made["UUID"])["EventSourceArn"] == arn


@pytest.mark.parametrize(("invisible", "refused"), [(29, True), (30, False), (31, False)])
def test_visibility_timeout_must_cover_function_timeout(
    aws: Clients, role: str, invisible: int, refused: bool
) -> None:
    make(aws, role, Timeout=30)
    aws.sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": str(invisible)})
    parameters = {"EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:q", "FunctionName": "f"}
    if not refused:
        assert aws.lambda_.create_event_source_mapping(**parameters)["UUID"]
        return
    with pytest.raises(ClientError) as caught:
        aws.lambda_.create_event_source_mapping(**parameters)
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidParameterValueException"
    assert "visibility timeout: 29 seconds is less than Function timeout: 30" in error["Message"]
    assert aws.lambda_.list_event_source_mappings()["EventSourceMappings"] == []
