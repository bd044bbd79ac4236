"""Decisions by policies of all sides and by accounts, and the location of statements."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import Authority, Need
from planproof.aws.datapath.authority import policy_of_statement
from planproof.iam import Effect
from planproof.values import UNKNOWN
from tests.builders.parts import (
    KEY_ARN,
    arn,
    bucket,
    function,
    inline_policy,
    key,
    log_group,
    queue,
    resource_policy,
    role,
    table,
    topic,
)
from tests.builders.policies import S3, document, service_statement, statement
from tests.builders.stacks import ACCOUNT, SECOND_ACCOUNT, DeclaredResource, declare, stack

ASSETS = arn("dynamodb", "table/assets")
PUT = statement("dynamodb:PutItem", ASSETS)
LIMIT = arn("iam", "policy/limit", region="")


def decide(
    *parts: DeclaredResource,
    action: str = "dynamodb:PutItem",
    resource: Any = ASSETS,
    on: str = "",
    **more: Any,
) -> Effect:
    """What AWS decides on a role's request."""
    found = stack(*parts)
    by = found["aws_iam_role.r"]
    need = Need(action, by, resource, found[on] if on else None, **more)
    return Authority(found).decide(need).decision.effect


def boundary(*statements: Any, text: Any = None) -> DeclaredResource:
    policy = document(*statements) if text is None else text
    return declare("aws_iam_policy.limit", name="limit", arn=LIMIT, id=LIMIT, policy=policy)


def bounded() -> DeclaredResource:
    return role("r", permissions_boundary=LIMIT)


# Identity, boundary, denial -------------------------------------------------------------------


def test_a_grant_allows() -> None:
    assert decide(role("r"), table(), inline_policy(PUT)) is Effect.ALLOWED
    assert decide(role("r"), table()) is Effect.IMPLICITLY_DENIED
    assert (
        decide(role("r"), role("s"), table(), inline_policy(PUT, role="s"))
        is Effect.IMPLICITLY_DENIED
    )


@pytest.mark.parametrize(
    ("limit", "effect"),
    [
        (boundary(statement("dynamodb:*")), Effect.ALLOWED),
        (boundary(statement("s3:*")), Effect.IMPLICITLY_DENIED),
        (boundary(statement("dynamodb:*", f"{ASSETS}-2")), Effect.IMPLICITLY_DENIED),
        (boundary(statement("*"), {**PUT, "Effect": "Deny"}), Effect.EXPLICITLY_DENIED),
        (boundary(text=UNKNOWN), Effect.UNDETERMINED),
    ],
)
def test_a_boundary_limits(limit: DeclaredResource, effect: Effect) -> None:
    assert decide(bounded(), limit, table(), inline_policy(PUT)) is effect


def test_a_boundary_grants_nothing() -> None:
    assert decide(bounded(), boundary(statement("*")), table()) is Effect.IMPLICITLY_DENIED


def test_an_explicit_denial_of_the_role_wins() -> None:
    denial = {**PUT, "Effect": "Deny"}
    assert decide(role("r"), table(), inline_policy(PUT, denial)) is Effect.EXPLICITLY_DENIED


SEND = statement("sqs:SendMessage", arn("sqs", "work"))
SENT: dict[str, Any] = {"action": "sqs:SendMessage", "resource": arn("sqs", "work")}


