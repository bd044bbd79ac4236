"""What is said of a grant that nothing needs, and of a way to more permissions."""

from __future__ import annotations

import json
from typing import Any

from planproof.datapath import Authority
from planproof.datapath.surplus import Grant
from planproof.policies import identity_policies
from planproof.recorder import Recorder
from steps.least_privilege import _record, no_management, no_way_up
from tests.made_inquiry import MadeInquiry
from tests.made_stack import made, role, stack


def granting(*actions: str) -> Any:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    }
    policy = made("aws_iam_role_policy.p", name="p", role="r", policy=json.dumps(document))
    return stack(role("r"), policy)


def found(step: Any, *actions: str) -> list[str]:
    given, evidence = granting(*actions), Recorder()
    step(given, Authority(given), MadeInquiry(given), evidence)
    return [e.found for e in evidence.evidence if e.holds is False]


def test_an_action_that_is_a_way_of_its_own_is_named_once() -> None:
    assert found(no_management, "sqs:AddPermission") == [
        "sqs:AddPermission (aws_iam_role_policy.p, statement 0)"
    ]
    assert found(no_management, "sqs:SendMessage") == []


def test_a_way_with_a_name_is_shown_with_its_actions() -> None:
    (said,) = found(no_way_up, "iam:CreatePolicyVersion")
    assert said.endswith(": iam:CreatePolicyVersion (aws_iam_role_policy.p, statement 0)")
    assert said.count("iam:CreatePolicyVersion") == 1


def test_a_grant_is_said_to_be_needed_or_not() -> None:
    given, evidence = granting("sqs:*"), Recorder()
    (policy,) = identity_policies(given, given["aws_iam_role.r"])
    for holds, surplus in ((False, "nothing needs sqs:*"), (True, "")):
        grant = Grant(
            principal=given["aws_iam_role.r"],
            policy=policy,
            statement=policy.document.statements[0],
            granted="sqs:*",
            holds=holds,
            surplus=surplus,
        )
        _record(grant, Authority(given), MadeInquiry(given), evidence)
    assert {e.expected for e in evidence.evidence} == {
        "needed by the data path: sqs:* for aws_iam_role.r"
    }
    assert [e.found for e in evidence.evidence] == ["nothing needs sqs:*", "an edge of it needs it"]
