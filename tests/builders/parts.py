"""The usual resources of small stacks, with the values that AWS would fill in."""

from __future__ import annotations

from typing import Any

from tests.builders.policies import document, statement, trust
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
TO_ACCOUNT = statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
"""The statement by which a key policy lets IAM policies decide."""


def arn(service: str, rest: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{rest}"


def queue_arn(name: str) -> str:
    return arn("sqs", name)


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


KEY_ARN = arn("kms", f"key/{KEY_ID}")


def label(name: str) -> str:
    """The label of a resource block, from the name of the resource."""
    return name.replace("-", "_").replace(".", "_")


def bucket(name: str = "films", **values: Any) -> DeclaredResource:
    given = {"bucket": name, "id": name, "arn": f"arn:aws:s3:::{name}"}
    return declare(f"aws_s3_bucket.{label(name)}", **{**given, **values})


def queue(
    name: str = "work", *, region: str = REGION, account: str = ACCOUNT, **values: Any
) -> DeclaredResource:
    url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
    own = arn("sqs", name, region=region, account=account)
    given = {"name": name, "id": url, "url": url, "arn": own}
    return declare(f"aws_sqs_queue.{label(name)}", **{**given, **values})


def topic(name: str = "news", **values: Any) -> DeclaredResource:
    given = {"name": name, "id": arn("sns", name), "arn": arn("sns", name)}
    return declare(f"aws_sns_topic.{label(name)}", **{**given, **values})


def function(name: str = "job", **values: Any) -> DeclaredResource:
    own = arn("lambda", f"function:{name}")
    given = {"function_name": name, "id": name, "arn": own, "role": role_arn("r")}
    return declare(f"aws_lambda_function.{label(name)}", **{**given, **values})


def log_group(name: str = "/aws/lambda/job", **values: Any) -> DeclaredResource:
    given = {"name": name, "id": name, "arn": arn("logs", f"log-group:{name}")}
    return declare("aws_cloudwatch_log_group.g", **{**given, **values})


def table(name: str = "assets", **values: Any) -> DeclaredResource:
    given = {"name": name, "id": name, "arn": arn("dynamodb", f"table/{name}")}
    return declare(f"aws_dynamodb_table.{name}", **{**given, **values})


def key(*statements: Any, **values: Any) -> DeclaredResource:
    """A key whose policy is open to the account and has these statements besides."""
    given = {"key_id": KEY_ID, "id": KEY_ID, "arn": KEY_ARN}
    own = {"policy": document(TO_ACCOUNT, *statements)}
    return declare("aws_kms_key.k", **{**given, **own, **values})


def rule(name: str = "done", **values: Any) -> DeclaredResource:
    given = {"name": name, "id": name, "arn": arn("events", f"rule/{name}")}
    return declare("aws_cloudwatch_event_rule.r", **{**given, **values})


def role(name: str, service: str = "lambda.amazonaws.com", **values: Any) -> DeclaredResource:
    """A role that a service may assume."""
    given = {"name": name, "id": name, "arn": role_arn(name), "assume_role_policy": trust(service)}
    return declare(f"aws_iam_role.{name}", **{**given, **values})


def inline_policy(
    *statements: Any, role: Any = "r", name: str | None = None, **values: Any
) -> DeclaredResource:
    """An inline policy of a role, named as the role unless another name is given."""
    given = {"name": name or role, "role": role, "policy": document(*statements)}
    return declare(f"aws_iam_role_policy.{name or role}", **{**given, **values})


def resource_policy(part: DeclaredResource, *statements: Any) -> DeclaredResource:
    """The resource-based policy of a bucket, queue or topic."""
    type_, attribute, identity = {
        "aws_s3_bucket": ("aws_s3_bucket_policy", "bucket", "id"),
        "aws_sqs_queue": ("aws_sqs_queue_policy", "queue_url", "url"),
        "aws_sns_topic": ("aws_sns_topic_policy", "arn", "arn"),
    }[part.resource.type]
    named = {attribute: part.resource.get(identity), "policy": document(*statements)}
    return declare(f"{type_}.{part.resource.name}", **named)
