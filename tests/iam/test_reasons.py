"""A decision says which statements decided, or what was missing, in words."""

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

ROLE = "arn:aws:iam::111122223333:role/app"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:q"


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", **more}


def document(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def decide(policies: dict[str, Any], **request: Any) -> Decision:
    asked = {"action": "sqs:SendMessage", "resource": QUEUE, "principal": ROLE, **request}
    return evaluate(Request(**asked), Policies(**policies))


def test_reason_names_policy_index_sid_layer_and_effect() -> None:
    parsed = PolicyDocument.parse(
        document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, allow(Sid="Send")),
        "aws_iam_policy.send",
    )
    (reason,) = decide({"identity": [parsed]}).because
    assert (reason.policy, reason.index, reason.sid) == ("aws_iam_policy.send", 1, "Send")
    assert (reason.layer, reason.effect) == (Layer.IDENTITY, StatementEffect.ALLOW)
    assert reason.statement is parsed.statements[1]


def test_denial_is_worded() -> None:
    decision = decide({"identity": [document(allow(), allow(Effect="Deny"))]})
    assert str(decision) == (
        "explicitly denied: identity[0], statement 1 (identity-based policy) denies it"
    )
    assert repr(decision) == f"<Decision {decision}>"


S3 = {"principal": "s3.amazonaws.com"}
SHORTFALLS: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[Layer | None, str]]]] = [
    (
        "nothing allows",
        {},
        {},
        [
            (Layer.IDENTITY, "no statement of an identity-based policy allows sqs:SendMessage"),
            (Layer.RESOURCE, "there is no resource-based policy to allow"),
        ],
    ),
    (
        "the boundary is silent",
        {"identity": [document(allow())], "boundaries": [document(allow(Action="s3:*"))]},
        {},
        [
            (Layer.BOUNDARY, "the permissions boundary does not allow"),
            (Layer.RESOURCE, "there is no resource-based policy to allow"),
        ],
    ),
    (
        "the session policy is silent",
        {"identity": [document(allow())], "session": document(allow(Action="s3:*"))},
        {},
        [
            (Layer.SESSION, "no session policy allows"),
            (Layer.RESOURCE, "there is no resource-based policy to allow"),
        ],
    ),
    (
        "the organization is silent",
        {"identity": [document(allow())], "service_control": [[]]},
        {},
        [
            (Layer.SERVICE_CONTROL, "no service control policy of some level allows"),
            (Layer.RESOURCE, "there is no resource-based policy to allow"),
        ],
    ),
    (
        "the resource's policy means others",
        {"resource": document(allow(Principal={"Service": "sns.amazonaws.com"}))},
        S3,
        [(Layer.RESOURCE, "no statement of the resource-based policy allows sqs:SendMessage")],
    ),
    (
        "there is no policy for a service",
        {},
        S3,
        [(Layer.RESOURCE, "there is no resource-based policy to allow")],
    ),
    (
        "the resource's policy leaves it to the account",
        {"resource": document(allow(Principal={"AWS": "111122223333"}))},
        {},
        [
            (Layer.IDENTITY, "no statement of an identity-based policy allows"),
            (Layer.RESOURCE, "leaves the decision to the account"),
        ],
    ),
]


@pytest.mark.parametrize(
    ("policies", "request_", "says"),
    [row[1:] for row in SHORTFALLS],
    ids=[row[0] for row in SHORTFALLS],
)
def test_implicit_denial_names_each_layer_that_is_silent(
    policies: dict[str, Any], request_: dict[str, Any], says: list[tuple[Layer | None, str]]
) -> None:
    decision = decide(policies, **request_)
    assert decision.effect is Effect.IMPLICITLY_DENIED
    assert [reason.layer for reason in decision.because] == [layer for layer, _ in says]
    for reason, (_, text) in zip(decision.because, says, strict=True):
        assert text in str(reason)
        assert (reason.policy, reason.index, reason.sid, reason.effect) == ("", None, None, None)


