"""What of a stack is still in the account after it was destroyed?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from planproof.physical_names import PhysicalName, physical_names
from planproof.stack import Stack

ClientOf = Callable[[str], Any]


def _pages(client: Any, operation: str, result: str, name: str = "") -> Iterator[str]:
    pager = client.get_paginator(operation)
    for page in pager.paginate():
        for found in page.get(result, ()):
            yield found[name] if name else found


def _of_queues(client: Any) -> Iterator[str]:
    for url in _pages(client, "list_queues", "QueueUrls"):
        yield url.rpartition("/")[2]


def _of_alarms(client: Any) -> Iterator[str]:
    for page in client.get_paginator("describe_alarms").paginate():
        for kind in ("MetricAlarms", "CompositeAlarms"):
            for alarm in page.get(kind, ()):
                yield alarm["AlarmName"]


def _own_policies(client: Any) -> Iterator[str]:
    for page in client.get_paginator("list_policies").paginate(Scope="Local"):
        for policy in page["Policies"]:
            yield policy["PolicyName"]


_LISTED: Final[Mapping[str, tuple[str, Callable[[Any], Iterable[str]]]]] = {
    "aws_cloudwatch_composite_alarm": ("cloudwatch", _of_alarms),
    "aws_cloudwatch_dashboard": (
        "cloudwatch",
        lambda c: _pages(c, "list_dashboards", "DashboardEntries", "DashboardName"),
    ),
    "aws_cloudwatch_event_rule": (
        "events",
        lambda c: (rule["Name"] for rule in c.list_rules()["Rules"]),
    ),
    "aws_cloudwatch_log_group": (
        "logs",
        lambda c: _pages(c, "describe_log_groups", "logGroups", "logGroupName"),
    ),
    "aws_cloudwatch_metric_alarm": ("cloudwatch", _of_alarms),
    "aws_dynamodb_table": ("dynamodb", lambda c: _pages(c, "list_tables", "TableNames")),
    "aws_iam_policy": ("iam", _own_policies),
    "aws_iam_role": ("iam", lambda c: _pages(c, "list_roles", "Roles", "RoleName")),
    "aws_kms_alias": ("kms", lambda c: _pages(c, "list_aliases", "Aliases", "AliasName")),
    "aws_lambda_function": (
        "lambda",
        lambda c: _pages(c, "list_functions", "Functions", "FunctionName"),
    ),
    "aws_s3_bucket": ("s3", lambda c: (b["Name"] for b in c.list_buckets()["Buckets"])),
    "aws_sns_topic": (
        "sns",
        lambda c: (
            arn.rpartition(":")[2] for arn in _pages(c, "list_topics", "Topics", "TopicArn")
        ),
    ),
    "aws_sqs_queue": ("sqs", _of_queues),
}
"""Types whose names the account can be asked for, with the service that lists them."""


def left(stack: Stack, client: ClientOf) -> Iterator[tuple[PhysicalName, bool | None]]:
    """Every name that a stack gave, and whether the account still has it.

    A name inside of something else goes with it. None where nobody here can list the type.
    """
    there: dict[str, frozenset[str]] = {}
    for name in physical_names(stack):
        if name.inside is not None:
            continue
        kind = name.resource.type
        if kind not in _LISTED:
            yield name, None
            continue
        if kind not in there:
            service, listed = _LISTED[kind]
            there[kind] = frozenset(listed(client(service)))
        yield name, name.value in there[kind]
