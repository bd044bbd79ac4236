"""What of a stack is still in the account after it was destroyed?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from planproof.terraform.identities import physical_name_attribute
from planproof.terraform.physical_names import PhysicalName, physical_names
from planproof.terraform.stack import Resource, Stack

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
        lambda c: _pages(c, "list_rules", "Rules", "Name"),
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
    "aws_lambda_event_source_mapping": (
        "lambda",
        lambda c: _pages(c, "list_event_source_mappings", "EventSourceMappings", "UUID"),
    ),
    "aws_lambda_function": (
        "lambda",
        lambda c: _pages(c, "list_functions", "Functions", "FunctionName"),
    ),
    "aws_media_convert_queue": (
        "mediaconvert",
        lambda c: _pages(c, "list_queues", "Queues", "Name"),
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
_MADE_UP: Final = {"aws_lambda_event_source_mapping": "uuid"}
"""Types that have no name but one that AWS makes up, and where it stands."""
_PARTS: Final = (
    "aws_cloudwatch_event_target",
    "aws_dynamodb_table_item",
    "aws_iam_policy_attachment",
    "aws_iam_role_",
    "aws_kms_grant",
    "aws_kms_key_policy",
    "aws_lambda_function_event_invoke_config",
    "aws_lambda_permission",
    "aws_s3_bucket_",
    "aws_s3_object",
    "aws_sns_topic_",
    "aws_sqs_queue_",
)
"""Beginnings of types that are gone with what they are a part of."""
_KEYS: Final = ("aws_kms_key", "aws_kms_replica_", "aws_kms_external_key")
"""What AWS never deletes at once; whoever asks looks at its state."""


def left(stack: Stack, client: ClientOf) -> Iterator[tuple[PhysicalName, bool | None]]:
    """Every name in a stack, its own and those that AWS made up, and whether the account still
    has it.

    A name inside of something else goes with it. None where nobody here can list the type, or
    where the name is not known. Keys are left out.
    """
    there: dict[str, frozenset[str]] = {}
    given = physical_names(stack)
    for name in (*given, *_made_up(stack, {name.resource.address for name in given})):
        if name.inside is not None:
            continue
        kind = name.resource.type
        if kind not in _LISTED or not isinstance(name.value, str):
            yield name, None
            continue
        if kind not in there:
            service, listed = _LISTED[kind]
            there[kind] = frozenset(listed(client(service)))
        yield name, name.value in there[kind]


def _made_up(stack: Stack, named: set[str]) -> Iterator[PhysicalName]:
    """What identifies the resources that the sources give no name."""
    for resource in stack.managed():
        if resource.address not in named and not resource.type.startswith((*_PARTS, *_KEYS)):
            attribute = _identifying(resource)
            yield PhysicalName(resource, attribute, resource.get(attribute))


def _identifying(resource: Resource) -> str:
    own = _MADE_UP.get(resource.type) or physical_name_attribute(resource.type)
    return own if own is not None else "id"
