"""A pipeline as Terraform would resolve it, with no more than the function's steps ask for."""

from __future__ import annotations

import io
import json
import textwrap
import zipfile
from collections.abc import Mapping
from typing import Any

from planproof.aws.lambda_package import Package
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.references import Configuration
from planproof.terraform.stack import Resource, Stack

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/transcoder"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:video"
RULE = {"source": ["aws.mediaconvert"], "detail-type": ["MediaConvert Job State Change"]}
ENVIRONMENT = {"TABLE": "assets", "OUTPUT": "films-out", "MEDIACONVERT_ROLE": ROLE_ARN}


def sqs(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def trust(service: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def resource(address: str, values: Mapping[str, Any]) -> Resource:
    mode = "data" if address.startswith("data.") else "managed"
    type_, name = address.removeprefix("data.").split(".")
    return Resource(address, mode, type_, name, None, "", values)


def function(**values: Any) -> Resource:
    defaults = {
        "arn": FUNCTION_ARN,
        "id": "video",
        "function_name": "video",
        "handler": "main.handler",
        "runtime": "python3.12",
        "timeout": 60,
        "memory_size": 128,
        "role": f"arn:aws:iam::{ACCOUNT}:role/video",
        "environment": [{"variables": ENVIRONMENT}],
        "filename": "./f.zip",
    }
    return resource("aws_lambda_function.f", {**defaults, **values})


def bucket(name: str) -> Resource:
    values = {"bucket": name, "id": name, "arn": f"arn:aws:s3:::{name}"}
    return resource(f"aws_s3_bucket.{name.replace('-', '_')}", values)


def queue(name: str) -> Resource:
    values = {"name": name, "arn": sqs(name), "id": f"https://sqs/{name}"}
    return resource(f"aws_sqs_queue.{name}", values)


def mapping(name: str, queue_name: str, function_arn: str = FUNCTION_ARN) -> Resource:
    values = {"event_source_arn": sqs(queue_name), "function_name": function_arn}
    return resource(f"aws_lambda_event_source_mapping.{name}", values)


def notification(**values: Any) -> Resource:
    told = {"queue_arn": sqs("uploads"), "events": ["s3:ObjectCreated:*"], **values}
    return resource(
        "aws_s3_bucket_notification.n", {"bucket": "films-in", "id": "films-in", "queue": [told]}
    )


def rule(**detail: Any) -> Resource:
    pattern = {**RULE, **({"detail": detail} if detail else {})}
    values = {"name": "states", "id": "states", "event_pattern": json.dumps(pattern)}
    return resource("aws_cloudwatch_event_rule.r", values)


def target(arn: str = sqs("states")) -> Resource:
    return resource("aws_cloudwatch_event_target.t", {"rule": "states", "arn": arn})


def table() -> Resource:
    attributes = [{"name": "Id", "type": "S"}]
    values = {"name": "assets", "id": "assets", "hash_key": "Id", "attribute": attributes}
    return resource("aws_dynamodb_table.assets", values)


def role(service: str = "mediaconvert.amazonaws.com") -> Resource:
    values = {"arn": ROLE_ARN, "id": "transcoder", "assume_role_policy": trust(service)}
    return resource("aws_iam_role.transcoder", values)


def stack_of(*resources: Resource) -> Stack:
    return Stack(
        "default",
        {r.address: r for r in resources},
        {},
        Configuration({}, {}, {}),
        True,
        {"aws": ProviderLocation("aws", REGION, ACCOUNT)},
    )


def pipeline_stack(*instead: Resource) -> Stack:
    """The whole pipeline; what is given replaces what has the same address, or comes on top."""
    resources = [
        bucket("films-in"),
        bucket("films-out"),
        queue("uploads"),
        queue("states"),
        notification(),
        mapping("uploads", "uploads"),
        mapping("states", "states"),
        rule(),
        target(),
        table(),
        role(),
        function(),
    ]
    return stack_of(*{r.address: r for r in (*resources, *instead)}.values())


def package(text: str, name: str = "main") -> Package:
    """A zip of one module."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        opened.writestr(f"{name}.py", textwrap.dedent(text))
    return Package("./f.zip", buffer.getvalue())
