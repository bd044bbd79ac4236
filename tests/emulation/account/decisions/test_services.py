"""What services are allowed: deliveries, assuming roles, and being passed roles."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.emulation.account.model import ACCOUNT_ID, Caller, Denial
from tests.builders.policies import document, trust
from tests.emulation.account.decisions.policy_account import (
    OWNER,
    PolicyAccount,
    allow,
    arn,
    client,
)

S3, EVENTS, SNS = "s3.amazonaws.com", "events.amazonaws.com", "sns.amazonaws.com"
BUCKET = "arn:aws:s3:::uploads"
RULE = arn("events", "rule/states")
QUEUE = arn("sqs", "work")
MEDIA = "mediaconvert.amazonaws.com"
JOBS = arn("mediaconvert", "queues/Default")


def lets(service: str, action: str, resource: str, source: str) -> dict[str, Any]:
    condition = {
        "ArnEquals": {"aws:SourceArn": source},
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
    }
    return allow(action, resource, condition, Principal={"Service": service})


def sends(account: PolicyAccount, service: str = S3, source: str = BUCKET) -> Denial | None:
    return account.decisions.check_delivery(service, "sqs:SendMessage", source, QUEUE)


@pytest.mark.parametrize(("service", "source"), [(S3, BUCKET), (EVENTS, RULE)])
def test_delivery_needs_the_allowed_source(
    service: str, source: str, account: PolicyAccount
) -> None:
    account.queue(policy=document(lets(service, "sqs:SendMessage", QUEUE, source)))
    assert sends(account, service, source) is None
    denial = sends(account, service, f"{source}-other")
    assert denial is not None
    assert (denial.action, denial.resource) == ("sqs:SendMessage", QUEUE)
    assert denial.principal == service
    assert denial.message == (
        f"User: {service} is not authorized to perform: sqs:sendmessage on resource: {QUEUE} "
        "because no resource-based policy allows the sqs:sendmessage action"
    )
    assert sends(account, SNS, source) is not None


def test_source_of_another_account_is_denied(account: PolicyAccount) -> None:
    named = {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}
    any_rule = allow("sqs:SendMessage", QUEUE, named, Principal={"Service": EVENTS})
    account.queue(policy=document(any_rule))
    assert sends(account, EVENTS, RULE) is None
    assert sends(account, EVENTS, RULE.replace(ACCOUNT_ID, "111122223333")) is not None


def test_delivery_needs_a_resource_policy(account: PolicyAccount) -> None:
    account.queue()
    denial = sends(account)
    assert denial is not None
    assert not denial.undetermined
    assert "there is no resource-based policy" in denial.because


@pytest.mark.parametrize("missing", ["kms:GenerateDataKey", "kms:Decrypt"])
def test_delivery_to_encrypted_queue_needs_its_key(missing: str, account: PolicyAccount) -> None:
    actions = ["kms:GenerateDataKey", "kms:Decrypt"]
    uses = [lets(S3, action, "*", BUCKET) for action in actions]
    key = account.key(*uses)
    account.queue(policy=document(lets(S3, "sqs:SendMessage", QUEUE, BUCKET)), key=key)
    assert sends(account) is None
    left = [one for one in uses if one["Action"] != missing]
    client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=document(OWNER, *left))
    denial = sends(account)
    assert denial is not None
    assert (denial.action, denial.resource, denial.principal) == (missing, key, S3)
    assert f"because no resource-based policy allows the {missing} action" in denial.message


def test_aws_managed_key_allows_no_service(account: PolicyAccount) -> None:
    account.queue(policy=document(lets(S3, "sqs:SendMessage", QUEUE, BUCKET)), key="alias/aws/sqs")
    denial = sends(account)
    assert denial is not None
    assert "alias/aws/sqs is an AWS managed key" in denial.because


def test_missing_key_allows_no_delivery(account: PolicyAccount) -> None:
    gone = arn("kms", "key/0f6337be-2c7f-57d4-a55f-1d70c048e8ca")
    account.queue(policy=document(lets(S3, "sqs:SendMessage", QUEUE, BUCKET)), key=gone)
    denial = sends(account)
    assert denial is not None
    assert f"there is no KMS key {gone}" in denial.because


def test_default_topic_policy_allows_only_alarms(account: PolicyAccount) -> None:
    topic = client("sns").create_topic(Name="topic")["TopicArn"]
    alarm = arn("cloudwatch", "alarm:a")
    check = account.decisions.check_delivery
    assert check("cloudwatch.amazonaws.com", "sns:Publish", alarm, topic) is None
    assert check(EVENTS, "sns:Publish", RULE, topic) is not None
    policy = document(allow("sns:Publish", topic, Principal={"Service": EVENTS}))
    client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=policy
    )
    assert check(EVENTS, "sns:Publish", RULE, topic) is None


def test_eventbridge_sends_no_source_for_topic_key(account: PolicyAccount) -> None:
    key = account.key(lets(EVENTS, "kms:*", "*", RULE))
    topic = client("sns").create_topic(Name="topic", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    policy = document(allow("sns:Publish", topic, Principal={"Service": EVENTS}))
    client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=policy
    )
    denial = account.decisions.check_delivery(EVENTS, "sns:Publish", RULE, topic)
    assert denial is not None
    assert denial.action == "kms:GenerateDataKey"
    plain = allow("kms:*", Principal={"Service": EVENTS})
    client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=document(OWNER, plain))
    assert account.decisions.check_delivery(EVENTS, "sns:Publish", RULE, topic) is None


def test_lambda_permission_allows_invocation(account: PolicyAccount) -> None:
    function = account.function()
    check = account.decisions.check_delivery
    denial = check(S3, "lambda:InvokeFunction", BUCKET, function)
    assert denial is not None
    assert denial.code == "AccessDeniedException"
    client("lambda").add_permission(
        FunctionName="f",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal=S3,
        SourceArn=BUCKET,
        SourceAccount=ACCOUNT_ID,
    )
    assert check(S3, "lambda:InvokeFunction", BUCKET, function) is None
    assert check(S3, "lambda:InvokeFunction", f"{BUCKET}-2", function) is not None
    assert check(S3, "lambda:InvokeFunction", BUCKET, f"{function}:live") is not None


def test_logs_resource_policy_allows_delivery(account: PolicyAccount) -> None:
    group = arn("logs", "log-group:/a")
    check = account.decisions.check_delivery
    assert check(EVENTS, "logs:PutLogEvents", RULE, f"{group}:*") is not None
    policy = document(allow("logs:PutLogEvents", f"{group}:*", Principal={"Service": EVENTS}))
    client("logs").put_resource_policy(policyName="p", policyDocument=policy)
    assert check(EVENTS, "logs:PutLogEvents", RULE, f"{group}:*") is None


# Roles -------------------------------------------------------------------------------------------


def test_trust_policy_constrains_source(account: PolicyAccount) -> None:
    role = account.make_role("media", MEDIA)
    condition = {
        "ArnEquals": {"aws:SourceArn": JOBS},
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
    }
    text = trust(MEDIA, Condition=condition)
    client("iam").update_assume_role_policy(RoleName="media", PolicyDocument=text)
    assume = account.decisions.check_assume
    assert assume(MEDIA, role, JOBS) is None
    denial = assume(MEDIA, role, arn("mediaconvert", "queues/other"))
    assert denial is not None
    assert denial.message == (
        f"User: {MEDIA} is not authorized to perform: sts:AssumeRole on resource: {role} "
        "because no role trust policy allows the sts:AssumeRole action"
    )
    unsaid = assume(MEDIA, role, "")
    assert unsaid is not None
    assert unsaid.undetermined
    assert assume("lambda.amazonaws.com", role, JOBS) is not None


def test_missing_role_cannot_be_assumed(account: PolicyAccount) -> None:
    denial = account.decisions.check_assume(MEDIA, f"{account.role}-2", JOBS)
    assert denial is not None
    assert f"there is no role {account.role}-2" in denial.because


def test_pass_role_constrains_service(account: PolicyAccount) -> None:
    role = account.make_role("media", MEDIA)
    caller = Caller(f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/worker/session", account.role)
    check = account.decisions.check_pass
    condition = {"StringEquals": {"iam:PassedToService": MEDIA}}
    account.grant(allow("iam:PassRole", role, condition))
    assert check(caller, role, MEDIA) is None
    for other, service in ((role, "lambda.amazonaws.com"), (account.role, MEDIA)):
        denial = check(caller, other, service)
        assert denial is not None
        assert denial.message == (
            f"User: {caller.arn} is not authorized to perform: iam:PassRole on resource: {other} "
            "because no identity-based policy allows the iam:PassRole action"
        )
        assert denial.code == "AccessDeniedException"


def test_owner_passes_any_existing_role(account: PolicyAccount) -> None:
    assert account.decisions.check_pass(None, account.role, MEDIA) is None
    denial = account.decisions.check_pass(None, f"{account.role}-2", MEDIA)
    assert denial is not None
    assert "there is no role" in denial.because


def test_call_with_a_role_needs_pass_role(account: PolicyAccount) -> None:
    account.grant(allow("lambda:*"))
    role = account.make_role("other")
    denial = account.call("lambda", "CreateFunction", FunctionName="f", Role=role)
    assert denial is not None
    assert (denial.action, denial.resource) == ("iam:PassRole", role)
    account.grant(allow(["lambda:*", "iam:PassRole"]))
    assert account.call("lambda", "CreateFunction", FunctionName="f", Role=role) is None
