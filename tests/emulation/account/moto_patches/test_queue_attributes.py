"""A queue gives back what was set, and refuses what SQS refuses."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.emulation.account.moto_patches.conftest import Clients

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "S", "Effect": "Deny"}]})


def allowing(*arns: str) -> str:
    return json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": list(arns)})


def test_redrive_allow_policy_is_stored(aws: Clients) -> None:
    policy = allowing("arn:aws:sqs:us-east-1:123456789012:a")
    one, _ = aws.queue("one", RedriveAllowPolicy=policy)
    other, _ = aws.queue("other")
    assert "RedriveAllowPolicy" not in aws.attributes(other)

    aws.sqs.set_queue_attributes(QueueUrl=other, Attributes={"RedriveAllowPolicy": policy})

    assert aws.attributes(one)["RedriveAllowPolicy"] == policy
    named = aws.sqs.get_queue_attributes(QueueUrl=other, AttributeNames=["RedriveAllowPolicy"])
    assert named["Attributes"] == {"RedriveAllowPolicy": policy}

    aws.sqs.set_queue_attributes(QueueUrl=other, Attributes={"RedriveAllowPolicy": ""})
    assert "RedriveAllowPolicy" not in aws.attributes(other)


@pytest.mark.parametrize(
    "policy",
    [
        "{",
        '"text"',
        '{"redrivePermission": "sometimes"}',
        '{"redrivePermission": "byQueue"}',
        '{"redrivePermission": "denyAll", "sourceQueueArns": []}',
        allowing(*(f"arn:aws:sqs:us-east-1:123456789012:q{n}" for n in range(11))),
    ],
)
def test_invalid_redrive_allow_policy_is_rejected(aws: Clients, policy: str) -> None:
    with pytest.raises(ClientError, match="RedriveAllowPolicy is invalid"):
        aws.queue("one", RedriveAllowPolicy=policy)


def test_policy_survives_other_changes(aws: Clients) -> None:
    url, _ = aws.queue("one")
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": POLICY})
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    assert json.loads(aws.attributes(url)["Policy"]) == json.loads(POLICY)
    assert aws.attributes(url)["VisibilityTimeout"] == "60"

    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert "Policy" not in aws.attributes(url)


def test_redrive_policy_is_returned_as_set(aws: Clients) -> None:
    _, dead = aws.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 5}, separators=(",", ":"))
    url, _ = aws.queue("one", RedrivePolicy=policy)
    assert aws.attributes(url)["RedrivePolicy"] == policy


@pytest.mark.parametrize("allowed", [True, False])
def test_redrive_allow_policy_is_enforced(aws: Clients, *, allowed: bool) -> None:
    name = "one" if allowed else "another"
    _, dead = aws.queue(
        "dead", RedriveAllowPolicy=allowing(f"arn:aws:sqs:us-east-1:123456789012:{name}")
    )
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 5})
    if allowed:
        url, _ = aws.queue("one", RedrivePolicy=policy)
        assert json.loads(aws.attributes(url)["RedrivePolicy"]) == json.loads(policy)
        return
    with pytest.raises(ClientError, match="not allowed by the RedriveAllowPolicy"):
        aws.queue("one", RedrivePolicy=policy)


def test_kms_key_turns_off_sqs_managed_encryption(aws: Clients) -> None:
    with_key, _ = aws.queue("one", KmsMasterKeyId="alias/mine")
    without, _ = aws.queue("other")
    assert aws.attributes(with_key)["SqsManagedSseEnabled"] == "false"
    assert aws.attributes(without)["SqsManagedSseEnabled"] == "true"
