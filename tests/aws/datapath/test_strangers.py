"""Access by other accounts, unauthenticated callers and unneeded services."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import Authority
from planproof.aws.datapath.guarded import OTHER_ACCOUNT, Attempt, resources_with_policies
from planproof.aws.datapath.outsiders import external_access
from planproof.aws.datapath.unneeded_services import unneeded_services
from planproof.aws.policies.resource import resource_policy_types
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import path_of
from tests.builders.parts import (
    arn,
    bucket,
    function,
    key,
    log_group,
    queue,
    resource_policy,
    role,
    rule,
    table,
    topic,
)
from tests.builders.policies import EVENTS, S3, document, service_statement, statement
from tests.builders.stacks import ACCOUNT, SECOND_ACCOUNT, DeclaredResource, declare, stack

NOBODY = "an unauthenticated caller"
SECRET = arn("secretsmanager", "secret:api-AbCdEf")
BUS = arn("events", "event-bus/films")


def secret() -> DeclaredResource:
    return declare("aws_secretsmanager_secret.s", name="api", id=SECRET, arn=SECRET)


def bus() -> DeclaredResource:
    return declare("aws_cloudwatch_event_bus.b", name="films", id="films", arn=BUS)


# type of part → the parts with a policy of one statement, and an action of its service
def of_bucket(stmt: Any) -> list[DeclaredResource]:
    return [bucket(), resource_policy(bucket(), stmt)]


def of_queue(stmt: Any) -> list[DeclaredResource]:
    return [queue(), resource_policy(queue(), stmt)]


def of_topic(stmt: Any) -> list[DeclaredResource]:
    return [topic(), resource_policy(topic(), stmt)]


def of_key(stmt: Any) -> list[DeclaredResource]:
    return [key(policy=document(stmt))]


def of_table(stmt: Any) -> list[DeclaredResource]:
    named = {"resource_arn": table().resource.get("arn"), "policy": document(stmt)}
    return [table(), declare("aws_dynamodb_resource_policy.p", **named)]


def of_secret(stmt: Any) -> list[DeclaredResource]:
    text = document(stmt)
    return [secret(), declare("aws_secretsmanager_secret_policy.p", secret_arn=SECRET, policy=text)]


def of_bus(stmt: Any) -> list[DeclaredResource]:
    text = document(stmt)
    return [
        bus(),
        declare("aws_cloudwatch_event_bus_policy.p", event_bus_name="films", policy=text),
    ]


def of_log_group(stmt: Any) -> list[DeclaredResource]:
    policy = declare("aws_cloudwatch_log_resource_policy.p", policy_document=document(stmt))
    return [log_group(), policy]


def of_role(stmt: Any) -> list[DeclaredResource]:
    trusted = {name: value for name, value in stmt.items() if name != "Resource"}
    return [role("r", assume_role_policy=document(trusted))]


KINDS: dict[str, tuple[Any, str]] = {
    "bucket": (of_bucket, "s3:GetObject"),
    "queue": (of_queue, "sqs:SendMessage"),
    "topic": (of_topic, "sns:Publish"),
    "key": (of_key, "kms:Decrypt"),
    "table": (of_table, "dynamodb:PutItem"),
    "secret": (of_secret, "secretsmanager:GetSecretValue"),
    "event bus": (of_bus, "events:PutEvents"),
    "log group": (of_log_group, "logs:PutLogEvents"),
    "role": (of_role, "sts:AssumeRole"),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def parts_of(kind: str, principal: Any, **more: Any) -> list[DeclaredResource]:
    how, action = KINDS[kind]
    element = {} if principal is None else {"Principal": principal}
    made_: list[DeclaredResource] = how(statement(action, **element, **more))
    return made_


def tried(*parts: DeclaredResource, region: str | None = "us-east-1") -> dict[str, Attempt]:
    """The attempt of each external caller on the first resource."""
    found = stack(*parts, region=region)
    attempts = list(external_access(Authority(found), parts[0].resource))
    assert len({attempt.caller for attempt in attempts}) == len(attempts)
    return {attempt.caller: attempt for attempt in attempts}


def verdicts(*parts: DeclaredResource, **more: Any) -> dict[str, bool | None]:
    return {who: attempt.holds for who, attempt in tried(*parts, **more).items()}


REFUSED = {"another account": True, NOBODY: True}
OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"

# Other accounts -------------------------------------------------------------------------------


@each_kind
@pytest.mark.parametrize(
    "principal", [{"AWS": OWN_ROLE}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {"AWS": ACCOUNT}]
)
def test_the_own_account_is_not_tried(kind: str, principal: Any) -> None:
    assert verdicts(*parts_of(kind, principal)) == REFUSED


@each_kind
@pytest.mark.parametrize(
    "principal",
    [
        f"arn:aws:iam::{SECOND_ACCOUNT}:root",
        SECOND_ACCOUNT,
        f"arn:aws:iam::{SECOND_ACCOUNT}:role/theirs",
        f"arn:aws:iam::{SECOND_ACCOUNT}:user/theirs",
        f"arn:aws:sts::{SECOND_ACCOUNT}:assumed-role/theirs/session",
    ],
    ids=["root", "account id", "role", "user", "session"],
)
def test_a_named_account_is_reported_as_allowed(kind: str, principal: str) -> None:
    found = tried(*parts_of(kind, {"AWS": [OWN_ROLE, principal]}))
    assert {who: attempt.holds for who, attempt in found.items()} == {
        **REFUSED,
        f"account {SECOND_ACCOUNT}": False,
    }
    attempt = found[f"account {SECOND_ACCOUNT}"]
    assert attempt.actions == (KINDS[kind][1],)
    assert attempt.statement is not None
    assert attempt.policies


@each_kind
@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
def test_principal_wildcard_includes_every_caller(kind: str, principal: Any) -> None:
    assert verdicts(*parts_of(kind, principal)) == {"another account": False, NOBODY: False}


@pytest.mark.parametrize("principal", [{"CanonicalUser": "a" * 64}, {"AWS": "AIDA" + "A" * 17}])
def test_the_account_of_a_principal_id_is_unknown(principal: Any) -> None:
    assert verdicts(*parts_of("bucket", principal)) == {"another account": None, NOBODY: True}


OWN: list[tuple[str, str, Any]] = [
    ("StringEquals", "aws:PrincipalAccount", ACCOUNT),
    ("StringEquals", "aws:SourceAccount", ACCOUNT),
    ("ArnLike", "aws:SourceArn", "arn:aws:s3:::films"),
    ("StringEquals", "aws:SourceOrgID", "o-films"),
    ("StringEquals", "aws:SourceOwner", ACCOUNT),
    ("ArnEquals", "aws:PrincipalArn", OWN_ROLE),
    ("StringEquals", "kms:CallerAccount", ACCOUNT),
]


@each_kind
@pytest.mark.parametrize(("operator", "name", "value"), OWN, ids=[name for _, name, _ in OWN])
def test_a_condition_on_the_principal_excludes_external_callers(
    kind: str, operator: str, name: str, value: Any
) -> None:
    only = {operator: {name: value}}
    assert verdicts(*parts_of(kind, "*", Condition=only)) == REFUSED


@pytest.mark.parametrize(
    ("operator", "name", "value", "holds"),
    [
        ("StringEquals", "aws:PrincipalAccount", OTHER_ACCOUNT, False),
        ("StringNotEquals", "aws:PrincipalAccount", ACCOUNT, False),
        ("StringEqualsIfExists", "aws:SourceAccount", ACCOUNT, False),
        ("Bool", "aws:SecureTransport", "true", False),
        ("Bool", "aws:SecureTransport", "false", True),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8", None),
        ("StringEquals", "aws:SourceVpce", "vpce-1", None),
    ],
)
@pytest.mark.parametrize("kind", ["bucket", "queue", "key"])
def test_a_condition_that_an_external_caller_can_meet_does_not(
    kind: str, operator: str, name: str, value: str, holds: bool | None
) -> None:
    found = verdicts(*parts_of(kind, {"AWS": "*"}, Condition={operator: {name: value}}))
    assert found["another account"] is holds


def test_a_denial_excludes_external_callers() -> None:
    action = "sqs:SendMessage"
    denial = {
        **statement(action, Principal="*"),
        "Effect": "Deny",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}},
    }
    parts = (queue(), resource_policy(queue(), statement(action, Principal="*"), denial))
    assert verdicts(*parts) == REFUSED


@pytest.mark.parametrize("kind", ["bucket", "queue", "topic"])
def test_not_principal_includes_external_principals(kind: str) -> None:
    but_us = {"NotPrincipal": {"AWS": OWN_ROLE}}
    assert verdicts(*parts_of(kind, None, **but_us))["another account"] is False


@pytest.mark.parametrize(
    ("principal", "who", "holds"),
    [
        ({"Federated": "cognito-identity.amazonaws.com"}, "cognito-identity.amazonaws.com", False),
        (
            {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/example.com"},
            f"arn:aws:iam::{ACCOUNT}:oidc-provider/example.com",
            False,
        ),
    ],
)
def test_federated_principals_are_external(principal: Any, who: str, holds: bool) -> None:
    stmt = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity"}
    found = verdicts(role("r", assume_role_policy=document(stmt)))
    assert found == {**REFUSED, f"a federated principal of {who}": holds}


def test_a_policy_of_unknown_text_is_undetermined() -> None:
    unread = declare(
        "aws_sqs_queue_policy.p", queue_url=queue().resource.get("url"), policy=UNKNOWN
    )
    assert set(verdicts(queue(), unread).values()) == {None}


def test_in_an_unknown_account_only_unnamed_accounts_are_certainly_external() -> None:
    nowhere = queue(arn=UNKNOWN)
    for principal, named in (
        ({"AWS": SECOND_ACCOUNT}, None),
        ({"AWS": [SECOND_ACCOUNT, "*"]}, None),
    ):
        stmt = statement("sqs:SendMessage", Principal=principal)
        found = verdicts(nowhere, resource_policy(queue(), stmt), region=None)
        assert found[f"account {SECOND_ACCOUNT}"] is named
    assert found["another account"] is False


@pytest.mark.parametrize(
    "part",
    [
        bucket(),
        queue(),
        topic(),
        key(policy=UNKNOWN, computed=("policy",)),
        table(),
        secret(),
        bus(),
        log_group(),
        role("r"),
        function(),
    ],
    ids=str,
)
def test_default_policies_allow_no_external_caller(part: DeclaredResource) -> None:
    assert verdicts(part) == REFUSED


def test_every_type_with_resource_policies_is_listed() -> None:
    every = [declare(f"{type_}.x", arn=arn("x", "x")) for type_ in sorted(resource_policy_types())]
    found = stack(*every, declare("data.aws_sqs_queue.d"), declare("aws_sfn_state_machine.m"))
    assert {str(part) for part in resources_with_policies(Authority(found))} == {
        f"{type_}.x" for type_ in resource_policy_types()
    }


# Unneeded services ----------------------------------------------------------------------------


def notified(*statements: Any, target: Any = None) -> dict[str, tuple[bool | None, str]]:
    """The verdict on each service at a queue that a bucket notifies."""
    work = queue()
    notice = declare(
        "aws_s3_bucket_notification.n",
        bucket="films",
        queue=[{"queue_arn": arn("sqs", "work") if target is None else target}],
    )
    found = stack(bucket(), notice, work, resource_policy(work, *statements), rule())
    authority = Authority(found)
    attempts = unneeded_services(authority, path_of(found), found["aws_sqs_queue.work"])
    return {attempt.caller: (attempt.holds, attempt.found) for attempt in attempts}


SEND = "sqs:SendMessage"


def test_a_service_that_an_edge_needs_is_accepted() -> None:
    assert notified(service_statement(S3, SEND)) == {
        S3: (True, "an edge of the data path needs it")
    }
    assert notified(service_statement("S3.AmazonAWS.com", SEND))["S3.AmazonAWS.com"][0] is True


def test_a_service_that_no_edge_needs_is_reported() -> None:
    found = notified(service_statement(S3, SEND), service_statement(EVENTS, SEND))
    assert [holds for holds, _ in found.values()] == [True, False]
    assert "no edge of the data path needs it" in found[EVENTS][1]


def test_a_denial_allows_no_service() -> None:
    assert notified({**service_statement(EVENTS, SEND), "Effect": "Deny"}) == {}


def test_principals_of_the_account_are_no_services() -> None:
    assert notified(statement(SEND, Principal={"AWS": OWN_ROLE})) == {}


def test_not_principal_allows_every_service() -> None:
    found = notified({**statement(SEND), "NotPrincipal": {"AWS": OWN_ROLE}})
    assert found["every principal but some"][0] is False


def test_an_edge_of_unknown_target_may_need_it() -> None:
    assert notified(service_statement(S3, SEND), target=UNKNOWN)[S3][0] is None
    elsewhere = arn("sqs", "work", account=SECOND_ACCOUNT)
    assert notified(service_statement(S3, SEND), target=elsewhere)[S3][0] is False


def test_a_policy_of_unknown_text_may_allow_services() -> None:
    unread = declare(
        "aws_sqs_queue_policy.p", queue_url=queue().resource.get("url"), policy=UNKNOWN
    )
    found = stack(queue(), unread)
    authority = Authority(found)
    (attempt,) = unneeded_services(authority, path_of(found), found["aws_sqs_queue.work"])
    assert (attempt.caller, attempt.holds) == ("an unknown principal", None)


def test_only_the_role_of_a_function_needs_lambda() -> None:
    for parts, holds in (
        ((function(), role("r")), True),
        ((role("r"),), False),
        ((function(role=UNKNOWN), role("r")), None),
    ):
        found = stack(*parts)
        attempts = unneeded_services(Authority(found), path_of(found), found["aws_iam_role.r"])
        assert [attempt.holds for attempt in attempts] == [holds]
