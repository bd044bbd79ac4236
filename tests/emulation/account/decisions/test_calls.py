"""Every call takes its own actions on its own resources: with these allowed it goes through, and
without any one of them AWS refuses just that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto import mock_aws

from tests.emulation.account.decisions.policy_account import PolicyAccount, allow, arn, client

TABLE = arn("dynamodb", "table/assets")
QUEUE = arn("sqs", "work")
URL = "http://127.0.0.1:5000/123456789012/work"
BUCKET = "arn:aws:s3:::uploads"
JOBS = arn("mediaconvert", "queues/Default")
ITEM = {"id": {"S": "1"}}


@dataclass(frozen=True)
class Case:
    service: str
    operation: str
    needs: tuple[tuple[str, str], ...]
    parameters: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.service}-{self.operation}-{len(self.needs)}-{'-'.join(self.parameters)}"


def case(service: str, operation: str, *needs: tuple[str, str], **parameters: Any) -> Case:
    return Case(service, operation, needs, parameters)


CASES = [
    case("dynamodb", "PutItem", ("dynamodb:PutItem", TABLE), TableName="assets", Item=ITEM),
    case("dynamodb", "PutItem", ("dynamodb:PutItem", TABLE), TableName=TABLE, Item=ITEM),
    case("dynamodb", "GetItem", ("dynamodb:GetItem", TABLE), TableName="assets", Key=ITEM),
    case(
        "dynamodb",
        "Query",
        ("dynamodb:Query", f"{TABLE}/index/by-job"),
        TableName="assets",
        IndexName="by-job",
    ),
    case(
        "dynamodb",
        "BatchGetItem",
        ("dynamodb:BatchGetItem", TABLE),
        ("dynamodb:BatchGetItem", arn("dynamodb", "table/other")),
        RequestItems={"assets": {"ContextKeys": [ITEM]}, "other": {"ContextKeys": [ITEM]}},
    ),
    case(
        "dynamodb",
        "BatchWriteItem",
        ("dynamodb:BatchWriteItem", TABLE),
        RequestItems={"assets": [{"PutRequest": {"Item": ITEM}}]},
    ),
    case(
        "dynamodb",
        "TransactWriteItems",
        ("dynamodb:PutItem", TABLE),
        ("dynamodb:ConditionCheckItem", arn("dynamodb", "table/other")),
        TransactItems=[
            {"Put": {"TableName": "assets", "Item": ITEM}},
            {"ConditionCheck": {"TableName": "other", "Key": ITEM, "ConditionExpression": "x"}},
        ],
    ),
    case(
        "dynamodb",
        "TransactGetItems",
        ("dynamodb:GetItem", TABLE),
        TransactItems=[{"Get": {"TableName": "assets", "Key": ITEM}}],
    ),
    case(
        "dynamodb",
        "ExecuteStatement",
        ("dynamodb:PartiQLSelect", f"{TABLE}/index/by-job"),
        Statement='SELECT * FROM "assets"."by-job" WHERE id = ?',
    ),
    case(
        "dynamodb",
        "ExecuteStatement",
        ("dynamodb:PartiQLUpdate", TABLE),
        Statement='UPDATE "assets" SET state = ? WHERE id = ?',
    ),
    case(
        "dynamodb",
        "ExecuteStatement",
        ("dynamodb:PartiQLInsert", TABLE),
        Statement="INSERT INTO assets VALUE {'id': ?}",
    ),
    case("dynamodb", "ListTables", ("dynamodb:ListTables", "*")),
    case("s3", "GetObject", ("s3:GetObject", f"{BUCKET}/a b"), Bucket="uploads", Key="a b"),
    case("s3", "HeadObject", ("s3:GetObject", f"{BUCKET}/a b"), Bucket="uploads", Key="a b"),
    case(
        "s3",
        "GetObject",
        ("s3:GetObject", f"{BUCKET}/none"),
        ("s3:ListBucket", BUCKET),
        Bucket="uploads",
        Key="none",
    ),
    case("s3", "PutObject", ("s3:PutObject", f"{BUCKET}/k"), Bucket="uploads", Key="k"),
    case(
        "s3",
        "PutObject",
        ("s3:PutObject", f"{BUCKET}/k"),
        ("s3:PutObjectTagging", f"{BUCKET}/k"),
        ("s3:PutObjectAcl", f"{BUCKET}/k"),
        Bucket="uploads",
        Key="k",
        Tagging="a=b",
        ACL="private",
    ),
    case(
        "s3",
        "CopyObject",
        ("s3:GetObject", f"{BUCKET}/a b"),
        ("s3:PutObject", f"{BUCKET}/k"),
        Bucket="uploads",
        Key="k",
        CopySource="/uploads/a%20b",
    ),
    case(
        "s3",
        "CopyObject",
        ("s3:GetObject", f"{BUCKET}/a b"),
        ("s3:PutObject", f"{BUCKET}/k"),
        Bucket="uploads",
        Key="k",
        CopySource={"Bucket": "uploads", "Key": "a b"},
    ),
    case("s3", "ListObjectsV2", ("s3:ListBucket", BUCKET), Bucket="uploads"),
    case("s3", "ListBuckets", ("s3:ListAllMyBuckets", "*")),
    case(
        "s3",
        "DeleteObjects",
        ("s3:DeleteObject", f"{BUCKET}/a"),
        ("s3:DeleteObjectVersion", f"{BUCKET}/b"),
        Bucket="uploads",
        Delete={"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "1"}]},
    ),
    case("sqs", "SendMessage", ("sqs:SendMessage", QUEUE), QueueUrl=URL),
    case("sqs", "SendMessageBatch", ("sqs:SendMessage", QUEUE), QueueUrl=URL),
    case("sqs", "ReceiveMessage", ("sqs:ReceiveMessage", QUEUE), QueueUrl=URL),
    case("sqs", "DeleteMessageBatch", ("sqs:DeleteMessage", QUEUE), QueueUrl=URL),
    case("sqs", "GetQueueUrl", ("sqs:GetQueueUrl", QUEUE), QueueName="work"),
    case("sqs", "ListQueues", ("sqs:ListQueues", "*")),
    case("sns", "Publish", ("sns:Publish", arn("sns", "topic")), TopicArn=arn("sns", "topic")),
    case(
        "events",
        "PutEvents",
        ("events:PutEvents", arn("events", "event-bus/default")),
        ("events:PutEvents", arn("events", "event-bus/own")),
        Entries=[{"Source": "a"}, {"Source": "b", "EventBusName": "own"}],
    ),
    case(
        "events",
        "DescribeRule",
        ("events:DescribeRule", arn("events", "rule/own/states")),
        Name="states",
        EventBusName="own",
    ),
    case(
        "logs",
        "PutLogEvents",
        ("logs:PutLogEvents", arn("logs", "log-group:/a/b:log-stream:1")),
        logGroupName="/a/b",
        logStreamName="1",
    ),
    case(
        "lambda",
        "Invoke",
        ("lambda:InvokeFunction", arn("lambda", "function:f:live")),
        FunctionName="f",
        Qualifier="live",
    ),
    case(
        "lambda",
        "Invoke",
        ("lambda:InvokeFunction", arn("lambda", "function:f")),
        FunctionName=arn("lambda", "function:f"),
    ),
    case("ssm", "GetParameter", ("ssm:GetParameter", arn("ssm", "parameter/a/b")), Name="/a/b"),
    case(
        "kinesis",
        "PutRecord",
        ("kinesis:PutRecord", arn("kinesis", "stream/s")),
        StreamName="s",
    ),
    case(
        "stepfunctions",
        "StartExecution",
        ("states:StartExecution", arn("states", "stateMachine:m")),
        stateMachineArn=arn("states", "stateMachine:m"),
    ),
    case("mediaconvert", "CreateJob", ("mediaconvert:CreateJob", JOBS), Role="r", Settings={}),
    case("mediaconvert", "ListJobs", ("mediaconvert:ListJobs", JOBS)),
    case(
        "mediaconvert",
        "CreateJob",
        ("mediaconvert:CreateJob", arn("mediaconvert", "queues/own")),
        ("mediaconvert:CreateJob", arn("mediaconvert", "jobTemplates/t")),
        ("mediaconvert:CreateJob", arn("mediaconvert", "presets/p")),
        Queue=arn("mediaconvert", "queues/own"),
        JobTemplate="t",
        Settings={"OutputGroups": [{"Outputs": [{"Preset": "p"}]}]},
    ),
    case("mediaconvert", "GetJob", ("mediaconvert:GetJob", arn("mediaconvert", "jobs/7")), Id="7"),
    case(
        "mediaconvert",
        "CancelJob",
        ("mediaconvert:CancelJob", arn("mediaconvert", "jobs/7")),
        Id="7",
    ),
    case("mediaconvert", "DescribeEndpoints", ("mediaconvert:DescribeEndpoints", "*")),
    case("xray", "PutTraceSegments", ("xray:PutTraceSegments", "*")),
    case(
        "ecr",
        "DescribeImages",
        ("ecr:DescribeImages", arn("ecr", "repository/app")),
        repositoryName="app",
    ),
    case(
        "batch",
        "DescribeJobs",
        ("batch:DescribeJobs", "*"),
    ),
]


@pytest.fixture(scope="module")
def account() -> Iterator[PolicyAccount]:
    with mock_aws():
        account = PolicyAccount()
        account.queue()
        account.table()
        account.bucket()
        client("s3").put_object(Bucket="uploads", Key="a b", Body=b"x")
        yield account


@pytest.mark.parametrize("case", CASES, ids=str)
def test_call_needs_exactly_its_actions(case: Case, account: PolicyAccount) -> None:
    grants = [allow(action, resource) for action, resource in case.needs]
    account.grant(*grants)
    assert account.call(case.service, case.operation, **case.parameters) is None
    for at, (action, resource) in enumerate(case.needs):
        others = [*grants[:at], *grants[at + 1 :], allow("cloudfront:ListTagsForResource")]
        account.grant(*others)
        denial = account.call(case.service, case.operation, **case.parameters)
        assert denial is not None
        assert (denial.action, denial.resource) == (action, resource)
        assert not denial.undetermined
        assert f"no statement of an identity-based policy allows {action}" in denial.because
