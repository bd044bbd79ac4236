"""The reasons of a decision: deciding statements, layers that do not allow, unknown facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from planproof.iam import (
    Decision,
    Effect,
    Layer,
    Policies,
    PolicyDocument,
    Request,
    StatementEffect,
    evaluate,
)
from planproof.values import UNKNOWN
from tests.builders.policies import policy, statement

ROLE = "arn:aws:iam::111122223333:role/app"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:q"


def allow(**more: Any) -> dict[str, Any]:
    return statement("sqs:*", **more)


def decide(policies: dict[str, Any], **request: Any) -> Decision:
    asked = {"action": "sqs:SendMessage", "resource": QUEUE, "principal": ROLE, **request}
    return evaluate(Request(**asked), Policies(**policies))


def test_reason_names_policy_index_sid_layer_and_effect() -> None:
    parsed = PolicyDocument.parse(
        policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, allow(Sid="Send")),
        "aws_iam_policy.send",
    )
    (reason,) = decide({"identity": [parsed]}).because
    assert (reason.policy, reason.index, reason.sid) == ("aws_iam_policy.send", 1, "Send")
    assert (reason.layer, reason.effect) == (Layer.IDENTITY, StatementEffect.ALLOW)
    assert reason.statement is parsed.statements[1]


def test_an_explicit_denial_names_the_denying_statement() -> None:
    decision = decide({"identity": [policy(allow(), allow(Effect="Deny"))]})
    text = str(decision)
    assert text.startswith("explicitly denied: identity[0], statement 1")
    assert "identity-based policy" in text
    assert "denies" in text
    assert repr(decision) == f"<Decision {decision}>"


S3 = {"principal": "s3.amazonaws.com"}
SHORTFALLS: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[Layer | None, str]]]] = [
    (
        "no policy allows",
        {},
        {},
        [
            (Layer.IDENTITY, "no statement of an identity-based policy allows sqs:SendMessage"),
            (Layer.RESOURCE, "there is no resource-based policy to allow"),
        ],
    ),
    (
        "the boundary does not allow",
        {"identity": [policy(allow())], "boundaries": [policy(allow(Action="s3:*"))]},
        {},
        [
            (Layer.BOUNDARY, "the permissions boundary does not allow"),
            (Layer.RESOURCE, "there is no resource-based policy to allow"),
        ],
    ),
    (
        "the session policy does not allow",
        {"identity": [policy(allow())], "session": policy(allow(Action="s3:*"))},
        {},
        [
            (Layer.SESSION, "no session policy allows"),
            (Layer.RESOURCE, "there is no resource-based policy to allow"),
        ],
    ),
    (
        "the organization does not allow",
        {"identity": [policy(allow())], "service_control": [[]]},
        {},
        [
            (Layer.SERVICE_CONTROL, "no service control policy allows"),
            (Layer.RESOURCE, "there is no resource-based policy to allow"),
        ],
    ),
    (
        "the resource-based policy allows another principal",
        {"resource": policy(allow(Principal={"Service": "sns.amazonaws.com"}))},
        S3,
        [(Layer.RESOURCE, "no statement of the resource-based policy allows sqs:SendMessage")],
    ),
    (
        "the resource has no policy for a service principal",
        {},
        S3,
        [(Layer.RESOURCE, "there is no resource-based policy to allow")],
    ),
    (
        "the resource-based policy delegates to the account",
        {"resource": policy(allow(Principal={"AWS": "111122223333"}))},
        {},
        [
            (Layer.IDENTITY, "no statement of an identity-based policy allows"),
            (Layer.RESOURCE, "leaves the decision to the account"),
        ],
    ),
]


@pytest.mark.parametrize(
    ("policies", "request_", "expected"),
    [row[1:] for row in SHORTFALLS],
    ids=[row[0] for row in SHORTFALLS],
)
def test_an_implicit_denial_names_each_layer_that_does_not_allow(
    policies: dict[str, Any], request_: dict[str, Any], expected: list[tuple[Layer | None, str]]
) -> None:
    decision = decide(policies, **request_)
    assert decision.effect is Effect.IMPLICITLY_DENIED
    assert [reason.layer for reason in decision.because] == [layer for layer, _ in expected]
    for reason, (_, text) in zip(decision.because, expected, strict=True):
        assert text in str(reason)
        assert (reason.policy, reason.index, reason.sid, reason.effect) == ("", None, None, None)


def test_an_implicit_denial_reports_that_the_root_user_cannot_assume_a_role() -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}}
    decision = decide(
        {"resource": policy(trust)},
        action="sts:AssumeRole",
        resource=ROLE,
        principal="111122223333",
    )
    assert decision.effect is Effect.IMPLICITLY_DENIED
    assert "root user cannot assume a role" in str(decision)


CONDITION = {"StringEquals": {"aws:SourceVpce": "a"}, "Bool": {"aws:SecureTransport": "true"}}


@pytest.mark.parametrize(
    ("statement", "request_", "facts"),
    [
        (
            allow(Condition=CONDITION),
            {},
            ["may allow", "request's aws:SourceVpce", "request's aws:SecureTransport"],
        ),
        (
            allow(Condition={"StringEquals": {"aws:PrincipalAccount": UNKNOWN}}),
            {},
            ["may allow", "value", "aws:PrincipalAccount"],
        ),
        (allow(Action=UNKNOWN), {}, ["may allow", "Action"]),
        (allow(Resource=UNKNOWN), {}, ["may allow", "its Resource"]),
        (allow(Condition=UNKNOWN), {}, ["may allow", "Condition"]),
        (
            allow(Effect=UNKNOWN),
            {},
            ["may allow or deny", "Effect"],
        ),
        (
            allow(Resource=QUEUE),
            {"resource": UNKNOWN, "resource_account": "111122223333"},
            ["may allow", "request's resource"],
        ),
        (UNKNOWN, {}, ["may allow or deny", "content"]),
    ],
)
def test_an_undetermined_decision_names_the_unknown_facts(
    statement: Any, request_: dict[str, Any], facts: list[str]
) -> None:
    decision = decide({"identity": [policy(statement)]}, **request_)
    assert decision.effect is Effect.UNDETERMINED
    assert decision.allowed is None
    text = str(decision)
    expected = ["identity[0], statement 0", "identity-based policy", *facts, "not known"]
    assert [fact for fact in expected if fact not in text] == []


def test_an_undetermined_denial_names_the_unknown_key() -> None:
    denial = allow(Effect="Deny", Condition={"StringEquals": {"aws:SourceVpce": "a"}})
    decision = decide({"identity": [policy(allow(), denial)]})
    text = str(decision)
    assert text.startswith("undetermined: identity[0], statement 1")
    assert "may deny" in text
    assert "aws:SourceVpce is not known" in text
    assert "statement 0" not in text


def test_an_undetermined_decision_names_the_unknown_principal() -> None:
    resource = policy(allow(Principal={"AWS": UNKNOWN}))
    decision = decide({"resource": resource})
    assert "its Principal" in str(decision)
    resource = policy(allow(Principal="*"), allow(Effect="Deny", NotPrincipal={"AWS": ROLE}))
    decision = decide({"resource": resource})
    assert decision.effect is Effect.UNDETERMINED
    assert "whether it applies to the caller is not known" in str(decision)


def test_an_undetermined_decision_names_the_unknown_owner() -> None:
    decision = decide(
        {"identity": [policy(allow(Action="s3:*"))]},
        action="s3:GetObject",
        resource="arn:aws:s3:::bucket/key",
    )
    assert decision.effect is Effect.UNDETERMINED
    assert "the account that owns the resource is not known" in str(decision)


def test_statements_that_allow_all_values_of_an_unknown_key_are_the_reasons() -> None:
    either = [
        allow(Sid="A", Condition={"StringEquals": {"k": "a"}}),
        allow(Sid="B", Condition={"StringNotEquals": {"k": "a"}}),
    ]
    decision = decide({"identity": [policy(*either)]})
    assert decision.effect is Effect.ALLOWED
    assert [reason.sid for reason in decision.because] == ["A", "B"]


@pytest.mark.parametrize(
    "given",
    [
        datetime(2026, 5, 1, 12, tzinfo=UTC),
        datetime(2026, 5, 1, 14, tzinfo=timezone(timedelta(hours=2))),
        "2026-05-01T12:00:00Z",
        1777636800,
    ],
)
def test_a_time_in_the_context_may_be_a_datetime(given: Any) -> None:
    now = {"DateEquals": {"aws:CurrentTime": "2026-05-01T12:00:00Z"}}
    policies = {"identity": [policy(allow(Condition=now))]}
    assert decide(policies, context={"aws:CurrentTime": given}).effect is Effect.ALLOWED
    later = datetime(2026, 5, 1, 12, 0, 1, tzinfo=UTC)
    decision = decide(policies, context={"aws:CurrentTime": later})
    assert decision.effect is Effect.IMPLICITLY_DENIED
