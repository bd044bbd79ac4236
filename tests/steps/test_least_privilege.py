"""Evidence on unneeded grants, privilege escalation and direct key use."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath.surplus import Grant
from planproof.aws.policies.principal import identity_policies
from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from steps.least_privilege import keys_through_services, no_escalation, no_management
from tests.builders.parts import inline_policy, role
from tests.builders.policies import statement
from tests.builders.resolved_stacks import policy_evidence, verdict
from tests.builders.shipped import shipped, with_document, with_values
from tests.builders.stacks import stack
from tests.steps.stack_steps import StackSteps


def granting(*actions: str) -> Any:
    return stack(role("r"), inline_policy(statement(list(actions)), name="p"))


def found(step: Any, *actions: str) -> list[str]:
    given, evidence = granting(*actions), Recorder()
    step(policy_evidence(given, evidence))
    return [e.found for e in evidence.evidence if e.holds is False]


def test_a_method_of_one_action_is_named_once() -> None:
    assert found(no_management, "sqs:AddPermission") == [
        "sqs:AddPermission (aws_iam_role_policy.p, statement 0)"
    ]
    assert found(no_management, "sqs:SendMessage") == []


def test_a_named_method_is_shown_with_its_actions() -> None:
    (said,) = found(no_escalation, "iam:CreatePolicyVersion")
    assert said.endswith(": iam:CreatePolicyVersion (aws_iam_role_policy.p, statement 0)")
    assert said.count("iam:CreatePolicyVersion") == 1


def test_a_grant_is_needed_or_not() -> None:
    given, evidence = granting("sqs:*"), Recorder()
    (policy,) = identity_policies(given, given["aws_iam_role.r"])
    for holds, excess in ((False, "nothing needs sqs:*"), (True, "")):
        grant = Grant(
            principal=given["aws_iam_role.r"],
            policy=policy,
            statement=policy.document.statements[0],
            granted="sqs:*",
            holds=holds,
            excess=excess,
        )
        policy_evidence(given, evidence).record_grant(grant)
    assert {e.expected for e in evidence.evidence} == {
        "needed by the data path: sqs:* for aws_iam_role.r"
    }
    assert [e.found for e in evidence.evidence] == ["nothing needs sqs:*", "an edge of it needs it"]


# Keys ----------------------------------------------------------------------------------------


def through_services(stack_: Stack) -> Recorder:
    steps = StackSteps(stack_)
    return steps.run(keys_through_services, steps.path)


def edited(policy: str, condition: Any) -> Stack:
    """The shipped stack with another condition on the use of the key by a role."""

    def edit(document: dict[str, Any]) -> None:
        for entry in document["Statement"]:
            if "kms:ViaService" in str(entry.get("Condition")):
                entry["Condition"] = condition

    return with_document(shipped(), policy, edit)


def test_keys_are_used_through_services_in_the_shipped_stack() -> None:
    evidence = through_services(shipped())
    assert verdict(evidence) is Verdict.PASSED
    assert len(evidence.evidence) == 7
    assert {e.found for e in evidence.evidence} == {"denied"}


@pytest.mark.parametrize(
    ("policy", "actions"),
    [
        ("aws_iam_policy.function", "kms:Decrypt"),
        ("aws_iam_policy.mediaconvert", "kms:Decrypt, kms:GenerateDataKey"),
    ],
)
@pytest.mark.parametrize(
    ("condition", "ways"),
    [
        ({}, ["without a service in between", "through a service that no policy names"]),
        ({"StringLike": {"kms:ViaService": "*"}}, ["through a service that no policy names"]),
    ],
)
def test_direct_key_use_fails(policy: str, actions: str, condition: Any, ways: list[str]) -> None:
    evidence = through_services(edited(policy, condition))
    wrong = [e for e in evidence.evidence if e.holds is False]
    assert [e.expected for e in wrong] == [
        f"{actions} on aws_kms_key.media refused {way}" for way in ways
    ]
    assert {(e.address, e.file) for e in wrong} == {
        (policy.replace("aws_iam_policy", "aws_iam_role"), "terraform/access.tf")
    }


def test_an_unknown_policy_leaves_the_key_use_undetermined() -> None:
    stack_ = with_values(shipped(), "aws_iam_policy.function", policy=UNKNOWN)
    assert verdict(through_services(stack_)) is Verdict.UNDETERMINED
