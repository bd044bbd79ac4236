"""Which operations does a method or an attribute of an object of boto3 call?"""

from __future__ import annotations

import pytest

from planproof.aws.sdk_calls.boto3_objects import (
    Member,
    Thing,
    elements,
    has_resource,
    members,
    waiter_operation,
)


@pytest.mark.parametrize(
    ("thing", "name", "operations"),
    [
        (Thing("dynamodb", "client"), "update_item", "UpdateItem"),
        (Thing("dynamodb", "Table"), "batch_writer", "BatchWriteItem"),
        (Thing("dynamodb", "Table"), "update", "UpdateTable"),
        (Thing("dynamodb", "Table"), "item_count", "DescribeTable"),
        (Thing("dynamodb", "Table"), "wait_until_exists", "DescribeTable"),
        (Thing("dynamodb", "BatchWriter"), "put_item", "BatchWriteItem"),
        (Thing("s3", "Object"), "get", "GetObject"),
        (Thing("s3", "Object"), "put", "PutObject"),
        (Thing("s3", "Object"), "content_length", "HeadObject"),
        (Thing("s3", "ObjectSummary"), "size", "HeadObject"),
        (Thing("s3", "ObjectSummary", True), "size", ""),
        (Thing("s3", "Bucket"), "objects", "ListObjects"),
        (Thing("s3", "Bucket.objects"), "delete", "DeleteObjects"),
        (Thing("s3", "Bucket.objects"), "filter", "ListObjects"),
        (Thing("s3", "client"), "download_file", "GetObject HeadObject"),
        (Thing("sqs", "Queue"), "send_messages", "SendMessageBatch"),
        (Thing("ec2", "Instance"), "vpc", "DescribeInstances"),
        (Thing("s3", "meta"), "client", ""),
    ],
)
def test_what_a_member_calls(thing: Thing, name: str, operations: str) -> None:
    assert members(thing)[name].operations == frozenset(operations.split())


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (Thing("dynamodb", "Table"), "name"),
        (Thing("s3", "Bucket"), "put_item"),
        (Thing("dynamodb", "client"), "batch_writer"),
        (Thing("sqs", "client"), "upload_file"),
    ],
)
def test_what_calls_nothing_is_no_member(thing: Thing, name: str) -> None:
    assert name not in members(thing)


def test_what_a_member_gives() -> None:
    queue = Thing("sqs", "Queue")
    received = members(queue)["receive_messages"]
    assert received.gives == (Thing("sqs", "Message", True),)
    assert received.in_list
    table = members(Thing("dynamodb", "resource"))["Table"]
    assert table == Member(gives=(Thing("dynamodb", "Table"),))
    assert elements(Thing("s3", "Bucket.objects")) == (Thing("s3", "ObjectSummary", True),)
    assert elements(Thing("s3", "Bucket")) == ()


def test_resources_and_waiters() -> None:
    assert has_resource("s3")
    assert not has_resource("mediaconvert")
    assert waiter_operation("s3", "object_exists") == "HeadObject"
    assert waiter_operation("s3", "nothing") is None
    assert waiter_operation("sts", "object_exists") is None
