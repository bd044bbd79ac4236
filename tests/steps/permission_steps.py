"""Runs a permission step on a small pipeline, with the sentence of a feature."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pytest_bdd.steps import step_function_context_registry

from planproof.aws.datapath import Authority
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import Verdict
from steps import permissions
from steps.support.iam_names import IamNames
from steps.support.pipeline import MEDIACONVERT, Pipeline
from tests.builders.parts import bucket, inline_policy, queue, queue_arn, role, role_arn
from tests.builders.resolved_stacks import policy_evidence, verdict
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare, stack

FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:worker"
TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/assets"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0f6337be"
GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/worker"
RULE_ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/states"
STATES = {"source": ["aws.mediaconvert"], "detail-type": ["MediaConvert Job State Change"]}


def redrive(target: str) -> str:
    return json.dumps({"deadLetterTargetArn": queue_arn(target), "maxReceiveCount": 3})


PARTS = (
    bucket("films"),
    bucket("clips"),
    declare(
        "aws_s3_bucket_notification.n", bucket="films", queue=[{"queue_arn": queue_arn("jobs")}]
    ),
    queue("jobs", redrive_policy=redrive("jobs_dead")),
    queue("jobs_dead", redrive_policy=None),
    queue("states", redrive_policy=redrive("states_dead")),
    queue("states_dead", redrive_policy=None),
    declare(
        "aws_lambda_event_source_mapping.m",
        event_source_arn=queue_arn("jobs"),
        function_name=FUNCTION_ARN,
    ),
    declare(
        "aws_lambda_function.worker",
        function_name="worker",
        id="worker",
        arn=FUNCTION_ARN,
        role=role_arn("worker"),
        logging_config=[{"log_group": "/aws/lambda/worker"}],
        environment=[{"variables": {"TABLE": "assets", "OUT": "clips"}}],
    ),
    declare("aws_cloudwatch_log_group.worker", name="/aws/lambda/worker", arn=GROUP_ARN),
    declare(
        "aws_cloudwatch_event_rule.states",
        name="states",
        arn=RULE_ARN,
        event_pattern=json.dumps(STATES),
    ),
    declare("aws_cloudwatch_event_target.t", rule="states", arn=queue_arn("states")),
    declare("aws_dynamodb_table.assets", name="assets", id="assets", arn=TABLE_ARN),
    declare("aws_dynamodb_table.other", name="other", id="other", arn=f"{TABLE_ARN}-other"),
    declare("aws_kms_key.media", arn=KEY_ARN, id="0f6337be", key_id="0f6337be"),
    role("worker"),
    role("converter", MEDIACONVERT),
)


def pipeline_of(*items: DeclaredResource, without: str = "", sources: str | None = None) -> Stack:
    """The pipeline; an item replaces the resource of the same address."""
    parts = {item.address: item for item in (*PARTS, *items)}
    return stack(*(parts[a] for a in parts if a != without), sources=sources)


def iam_names_of(found: Stack) -> IamNames:
    return IamNames(Pipeline(found), Authority(found))


def iam_names(*items: DeclaredResource, without: str = "") -> IamNames:
    return iam_names_of(pipeline_of(*items, without=without))


def assert_undetermined(ask: Callable[[str], Any], words: str, *facts: str) -> None:
    """It is undetermined, for a reason of one sentence that has these facts."""
    with pytest.raises(UndeterminedError) as problem:
        ask(words)
    text = str(problem.value)
    assert "\n" not in text
    assert not text.endswith(".")
    for fact in facts:
        assert fact in text


def ask(step: str, found: Stack, *table: str) -> Recorder:
    """The evidence of a step, given as the sentence and table rows of a feature."""
    defined = [
        d
        for d in step_function_context_registry.values()
        if d.step_func.__module__ == permissions.__name__ and d.parser.is_matching(step)
    ]
    assert len(defined) == 1, step
    arguments: dict[str, Any] = defined[0].parser.parse_arguments(step)
    if table:
        arguments["datatable"] = [
            [cell.strip() for cell in row.strip().strip("|").split("|")] for row in table
        ]
    evidence = Recorder()
    query = partial(
        permissions.PermissionQuery, iam_names_of(found), policy_evidence(found, evidence)
    )
    defined[0].step_func(query=query, **arguments)
    return evidence


worker_policy = partial(inline_policy, role="worker", name="p")


def both(
    step: str, *items: DeclaredResource, table: tuple[str, ...] = ()
) -> tuple[Verdict, Verdict]:
    """The verdicts of "is allowed" and "is not allowed", which replace IS in the step."""
    found = pipeline_of(*items)
    return (
        verdict(ask(step.replace("IS", "is allowed"), found, *table)),
        verdict(ask(step.replace("IS", "is not allowed"), found, *table)),
    )


def said(step: str, *items: DeclaredResource) -> str:
    """The reason of a step that is undetermined with both verbs."""
    found = pipeline_of(*items)
    for verb in ("is allowed", "is not allowed"):
        evidence = ask(step.replace("IS", verb), found)
        assert verdict(evidence) is Verdict.UNDETERMINED
    return evidence.evidence[-1].found
