"""The actions that operations need."""

from __future__ import annotations

import pytest

from planproof.aws.api_actions import actions_of, is_service, methods, required_actions
from planproof.iam.actions import all_actions
from planproof.service_facts import services


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


def test_every_action_of_the_table_is_listed_by_aws() -> None:
    listed = set(all_actions())
    prefixes = {action.partition(":")[0] for action in listed}
    named = {
        action
        for facts in services(lambda facts: facts.operation_actions)
        for several in facts.operation_actions.values()
        for action in several
    }
    # AWS's list is older than Aurora DSQL.
    assert {one for one in named - listed if one.partition(":")[0] in prefixes} <= {
        "dsql:DbConnect",
        "dsql:DbConnectAdmin",
    }


def test_every_operation_of_the_table_exists() -> None:
    invented = {
        operation
        for facts in services(lambda facts: facts.added_methods)
        for methods in facts.added_methods.values()
        for operations in methods.values()
        for operation in operations
    }
    described = services(lambda facts: facts.operation_actions)
    assert "s3" in {facts.client for facts in described}
    for facts in described:
        known = set(methods(facts.client)) | {"InvokeAsync"} | invented
        # The table may list operations that only other versions of the models have.
        assert {*facts.operation_actions, *facts.alternative_actions} <= known, facts.client


def test_services() -> None:
    assert is_service("stepfunctions")
    assert not is_service("states")
    assert not is_service("s3/2006-03-01")
    assert not is_service("../data/s3")
    assert not is_service("")


@pytest.mark.parametrize(
    ("service", "operation", "groups"),
    [
        ("s3", "PutObject", ["s3:PutObject"]),
        ("s3", "CopyObject", ["s3:GetObject", "s3:PutObject"]),
        ("s3", "AbortMultipartUpload", ["s3:AbortMultipartUpload"]),
        ("kms", "ReEncrypt", ["kms:ReEncryptFrom", "kms:ReEncryptTo"]),
        (
            "secretsmanager",
            "BatchGetSecretValue",
            ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"],
        ),
        ("dynamodb", "TransactGetItems", ["dynamodb:GetItem"]),
        (
            "dynamodb",
            "TransactWriteItems",
            [
                "dynamodb:ConditionCheckItem dynamodb:DeleteItem dynamodb:PutItem"
                " dynamodb:UpdateItem"
            ],
        ),
        *(
            (
                "dynamodb",
                operation,
                [
                    "dynamodb:PartiQLDelete dynamodb:PartiQLInsert dynamodb:PartiQLSelect"
                    " dynamodb:PartiQLUpdate"
                ],
            )
            for operation in ("BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction")
        ),
        ("s3", "Nothing", []),
    ],
)
def test_required_actions(service: str, operation: str, groups: list[str]) -> None:
    assert required_actions(service, operation) == tuple(frozenset(one.split()) for one in groups)
    groups_of = required_actions(service, operation)
    assert frozenset().union(*groups_of) == actions_of(service, operation)