@pytest.mark.parametrize(
    ("more", "effect"),
    [
        ({"Principal": "*"}, Effect.EXPLICITLY_DENIED),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}}, Effect.EXPLICITLY_DENIED),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/s"}}, Effect.ALLOWED),
        ({"NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}}, Effect.UNDETERMINED),
        (
            {"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            Effect.ALLOWED,
        ),
        (
            {"Principal": "*", "Condition": {"Bool": {"aws:ViaAWSService": "x"}}},
            Effect.UNDETERMINED,
        ),
    ],
)
def test_an_explicit_denial_of_the_resource_wins(more: dict[str, Any], effect: Effect) -> None:
    denial = {**statement("sqs:SendMessage"), "Effect": "Deny", **more}
    parts = (role("r"), inline_policy(SEND), queue(), resource_policy(queue(), denial))
    assert decide(*parts, **SENT) is effect


def test_the_resource_alone_may_allow_within_an_account() -> None:
    stmt = statement("sqs:SendMessage", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"})
    assert decide(role("r"), queue(), resource_policy(queue(), stmt), **SENT) is Effect.ALLOWED
    assert decide(role("r"), queue(), **SENT) is Effect.IMPLICITLY_DENIED


# What both sides know -------------------------------------------------------------------------


@pytest.mark.parametrize("grants", [[], [inline_policy(PUT)], [inline_policy(statement("*"))]])
def test_a_role_of_unknown_arn_is_undetermined(grants: list[DeclaredResource]) -> None:
    assert decide(role("r", arn=UNKNOWN), table(), *grants) is Effect.UNDETERMINED


@pytest.mark.parametrize("account", [ACCOUNT, SECOND_ACCOUNT])
@pytest.mark.parametrize(
    "service", ["dynamodb:table/theirs", "sqs:theirs", "kinesis:stream/theirs"]
)
def test_a_resource_outside_the_stack_may_have_any_policy(account: str, service: str) -> None:
    name, _, rest = service.partition(":")
    action = {"dynamodb": "PutItem", "sqs": "SendMessage", "kinesis": "PutRecord"}[name]
    request = {"action": f"{name}:{action}", "resource": arn(name, rest, account=account)}
    assert decide(role("r"), inline_policy(statement("*")), **request) is Effect.UNDETERMINED
    denied = {**statement("*"), "Effect": "Deny"}
    assert decide(role("r"), inline_policy(denied), **request) is Effect.EXPLICITLY_DENIED


def test_a_resource_without_policies_is_decided_by_identity_policies() -> None:
    request = {"action": "mediaconvert:CreateJob", "resource": arn("mediaconvert", "queues/q")}
    assert decide(role("r"), inline_policy(statement("*")), **request) is Effect.ALLOWED
    assert decide(role("r"), **request) is Effect.IMPLICITLY_DENIED


def test_an_unknown_resource_is_allowed_by_a_wildcard() -> None:
    parts = (role("r"), table(arn=UNKNOWN))
    there = {"resource": UNKNOWN, "on": "aws_dynamodb_table.assets"}
    assert decide(*parts, inline_policy(statement("dynamodb:*")), **there) is Effect.ALLOWED
    assert decide(*parts, inline_policy(PUT), **there) is Effect.UNDETERMINED
    assert decide(*parts, inline_policy(statement("s3:*")), **there) is Effect.IMPLICITLY_DENIED


THEIRS = arn("kms", "key/theirs", account=SECOND_ACCOUNT)
USE = statement("kms:Decrypt", THEIRS)


def their_key(*statements: Any) -> DeclaredResource:
    root = {"AWS": f"arn:aws:iam::{SECOND_ACCOUNT}:root"}
    text = document(statement("kms:*", Principal=root), *statements)
    return declare("aws_kms_key.theirs", key_id="theirs", id="theirs", arn=THEIRS, policy=text)


def test_a_key_of_another_account_needs_both_sides() -> None:
    lets_us = statement("kms:Decrypt", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    request: dict[str, Any] = {"action": "kms:Decrypt", "resource": THEIRS}
    # The part is in the account of its provider; here the key's is not that of the role.
    authority_of = [(their_key(lets_us), [inline_policy(USE)]), (their_key(), [inline_policy(USE)])]
    effects = [decide_abroad(part, grants, request) for part, grants in authority_of]
    assert effects == [Effect.ALLOWED, Effect.IMPLICITLY_DENIED]
    assert decide_abroad(their_key(lets_us), [], request) is Effect.IMPLICITLY_DENIED


def decide_abroad(
    part: DeclaredResource, grants: list[DeclaredResource], request: dict[str, Any]
) -> Effect:
    found = stack(role("r"), part, *grants, region=None)
    need = Need(
        request["action"], found["aws_iam_role.r"], request["resource"], found[str(part.resource)]
    )
    return Authority(found).decide(need).decision.effect


# The resource of an ARN -----------------------------------------------------------------------

OWNED = [
    ("arn:aws:s3:::films", "aws_s3_bucket.films"),
    ("arn:aws:s3:::films/in/a.mp4", "aws_s3_bucket.films"),
    ("arn:aws:s3:::films/in:a.mp4", "aws_s3_bucket.films"),
    ("arn:aws:s3:::films-2/a.mp4", "aws_s3_bucket.films_2"),
    ("arn:aws:s3:::films-3/a.mp4", None),
    ("arn:aws:s3:::film", None),
    (f"{ASSETS}/index/by-state", "aws_dynamodb_table.assets"),
    (f"{ASSETS}/stream/2026-01-01T00:00:00.000", "aws_dynamodb_table.assets"),
    (f"{ASSETS}-2", None),
    (f"{arn('logs', 'log-group:/films')}:log-stream:a/b", "aws_cloudwatch_log_group.g"),
    (f"{arn('logs', 'log-group:/films')}:*", "aws_cloudwatch_log_group.g"),
    (f"{arn('logs', 'log-group:/films/more')}:*", None),
    (f"{arn('lambda', 'function:job')}:live", "aws_lambda_function.job"),
    (arn("lambda", "function:job-2"), None),
    (f"{arn('sns', 'news')}:1234", "aws_sns_topic.news"),
    (arn("sqs", "work"), "aws_sqs_queue.work"),
    (f"{arn('sqs', 'work')}.fifo", None),
    (arn("sqs", "work", account=SECOND_ACCOUNT), None),
    (arn("sqs", "work", region="eu-west-1"), None),
    (f"arn:aws:iam::{ACCOUNT}:role/r", "aws_iam_role.r"),
    (f"arn:aws:iam::{ACCOUNT}:role/r/more", None),
    (arn("secretsmanager", "secret:films/api"), None),
    (KEY_ARN, "aws_kms_key.k"),
    ("nonsense", None),
    ("", None),
]


@pytest.mark.parametrize(("name", "owner"), OWNED, ids=[name for name, _ in OWNED])
def test_an_arn_belongs_to_the_resource_that_contains_it(name: str, owner: str | None) -> None:
    secret = arn("secretsmanager", "secret:films")
    found = stack(
        bucket(),
        bucket("films-2"),
        table(),
        log_group("/films"),
        function(),
        topic(),
        queue(),
        role("r"),
        key(),
        declare("aws_secretsmanager_secret.s", arn=secret),
    )
    part = Authority(found).resource_for(name)
    assert (str(part) if part else None) == owner


def test_a_configured_arn_does_not_identify_a_resource() -> None:
    work = arn("sqs", "work")
    written = {"arn": {"constant_value": work}}
    target = declare("aws_cloudwatch_event_target.t", refers=written, arn=work)
    found = stack(target, queue())
    assert str(Authority(found).resource_for(work)) == "aws_sqs_queue.work"
    assert Authority(stack(target)).resource_for(work) is None


# Locations of statements ----------------------------------------------------------------------

SOURCES = """resource "aws_iam_role" "r" {
}

resource "aws_iam_role_policy" "r" {
  policy = jsonencode({
    Statement = [
      { Effect = "Allow", Action = "dynamodb:PutItem" },
      { Effect = "Allow", Action = "s3:*" },
    ]
  })
}
"""


def test_a_decision_has_a_location() -> None:
    found = stack(role("r"), table(), inline_policy(PUT, statement("s3:*")), sources=SOURCES)
    authority = Authority(found)
    need = Need("dynamodb:PutItem", found["aws_iam_role.r"], ASSETS)
    decided = authority.decide(need)
    (reason,) = decided.decision.because
    assert reason.statement is not None
    assert authority.locate(decided, reason.statement) == ("main.tf", 7)
    holder = policy_of_statement(decided.policies, reason.statement)
    assert holder is not None
    assert str(holder.source) == "aws_iam_role_policy.r"


def test_a_statement_without_a_holder_has_no_location() -> None:
    found = stack(role("r"), table(), inline_policy(PUT), sources=SOURCES)
    authority = Authority(found)
    decided = authority.decide(Need("dynamodb:PutItem", found["aws_iam_role.r"], ASSETS))
    elsewhere = Authority(stack(role("r"), inline_policy(PUT)))
    (policy,) = elsewhere.identity_policies(found["aws_iam_role.r"])
    assert authority.locate(decided, policy.document.statements[0]) == ("", 0)


def test_a_statement_of_a_resource_policy_has_a_location() -> None:
    sources = """resource "aws_sqs_queue_policy" "work" {
  policy = jsonencode({
    Statement = [
      { Effect = "Allow" },
    ]
  })
}
"""
    found = stack(
        queue(), resource_policy(queue(), service_statement(S3, "sqs:SendMessage")), sources=sources
    )
    authority = Authority(found)
    decided = authority.decide(Need("sqs:SendMessage", S3, arn("sqs", "work")))
    (reason,) = decided.decision.because
    assert reason.statement is not None
    assert authority.locate(decided, reason.statement) == ("main.tf", 4)


def test_compiled_policies_are_kept_per_principal() -> None:
    """Compiled policies of one principal are not used for another."""
    found = stack(
        role("r"),
        role("s"),
        table(),
        inline_policy(PUT),
        inline_policy(statement("s3:*"), role="s"),
        queue(),
    )
    authority = Authority(found)
    allowed = [
        authority.decide(Need("dynamodb:PutItem", found[f"aws_iam_role.{name}"], ASSETS)).allowed
        for name in ("r", "s", "r")
    ]
    assert allowed == [True, False, True]
    assert authority.decide(Need("sqs:SendMessage", S3, arn("sqs", "work"))).allowed is False


def test_what_is_known_of_one_resource_outside_the_stack_is_not_used_for_another() -> None:
    grant = statement(["logs:PutLogEvents", "s3:GetObject"], "*")
    logs_policy = declare(
        "aws_cloudwatch_log_resource_policy.p",
        policy_name="p",
        policy_document=document(service_statement("es.amazonaws.com", "logs:PutLogEvents")),
    )
    found = stack(role("r"), inline_policy(grant), logs_policy)
    authority, by = Authority(found), found["aws_iam_role.r"]

    def effect(action: str, resource: str) -> Effect:
        return authority.decide(Need(action, by, resource)).decision.effect

    foreign = f"arn:aws:logs:us-east-1:{SECOND_ACCOUNT}:log-group:outside"
    assert effect("logs:PutLogEvents", arn("logs", "log-group:outside")) is Effect.ALLOWED
    assert effect("s3:GetObject", "arn:aws:s3:::outside/key") is Effect.UNDETERMINED
    assert effect("logs:PutLogEvents", foreign) is Effect.UNDETERMINED
    assert effect("logs:PutLogEvents", arn("logs", "log-group:outside")) is Effect.ALLOWED
