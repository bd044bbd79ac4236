"""Builds the shipped stack in the emulated account with boto3, in Terraform's order.

That takes much less time than a deployment by Terraform."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, is_unknown
from tests.builders.shipped import shipped_package

Client = Any


@dataclass(slots=True)
class StackBuilder:
    """Builds a stack that was resolved, and says what the account calls its parts.

    Attributes:
        client: gives a client of the account's owner, by service and region.
        names: what the stack was resolved with, and what the account calls it.
    """

    resolved: Stack
    client: Any
    names: dict[str, str] = field(default_factory=dict)

    @property
    def region(self) -> str:
        place = self.resolved.provider_location(self.resolved["aws_lambda_function.processor"])
        assert place is not None
        return place.region

    def of(self, service: str) -> Client:
        return self.client(service, self.region)

    def build(self) -> Stack:
        """The stack as it stands."""
        self._key()
        self._roles()
        self._queues()
        self._table_and_log()
        self._buckets()
        self._function()
        self._events()
        self._alarms()
        return self.stack()

    def stack(self) -> Stack:
        return self.resolved.with_resources(
            [replace(part, values=self._named(part.values)) for part in self.resolved.managed()]
        )

    def _named(self, value: Any) -> Any:
        if isinstance(value, str):
            for old, new in self.names.items():
                value = value.replace(old, new)
            return value
        if isinstance(value, Mapping):
            return {key: self._named(held) for key, held in value.items()}
        return [self._named(held) for held in value] if isinstance(value, list) else value

    def _value(self, part: Resource, path: str) -> Any:
        return self._named(part.get(path))

    def _key(self) -> None:
        kms, key = self.of("kms"), self.resolved["aws_kms_key.media"]
        made = kms.create_key(Policy=key.get("policy"))["KeyMetadata"]["KeyId"]
        self.names[str(key.get("key_id"))] = made
        alias = self.resolved["aws_kms_alias.media"]
        kms.create_alias(AliasName=alias.get("name"), TargetKeyId=made)

    def _roles(self) -> None:
        iam, parts = self.of("iam"), self.resolved.managed
        for role in parts("aws_iam_role"):
            iam.create_role(
                RoleName=role.get("name"), AssumeRolePolicyDocument=role.get("assume_role_policy")
            )
        for policy in parts("aws_iam_policy"):
            iam.create_policy(
                PolicyName=policy.get("name"), PolicyDocument=self._value(policy, "policy")
            )
        for one in parts("aws_iam_role_policy_attachment"):
            iam.attach_role_policy(RoleName=one.get("role"), PolicyArn=one.get("policy_arn"))

    def _queues(self) -> None:
        sqs, parts = self.of("sqs"), self.resolved.managed
        queues = sorted(parts("aws_sqs_queue"), key=lambda q: bool(_text(q.get("redrive_policy"))))
        for queue in queues:  # those that take what others give up come first
            attributes = {
                "VisibilityTimeout": queue.get("visibility_timeout_seconds"),
                "MessageRetentionPeriod": queue.get("message_retention_seconds"),
                "ReceiveMessageWaitTimeSeconds": queue.get("receive_wait_time_seconds"),
                "KmsMasterKeyId": self._value(queue, "kms_master_key_id"),
                "RedrivePolicy": _text(queue.get("redrive_policy")),
            }
            given = {
                name: str(value)
                for name, value in attributes.items()
                if value is not None and not is_unknown(value)
            }
            url = sqs.create_queue(QueueName=queue.get("name"), Attributes=given)["QueueUrl"]
            self.names[str(queue.get("url"))] = url
        # A name may begin with another's, which would be replaced within it.
        self.names = dict(sorted(self.names.items(), key=lambda pair: -len(pair[0])))
        for policy in parts("aws_sqs_queue_policy"):
            sqs.set_queue_attributes(
                QueueUrl=self._value(policy, "queue_url"),
                Attributes={"Policy": self._value(policy, "policy")},
            )

    def _table_and_log(self) -> None:
        table = self.resolved["aws_dynamodb_table.assets"]
        index = table.get("global_secondary_index.0")
        assert isinstance(index, Mapping)
        self.of("dynamodb").create_table(
            TableName=table.get("name"),
            KeySchema=[{"AttributeName": table.get("hash_key"), "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": one["name"], "AttributeType": one["type"]}
                for one in _blocks(table.get("attribute"))
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index["name"],
                    "KeySchema": [
                        {"AttributeName": index["hash_key"], "KeyType": "HASH"},
                        {"AttributeName": index["range_key"], "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": index["projection_type"]},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification={
                "Enabled": True,
                "SSEType": "KMS",
                "KMSMasterKeyId": self._value(table, "server_side_encryption.kms_key_arn"),
            },
        )
        group = self.resolved["aws_cloudwatch_log_group.function"]
        self.of("logs").create_log_group(
            logGroupName=group.get("name"), kmsKeyId=self._value(group, "kms_key_id")
        )

    def _buckets(self) -> None:
        s3, parts = self.of("s3"), self.resolved.managed
        elsewhere = {"LocationConstraint": self.region}
        more = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": elsewhere}
        for bucket in parts("aws_s3_bucket"):
            s3.create_bucket(Bucket=bucket.get("bucket"), **more)
        for versioning in parts("aws_s3_bucket_versioning"):
            s3.put_bucket_versioning(
                Bucket=versioning.get("bucket"), VersioningConfiguration={"Status": "Enabled"}
            )
        for rule in parts("aws_s3_bucket_server_side_encryption_configuration"):
            default = "rule.0.apply_server_side_encryption_by_default.0"
            by_default = {
                "SSEAlgorithm": rule.get(f"{default}.sse_algorithm"),
                "KMSMasterKeyID": self._value(rule, f"{default}.kms_master_key_id"),
            }
            encryption = {"ApplyServerSideEncryptionByDefault": by_default}
            s3.put_bucket_encryption(
                Bucket=rule.get("bucket"),
                ServerSideEncryptionConfiguration={
                    "Rules": [{**encryption, "BucketKeyEnabled": True}]
                },
            )
        for policy in parts("aws_s3_bucket_policy"):
            s3.put_bucket_policy(Bucket=policy.get("bucket"), Policy=policy.get("policy"))
        for notice in parts("aws_s3_bucket_notification"):
            queues = [
                {"Id": one["id"], "QueueArn": one["queue_arn"], "Events": one["events"]}
                for one in _blocks(notice.get("queue"))
            ]
            s3.put_bucket_notification_configuration(
                Bucket=notice.get("bucket"),
                NotificationConfiguration={"QueueConfigurations": queues},
            )

    def _function(self) -> None:
        aws, function = self.of("lambda"), self.resolved["aws_lambda_function.processor"]
        aws.create_function(
            FunctionName=function.get("function_name"),
            Role=function.get("role"),
            Runtime=function.get("runtime"),
            Handler=function.get("handler"),
            Code={"ZipFile": shipped_package().data},
            Timeout=function.get("timeout"),
            MemorySize=function.get("memory_size"),
            Environment={"Variables": function.get("environment.0.variables")},
            LoggingConfig={
                "LogFormat": function.get("logging_config.0.log_format"),
                "LogGroup": function.get("logging_config.0.log_group"),
            },
        )
        for mapping in self.resolved.managed("aws_lambda_event_source_mapping"):
            made = self.map(mapping)
            self.names[str(mapping.get("uuid"))] = made

    def map(self, mapping: Resource) -> str:
        """Make an event source mapping; its UUID."""
        return str(
            self.of("lambda").create_event_source_mapping(
                EventSourceArn=mapping.get("event_source_arn"),
                FunctionName=mapping.get("function_name"),
                BatchSize=mapping.get("batch_size"),
                FunctionResponseTypes=mapping.get("function_response_types"),
                ScalingConfig={
                    "MaximumConcurrency": mapping.get("scaling_config.0.maximum_concurrency")
                },
            )["UUID"]
        )

    def _events(self) -> None:
        events, parts = self.of("events"), self.resolved.managed
        for rule in parts("aws_cloudwatch_event_rule"):
            events.put_rule(Name=rule.get("name"), EventPattern=rule.get("event_pattern"))
        for target in parts("aws_cloudwatch_event_target"):
            one = {"Id": target.get("target_id"), "Arn": target.get("arn")}
            events.put_targets(Rule=target.get("rule"), Targets=[one])

    def _alarms(self) -> None:
        cloudwatch, parts = self.of("cloudwatch"), self.resolved.managed
        for alarm in parts("aws_cloudwatch_metric_alarm"):
            cloudwatch.put_metric_alarm(
                AlarmName=alarm.get("alarm_name"),
                Namespace="AWS/SQS",
                MetricName="ApproximateAgeOfOldestMessage",
                Statistic="Maximum",
                ComparisonOperator="GreaterThanThreshold",
                EvaluationPeriods=1,
                Period=60,
                Threshold=1,
            )
        for board in parts("aws_cloudwatch_dashboard"):
            cloudwatch.put_dashboard(
                DashboardName=board.get("dashboard_name"), DashboardBody=json.dumps({"widgets": []})
            )


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) and value else None


def _blocks(value: Value) -> list[Any]:
    assert isinstance(value, list)
    return value
