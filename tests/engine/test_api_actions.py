"""Which actions does an operation need, and which operations does a method of boto3 call?"""

from __future__ import annotations

import pytest

from planproof import api_actions
from planproof.api_actions import (
    Member,
    Thing,
    actions_of,
    elements,
    has_resource,
    is_service,
    members,
    waiter_operation,
)
from planproof.iam.actions import all_actions


@pytest.mark.parametrize(
    ("service", "operation", "actions"),
    [
        # The same name, under the prefix that IAM has for the service.
        ("dynamodb", "UpdateItem", "dynamodb:UpdateItem"),
        ("mediaconvert", "CreateJob", "mediaconvert:CreateJob"),
        ("cloudwatch", "PutMetricData", "cloudwatch:PutMetricData"),
        ("stepfunctions", "StartExecution", "states:StartExecution"),
        ("events", "PutEvents", "events:PutEvents"),
        ("logs", "PutLogEvents", "logs:PutLogEvents"),
        ("ssm", "GetParameter", "ssm:GetParameter"),
        ("sesv2", "SendEmail", "ses:SendEmail"),
        ("dynamodbstreams", "GetRecords", "dynamodb:GetRecords"),
        ("efs", "DescribeFileSystems", "elasticfilesystem:DescribeFileSystems"),
        ("iot-data", "Publish", "iot:Publish"),
        ("resourcegroupstaggingapi", "GetResources", "tag:GetResources"),
        ("cloudcontrol", "GetResource", "cloudformation:GetResource"),
        # As IAM spells it.
        ("s3", "PutBucketCors", "s3:PutBucketCORS"),
        # Another name, or several.
        ("s3", "ListObjectsV2", "s3:ListBucket"),
        ("s3", "ListObjectVersions", "s3:ListBucketVersions"),
        ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
        ("s3", "HeadObject", "s3:GetObject"),
        ("s3", "HeadBucket", "s3:ListBucket"),
        ("s3", "CopyObject", "s3:GetObject s3:PutObject"),
        ("s3", "UploadPart", "s3:PutObject"),
        ("s3", "CompleteMultipartUpload", "s3:PutObject"),
        ("s3", "AbortMultipartUpload", "s3:AbortMultipartUpload"),
        ("s3", "DeleteObjects", "s3:DeleteObject"),
        ("s3", "GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
        ("s3", "DeleteBucketLifecycle", "s3:PutLifecycleConfiguration"),
        ("s3", "DeleteBucketEncryption", "s3:PutEncryptionConfiguration"),
        ("s3", "ListBucketInventoryConfigurations", "s3:GetInventoryConfiguration"),
        ("s3", "DeleteBucketTagging", "s3:PutBucketTagging"),
        ("s3", "DeleteObjectTagging", "s3:DeleteObjectTagging"),
        ("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
        ("s3control", "GetBucketPolicy", "s3-outposts:GetBucketPolicy"),
        ("lambda", "Invoke", "lambda:InvokeFunction"),
        ("sqs", "SendMessageBatch", "sqs:SendMessage"),
        ("sns", "PublishBatch", "sns:Publish"),
        ("kms", "ReEncrypt", "kms:ReEncryptFrom kms:ReEncryptTo"),
        ("dynamodb", "TransactGetItems", "dynamodb:GetItem"),
        (
            "dynamodb",
            "TransactWriteItems",
            "dynamodb:ConditionCheckItem dynamodb:DeleteItem dynamodb:PutItem dynamodb:UpdateItem",
        ),
        (
            "dynamodb",
            "ExecuteStatement",
            "dynamodb:PartiQLDelete dynamodb:PartiQLInsert dynamodb:PartiQLSelect"
            " dynamodb:PartiQLUpdate",
        ),
        ("apigateway", "GetRestApi", "apigateway:GET"),
        ("apigatewayv2", "CreateApi", "apigateway:POST"),
        ("apigatewaymanagementapi", "PostToConnection", "execute-api:ManageConnections"),
        ("rds", "GenerateDbAuthToken", "rds-db:connect"),
        # Not in AWS's list, no operation, no service.
        ("budgets", "CreateBudget", ""),
        ("dynamodb", "PartiQLSelect", ""),
        ("dynamodb", "updateitem", ""),
        ("no-such-service", "GetItem", ""),
    ],
)
def test_actions(service: str, operation: str, actions: str) -> None:
    assert actions_of(service, operation) == frozenset(actions.split())


def test_every_action_of_the_table_is_in_the_list_of_aws() -> None:
    listed = set(all_actions())
    prefixes = {action.partition(":")[0] for action in listed}
    named = {
        action
        for actions in api_actions._ACTIONS.values()
        for several in actions.values()
        for action in several.split()
    }
    # AWS's list is older than Aurora DSQL.
    assert {one for one in named - listed if one.partition(":")[0] in prefixes} <= {
        "dsql:DbConnect",
        "dsql:DbConnectAdmin",
    }


def test_every_operation_of_the_table_exists() -> None:
    invented = {names for methods in api_actions._INJECTED.values() for names in methods.values()}
    for service, actions in api_actions._ACTIONS.items():
        known = set(api_actions._methods(service)) | {"InvokeAsync"} | invented
        # Operations that newer service models have, or have no more, do no harm.
        assert set(actions) <= known, service


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


def test_services_and_waiters() -> None:
    assert is_service("stepfunctions")
    assert not is_service("states")
    assert has_resource("s3")
    assert not has_resource("mediaconvert")
    assert waiter_operation("s3", "object_exists") == "HeadObject"
    assert waiter_operation("s3", "nothing") is None
    assert waiter_operation("sts", "object_exists") is None
