"""Resources of each type that can have a resource-based policy, and what the policy allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planproof.aws.policies.resource import resource_policies
from planproof.iam import Effect, Policies, Request, evaluate
from planproof.terraform.stack import Stack
from tests.builders.parts import arn, role_arn
from tests.builders.policies import S3, document, service_statement
from tests.builders.stacks import ACCOUNT, REGION, SECOND_ACCOUNT, DeclaredResource, declare


def allow_s3(action: str, **elements: Any) -> str:
    """A policy that allows an action to S3."""
    return document(service_statement(S3, action, **elements))


def decide(
    found: Stack,
    address: str,
    action: str,
    caller: str = S3,
    context: Mapping[str, Any] | None = None,
    arn_: str = "",
) -> Effect:
    """Whether a caller without identity policies may do something with a resource."""
    resource = found[address]
    policies = resource_policies(found, resource)
    request = Request(
        action,
        arn_ or str(resource.get("arn")),
        caller,
        ACCOUNT,
        context=context or {},
        complete=True,
    )
    documents = [policy.document for policy in policies]
    return evaluate(request, Policies(resource=documents or None)).effect


@dataclass(frozen=True)
class Kind:
    """A resource type that has one policy, in a resource of another type.

    Attributes:
        action: an action on a resource of the type.
        policy_type: the type that holds the policy.
        reference: its attribute that names the resource.
        own: the values that identify the resource, for its policy and for others.
        other: those of another resource of the type.
        identities: the values that ``reference`` may hold, by attribute.
        has_policy: whether the type has an attribute ``policy``, too.
    """

    type: str
    action: str
    policy_type: str
    reference: str
    own: Mapping[str, str]
    other: Mapping[str, str]
    identities: tuple[str, ...] = ("arn",)
    has_policy: bool = True

    def resource(self, name: str = "r", **values: Any) -> DeclaredResource:
        identity = self.own if name == "r" else self.other
        return declare(f"{self.type}.{name}", **{**identity, **values})

    def policy(self, **values: Any) -> DeclaredResource:
        named = {self.reference: self.own[self.identities[0]], "policy": allow_s3(self.action)}
        return declare(f"{self.policy_type}.w", **{**named, **values})


def queue_values(name: str) -> dict[str, str]:
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    return {"name": name, "arn": arn("sqs", name), "id": url, "url": url}


def key_values(name: str) -> dict[str, str]:
    return {"arn": arn("kms", f"key/{name}"), "id": name, "key_id": name}


def bucket_values(name: str) -> dict[str, str]:
    return {"bucket": name, "id": name, "arn": f"arn:aws:s3:::{name}"}


def arn_values(service: str, prefix: str, name: str) -> dict[str, str]:
    own = arn(service, prefix + name)
    return {"name": name, "arn": own, "id": own if service != "dynamodb" else name}


KINDS = {
    "bucket": Kind(
        "aws_s3_bucket",
        "s3:ListBucket",
        "aws_s3_bucket_policy",
        "bucket",
        bucket_values("r"),
        bucket_values("other"),
        ("id",),
    ),
    "queue": Kind(
        "aws_sqs_queue",
        "sqs:SendMessage",
        "aws_sqs_queue_policy",
        "queue_url",
        queue_values("r"),
        queue_values("other"),
        ("url",),
    ),
    "topic": Kind(
        "aws_sns_topic",
        "sns:Publish",
        "aws_sns_topic_policy",
        "arn",
        arn_values("sns", "", "r"),
        arn_values("sns", "", "other"),
    ),
    "secret": Kind(
        "aws_secretsmanager_secret",
        "secretsmanager:GetSecretValue",
        "aws_secretsmanager_secret_policy",
        "secret_arn",
        arn_values("secretsmanager", "secret:", "r"),
        arn_values("secretsmanager", "secret:", "other"),
    ),
    "table": Kind(
        "aws_dynamodb_table",
        "dynamodb:GetItem",
        "aws_dynamodb_resource_policy",
        "resource_arn",
        arn_values("dynamodb", "table/", "r"),
        arn_values("dynamodb", "table/", "other"),
        has_policy=False,
    ),
    "event bus": Kind(
        "aws_cloudwatch_event_bus",
        "events:PutEvents",
        "aws_cloudwatch_event_bus_policy",
        "event_bus_name",
        arn_values("events", "event-bus/", "r"),
        arn_values("events", "event-bus/", "other"),
        ("name", "arn"),
        has_policy=False,
    ),
    **{
        type_: Kind(
            type_,
            "kms:Decrypt",
            "aws_kms_key_policy",
            "key_id",
            key_values("r"),
            key_values("other"),
            ("key_id", "arn"),
        )
        for type_ in (
            "aws_kms_key",
            "aws_kms_replica_key",
            "aws_kms_external_key",
            "aws_kms_replica_external_key",
        )
    },
}
WITH_POLICY_ATTRIBUTE = [name for name, kind in KINDS.items() if kind.has_policy]

WORKER = role_arn("worker")
KEY = declare("aws_kms_key.k", **key_values("k"), policy=allow_s3("kms:Decrypt"))


def grant(**values: Any) -> DeclaredResource:
    given = {"key_id": "k", "grantee_principal": WORKER, "operations": ["Decrypt", "DescribeKey"]}
    return declare("aws_kms_grant.g", **{**given, **values})


def constrained(**pairs: Any) -> DeclaredResource:
    return grant(constraints=[pairs])


FUNCTION_ARN = arn("lambda", "function:f")
FUNCTION = declare("aws_lambda_function.f", function_name="f", id="f", arn=FUNCTION_ARN)


def permission(**values: Any) -> DeclaredResource:
    given = {
        "statement_id": "AllowS3",
        "function_name": "f",
        "principal": S3,
        "action": "lambda:InvokeFunction",
    }
    return declare("aws_lambda_permission.p", **{**given, **values})


BUS = KINDS["event bus"].resource()


def bus_permission(**values: Any) -> DeclaredResource:
    given = {"event_bus_name": "r", "principal": SECOND_ACCOUNT, "statement_id": "Other"}
    return declare("aws_cloudwatch_event_permission.p", **{**given, **values})
