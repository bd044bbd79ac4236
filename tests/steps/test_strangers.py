"""Unneeded grants, escalation and external access on the shipped stack with a change."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.sdk_calls import SdkCalls, calls_of
from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from steps import least_privilege, strangers
from tests.builders.resolved_stacks import broken, verdict
from tests.builders.shipped import shipped, shipped_package, with_document, with_values
from tests.steps.stack_steps import FUNCTION, QUEUE, StackSteps, added, failures, first_statement

# Grants --------------------------------------------------------------------------------------


def test_every_grant_of_the_shipped_stack_is_needed() -> None:
    assert verdict(StackSteps(shipped()).grants()) is Verdict.PASSED


def test_a_grant_without_a_need_is_named() -> None:
    arn = shipped()["aws_dynamodb_table.assets"].get("arn")
    stack = with_document(shipped(), FUNCTION, added(Action="dynamodb:DeleteItem", Resource=arn))
    assert failures(StackSteps(stack).grants()) == ["nothing needs dynamodb:DeleteItem"]


def test_a_grant_on_too_wide_a_resource_is_named() -> None:
    def edit(document: dict[str, Any]) -> None:
        (keep,) = [s for s in document["Statement"] if s["Sid"] == "KeepRecords"]
        keep["Resource"] = "*"

    found = failures(StackSteps(with_document(shipped(), FUNCTION, edit)).grants())
    assert len(found) == 3
    assert found[0] == "nothing needs dynamodb:GetItem on *"


def test_a_grant_is_undetermined_while_the_code_is_unreadable() -> None:
    arn = shipped()["aws_dynamodb_table.assets"].get("arn")
    stack = with_document(shipped(), FUNCTION, added(Action="dynamodb:DeleteItem", Resource=arn))
    calls = SdkCalls(calls_of(shipped_package()).calls, ("main.py:3 makes a client at run time",))
    assert verdict(StackSteps(stack, calls).grants()) is Verdict.UNDETERMINED


# Ways up -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actions", "way", "management"),
    [
        ([], Verdict.PASSED, Verdict.PASSED),
        (["iam:CreatePolicyVersion"], Verdict.FAILED, Verdict.FAILED),
        (["kms:PutKeyPolicy"], Verdict.PASSED, Verdict.FAILED),
        (["lambda:UpdateFunctionCode"], Verdict.FAILED, Verdict.PASSED),
        (["lambda:CreateFunction", "lambda:InvokeFunction"], Verdict.PASSED, Verdict.PASSED),
        (["iam:PassRole", "cloudformation:CreateStack"], Verdict.FAILED, Verdict.PASSED),
    ],
)
def test_an_escalation_fails(actions: list[str], way: Verdict, management: Verdict) -> None:
    stack = shipped()
    if actions:
        stack = with_document(stack, FUNCTION, added(Action=actions, Resource="*"))
    steps = StackSteps(stack)
    assert verdict(steps.run(least_privilege.no_escalation)) is way
    steps.evidence = Recorder()
    asked = steps.run(least_privilege.no_management)
    assert verdict(asked) is management


def test_an_unknown_policy_is_one_piece_of_evidence() -> None:
    stack = with_values(shipped(), FUNCTION, policy=UNKNOWN)
    steps = StackSteps(stack)
    evidence = steps.run(least_privilege.no_escalation)
    assert verdict(evidence) is Verdict.UNDETERMINED
    assert len(evidence.evidence) == 2


def test_many_methods_are_counted() -> None:
    stack = with_document(shipped(), FUNCTION, added(Action="*", Resource="*"))
    steps = StackSteps(stack)
    evidence = steps.run(least_privilege.no_management)
    assert len(evidence.evidence) == 22
    assert failures(evidence)[-1].endswith(" more")


# Strangers -----------------------------------------------------------------------------------

ALL_KEPT = dict.fromkeys(
    ("no_other_account", "no_unauthenticated_caller", "no_confused_deputy", "no_needless_service"),
    Verdict.PASSED,
)


def test_the_shipped_stack_denies_external_principals() -> None:
    assert StackSteps(shipped()).strangers() == ALL_KEPT


@pytest.mark.parametrize(
    ("address", "edit", "steps_that_fail"),
    [
        pytest.param(
            QUEUE, first_statement(Condition=None), ["no_confused_deputy"], id="any bucket"
        ),
        pytest.param(
            QUEUE,
            first_statement(Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}}),
            ["no_confused_deputy"],
            id="any bucket of the account",
        ),
        pytest.param(
            QUEUE,
            added(Principal={"Service": "sns.amazonaws.com"}, Action="sqs:SendMessage"),
            ["no_confused_deputy", "no_needless_service"],
            id="another service",
        ),
        pytest.param(
            QUEUE,
            added(Principal={"Service": "ses.amazonaws.com"}, Action="sqs:SendMessage"),
            ["no_needless_service"],
            id="a service with nothing to do here",
        ),
        pytest.param(
            "aws_kms_key.media",
            added(
                Principal={"Service": "s3.amazonaws.com"},
                Action=["kms:Decrypt", "kms:GenerateDataKey"],
                Resource="*",
            ),
            ["no_confused_deputy"],
            id="the key for any bucket",
        ),
    ],
)
def test_access_by_external_principals_fails(
    address: str, edit: Any, steps_that_fail: list[str]
) -> None:
    stack = with_document(shipped(), address, edit)
    failed = dict.fromkeys(steps_that_fail, Verdict.FAILED)
    assert StackSteps(stack).strangers() == ALL_KEPT | failed


@pytest.mark.parametrize(
    ("principal", "step"),
    [
        ({"AWS": "111122223333"}, "no_other_account"),
        ({"AWS": "arn:aws:iam::111122223333:role/partner"}, "no_other_account"),
    ],
)
def test_access_by_another_account_fails(principal: dict[str, str], step: str) -> None:
    arn = shipped()["aws_sqs_queue.processing"].get("arn")
    statement = added(Principal=principal, Action="sqs:ReceiveMessage", Resource=arn)
    found = StackSteps(with_document(shipped(), QUEUE, statement)).strangers()
    assert found == ALL_KEPT | {step: Verdict.FAILED}


def test_a_wildcard_principal_is_every_caller() -> None:
    arn = shipped()["aws_sqs_queue.processing"].get("arn")
    statement = added(Principal="*", Action="sqs:SendMessage", Resource=arn)
    found = StackSteps(with_document(shipped(), QUEUE, statement)).strangers()
    assert found == {
        "no_other_account": Verdict.FAILED,
        "no_unauthenticated_caller": Verdict.FAILED,
        "no_confused_deputy": Verdict.FAILED,
        "no_needless_service": Verdict.FAILED,
    }


BUCKET = "aws_s3_bucket_policy.input"


@pytest.mark.parametrize(
    ("path", "principal", "condition", "steps_that_fail"),
    [
        (
            "/public/*",
            "*",
            None,
            ["no_other_account", "no_unauthenticated_caller", "no_needless_service"],
        ),
        ("/partners/*", {"AWS": "444455556666"}, None, ["no_other_account"]),
        ("/*", "*", {"StringEquals": {"aws:PrincipalOrgID": "o-films"}}, ["no_other_account"]),
        ("/*", "*", {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}, []),
    ],
)
def test_objects_of_other_accounts_fail(
    path: str, principal: Any, condition: Any, steps_that_fail: list[str]
) -> None:
    arn = shipped()["aws_s3_bucket.input"].get("arn")
    more = {"Condition": condition} if condition else {}
    statement = added(Principal=principal, Action="s3:GetObject", Resource=f"{arn}{path}", **more)
    steps = StackSteps(with_document(shipped(), BUCKET, statement))
    assert steps.strangers() == ALL_KEPT | dict.fromkeys(steps_that_fail, Verdict.FAILED)


def test_an_unneeded_service_is_named() -> None:
    statement = added(Principal={"Service": "ec2.amazonaws.com"}, Action="sqs:SendMessage")
    steps = StackSteps(with_document(shipped(), QUEUE, statement))
    evidence = steps.run(strangers.no_needless_service, steps.path)
    said = [e.expected for e in evidence.evidence if e.holds is False]
    assert said == ["ec2.amazonaws.com is refused"]


def test_another_account_can_take_the_name_of_a_bucket() -> None:
    arn = shipped()["aws_s3_bucket.input"].get("arn")
    edit = first_statement(Condition={"ArnEquals": {"aws:SourceArn": arn}})
    steps = StackSteps(with_document(shipped(), QUEUE, edit))
    evidence = steps.run(strangers.no_confused_deputy, steps.path)
    said = [e.expected for e in evidence.evidence if e.holds is False]
    assert said == [
        f"sqs:SendMessage refused to s3.amazonaws.com on behalf of {arn} of another account"
    ]


def test_a_condition_that_others_may_meet_is_undetermined() -> None:
    arn = shipped()["aws_sqs_queue.processing"].get("arn")
    office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    statement = added(Principal="*", Action="sqs:SendMessage", Resource=arn, Condition=office)
    found = StackSteps(with_document(shipped(), QUEUE, statement)).strangers()
    assert found["no_other_account"] is found["no_unauthenticated_caller"] is Verdict.UNDETERMINED


# Services, and no more than they have to do -----------------------------------------------------


def overreach(stack: Stack) -> Recorder:
    steps = StackSteps(stack)
    return steps.run(strangers.no_overreach, steps.path)


def test_the_shipped_stack_allows_services_only_what_they_need() -> None:
    found = overreach(shipped())
    assert verdict(found) is Verdict.PASSED
    assert len(found.evidence) == 15
    assert {e.expected for e in found.evidence if e.address == QUEUE} == {
        "needed by the data path: sqs:SendMessage for s3.amazonaws.com"
    }
    assert all(e.line for e in found.evidence)


WIDENED = [
    ("aws_iam_role.function", "Lambda", "sts:*", "assume_role_policy"),
    ("aws_iam_role.mediaconvert", "MediaConvertOfThisAccount", "sts:*", "assume_role_policy"),
    ("aws_kms_key.media", "InputBucketToEncryptedQueue", "kms:*", "policy"),
    ("aws_kms_key.media", "JobStateRuleToEncryptedQueue", "kms:*", "policy"),
    ("aws_kms_key.media", "FunctionLogGroup", "kms:*", "policy"),
    (QUEUE, "InputBucketSends", "sqs:*", "policy"),
    ("aws_sqs_queue_policy.status", "JobStateRuleSends", "sqs:*", "policy"),
]


@pytest.mark.parametrize(("address", "sid", "wide", "attribute"), WIDENED)
def test_a_service_with_unneeded_actions_fails(
    address: str, sid: str, wide: str, attribute: str
) -> None:
    def edit(document: dict[str, Any]) -> None:
        (said,) = [s for s in document["Statement"] if s["Sid"] == sid]
        said["Action"] = wide

    stack = with_document(shipped(), address, edit, attribute)
    found = overreach(stack)
    ((where, path, surplus, _),) = broken(found)
    assert (where, path.partition(".")[0]) == (address, attribute)
    assert surplus.startswith(f"nothing needs {wide[:-1]}")
    assert StackSteps(stack).strangers() == ALL_KEPT  # which is why the step is there


def test_an_unknown_key_policy_leaves_it_undetermined() -> None:
    found = overreach(with_values(shipped(), "aws_kms_key.media", policy=UNKNOWN))
    assert verdict(found) is Verdict.UNDETERMINED