def test_root_user_is_told_that_it_cannot_assume_a_role() -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}}
    decision = decide(
        {"resource": document(trust)},
        action="sts:AssumeRole",
        resource=ROLE,
        principal="111122223333",
    )
    assert str(decision) == "implicitly denied: the account root user cannot assume a role"


CONDITION = {"StringEquals": {"aws:SourceVpce": "a"}, "Bool": {"aws:SecureTransport": "true"}}


@pytest.mark.parametrize(
    ("statement", "request_", "note"),
    [
        (
            allow(Condition=CONDITION),
            {},
            "may allow it, but the request's aws:SourceVpce and the request's aws:SecureTransport"
            " are not known",
        ),
        (
            allow(Condition={"StringEquals": {"aws:PrincipalAccount": UNKNOWN}}),
            {},
            "may allow it, but the value aws:PrincipalAccount is compared with is not known",
        ),
        (allow(Action=UNKNOWN), {}, "may allow it, but its Action is not known"),
        (allow(Resource=UNKNOWN), {}, "may allow it, but its Resource is not known"),
        (allow(Condition=UNKNOWN), {}, "may allow it, but its Condition is not known"),
        (
            allow(Effect=UNKNOWN),
            {},
            "may allow or deny it, but its Effect is not known",
        ),
        (
            allow(Resource=QUEUE),
            {"resource": UNKNOWN, "resource_account": "111122223333"},
            "may allow it, but the request's resource is not known",
        ),
        (UNKNOWN, {}, "may allow or deny it, but what it says is not known"),
    ],
)
def test_undetermined_says_what_is_not_known(
    statement: Any, request_: dict[str, Any], note: str
) -> None:
    decision = decide({"identity": [document(statement)]}, **request_)
    assert decision.effect is Effect.UNDETERMINED
    assert decision.allowed is None
    assert str(decision).endswith(f"identity[0], statement 0 (identity-based policy) {note}")


def test_undetermined_denial_is_worded() -> None:
    denial = allow(Effect="Deny", Condition={"StringEquals": {"aws:SourceVpce": "a"}})
    decision = decide({"identity": [document(allow(), denial)]})
    assert str(decision) == (
        "undetermined: identity[0], statement 1 (identity-based policy) may deny it, "
        "but the request's aws:SourceVpce is not known"
    )


def test_undetermined_principal_is_worded() -> None:
    resource = document(allow(Principal={"AWS": UNKNOWN}))
    decision = decide({"resource": resource})
    assert "but whom its Principal means is not known" in str(decision)
    resource = document(allow(Principal="*"), allow(Effect="Deny", NotPrincipal={"AWS": ROLE}))
    decision = decide({"resource": resource})
    assert decision.effect is Effect.UNDETERMINED
    assert "but whether it means the caller is not known" in str(decision)


def test_unknown_owner_is_worded() -> None:
    decision = decide(
        {"identity": [document(allow(Action="s3:*"))]},
        action="s3:GetObject",
        resource="arn:aws:s3:::bucket/key",
    )
    assert str(decision) == (
        "undetermined: whose account the resource is in is not known "
        "(its ARN and the request do not say)"
    )


def test_every_world_allows_for_these_reasons() -> None:
    either = [
        allow(Sid="A", Condition={"StringEquals": {"k": "a"}}),
        allow(Sid="B", Condition={"StringNotEquals": {"k": "a"}}),
    ]
    decision = decide({"identity": [document(*either)]})
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
def test_time_in_the_context_may_be_a_datetime(given: Any) -> None:
    now = {"DateEquals": {"aws:CurrentTime": "2026-05-01T12:00:00Z"}}
    policies = {"identity": [document(allow(Condition=now))]}
    assert decide(policies, context={"aws:CurrentTime": given}).effect is Effect.ALLOWED
    later = datetime(2026, 5, 1, 12, 0, 1, tzinfo=UTC)
    decision = decide(policies, context={"aws:CurrentTime": later})
    assert decision.effect is Effect.IMPLICITLY_DENIED
