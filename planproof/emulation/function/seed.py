"""Creates the resources of a stack in the emulated account of a function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.emulation.function.configuration import known
from planproof.emulation.function.host import RunningFunction
from planproof.errors import UndeterminedError
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN


def seed_account(running: RunningFunction, stack: Stack) -> None:
    """Create the stack's tables, buckets, queues and topics, empty.

    Raises:
        UndeterminedError: a needed attribute is unknown.
    """
    for table in stack.managed("aws_dynamodb_table"):
        running.aws("dynamodb", "create_table", **table_parameters(table))
    versioned = {
        v.get("bucket")
        for v in stack.managed("aws_s3_bucket_versioning")
        if v.get("versioning_configuration.status") == "Enabled"
    }
    for bucket in stack.managed("aws_s3_bucket"):
        name = _known_string(bucket, "bucket")
        place = stack.provider_location(bucket)
        region = place.region if place else "us-east-1"
        located = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        running.aws("s3", "create_bucket", Bucket=name, **located if region != "us-east-1" else {})
        if bucket.get("id") in versioned:
            running.aws(
                "s3",
                "put_bucket_versioning",
                Bucket=name,
                VersioningConfiguration={"Status": "Enabled"},
            )
    for queue in stack.managed("aws_sqs_queue"):
        fifo = {"Attributes": {"FifoQueue": "true"}} if queue.get("fifo_queue") is True else {}
        running.aws("sqs", "create_queue", QueueName=_known_string(queue, "name"), **fifo)
    for topic in stack.managed("aws_sns_topic"):
        fifo = {"Attributes": {"FifoTopic": "true"}} if topic.get("fifo_topic") is True else {}
        running.aws("sns", "create_topic", Name=_known_string(topic, "name"), **fifo)


def table_parameters(table: Resource) -> dict[str, Any]:
    """Parameters of CreateTable for an ``aws_dynamodb_table``: keys, attributes and indexes."""
    parameters: dict[str, Any] = {
        "TableName": _known_string(table, "name"),
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _key_schema(table.address, table.values),
        "AttributeDefinitions": [
            {"AttributeName": a["name"], "AttributeType": a["type"]}
            for a in known(table, "attribute") or ()
        ],
    }
    for block, name in (
        ("global_secondary_index", "GlobalSecondaryIndexes"),
        ("local_secondary_index", "LocalSecondaryIndexes"),
    ):
        indexes = table.get(block) or ()
        if indexes:
            parameters[name] = [_index(table, index, block) for index in indexes]
    return parameters


def _index(table: Resource, index: Mapping[str, Any], block: str) -> dict[str, Any]:
    own_hash = index if block.startswith("global") else {**index, "hash_key": table.get("hash_key")}
    projection: dict[str, Any] = {"ProjectionType": index["projection_type"]}
    if index.get("non_key_attributes"):
        projection["NonKeyAttributes"] = sorted(index["non_key_attributes"])
    return {
        "IndexName": index["name"],
        "KeySchema": _key_schema(table.address, own_hash),
        "Projection": projection,
    }


def _key_schema(address: str, keys: Mapping[str, Any]) -> list[dict[str, str]]:
    schema = []
    for attribute, kind in (("hash_key", "HASH"), ("range_key", "RANGE")):
        name = keys.get(attribute)
        if name is UNKNOWN:
            raise UndeterminedError(f"{address}.{attribute} is unknown before it is built")
        if name:
            schema.append({"AttributeName": str(name), "KeyType": kind})
    return schema


def _known_string(resource: Resource, attribute: str) -> str:
    value = resource.get(attribute)
    if not isinstance(value, str):
        raise UndeterminedError(f"{resource}.{attribute} is unknown before it is built")
    return value
