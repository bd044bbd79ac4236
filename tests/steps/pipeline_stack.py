"""A small resolved pipeline for tests of the function steps."""

from __future__ import annotations

import json
from typing import Any

from planproof.terraform.stack import Resource, Stack
from tests.builders.parts import arn, bucket, function, queue, queue_arn, role, role_arn, table
from tests.builders.stacks import DeclaredResource, declare, stack

ROLE_ARN = role_arn("transcoder")
FUNCTION_ARN = arn("lambda", "function:f")
JOB_STATES = {"source": ["aws.mediaconvert"], "detail-type": ["MediaConvert Job State Change"]}
ENVIRONMENT = {"TABLE": "assets", "OUTPUT": "films-out", "MEDIACONVERT_ROLE": ROLE_ARN}


def processor(name: str = "f", **values: Any) -> DeclaredResource:
    given = {
        "handler": "main.handler",
        "runtime": "python3.12",
        "timeout": 60,
        "memory_size": 128,
        "environment": [{"variables": ENVIRONMENT}],
        "filename": "./f.zip",
    }
    return function(name, **{**given, **values})


def mapping(name: str, queue_name: str, function_arn: str = FUNCTION_ARN) -> DeclaredResource:
    values = {"event_source_arn": queue_arn(queue_name), "function_name": function_arn}
    return declare(f"aws_lambda_event_source_mapping.{name}", **values)


def notification(**values: Any) -> DeclaredResource:
    block = {"queue_arn": queue_arn("uploads"), "events": ["s3:ObjectCreated:*"], **values}
    named = {"bucket": "films-in", "id": "films-in"}
    return declare("aws_s3_bucket_notification.n", **named, queue=[block])


def job_state_rule(**detail: Any) -> DeclaredResource:
    pattern = {**JOB_STATES, **({"detail": detail} if detail else {})}
    values = {"name": "states", "id": "states", "event_pattern": json.dumps(pattern)}
    return declare("aws_cloudwatch_event_rule.r", **values)


def rule_target(to: str = queue_arn("states")) -> DeclaredResource:
    return declare("aws_cloudwatch_event_target.t", rule="states", arn=to)


def converter_role(service: str = "mediaconvert.amazonaws.com") -> DeclaredResource:
    return role("transcoder", service)


def pipeline_stack(*changes: DeclaredResource | Resource) -> Stack:
    """The whole pipeline; a change replaces the part with its address, or is added."""
    parts = [
        bucket("films-in"),
        bucket("films-out"),
        queue("uploads"),
        queue("states"),
        notification(),
        mapping("uploads", "uploads"),
        mapping("states", "states"),
        job_state_rule(),
        rule_target(),
        table(hash_key="Id", attribute=[{"name": "Id", "type": "S"}]),
        converter_role(),
        processor(),
    ]
    return stack(*{part.address: part for part in (*parts, *changes)}.values())
