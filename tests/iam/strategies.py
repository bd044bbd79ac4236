"""Generated policies and requests over few values, so that they often match each other."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from planproof.iam import Policies, Request
from planproof.values import UNKNOWN

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
ACTIONS = ["s3:GetObject", "s3:PutObject", "kms:Decrypt", "sts:AssumeRole", "sqs:SendMessage"]
ACTION_PATTERNS = [*ACTIONS, "*", "s3:*", "S3:get*", "s3:?etObject", "kms:*"]
RESOURCES = [
    "arn:aws:s3:::bucket/a",
    "arn:aws:s3:::bucket/b",
    f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k",
    f"arn:aws:iam::{ACCOUNT}:role/target",
    f"arn:aws:sqs:eu-west-1:{OTHER_ACCOUNT}:queue",
]
RESOURCE_PATTERNS = [
    *RESOURCES,
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::bucket/?",
    "arn:aws:*:eu-*:*",
    "arn:aws:s3:::bucket/${aws:username}",
    "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'a'}",
]
PRINCIPALS = [
    None,
    ACCOUNT,
    f"arn:aws:iam::{ACCOUNT}:user/a",
    f"arn:aws:iam::{ACCOUNT}:role/r",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s",
    f"arn:aws:sts::{ACCOUNT}:federated-user/f",
    f"arn:aws:iam::{OTHER_ACCOUNT}:role/r",
    "s3.amazonaws.com",
]
AWS_PRINCIPALS = [one for one in PRINCIPALS if one and "amazonaws" not in one] + ["*"]
KEYS = ["aws:SourceVpce", "aws:PrincipalTag/team", "aws:PrincipalAccount", "aws:TagKeys"]
VALUES = ["a", "b", ACCOUNT, ""]
STRING_OPERATORS = [
    f"{prefix}{operator}{suffix}"
    for prefix in ("", "ForAnyValue:", "ForAllValues:")
    for operator in ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
    for suffix in ("", "IfExists")
]


def either(values: Any, *, unknowns: bool) -> st.SearchStrategy[Any]:
    """One of the values, or sometimes UNKNOWN."""
    known = st.sampled_from(values)
    return st.one_of(known, known, known, st.just(UNKNOWN)) if unknowns else known


@st.composite
def conditions(draw: st.DrawFn, *, unknowns: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(draw(st.integers(0, 2))):
        key = draw(st.sampled_from(KEYS))
        if draw(st.booleans()):
            values = draw(st.lists(either([*VALUES, "*", "a*"], unknowns=unknowns), max_size=2))
            found[draw(st.sampled_from(STRING_OPERATORS))] = {key: values or "a"}
        else:
            found["Null"] = {key: draw(either(["true", "false"], unknowns=unknowns))}
    return found


@st.composite
def statements(
    draw: st.DrawFn, *, principal: bool, effect: str | None = None, unknowns: bool = False
) -> dict[str, Any]:
    actions = st.lists(either(ACTION_PATTERNS, unknowns=unknowns), min_size=1, max_size=2)
    resources = st.lists(either(RESOURCE_PATTERNS, unknowns=unknowns), min_size=1, max_size=2)
    found: dict[str, Any] = {
        "Effect": effect or draw(either(["Allow", "Deny"], unknowns=unknowns)),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(actions),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(resources),
    }
    if principal:
        principals = st.one_of(
            st.just("*"),
            st.builds(lambda one: {"AWS": one}, either(AWS_PRINCIPALS, unknowns=unknowns)),
            st.just({"Service": "s3.amazonaws.com"}),
        )
        element = st.sampled_from(["Principal", "Principal", "Principal", "NotPrincipal"])
        found[draw(element)] = draw(principals)
    if draw(st.booleans()):
        found["Condition"] = draw(conditions(unknowns=unknowns))
    return found


@st.composite
def documents(
    draw: st.DrawFn, *, principal: bool = False, unknowns: bool = False
) -> dict[str, Any]:
    some = st.lists(statements(principal=principal, unknowns=unknowns), min_size=1, max_size=3)
    version = st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])
    return {"Version": draw(version), "Statement": draw(some)}


@st.composite
def layers(draw: st.DrawFn, *, unknowns: bool = False) -> dict[str, Any]:
    """The arguments of Policies."""
    own = documents(unknowns=unknowns)
    others = documents(principal=True, unknowns=unknowns)
    return {
        "identity": draw(st.lists(own, max_size=2)),
        "resource": draw(st.one_of(st.none(), others)),
        "boundaries": draw(st.lists(own, max_size=1)),
        "session": draw(st.one_of(st.none(), st.none(), own)),
        "service_control": draw(st.lists(st.lists(own, min_size=1, max_size=2), max_size=1)),
        "resource_control": draw(st.lists(st.lists(others, max_size=1), max_size=1)),
    }


@st.composite
def request_arguments(draw: st.DrawFn, *, complete: bool | None = None) -> dict[str, Any]:
    """The arguments of Request."""
    values = st.one_of(
        st.sampled_from(VALUES), st.lists(st.sampled_from(VALUES), max_size=2), st.none()
    )
    return {
        "action": draw(st.sampled_from(ACTIONS)),
        "resource": draw(st.sampled_from(RESOURCES)),
        "principal": draw(st.sampled_from(PRINCIPALS)),
        "resource_account": draw(st.sampled_from([ACCOUNT, OTHER_ACCOUNT])),
        "context": draw(st.dictionaries(st.sampled_from(KEYS), values, max_size=3)),
        "complete": draw(st.booleans()) if complete is None else complete,
    }


def requests() -> st.SearchStrategy[Request]:
    return request_arguments().map(lambda given: Request(**given))


def policies(*, unknowns: bool = False) -> st.SearchStrategy[Policies]:
    return layers(unknowns=unknowns).map(lambda given: Policies(**given))
