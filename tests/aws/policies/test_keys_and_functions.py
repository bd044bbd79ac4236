"""Access by the grants of a key, and by the permissions of a function."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.aws.policies.resource import resource_policies
from planproof.iam import Effect, Policies, Request, evaluate
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN
from tests.aws.policies.resource_kinds import (
    FUNCTION,
    FUNCTION_ARN,
    KEY,
    WORKER,
    allow_s3,
    constrained,
    decide,
    grant,
    key_values,
    permission,
)
from tests.builders.parts import arn, role_arn
from tests.builders.policies import S3
from tests.builders.stacks import ACCOUNT, SECOND_ACCOUNT, DeclaredResource, declare, stack

# Grants --------------------------------------------------------------------------------------


def use(found: Stack, action: str = "kms:Decrypt", **pairs: str) -> Effect:
    context: dict[str, Any] = {f"kms:EncryptionContext:{k}": v for k, v in pairs.items()}
    context["kms:EncryptionContextKeys"] = list(pairs) or None
    return decide(found, "aws_kms_key.k", action, WORKER, context)


def test_a_grant_allows_its_grantee_to_use_its_key() -> None:
    other = declare("aws_kms_key.other", **key_values("other"), policy=allow_s3("kms:Decrypt"))
    for named in ("k", key_values("k")["arn"]):
        found = stack(KEY, other, grant(key_id=named))
        assert use(found) is Effect.ALLOWED
        assert use(found, "kms:Encrypt") is Effect.IMPLICITLY_DENIED
        assert decide(found, "aws_kms_key.k", "kms:Decrypt", role_arn("x")) is (
            Effect.IMPLICITLY_DENIED
        )
        assert decide(found, "aws_kms_key.other", "kms:Decrypt", WORKER) is (
            Effect.IMPLICITLY_DENIED
        )
    by_service = stack(KEY, grant(grantee_principal="rds.amazonaws.com"))
    assert decide(by_service, "aws_kms_key.k", "kms:Decrypt", "rds.amazonaws.com") is Effect.ALLOWED


def test_a_grant_adds_to_the_key_policy() -> None:
    found = stack(declare("aws_kms_key.k", **key_values("k")), grant())
    labels = [policy.document.name for policy in resource_policies(found, found["aws_kms_key.k"])]
    assert labels == ["aws_kms_key.k (default key policy)", "aws_kms_grant.g (grant)"]


def test_a_grant_is_bound_to_its_encryption_context() -> None:
    subset = stack(KEY, constrained(encryption_context_subset={"app": "films"}))
    assert use(subset, app="films") is Effect.ALLOWED
    assert use(subset, app="films", more="yes") is Effect.ALLOWED
    assert use(subset, app="songs") is Effect.IMPLICITLY_DENIED
    assert use(subset) is Effect.IMPLICITLY_DENIED
    assert use(subset, "kms:DescribeKey") is Effect.ALLOWED  # has no encryption context
    equal = stack(KEY, constrained(encryption_context_equals={"app": "films"}))
    assert use(equal, app="films") is Effect.ALLOWED
    assert use(equal, APP="films") is Effect.ALLOWED
    assert use(equal, app="films", more="yes") is Effect.IMPLICITLY_DENIED
    assert use(equal) is Effect.IMPLICITLY_DENIED


@pytest.mark.parametrize(
    ("one", "problem"),
    [
        (grant(key_id=UNKNOWN), "aws_kms_key.k"),
        (grant(grantee_principal=UNKNOWN), "grantee_principal"),
        (grant(operations=UNKNOWN), "operations"),
        (grant(operations=[UNKNOWN]), "operations"),
        (grant(constraints=UNKNOWN), "constraints"),
        (constrained(encryption_context_equals=UNKNOWN), "constraints"),
        (
            constrained(encryption_context_subset={"app": UNKNOWN}),
            "constraints",
        ),
        (
            grant(grantee_principal="arn:aws:s3:::b"),
            "aws_kms_grant.g (grant): Statement[0].Principal.AWS is 'arn:aws:s3:::b'",
        ),
    ],
)
def test_an_unknown_part_of_a_grant_leaves_it_undetermined(
    one: DeclaredResource, problem: str
) -> None:
    found = stack(KEY, one)
    assert use(found, app="films") is Effect.UNDETERMINED
    assert problem in resource_policies(found, found["aws_kms_key.k"])[1].problem


def test_constraints_may_not_apply_to_unknown_operations() -> None:
    limits = [{"encryption_context_subset": {"app": "films"}}]
    found = stack(KEY, grant(operations=UNKNOWN, constraints=limits))
    assert use(found, "kms:DescribeKey") is Effect.UNDETERMINED


# Functions -----------------------------------------------------------------------------------

LIVE = f"{FUNCTION_ARN}:live"
BUCKET = {"aws:SourceArn": "arn:aws:s3:::films", "aws:SourceAccount": ACCOUNT}


def invoke(
    *items: DeclaredResource,
    caller: str = S3,
    on: str = FUNCTION_ARN,
    action: str = "lambda:InvokeFunction",
    **context: Any,
) -> Effect:
    keys = BUCKET | {key.replace("_", ":"): value for key, value in context.items()}
    found = stack(FUNCTION, *items)
    return decide(found, "aws_lambda_function.f", action, caller, keys, on)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("f", True),
        (FUNCTION_ARN, True),
        (f"{ACCOUNT}:function:f", True),
        ("function:f", True),
        ("g", False),
        ("ff", False),
        (arn("lambda", "function:g"), False),
        (arn("lambda", "function:f", region="eu-west-1"), False),
        (arn("lambda", "function:f", account=SECOND_ACCOUNT), False),
        (f"{SECOND_ACCOUNT}:function:f", False),
        ("no name of a function", False),
    ],
)
def test_a_permission_allows_to_invoke_its_function(written: str, named: bool) -> None:
    expected = Effect.ALLOWED if named else Effect.IMPLICITLY_DENIED
    assert invoke(permission(function_name=written)) is expected


def test_a_permission_of_a_version_or_alias_allows_nothing_else() -> None:
    alias = declare(
        "aws_lambda_alias.live", name="live", function_name="f", arn="arn:aws:x:::live", id="x"
    )
    of_alias = permission(function_name=alias.resource.get("arn"))
    for items in (
        [permission(qualifier="live")],
        [permission(function_name="f:live")],
        [permission(function_name=LIVE)],
        [alias, of_alias],
    ):
        assert invoke(*items, on=LIVE) is Effect.ALLOWED
        assert invoke(*items) is Effect.IMPLICITLY_DENIED
    assert invoke(permission(), on=LIVE) is Effect.IMPLICITLY_DENIED
    refers = ["aws_lambda_function.f.qualified_arn", "aws_lambda_function.f"]
    version = permission(function_name=UNKNOWN, refers={"function_name": refers})
    assert invoke(version, on=f"{FUNCTION_ARN}:1") is Effect.UNDETERMINED


def test_a_permission_is_for_its_principal() -> None:
    worker, elsewhere = role_arn("w"), f"arn:aws:iam::{SECOND_ACCOUNT}:role/w"
    assert invoke(permission(), caller="sns.amazonaws.com") is Effect.IMPLICITLY_DENIED
    everyone = permission(principal="*")
    assert invoke(everyone, caller="sns.amazonaws.com") is Effect.ALLOWED
    assert invoke(permission(principal=worker), caller=worker) is Effect.ALLOWED
    assert invoke(permission(principal=worker), caller=role_arn("v")) is Effect.IMPLICITLY_DENIED
    account = permission(principal=SECOND_ACCOUNT)
    found = stack(FUNCTION, account)
    (policy,) = resource_policies(found, found["aws_lambda_function.f"])
    request = Request("lambda:InvokeFunction", FUNCTION_ARN, elsewhere)
    identity = [json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})]
    policies = Policies(identity=identity, resource=policy.document)
    assert evaluate(request, policies).effect is Effect.ALLOWED
    assert evaluate(request, Policies(identity=identity)).effect is Effect.IMPLICITLY_DENIED


@pytest.mark.parametrize(
    ("values", "fitting", "other"),
    [
        (
            {"source_arn": "arn:aws:s3:::films"},
            {"aws_SourceArn": "arn:aws:s3:::films"},
            {"aws_SourceArn": "arn:aws:s3:::songs"},
        ),
        (
            {"source_arn": "arn:aws:s3:::f*"},
            {"aws_SourceArn": "arn:aws:s3:::films"},
            {"aws_SourceArn": "arn:aws:s3:::songs"},
        ),
        (
            {"source_account": ACCOUNT},
            {"aws_SourceAccount": ACCOUNT},
            {"aws_SourceAccount": SECOND_ACCOUNT},
        ),
        (
            {"principal_org_id": "o-123"},
            {"aws_PrincipalOrgID": "o-123"},
            {"aws_PrincipalOrgID": "o-456"},
        ),
        (
            {"function_url_auth_type": "NONE"},
            {"lambda_FunctionUrlAuthType": "NONE"},
            {"lambda_FunctionUrlAuthType": "AWS_IAM"},
        ),
        (
            {"event_source_token": "t"},
            {"lambda_EventSourceToken": "t"},
            {"lambda_EventSourceToken": "u"},
        ),
    ],
)
def test_each_limiting_argument_of_a_permission_is_a_condition(
    values: dict[str, Any], fitting: dict[str, Any], other: dict[str, Any]
) -> None:
    assert invoke(permission(**values), **fitting) is Effect.ALLOWED
    assert invoke(permission(**values), **other) is Effect.IMPLICITLY_DENIED
    (attribute,) = values
    assert invoke(permission(**{attribute: UNKNOWN}), **fitting) is Effect.UNDETERMINED


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"function_name": UNKNOWN}, "aws_lambda_function.f"),
        ({"principal": UNKNOWN}, "principal"),
        ({"action": UNKNOWN, "source_arn": UNKNOWN}, "action and source_arn"),
        (
            {"qualifier": UNKNOWN},
            "version, alias or function",
        ),
        (
            {"source_arn": "films"},
            "aws_lambda_permission.p: Statement[0].Condition.ArnLike.AWS:SourceArn is 'films'",
        ),
    ],
)
def test_an_unknown_part_of_a_permission_leaves_it_undetermined(
    values: dict[str, Any], problem: str
) -> None:
    one = permission(**values)
    assert invoke(one) is Effect.UNDETERMINED
    found = stack(FUNCTION, one)
    (policy,) = resource_policies(found, found["aws_lambda_function.f"])
    assert problem in policy.problem


def test_a_permission_may_be_for_a_function_with_an_unknown_name() -> None:
    nameless = declare("aws_lambda_function.f", function_name=UNKNOWN, id=UNKNOWN, arn=UNKNOWN)
    found = stack(nameless, permission())
    (policy,) = resource_policies(found, found["aws_lambda_function.f"])
    assert "aws_lambda_function.f" in policy.problem


def test_a_function_data_source_has_an_unknown_policy() -> None:
    looked_up = declare("data.aws_lambda_function.f", function_name="f", id="f", arn=FUNCTION_ARN)
    found = stack(looked_up, permission())
    assert len(resource_policies(found, found["data.aws_lambda_function.f"])) == 2
