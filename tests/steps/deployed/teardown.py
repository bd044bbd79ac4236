"""Deletes a stack from the emulated account, except for what a test keeps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from planproof.terraform.stack import Resource, Stack
from steps.support.traffic import text_of


@dataclass(slots=True)
class Teardown:
    """A stack to delete.

    Attributes:
        kept: addresses of resources to keep.
        days: waiting period before the key is deleted; None to keep it.
    """

    stack: Stack
    client: Callable[[str], Any]
    kept: frozenset[str]
    days: int | None


def tear_down(work: Teardown) -> None:
    """Delete the resources that still exist."""
    for kind, destroy in _HOW.items():
        for part in work.stack.managed(kind):
            if part.address not in work.kept:
                with suppress(ClientError):
                    destroy(work.client, part)
    for key in work.stack.managed("aws_kms_key"):
        if work.days is not None:
            work.client("kms").schedule_key_deletion(
                KeyId=text_of(key, "key_id"), PendingWindowInDays=work.days
            )


def _detach(client: Callable[[str], Any], part: Resource) -> None:
    client("iam").detach_role_policy(
        RoleName=text_of(part, "role"), PolicyArn=text_of(part, "policy_arn")
    )


def _empty(client: Callable[[str], Any], part: Resource) -> None:
    s3, bucket = client("s3"), text_of(part, "bucket")
    listed = s3.list_object_versions(Bucket=bucket)
    for one in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
        s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket=bucket)


def _rule(client: Callable[[str], Any], part: Resource) -> None:
    events, name = client("events"), text_of(part, "name")
    targets = [one["Id"] for one in events.list_targets_by_rule(Rule=name)["Targets"]]
    if targets:
        events.remove_targets(Rule=name, Ids=targets)
    events.delete_rule(Name=name)


_HOW: dict[str, Callable[[Callable[[str], Any], Resource], Any]] = {
    "aws_lambda_event_source_mapping": lambda c, p: c("lambda").delete_event_source_mapping(
        UUID=text_of(p, "uuid")
    ),
    "aws_lambda_function": lambda c, p: c("lambda").delete_function(
        FunctionName=text_of(p, "function_name")
    ),
    "aws_s3_bucket": _empty,
    "aws_cloudwatch_event_rule": _rule,
    "aws_cloudwatch_metric_alarm": lambda c, p: c("cloudwatch").delete_alarms(
        AlarmNames=[text_of(p, "alarm_name")]
    ),
    "aws_cloudwatch_dashboard": lambda c, p: c("cloudwatch").delete_dashboards(
        DashboardNames=[text_of(p, "dashboard_name")]
    ),
    "aws_cloudwatch_log_group": lambda c, p: c("logs").delete_log_group(
        logGroupName=text_of(p, "name")
    ),
    "aws_dynamodb_table": lambda c, p: c("dynamodb").delete_table(TableName=text_of(p, "name")),
    "aws_iam_role_policy_attachment": _detach,
    "aws_iam_policy": lambda c, p: c("iam").delete_policy(PolicyArn=text_of(p, "arn")),
    "aws_iam_role": lambda c, p: c("iam").delete_role(RoleName=text_of(p, "name")),
    "aws_kms_alias": lambda c, p: c("kms").delete_alias(AliasName=text_of(p, "name")),
    "aws_sqs_queue": lambda c, p: c("sqs").delete_queue(QueueUrl=text_of(p, "url")),
}
