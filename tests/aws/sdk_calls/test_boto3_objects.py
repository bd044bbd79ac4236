"""The operations that members of boto3's objects call."""

from __future__ import annotations

import pytest

from planproof.aws.sdk_calls.boto3_objects import (
    Boto3Object,
    Member,
    elements,
    has_resource,
    members,
    waiter_operations,
)


@pytest.mark.parametrize(
    ("obj", "name", "operations"),
    [
        (Boto3Object("dynamodb", "client"), "update_item", "UpdateItem"),
        (Boto3Object("dynamodb", "Table"), "batch_writer", "BatchWriteItem"),
        (Boto3Object("dynamodb", "Table"), "update", "UpdateTable"),
        (Boto3Object("dynamodb", "Table"), "item_count", "DescribeTable"),
        (Boto3Object("dynamodb", "Table"), "wait_until_exists", "DescribeTable"),
        (Boto3Object("dynamodb", "BatchWriter"), "put_item", "BatchWriteItem"),
        (Boto3Object("s3", "Object"), "get", "GetObject"),
        (Boto3Object("s3", "Object"), "put", "PutObject"),
        (Boto3Object("s3", "Object"), "content_length", "HeadObject"),
        (Boto3Object("s3", "ObjectSummary"), "size", "HeadObject"),
        (Boto3Object("s3", "ObjectSummary", True), "size", ""),
        (Boto3Object("s3", "Bucket"), "objects", "ListObjects"),
        (Boto3Object("s3", "Bucket.objects"), "delete", "DeleteObjects"),
        (Boto3Object("s3", "Bucket.objects"), "filter", "ListObjects"),
        (Boto3Object("s3", "client"), "download_file", "GetObject HeadObject"),
        (Boto3Object("sqs", "Queue"), "send_messages", "SendMessageBatch"),
        (Boto3Object("ec2", "Instance"), "vpc", "DescribeInstances"),
        (Boto3Object("s3", "meta"), "client", ""),
    ],
)
def test_operations_of_members(obj: Boto3Object, name: str, operations: str) -> None:
    assert members(obj)[name].operations == frozenset(operations.split())


@pytest.mark.parametrize(
    ("obj", "name"),
    [
        (Boto3Object("dynamodb", "Table"), "name"),
        (Boto3Object("s3", "Bucket"), "put_item"),
        (Boto3Object("dynamodb", "client"), "batch_writer"),
        (Boto3Object("sqs", "client"), "upload_file"),
    ],
)
def test_members_call_operations(obj: Boto3Object, name: str) -> None:
    assert name not in members(obj)


def test_objects_that_members_return() -> None:
    queue = Boto3Object("sqs", "Queue")
    received = members(queue)["receive_messages"]
    assert received.returns == (Boto3Object("sqs", "Message", True),)
    assert received.in_list
    table = members(Boto3Object("dynamodb", "resource"))["Table"]
    assert table == Member(returns=(Boto3Object("dynamodb", "Table"),))
    assert elements(Boto3Object("s3", "Bucket.objects")) == (
        Boto3Object("s3", "ObjectSummary", True),
    )
    assert elements(Boto3Object("s3", "Bucket")) == ()


def test_resources_and_waiters() -> None:
    assert has_resource("s3")
    assert not has_resource("mediaconvert")
    assert waiter_operations("s3", "object_exists") == {"HeadObject"}
    assert waiter_operations("s3", "nothing") == frozenset()
    assert waiter_operations("sts", "object_exists") == frozenset()
