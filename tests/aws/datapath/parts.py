"""Parts of small stacks, and how the data path through them is judged."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from planproof.aws.datapath import Authority, DataPath, JudgedEdge, draw
from planproof.aws.sdk_calls import Call, Calls
from planproof.results import EdgeState
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare

OTHER = "111122223333"
S3, SNS, EVENTS = "s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com"
ALARMS = "cloudwatch.amazonaws.com"
ALARMS_CALL = "lambda.alarms.cloudwatch.amazonaws.com"
NOTHING = Calls((), ())


def arn(service: str, rest: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{rest}"


def statement(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> Any:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def lets(service: str, action: str | list[str], **more: Any) -> Any:
    """A statement that lets a service in."""
    return statement(action, Principal={"Service": service}, **more)


# Parts ---------------------------------------------------------------------------------------


def bucket(name: str = "films", **values: Any) -> DeclaredResource:
    given = {"bucket": name, "id": name, "arn": f"arn:aws:s3:::{name}"}
    return declare(f"aws_s3_bucket.{label(name)}", **{**given, **values})


def queue(
    name: str = "work", *, region: str = REGION, account: str = ACCOUNT, **more: Any
) -> DeclaredResource:
    url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
    own = arn("sqs", name, region=region, account=account)
    given = {"name": name, "id": url, "url": url, "arn": own}
    return declare(f"aws_sqs_queue.{label(name)}", **{**given, **more})


def topic(name: str = "news", **more: Any) -> DeclaredResource:
    own = arn("sns", name)
    return declare(f"aws_sns_topic.{label(name)}", **{"name": name, "id": own, "arn": own, **more})


def function(name: str = "job", **more: Any) -> DeclaredResource:
    own = arn("lambda", f"function:{name}")
    given = {"function_name": name, "id": name, "arn": own, "role": f"{ROLE}/r"}
    return declare(f"aws_lambda_function.{label(name)}", **{**given, **more})


def log_group(name: str = "/aws/lambda/job", **more: Any) -> DeclaredResource:
    given = {"name": name, "id": name, "arn": arn("logs", f"log-group:{name}")}
    return declare("aws_cloudwatch_log_group.g", **{**given, **more})


def table(name: str = "assets", **more: Any) -> DeclaredResource:
    given = {"name": name, "id": name, "arn": arn("dynamodb", f"table/{name}")}
    return declare(f"aws_dynamodb_table.{name}", **{**given, **more})


def key(*statements: Any, **more: Any) -> DeclaredResource:
    """A key whose policy is open to the account and says these besides."""
    given = {
        "key_id": KEY_ID,
        "id": KEY_ID,
        "arn": KEY,
        "policy": document(TO_ACCOUNT, *statements),
    }
    return declare("aws_kms_key.k", **{**given, **more})


def rule(name: str = "done", **more: Any) -> DeclaredResource:
    given = {"name": name, "id": name, "arn": arn("events", f"rule/{name}")}
    return declare("aws_cloudwatch_event_rule.r", **{**given, **more})


def granted(*statements: Any, to: str = "r") -> DeclaredResource:
    """What a role is granted."""
    return declare(f"aws_iam_role_policy.{to}", name="p", role=to, policy=document(*statements))


def policy_of(part: DeclaredResource, *statements: Any) -> DeclaredResource:
    """The resource-based policy of a bucket, queue or topic."""
    type_, names, by = {
        "aws_s3_bucket": ("aws_s3_bucket_policy", "bucket", "id"),
        "aws_sqs_queue": ("aws_sqs_queue_policy", "queue_url", "url"),
        "aws_sns_topic": ("aws_sns_topic_policy", "arn", "arn"),
    }[part.resource.type]
    named = {names: part.resource.get(by), "policy": document(*statements)}
    return declare(f"{type_}.{part.resource.name}", **named)


def label(name: str) -> str:
    return name.replace("-", "_").replace(".", "_")


ROLE = f"arn:aws:iam::{ACCOUNT}:role"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = arn("kms", f"key/{KEY_ID}")
TO_ACCOUNT = statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})

# Judging -------------------------------------------------------------------------------------


def calling(*operations: str, unread: tuple[str, ...] = ()) -> Calls:
    """The calls of a package, each ``service.operation`` as botocore names them."""
    made_ = [Call(*operation.split("."), file="a.py", line=1) for operation in operations]
    return Calls(tuple(made_), unread)


def judged(
    found: Stack, calls: Calls = NOTHING, handled: frozenset[str] = frozenset()
) -> dict[str, JudgedEdge]:
    """Every edge of a stack by what it says, decided."""
    authority = Authority(found)
    path = path_of(found, calls, handled)
    assert len({str(edge) for edge in path}) == len(path.edges)
    return {str(edge): authority.judge(edge) for edge in path}


def path_of(
    found: Stack, calls: Calls = NOTHING, handled: frozenset[str] = frozenset()
) -> DataPath:
    return draw(found, lambda _: calls, handled=handled)


def states(found: Stack, calls: Calls = NOTHING) -> dict[str, EdgeState]:
    return {name: edge.state for name, edge in judged(found, calls).items()}


def without_value(found: Stack, address: str, attribute: str) -> Stack:
    """The stack with one attribute that nobody knows."""
    part = found[address]
    return found.with_resources([replace(part, values={**part.values, attribute: UNKNOWN})])


def names_of(needs: Any) -> set[str]:
    return {need.action for need in needs}
