"""Why AWS refuses, in its own words: each type of policy, each service's error."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from planproof.emulation.account.model import ACCOUNT_ID, Call, Caller
from tests.emulation.account.decisions.scene import (
    REGION,
    Scene,
    allow,
    arn,
    client,
    deny,
    document,
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


def test_nothing_allows(scene: Scene) -> None:
    denial = scene.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.code == "AccessDeniedException"
    assert denial.message == (
        f"User: {SESSION} is not authorized to perform: dynamodb:PutItem on resource: {TABLE} "
        "because no identity-based policy allows the dynamodb:PutItem action"
    )
    assert (denial.principal, denial.undetermined) == (SESSION, False)


def test_an_explicit_deny(scene: Scene) -> None:
    scene.grant(allow("*"), deny("dynamodb:Put*", TABLE, Sid="NoWrites"))
    denial = scene.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.message.endswith(
        f"dynamodb:PutItem on resource: {TABLE} with an explicit deny in an identity-based policy"
    )
    assert "NoWrites" in denial.because
    assert "inline policy grants of role worker" in denial.because
    assert scene.call("dynamodb", "GetItem", TableName="assets", Key={}) is None


def test_a_permissions_boundary_that_does_not_allow(scene: Scene) -> None:
    scene.grant(allow("*"))
    boundary(allow("sqs:*"))
    denial = scene.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.message.endswith(
        "because no permissions boundary allows the dynamodb:PutItem action"
    )
    assert scene.call("sqs", "SendMessage", QueueUrl=URL) is None


def test_a_permissions_boundary_that_denies(scene: Scene) -> None:
    scene.grant(allow("*"))
    boundary(allow("*"), deny("dynamodb:PutItem"))
    denial = scene.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.message.endswith("with an explicit deny in a permissions boundary")


def test_a_permissions_boundary_that_is_gone_allows_nothing_for_certain(scene: Scene) -> None:
    scene.grant(allow("*"))
    client("iam").put_role_permissions_boundary(
        RoleName="worker", PermissionsBoundary=f"arn:aws:iam::{ACCOUNT_ID}:policy/none"
    )
    denial = scene.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.undetermined


def test_a_resource_policy_alone_allows_a_session(scene: Scene) -> None:
    lets = allow("sqs:SendMessage", QUEUE, Principal={"AWS": scene.role})
    scene.queue(policy=document(lets))
    assert scene.call("sqs", "SendMessage", QueueUrl=URL) is None
    assert scene.call("sqs", "ReceiveMessage", QueueUrl=URL) is not None


def test_a_resource_policy_denies(scene: Scene) -> None:
    scene.queue(policy=document(deny("sqs:*", QUEUE, Principal="*")))
    scene.grant(allow("sqs:*"))
    denial = scene.call("sqs", "SendMessage", QueueUrl=URL)
    assert denial is not None
    assert denial.message == (
        f"User: {SESSION} is not authorized to perform: sqs:sendmessage on resource: {QUEUE} "
        "with an explicit deny in a resource-based policy"
    )
    assert (denial.action, denial.code) == ("sqs:SendMessage", "AccessDenied")
    assert "policy of queue work" in denial.because


def test_a_role_is_not_assumed_without_its_trust(scene: Scene) -> None:
    other = scene.make_role("other")
    scene.grant(allow("sts:AssumeRole"))
    denial = scene.call("sts", "AssumeRole", RoleArn=other, RoleSessionName="s")
    assert denial is not None
    assert denial.message.endswith(
        f"{other} because no role trust policy allows the sts:AssumeRole action"
    )
    lets = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": scene.role}}
    client("iam").update_assume_role_policy(RoleName="other", PolicyDocument=document(lets))
    assert scene.call("sts", "AssumeRole", RoleArn=other, RoleSessionName="s") is None


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
            {"TopicArn": arn("sns", "told")},
            "AuthorizationError",
            f"SNS:Publish on resource: {arn('sns', 'told')} because no identity-based policy "
            "allows the SNS:Publish action",
        ),
        ("iam", "ListRoles", {}, "AccessDenied", "iam:ListRoles on resource: *"),
        ("xray", "PutTraceSegments", {}, "AccessDeniedException", "on resource: * because"),
        ("ec2", "DescribeInstances", {}, "UnauthorizedOperation", "ec2:DescribeInstances"),
        ("elasticache", "DescribeEvents", {}, "AccessDenied", "elasticache:DescribeEvents"),
    ],
)
def test_each_service_words_it_its_own_way(
    service: str, operation: str, parameters: dict[str, Any], code: str, says: str, scene: Scene
) -> None:
    denial = scene.call(service, operation, **parameters)
    assert denial is not None
    assert denial.code == code
    assert says in denial.message


def test_a_resource_that_cannot_be_told_is_refused_as_undetermined(scene: Scene) -> None:
    scene.grant(allow("ecr:DescribeImages", arn("ecr", "repository/app")))
    denial = scene.call("ecr", "DescribeImages")
    assert denial is not None
    assert denial.undetermined
    assert denial.resource == "*"
    assert "which repository ecr:DescribeImages is about cannot be told" in denial.because
    assert denial.message.endswith("because no identity-based policy allows the "
                                   "ecr:DescribeImages action")  # fmt: skip


def test_what_is_allowed_on_anything_is_allowed_on_what_cannot_be_told(scene: Scene) -> None:
    scene.grant(allow("ecr:DescribeImages"))
    assert scene.call("ecr", "DescribeImages") is None
    # A topic could have a policy that denies it, so nothing is certain.
    scene.grant(allow("sns:Publish"))
    denial = scene.call("sns", "Publish", PhoneNumber="+1")
    assert denial is not None
    assert denial.undetermined


def test_what_is_called_an_arn_and_is_none_is_refused_as_undetermined(scene: Scene) -> None:
    scene.grant(allow("sns:Publish", arn("sns", "told")), allow("iam:PassRole", scene.role))
    denial = scene.call("sns", "Publish", TopicArn="told")
    assert denial is not None
    assert denial.undetermined
    assert "'told' is no ARN" in denial.because
    caller = Caller(SESSION, scene.role)
    for refused in (
        scene.decisions.check_pass(caller, "worker", "lambda.amazonaws.com"),
        scene.decisions.check_assume("lambda.amazonaws.com", "worker", ""),
        scene.decisions.check_delivery("s3.amazonaws.com", "sqs:SendMessage", "x", "work"),
    ):
        assert refused is not None
        assert refused.undetermined
        assert "is no ARN" in refused.because


def test_an_operation_without_an_action_is_refused_as_undetermined(scene: Scene) -> None:
    scene.grant(allow("dynamodb:*"))
    denial = scene.call("dynamodb", "DescribeNothing", TableName="assets")
    assert denial is not None
    assert denial.undetermined
    assert "AWS lists no action for dynamodb:DescribeNothing" in denial.because


def test_an_unknown_context_key_is_refused_as_undetermined(scene: Scene) -> None:
    scene.grant(allow("dynamodb:*", "*", {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
    denial = scene.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.undetermined
    assert "aws:SourceIp" in denial.because


def test_a_policy_that_aws_would_not_take_allows_nothing_for_certain(scene: Scene) -> None:
    scene.grant(allow("dynamodb:*"))
    backend = scene.decisions._standing.role(scene.role)
    backend.policies["grants"] = '{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}'
    denial = scene.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert denial.undetermined
    assert "which AWS would not take" in denial.because


def test_something_of_another_account_may_be_guarded_in_any_way(scene: Scene) -> None:
    scene.grant(allow("*"))
    other = f"arn:aws:dynamodb:{REGION}:111122223333:table/assets"
    denial = scene.call("dynamodb", "PutItem", TableName=other, Item={})
    assert denial is not None
    assert denial.undetermined


def test_a_role_that_is_gone_is_allowed_nothing(scene: Scene) -> None:
    scene.grant(allow("*"))
    assert scene.call("dynamodb", "PutItem", **PUT) is None
    client("iam").delete_role_policy(RoleName="worker", PolicyName="grants")
    client("iam").delete_role(RoleName="worker")
    denial = scene.call("dynamodb", "PutItem", **PUT)
    assert denial is not None
    assert "does not exist" in denial.because


def test_the_owner_may_do_anything(scene: Scene) -> None:
    assert scene.decisions.check_call(Call("dynamodb", "PutItem", PUT, REGION)) is None


def test_who_one_is_may_always_be_asked(scene: Scene) -> None:
    scene.grant(deny("*"))
    assert scene.call("sts", "GetCallerIdentity") is None
    assert scene.call("sts", "DecodeAuthorizationMessage") is not None


def test_a_change_counts_at_once(scene: Scene) -> None:
    iam = client("iam")
    made = iam.create_policy(PolicyName="p", PolicyDocument=document(allow("dynamodb:GetItem")))
    policy = made["Policy"]["Arn"]
    assert scene.call("dynamodb", "PutItem", **PUT) is not None
    iam.attach_role_policy(RoleName="worker", PolicyArn=policy)
    assert scene.call("dynamodb", "PutItem", **PUT) is not None
    iam.create_policy_version(
        PolicyArn=policy, PolicyDocument=document(allow("dynamodb:PutItem")), SetAsDefault=True
    )
    assert scene.call("dynamodb", "PutItem", **PUT) is None
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    assert scene.call("dynamodb", "PutItem", **PUT) is not None
    iam.detach_role_policy(RoleName="worker", PolicyArn=policy)
    scene.grant(allow("dynamodb:PutItem"))
    assert scene.call("dynamodb", "PutItem", **PUT) is None


def test_threads_get_the_answers_that_one_would(scene: Scene) -> None:
    scene.queue()
    scene.grant(allow(["sqs:SendMessage", "dynamodb:PutItem"]))
    wrong: list[str] = []

    def ask() -> None:
        for _ in range(40):
            for service, operation, parameters, allowed in (
                ("sqs", "SendMessage", {"QueueUrl": URL}, True),
                ("sqs", "ReceiveMessage", {"QueueUrl": URL}, False),
                ("dynamodb", "PutItem", PUT, True),
                ("dynamodb", "DeleteItem", PUT, False),
            ):
                caller = Caller(SESSION, scene.role)
                call = Call(service, operation, parameters, REGION, caller)
                if (scene.decisions.check_call(call) is None) is not allowed:
                    wrong.append(str(call))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
