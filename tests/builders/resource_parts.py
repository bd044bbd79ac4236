"""Resources of each kind that can have a policy, and who is let in by it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from planproof.aws.policies.resource import resource_policies
from planproof.iam import Effect, Policies, Request, evaluate
from planproof.terraform.stack import Stack
from tests.builders.parts import role_arn
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare

OTHER = "111122223333"
S3 = "s3.amazonaws.com"


def arn(service: str, name: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{name}"


def let(action: str, **elements: Any) -> str:
    """A policy that lets S3 in."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": S3},
        "Action": action,
        "Resource": "*",
        **elements,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


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
    """A type whose one policy another resource writes."""

    type: str
    action: str
    writer: str
    names: str
    own: Mapping[str, str]
    other: Mapping[str, str]
    by: tuple[str, ...] = ("arn",)
    attribute: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)

    def resource(self, name: str = "r", **values: Any) -> DeclaredResource:
        identity = self.own if name == "r" else self.other
        return declare(f"{self.type}.{name}", **{**identity, **values})

    def written(self, **values: Any) -> DeclaredResource:
        named = {self.names: self.own[self.by[0]], "policy": let(self.action)}
        return declare(f"{self.writer}.w", **{**named, **values})


def queue_of(name: str) -> dict[str, str]:
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    return {"name": name, "arn": arn("sqs", name), "id": url, "url": url}


def key_of(name: str) -> dict[str, str]:
    return {"arn": arn("kms", f"key/{name}"), "id": name, "key_id": name}


def bucket_of(name: str) -> dict[str, str]:
    return {"bucket": name, "id": name, "arn": f"arn:aws:s3:::{name}"}


def plain(service: str, prefix: str, name: str) -> dict[str, str]:
    own = arn(service, prefix + name)
    return {"name": name, "arn": own, "id": own if service != "dynamodb" else name}


KINDS = {
    "bucket": Kind(
        "aws_s3_bucket",
        "s3:ListBucket",
        "aws_s3_bucket_policy",
        "bucket",
        bucket_of("r"),
        bucket_of("other"),
        ("id",),
    ),
    "queue": Kind(
        "aws_sqs_queue",
        "sqs:SendMessage",
        "aws_sqs_queue_policy",
        "queue_url",
        queue_of("r"),
        queue_of("other"),
        ("url",),
    ),
    "topic": Kind(
        "aws_sns_topic",
        "sns:Publish",
        "aws_sns_topic_policy",
        "arn",
        plain("sns", "", "r"),
        plain("sns", "", "other"),
    ),
    "secret": Kind(
        "aws_secretsmanager_secret",
        "secretsmanager:GetSecretValue",
        "aws_secretsmanager_secret_policy",
        "secret_arn",
        plain("secretsmanager", "secret:", "r"),
        plain("secretsmanager", "secret:", "other"),
    ),
    "table": Kind(
        "aws_dynamodb_table",
        "dynamodb:GetItem",
        "aws_dynamodb_resource_policy",
        "resource_arn",
        plain("dynamodb", "table/", "r"),
        plain("dynamodb", "table/", "other"),
        attribute=False,
    ),
    "event bus": Kind(
        "aws_cloudwatch_event_bus",
        "events:PutEvents",
        "aws_cloudwatch_event_bus_policy",
        "event_bus_name",
        plain("events", "event-bus/", "r"),
        plain("events", "event-bus/", "other"),
        ("name", "arn"),
        attribute=False,
    ),
    **{
        type_: Kind(
            type_,
            "kms:Decrypt",
            "aws_kms_key_policy",
            "key_id",
            key_of("r"),
            key_of("other"),
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
WITH_ATTRIBUTE = [name for name, kind in KINDS.items() if kind.attribute]

WORKER = role_arn("worker")
KEY = declare("aws_kms_key.k", **key_of("k"), policy=let("kms:Decrypt"))


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
    given = {"event_bus_name": "r", "principal": OTHER, "statement_id": "Other"}
    return declare("aws_cloudwatch_event_permission.p", **{**given, **values})
