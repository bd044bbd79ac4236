"""Why AWS refuses, in its own words: each type of policy, each service's error."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from planproof.emulation.account.model import ACCOUNT_ID, ApiCall, Caller
from tests.builders.policies import document
from tests.emulation.account.decisions.policy_account import (
    REGION,
    PolicyAccount,
    allow,
    arn,
    client,
    deny,
)

TABLE = arn("dynamodb", "table/assets")
QUEUE = arn("sqs", "work")
URL = f"http://127.0.0.1:5000/{ACCOUNT_ID}/work"
SESSION = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/worker/session"
PUT: dict[str, Any] = {"TableName": "assets", "Item": {"id": {"S": "1"}}}


def boundary(*statements: Any) -> str:
    """Put a permissions boundary on the role."""
    iam = client("iam")
    made = iam.create_policy(PolicyName="limits", PolicyDocument=document(*statements))
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=made["Policy"]["Arn"])
    return str(made["Policy"]["Arn"])


def test_implicit_deny(account: PolicyAccount) -> None:
    denial = account.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.code == "AccessDeniedException"
    assert denial.message == (
        f"User: {SESSION} is not authorized to perform: dynamodb:PutItem on resource: {TABLE} "
        "because no identity-based policy allows the dynamodb:PutItem action"
    )
    assert (denial.principal, denial.undetermined) == (SESSION, False)


def test_explicit_deny(account: PolicyAccount) -> None:
    account.grant(allow("*"), deny("dynamodb:Put*", TABLE, Sid="NoWrites"))
    denial = account.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.message.endswith(
        f"dynamodb:PutItem on resource: {TABLE} with an explicit deny in an identity-based policy"
    )
    assert "NoWrites" in denial.because
    assert "inline policy grants of role worker" in denial.because
    assert account.call("dynamodb", "GetItem", TableName="assets", Key={}) is None


def test_boundary_does_not_allow(account: PolicyAccount) -> None:
    account.grant(allow("*"))
    boundary(allow("sqs:*"))
    denial = account.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.message.endswith(
        "because no permissions boundary allows the dynamodb:PutItem action"
    )
    assert account.call("sqs", "SendMessage", QueueUrl=URL) is None


def test_boundary_denies(account: PolicyAccount) -> None:
    account.grant(allow("*"))
    boundary(allow("*"), deny("dynamodb:PutItem"))
    denial = account.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.message.endswith("with an explicit deny in a permissions boundary")


def test_missing_boundary_is_undetermined(account: PolicyAccount) -> None:
    account.grant(allow("*"))
    client("iam").put_role_permissions_boundary(
        RoleName="worker", PermissionsBoundary=f"arn:aws:iam::{ACCOUNT_ID}:policy/none"
    )
    denial = account.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.undetermined


def test_resource_policy_suffices(account: PolicyAccount) -> None:
    lets = allow("sqs:SendMessage", QUEUE, Principal={"AWS": account.role})
    account.queue(policy=document(lets))
    assert account.call("sqs", "SendMessage", QueueUrl=URL) is None
    assert account.call("sqs", "ReceiveMessage", QueueUrl=URL) is not None


def test_resource_policy_denies(account: PolicyAccount) -> None:
    account.queue(policy=document(deny("sqs:*", QUEUE, Principal="*")))
    account.grant(allow("sqs:*"))
    denial = account.call("sqs", "SendMessage", QueueUrl=URL)
    assert denial is not None
    assert denial.message == (
        f"User: {SESSION} is not authorized to perform: sqs:sendmessage on resource: {QUEUE} "
        "with an explicit deny in a resource-based policy"
    )
    assert (denial.action, denial.code) == ("sqs:SendMessage", "AccessDenied")
    assert "policy of queue work" in denial.because


def test_assume_role_needs_trust_policy(account: PolicyAccount) -> None:
    other = account.make_role("other")
    account.grant(allow("sts:AssumeRole"))
    denial = account.call("sts", "AssumeRole", RoleArn=other, RoleSessionName="s")
    assert denial is not None
    assert denial.message.endswith(
        f"{other} because no role trust policy allows the sts:AssumeRole action"
    )
    lets = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account.role}}
    client("iam").update_assume_role_policy(RoleName="other", PolicyDocument=document(lets))
    assert account.call("sts", "AssumeRole", RoleArn=other, RoleSessionName="s") is None


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "says"),
    [
        (
            "s3",
            "PutObject",
            {"Bucket": "uploads", "Key": "a b"},
            "AccessDenied",
            's3:PutObject on resource: "arn:aws:s3:::uploads/a b" because',
        ),
        (
            "sns",
            "Publish",
            {"TopicArn": arn("sns", "topic")},
            "AuthorizationError",
            f"SNS:Publish on resource: {arn('sns', 'topic')} because no identity-based policy "
            "allows the SNS:Publish action",
        ),
        ("iam", "ListRoles", {}, "AccessDenied", "iam:ListRoles on resource: *"),
        ("xray", "PutTraceSegments", {}, "AccessDeniedException", "on resource: * because"),
        ("ec2", "DescribeInstances", {}, "UnauthorizedOperation", "ec2:DescribeInstances"),
        ("elasticache", "DescribeEvents", {}, "AccessDenied", "elasticache:DescribeEvents"),
    ],
)
def test_code_and_message_of_each_service(
    service: str,
    operation: str,
    parameters: dict[str, Any],
    code: str,
    says: str,
    account: PolicyAccount,
) -> None:
    denial = account.call(service, operation, **parameters)
    assert denial is not None
    assert denial.code == code
    assert says in denial.message


def test_unknown_resource_is_undetermined(account: PolicyAccount) -> None:
    account.grant(allow("ecr:DescribeImages", arn("ecr", "repository/app")))
    denial = account.call("ecr", "DescribeImages")
    assert denial is not None
    assert denial.undetermined
    assert denial.resource == "*"
    assert "which repository ecr:DescribeImages" in denial.because
    assert denial.message.endswith("because no identity-based policy allows the "
                                   "ecr:DescribeImages action")  # fmt: skip


def test_unknown_resource_matches_a_wildcard(account: PolicyAccount) -> None:
    account.grant(allow("ecr:DescribeImages"))
    assert account.call("ecr", "DescribeImages") is None
    # A topic could have a policy that denies it, so nothing is certain.
    account.grant(allow("sns:Publish"))
    denial = account.call("sns", "Publish", PhoneNumber="+1")
    assert denial is not None
    assert denial.undetermined


def test_malformed_arn_is_undetermined(account: PolicyAccount) -> None:
    account.grant(allow("sns:Publish", arn("sns", "topic")), allow("iam:PassRole", account.role))
    denial = account.call("sns", "Publish", TopicArn="topic")
    assert denial is not None
    assert denial.undetermined
    assert "'topic' is not an ARN" in denial.because
    caller = Caller(SESSION, account.role)
    for refused in (
        account.decisions.check_pass(caller, "worker", "lambda.amazonaws.com"),
        account.decisions.check_assume("lambda.amazonaws.com", "worker", ""),
        account.decisions.check_delivery("s3.amazonaws.com", "sqs:SendMessage", "x", "work"),
    ):
        assert refused is not None
        assert refused.undetermined
        assert "is not an ARN" in refused.because


def test_operation_without_action_is_undetermined(account: PolicyAccount) -> None:
    account.grant(allow("dynamodb:*"))
    denial = account.call("dynamodb", "DescribeNothing", TableName="assets")
    assert denial is not None
    assert denial.undetermined
    assert "no IAM action for dynamodb:DescribeNothing" in denial.because


def test_unknown_condition_key_is_undetermined(account: PolicyAccount) -> None:
    account.grant(allow("dynamodb:*", "*", {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
    denial = account.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.undetermined
    assert "aws:SourceIp" in denial.because


def test_invalid_policy_is_undetermined(account: PolicyAccount) -> None:
    account.grant(allow("dynamodb:*"))
    backend = account.decisions._state.role(account.role)
    backend.policies["grants"] = '{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}'
    denial = account.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.undetermined
    assert "AWS would reject" in denial.because


def test_resource_of_another_account_is_undetermined(account: PolicyAccount) -> None:
    account.grant(allow("*"))
    other = f"arn:aws:dynamodb:{REGION}:111122223333:table/assets"
    denial = account.call("dynamodb", "PutItem", TableName=other, Item={})
    assert denial is not None
    assert denial.undetermined


def test_deleted_role_is_denied(account: PolicyAccount) -> None:
    account.grant(allow("*"))
    assert account.call("dynamodb", "PutItem", **PUT) is None
    client("iam").delete_role_policy(RoleName="worker", PolicyName="grants")
    client("iam").delete_role(RoleName="worker")
    denial = account.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert "does not exist" in denial.because


def test_owner_is_always_allowed(account: PolicyAccount) -> None:
    assert account.decisions.check_call(ApiCall("dynamodb", "PutItem", PUT, REGION)) is None


def test_get_caller_identity_is_always_allowed(account: PolicyAccount) -> None:
    account.grant(deny("*"))
    assert account.call("sts", "GetCallerIdentity") is None
    assert account.call("sts", "DecodeAuthorizationMessage") is not None


def test_policy_change_applies_at_once(account: PolicyAccount) -> None:
    iam = client("iam")
    made = iam.create_policy(PolicyName="p", PolicyDocument=document(allow("dynamodb:GetItem")))
    policy = made["Policy"]["Arn"]
    assert account.call("dynamodb", "PutItem", **PUT) is not None
    iam.attach_role_policy(RoleName="worker", PolicyArn=policy)
    assert account.call("dynamodb", "PutItem", **PUT) is not None
    iam.create_policy_version(
        PolicyArn=policy, PolicyDocument=document(allow("dynamodb:PutItem")), SetAsDefault=True
    )
    assert account.call("dynamodb", "PutItem", **PUT) is None
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    assert account.call("dynamodb", "PutItem", **PUT) is not None
    iam.detach_role_policy(RoleName="worker", PolicyArn=policy)
    account.grant(allow("dynamodb:PutItem"))
    assert account.call("dynamodb", "PutItem", **PUT) is None


def test_decisions_are_thread_safe(account: PolicyAccount) -> None:
    account.queue()
    account.grant(allow(["sqs:SendMessage", "dynamodb:PutItem"]))
    wrong: list[str] = []

    def check() -> None:
        for _ in range(40):
            for service, operation, parameters, allowed in (
                ("sqs", "SendMessage", {"QueueUrl": URL}, True),
                ("sqs", "ReceiveMessage", {"QueueUrl": URL}, False),
                ("dynamodb", "PutItem", PUT, True),
                ("dynamodb", "DeleteItem", PUT, False),
            ):
                caller = Caller(SESSION, account.role)
                call = ApiCall(service, operation, parameters, REGION, caller)
                if (account.decisions.check_call(call) is None) is not allowed:
                    wrong.append(str(call))

    threads = [threading.Thread(target=check) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
