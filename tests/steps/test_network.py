"""Network permissions of a function's role, in any policy."""

from __future__ import annotations

import pytest

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.values import UNKNOWN, Verdict
from steps.network import no_policy_allows, roles_of_functions
from steps.support.pipeline import Pipeline
from tests.builders.parts import inline_policy, role, role_arn
from tests.builders.policies import statement
from tests.builders.resolved_stacks import broken, policy_evidence, verdict
from tests.builders.stacks import DeclaredResource, declare, stack

TABLE = [["action"], ["ec2:CreateNetworkInterface"], ["ec2:DescribeNetworkInterfaces"]]
VPC_ACCESS = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
FUNCTION = declare("aws_lambda_function.f", function_name="f", role=role_arn("worker"))


def looked_at(*items: DeclaredResource) -> Recorder:
    found = stack(role("worker"), role("other"), FUNCTION, *items)
    evidence = Recorder()
    accesses = roles_of_functions(Pipeline(found), policy_evidence(found, evidence))
    no_policy_allows(accesses, TABLE, evidence)
    return evidence


def attached(arn: str) -> DeclaredResource:
    return declare("aws_iam_role_policy_attachment.a", role="worker", policy_arn=arn)


@pytest.mark.parametrize(
    "items",
    [
        [],
        [inline_policy(statement("sqs:*"), role="worker")],
        [inline_policy(statement("ec2:*", Effect="Deny"), role="worker")],
        [inline_policy(statement("ec2:*"), role="other")],
        [attached("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")],
    ],
)
def test_none(items: list[DeclaredResource]) -> None:
    evidence = looked_at(*items)
    assert verdict(evidence) is Verdict.PASSED
    assert len(evidence.evidence) == 2


@pytest.mark.parametrize(
    ("items", "count"),
    [
        (
            [
                inline_policy(
                    statement("ec2:CreateNetworkInterface", "arn:aws:ec2:*:*:subnet/x"),
                    role="worker",
                )
            ],
            1,
        ),
        ([inline_policy(statement("ec2:Describe*"), role="worker")], 1),
        ([inline_policy(statement("*"), role="worker")], 2),
        ([attached(VPC_ACCESS)], 2),
    ],
)
def test_some(items: list[DeclaredResource], count: int) -> None:
    evidence = looked_at(*items)
    assert verdict(evidence) is Verdict.FAILED
    assert len(broken(evidence)) == count
    assert broken(evidence)[0][0] == items[0].resource.address


def test_unknown() -> None:
    assert verdict(looked_at(inline_policy(policy=UNKNOWN, role="worker"))) is Verdict.UNDETERMINED
    outside = "arn:aws:iam::123456789012:policy/outside"
    assert verdict(looked_at(attached(outside))) is Verdict.UNDETERMINED


def test_a_role_from_outside_the_stack_is_undetermined() -> None:
    function = declare("aws_lambda_function.g", function_name="g", role=role_arn("elsewhere"))
    with pytest.raises(UndeterminedError, match=r"no role of aws_lambda_function\.g"):
        looked_at(function)
