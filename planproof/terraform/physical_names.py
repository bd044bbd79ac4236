"""Which names does a stack give in AWS, and which of them would a second copy of it give again?

Two resources of one type may not share a name in one account and region (some: in the whole
world), so a stack can live beside its copy only if every name differs. A name that lives inside
something else (an alias of a function, a policy of a role) differs as soon as its owner does.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from planproof.terraform.generated_names import is_generated
from planproof.terraform.identities import physical_name_attribute
from planproof.terraform.links import IDENTITIES, expression_at, references
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, is_unknown

# Types that live inside another resource, and the attribute that says in which.
_INSIDE: Final[Mapping[str, str]] = {
    "aws_api_gateway_authorizer": "rest_api_id",
    "aws_api_gateway_model": "rest_api_id",
    "aws_api_gateway_request_validator": "rest_api_id",
    "aws_api_gateway_stage": "rest_api_id",
    "aws_apigatewayv2_authorizer": "api_id",
    "aws_apigatewayv2_model": "api_id",
    "aws_apigatewayv2_stage": "api_id",
    "aws_athena_named_query": "workgroup",
    "aws_cloudwatch_event_target": "rule",
    "aws_cloudwatch_log_data_protection_policy": "log_group_name",
    "aws_cloudwatch_log_metric_filter": "log_group_name",
    "aws_cloudwatch_log_stream": "log_group_name",
    "aws_cloudwatch_log_subscription_filter": "log_group_name",
    "aws_cognito_resource_server": "user_pool_id",
    "aws_cognito_user": "user_pool_id",
    "aws_cognito_user_group": "user_pool_id",
    "aws_cognito_user_pool_client": "user_pool_id",
    "aws_ecs_service": "cluster",
    "aws_glue_catalog_table": "database_name",
    "aws_iam_group_policy": "group",
    "aws_iam_role_policy": "role",
    "aws_iam_user_policy": "user",
    "aws_kinesis_stream_consumer": "stream_arn",
    "aws_lambda_alias": "function_name",
    "aws_route53_record": "zone_id",
    "aws_s3_bucket_analytics_configuration": "bucket",
    "aws_s3_bucket_intelligent_tiering_configuration": "bucket",
    "aws_s3_bucket_inventory": "bucket",
    "aws_s3_bucket_metric": "bucket",
    "aws_scheduler_schedule": "group_name",
    "aws_service_discovery_service": "namespace_id",
}
# Computed by AWS, or naming something else: no names that a stack gives.
_NOT_GIVEN: Final = frozenset({"id", "uuid", "key_id", "queue_url", "url"})
_NOT_OWN: Final = ("aws_s3_bucket_", "aws_s3_object", "aws_sqs_queue_")
_WORDS: Final = ("name", "identifier", "id")


@dataclass(frozen=True, slots=True)
class PhysicalName:
    """A name that the stack gives.

    Attributes:
        attribute: where it stands in ``resource``.
        value: the name, or UNKNOWN.
        inside: what it has to be unique in (a role's name, say), None for the whole account.
    """

    resource: Resource
    attribute: str
    value: Value
    inside: Value = None


@dataclass(frozen=True, slots=True)
class NameComparison:
    """One name of a stack beside those of its copy.

    Attributes:
        name: the name in the first stack.
        differs: whether no resource of that type has it in the copy; None where that is not known.
    """

    name: PhysicalName
    differs: bool | None


def physical_names(stack: Stack) -> tuple[PhysicalName, ...]:
    """Every name that the sources give a managed resource, in the stack's order.

    A name that AWS makes up (none is configured, or only a prefix) is unique, and left out; so is
    an attribute that only refers to another resource by its name.
    """
    found = []
    for resource in stack.managed():
        attribute = _name_attribute(stack, resource)
        if attribute is not None:
            inside = _INSIDE.get(resource.type)
            scope = resource.get(inside) if inside else None
            found.append(PhysicalName(resource, attribute, resource.get(attribute), scope))
    return tuple(found)


def compare_names(one: Stack, other: Stack) -> tuple[NameComparison, ...]:
    """Each name of a stack, and whether it differs from all of its type in the other."""
    theirs: dict[str, _Names] = {}
    for name in physical_names(other):
        theirs.setdefault(name.resource.type, _Names()).add(name)
    return tuple(
        NameComparison(name, _differs(name, theirs.get(name.resource.type, _Names())))
        for name in physical_names(one)
    )


@dataclass(slots=True)
class _Names:
    """The names of one type. Most differ in plain text, and are not worth a comparison each."""

    all: list[PhysicalName] = field(default_factory=list)
    known: dict[str, list[PhysicalName]] = field(default_factory=dict)
    open: list[PhysicalName] = field(default_factory=list)

    def add(self, name: PhysicalName) -> None:
        self.all.append(name)
        if isinstance(name.value, str):
            self.known.setdefault(name.value, []).append(name)
        else:
            self.open.append(name)

    def perhaps_equal(self, name: PhysicalName) -> list[PhysicalName]:
        if not isinstance(name.value, str):
            return self.all
        return [*self.known.get(name.value, ()), *self.open]


def _differs(name: PhysicalName, others: _Names) -> bool | None:
    verdicts = {_unequal(name, other) for other in others.perhaps_equal(name)}
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _unequal(one: PhysicalName, other: PhysicalName) -> bool | None:
    if isinstance(one.inside, str) and is_generated(one.inside):
        return True  # an id that AWS makes up: no two copies have the same
    pairs = ((one.value, other.value), (one.inside, other.inside))
    if any(not is_unknown(a) and not is_unknown(b) and a != b for a, b in pairs):
        return True
    return None if any(is_unknown(value) for pair in pairs for value in pair) else False


def _name_attribute(stack: Stack, resource: Resource) -> str | None:
    """The attribute by which the sources name a resource, None where they do not."""
    if resource.type.startswith(_NOT_OWN) and resource.type not in _INSIDE:
        return None
    known = physical_name_attribute(resource.type)
    if known is not None:
        given = known not in _NOT_GIVEN and _is_given(stack, resource, known)
        return known if given else None
    for attribute in ("name", "identifier", *_named_after_type(resource.type)):
        if _is_given(stack, resource, attribute):
            return None if _only_refers(stack, resource, attribute) else attribute
    return None


def _named_after_type(type_: str) -> list[str]:
    """``dashboard_name`` and the like: attributes called after the last words of a type."""
    words = type_.split("_")[1:]
    return [f"{'_'.join(words[i:])}_{word}" for word in _WORDS for i in range(len(words))]


def _is_given(stack: Stack, resource: Resource, attribute: str) -> bool:
    value = resource.get(attribute)
    if not (is_unknown(value) or (isinstance(value, str) and value)):
        return False
    return expression_at(stack, resource, attribute) is not None


def _only_refers(stack: Stack, resource: Resource, attribute: str) -> bool:
    """Whether the value is another resource's identity, and the sources say whose."""
    value = resource.get(attribute)
    named = references(stack, resource, attribute)
    return not is_unknown(value) and any(
        value == other.get(identity)
        for other in stack
        if other.declared in named
        for identity in (*IDENTITIES, physical_name_attribute(other.type) or "id")
    )
