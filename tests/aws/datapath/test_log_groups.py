"""An encrypted log group that no function writes to needs its key, too."""

from __future__ import annotations

import pytest

from planproof.aws.datapath import JudgedEdge
from planproof.results import EdgeState
from tests.aws.datapath.judging import judged
from tests.builders.parts import KEY_ARN, arn, function, inline_policy, key, log_group, role
from tests.builders.policies import service_statement, statement
from tests.builders.stacks import REGION, DeclaredResource, stack

SERVICE = f"logs.{REGION}.amazonaws.com"
GROUP = arn("logs", "log-group:/canteen")
NEEDED = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
ITSELF = {"Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": GROUP}}}


def found(*parts: DeclaredResource) -> list[JudgedEdge]:
    edges = judged(stack(*parts)).values()
    return [edge for edge in edges if edge.edge.kind == "is encrypted with"]


def test_the_key_has_to_allow_cloudwatch_logs() -> None:
    (edge,) = found(
        log_group("/canteen", kms_key_id=KEY_ARN), key(service_statement(SERVICE, NEEDED, **ITSELF))
    )
    assert edge.state is EdgeState.PROVEN
    assert [str(edge.edge.source), str(edge.edge.target)] == [
        "aws_cloudwatch_log_group.g",
        "aws_kms_key.k",
    ]


@pytest.mark.parametrize(
    "grant",
    [
        service_statement(SERVICE, NEEDED[1:], **ITSELF),
        service_statement("logs.eu-west-1.amazonaws.com", NEEDED, **ITSELF),
        service_statement(
            SERVICE,
            NEEDED,
            Condition={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": f"{GROUP}-2"}},
        ),
    ],
    ids=["one action too few", "another region", "another log group"],
)
def test_a_key_that_does_not_allow_it_breaks_the_edge(grant: object) -> None:
    (edge,) = found(log_group("/canteen", kms_key_id=KEY_ARN), key(grant))
    assert edge.state is EdgeState.BROKEN


def test_a_group_without_a_key_of_the_stack_needs_none() -> None:
    assert found(log_group("/canteen"), key()) == []


def test_a_group_that_a_function_writes_to_has_no_second_edge() -> None:
    writes = inline_policy(statement(["logs:CreateLogStream", "logs:PutLogEvents"]))
    group = log_group(kms_key_id=KEY_ARN)
    assert found(function(), role("r"), writes, group, key()) == []
