"""An invalid policy document raises an error that names the location; a valid one parses."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planproof.iam import Policies, PolicyDocument, PolicyError, PolicyKind, StatementEffect
from planproof.values import UNKNOWN
from tests.iam import strategies as make


def document(**changes: Any) -> dict[str, Any]:
    """A document of one valid statement, with elements changed; None removes one."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **changes}
    kept = {key: value for key, value in statement.items() if value is not None}
    return {"Version": "2012-10-17", "Statement": [kept]}


ROLE = "arn:aws:iam::111122223333:role/r"
RESOURCE = "Statement[0].Resource"
INVALID: list[tuple[str, Any, str, str]] = [
    ("unknown element of the document", {**document(), "Statements": []}, "", '"Statements"'),
    ("unknown element", document(Efect="Allow"), "Statement[0]", "write Effect"),
    ("element in other case", document(action="s3:*"), "Statement[0]", "write Action"),
    ("no object", [], "", "is a list"),
    ("a number", 3, "", "is a number"),
    ("null", None, "", "is null"),
    ("no Statement", {"Version": "2012-10-17"}, "", "has no Statement"),
    ("an empty Statement", {"Statement": []}, "Statement", "is an empty list"),
    ("Statement is text", {"Statement": "Allow"}, "Statement", "is a string"),
    ("a statement is text", {"Statement": ["Allow"]}, "Statement[0]", "is a string"),
    ("unsupported version", {**document(), "Version": "2012-10-18"}, "Version", "2012-10-17"),
    ("version is a number", {**document(), "Version": 2012}, "Version", "is 2012"),
    ("version is a list", {**document(), "Version": ["2012-10-17"]}, "Version", "2012-10-17"),
    ("Id is a number", {**document(), "Id": 1}, "Id", "is a number"),
    ("no Effect", document(Effect=None), "Statement[0]", "has no Effect"),
    ("effect in other case", document(Effect="allow"), "Statement[0].Effect", "'allow'"),
    ("effect is a list", document(Effect=["Allow"]), "Statement[0].Effect", "Allow"),
    ("Sid is a number", document(Sid=1), "Statement[0].Sid", "is not a string"),
    ("no Action", document(Action=None), "Statement[0]", "neither Action nor NotAction"),
    ("both Actions", document(NotAction="s3:*"), "Statement[0]", "both Action and NotAction"),
    ("both Resources", document(NotResource="*"), "Statement[0]", "both Resource and NotResource"),
    (
        "both Principals",
        document(Principal="*", NotPrincipal="*"),
        "Statement[0]",
        "both Principal and NotPrincipal",
    ),
    ("action without a service", document(Action="GetItem"), "Statement[0].Action", "'GetItem'"),
    ("action with a space", document(Action="s3: Get"), "Statement[0].Action", "service:Action"),
    ("empty action", document(Action=""), "Statement[0].Action", "service:Action"),
    ("action is a number", document(Action=1), "Statement[0].Action", "neither a string"),
    ("action is an object", document(Action={}), "Statement[0].Action", "neither a string"),
    ("no actions", document(Action=[]), "Statement[0].Action", "is an empty list"),
    (
        "second action",
        document(Action=["s3:*", "GetItem"]),
        "Statement[0].Action[1]",
        "'GetItem'",
    ),
    ("action is null in a list", document(Action=[None]), "Statement[0].Action[0]", "no"),
    ("no ARN", document(Resource="bucket"), RESOURCE, "'bucket'"),
    ("part of an ARN", document(Resource="arn:aws:s3"), RESOURCE, "not an ARN"),
    ("ARN too short", document(Resource="arn:aws:s3:::"), RESOURCE, "not an ARN"),
    ("ARN in other case", document(Resource="ARN:aws:s3:::b"), RESOURCE, "not an ARN"),
    ("ARN without partition", document(Resource="arn::s3:::b"), RESOURCE, "not an ARN"),
    (
        "second resource",
        document(Resource=["*", "b"]),
        "Statement[0].Resource[1]",
        "not an ARN",
    ),
    ("no resources", document(Resource=[]), RESOURCE, "is an empty list"),
    ("principal is text", document(Principal=ROLE), "Statement[0].Principal", "neither"),
    ("no principal", document(Principal={}), "Statement[0].Principal", "empty object"),
    (
        "unknown kind of principal",
        document(Principal={"Aws": ROLE}),
        "Statement[0].Principal",
        '"Aws"',
    ),
    (
        "principals of a kind are none",
        document(Principal={"AWS": []}),
        "Statement[0].Principal.AWS",
        "empty list",
    ),
    (
        "principal is no ARN",
        document(Principal={"AWS": ["*", "role/r"]}),
        "Statement[0].Principal.AWS[1]",
        "'role/r'",
    ),
    (
        "principal of another service",
        document(Principal={"AWS": "arn:aws:s3:::b"}),
        "Statement[0].Principal.AWS",
        "not a principal",
    ),
    (
        "wildcard in a principal",
        document(Principal={"AWS": "arn:aws:iam::111122223333:role/*"}),
        "Statement[0].Principal.AWS",
        "wildcard",
    ),
    (
        "account id too short",
        document(NotPrincipal={"AWS": "12345"}),
        "Statement[0].NotPrincipal.AWS",
        "not a principal",
    ),
    (
        "principal is a number",
        document(Principal={"AWS": 111122223333}),
        "Statement[0].Principal.AWS",
        "neither a string",
    ),
    (
        "service is empty",
        document(Principal={"Service": ""}),
        "Statement[0].Principal.Service",
        "not a string",
    ),
    ("condition is text", document(Condition="x"), "Statement[0].Condition", "not an object"),
    ("condition is a list", document(Condition=[]), "Statement[0].Condition", "not an object"),
    (
        "unknown operator",
        document(Condition={"StringEqual": {"a": "b"}}),
        "Statement[0].Condition",
        "write StringEquals",
    ),
    (
        "Null with IfExists",
        document(Condition={"NullIfExists": {"a": "true"}}),
        "Statement[0].Condition",
        '"NullIfExists"',
    ),
    (
        "unknown set operator",
        document(Condition={"ForEachValue:StringEquals": {"a": "b"}}),
        "Statement[0].Condition",
        '"ForEachValue:StringEquals"',
    ),
    (
        "operator without keys",
        document(Condition={"Bool": "true"}),
        "Statement[0].Condition.Bool",
        "not an object",
    ),
    (
        "condition value is an object",
        document(Condition={"StringEquals": {"a": {}}}),
        "Statement[0].Condition.StringEquals.a",
        "neither a value",
    ),
    (
        "condition value is null",
        document(Condition={"StringEquals": {"a": [None]}}),
        "Statement[0].Condition.StringEquals.a[0]",
        "not a string",
    ),
    (
        "no number",
        document(Condition={"NumericLessThan": {"s3:max-keys": "ten"}}),
        "Statement[0].Condition.NumericLessThan.s3:max-keys",
        "a number",
    ),
    (
        "no date",
        document(Condition={"DateLessThan": {"aws:CurrentTime": "tomorrow"}}),
        "Statement[0].Condition.DateLessThan.aws:CurrentTime",
        "a date",
    ),
    (
        "no day of the month",
        document(Condition={"DateLessThan": {"aws:CurrentTime": "2026-02-30"}}),
        "Statement[0].Condition.DateLessThan.aws:CurrentTime",
        "a date",
    ),
    (
        "no boolean",
        document(Condition={"Bool": {"aws:SecureTransport": "yes"}}),
        "Statement[0].Condition.Bool.aws:SecureTransport",
        "true or false",
    ),
    (
        "no boolean for Null",
        document(Condition={"Null": {"a": ["true", "no"]}}),
        "Statement[0].Condition.Null.a[1]",
        "true or false",
    ),
    (
        "no base64",
        document(Condition={"BinaryEquals": {"a": "%%%"}}),
        "Statement[0].Condition.BinaryEquals.a",
        "base64",
    ),
    (
        "no address",
        document(Condition={"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "10.0.0.0/33"]}}),
        "Statement[0].Condition.IpAddress.aws:SourceIp[1]",
        "CIDR",
    ),
    (
        "no ARN for ArnLike",
        document(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3"}}),
        "Statement[0].Condition.ArnLike.aws:SourceArn",
        "an ARN",
    ),
    ("no JSON", '{"Statement": [}', "", "line 1, column 16"),
    ("truncated JSON", '{"Statement": [{"Effect": "Allow"', "", "is not JSON"),
    ("empty text", "", "", "is not JSON"),
    ("NaN", '{"Statement": NaN}', "", "NaN"),
    ("an element twice", '{"Version":"2012-10-17","Version":"2012-10-17"}', "", '"Version" twice'),
    (
        "an element twice in a statement",
        '{"Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}',
        "",
        '"Effect" twice',
    ),
    ("nested too deeply", '{"Statement":' + "[" * 100_000, "", "nested too deeply"),
    ("a number of 10,000 digits", '{"Statement":' + "9" * 10_000 + "}", "", "number too long"),
    (
        "the same Sid twice",
        {"Statement": [document(Sid="A")["Statement"][0], document(Sid="A")["Statement"][0]]},
        "Statement[1].Sid",
        '"A"',
    ),
]


@pytest.mark.parametrize(
    ("raw", "where", "reason"), [row[1:] for row in INVALID], ids=[row[0] for row in INVALID]
)
def test_an_invalid_document_is_refused_with_location_and_reason(
    raw: Any, where: str, reason: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        PolicyDocument.parse(raw, "aws_iam_policy.x")
    assert caught.value.where == where
    assert reason in str(caught.value)
    assert str(caught.value).startswith("aws_iam_policy.x")
    assert "\n" not in str(caught.value)


def test_an_error_of_an_unnamed_document_names_the_location() -> None:
    with pytest.raises(PolicyError, match=r"^Statement\[0\]\.Effect is 'allow'"):
        PolicyDocument.parse(document(Effect="allow"))


KINDS = [
    (PolicyKind.IDENTITY, document(Principal="*"), "Statement[0].Principal"),
    (PolicyKind.IDENTITY, document(NotPrincipal="*"), "Statement[0].NotPrincipal"),
    (PolicyKind.IDENTITY, document(Resource=None), "Statement[0]"),
    (PolicyKind.IDENTITY, document(Sid="with space"), "Statement[0].Sid"),
    (PolicyKind.RESOURCE, document(), "Statement[0]"),
    (PolicyKind.TRUST, document(Principal="*"), RESOURCE),
    (PolicyKind.TRUST, document(NotPrincipal="*", Resource=None), "Statement[0].NotPrincipal"),
    (PolicyKind.KEY, document(), "Statement[0]"),
]


@pytest.mark.parametrize(("kind", "raw", "where"), KINDS)
def test_a_document_of_another_kind_is_refused(
    kind: PolicyKind, raw: dict[str, Any], where: str
) -> None:
    assert PolicyDocument.parse(raw).statements
    with pytest.raises(PolicyError) as caught:
        PolicyDocument.parse(raw, "p", kind)
    assert caught.value.where == where


@pytest.mark.parametrize("layer", ["identity", "boundaries", "service_control"])
def test_policies_refuse_a_principal_in_an_identity_based_policy(layer: str) -> None:
    named: Any = [document(Principal="*")]
    with pytest.raises(PolicyError, match="names a principal"):
        Policies(**{layer: [named] if layer == "service_control" else named})


def test_policies_refuse_a_resource_based_policy_without_a_principal() -> None:
    with pytest.raises(PolicyError, match=r"resource: Statement\[0\] names no principal"):
        Policies(resource=document())


def test_policies_refuse_one_document_where_a_list_belongs() -> None:
    with pytest.raises(PolicyError, match="give a list of documents"):
        Policies(identity=document())  # type: ignore[arg-type]


def big(characters: int) -> dict[str, Any]:
    """A document of this number of characters, not counting white space."""
    empty = document(Sid="")
    return document(Sid="x" * (characters - len(json.dumps(empty, separators=(",", ":")))))


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        (PolicyKind.MANAGED, 6144),
        (PolicyKind.INLINE_USER, 2048),
        (PolicyKind.INLINE_GROUP, 5120),
        (PolicyKind.INLINE_ROLE, 10240),
        (PolicyKind.SERVICE_CONTROL, 5120),
    ],
)
def test_size_limit_counts_without_white_space(kind: PolicyKind, limit: int) -> None:
    assert PolicyDocument.parse(big(limit), "p", kind)
    assert PolicyDocument.parse(json.dumps(big(limit), indent=8), "p", kind)
    for raw in (big(limit + 1), json.dumps(big(limit + 1))):
        with pytest.raises(PolicyError, match=f"{limit + 1} characters.* {limit} "):
            PolicyDocument.parse(raw, "p", kind)


def test_a_single_statement_needs_no_list() -> None:
    parsed = PolicyDocument.parse({"Statement": document()["Statement"][0]}, "p")
    assert [str(one) for one in parsed.statements] == ["p, statement 0"]


def test_elements_are_parsed_as_written() -> None:
    raw = document(
        Sid="A", Action=["s3:Get*"], Condition={"StringLike": {"s3:prefix": ["a", 1, True]}}
    )
    (statement,) = PolicyDocument.parse(raw, "aws_iam_policy.x").statements
    assert (statement.policy, statement.index, statement.sid) == ("aws_iam_policy.x", 0, "A")
    assert statement.effect is StatementEffect.ALLOW
    assert statement.actions == ("s3:Get*",)
    assert statement.resources == ("*",)
    (condition,) = statement.conditions
    assert (condition.name, condition.key) == ("StringLike", "s3:prefix")
    assert condition.values == ("a", "1", "true")


@pytest.mark.parametrize(
    "raw",
    [
        UNKNOWN,
        {"Statement": UNKNOWN},
        {"Statement": [UNKNOWN]},
        {"Version": UNKNOWN, "Id": UNKNOWN, "Statement": document()["Statement"]},
        document(Effect=UNKNOWN, Sid=UNKNOWN, Action=UNKNOWN, Resource=[UNKNOWN]),
        document(Principal=UNKNOWN, Condition=UNKNOWN),
        document(Principal={"AWS": UNKNOWN}, Condition={"Bool": UNKNOWN}),
        document(Principal={"AWS": [UNKNOWN]}, Condition={"Bool": {"a": [UNKNOWN]}}),
    ],
)
def test_any_value_may_be_unknown(raw: Any) -> None:
    assert len(PolicyDocument.parse(raw).statements) == 1


ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.just(UNKNOWN),
    st.sampled_from([*make.ACTION_PATTERNS, *make.RESOURCE_PATTERNS, "Allow", "2012-10-17"]),
)
WORDS = st.sampled_from(
    [
        *("Version", "Statement", "Effect", "Sid", "Action", "NotAction", "Resource", "Principal"),
        *("AWS", "Condition", "Bool", "StringLike", "IpAddress", "Null", "ForAnyValue:DateEquals"),
    ]
)
JSON = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(WORDS, ATOMS), inner, max_size=4)
    ),
    max_leaves=12,
)
FUZZ = settings(max_examples=400)


def parse_or_refuse(raw: Any, kind: PolicyKind) -> None:
    """Parse; any error but PolicyError fails the test."""
    with contextlib.suppress(PolicyError):
        PolicyDocument.parse(raw, "p", kind)


@FUZZ
@given(JSON, st.sampled_from(PolicyKind))
def test_any_value_parses_or_is_refused(raw: Any, kind: PolicyKind) -> None:
    parse_or_refuse(raw, kind)


@FUZZ
@given(st.data(), make.documents(principal=True, unknowns=True), st.sampled_from(PolicyKind))
def test_a_valid_document_with_one_value_changed_parses_or_is_refused(
    data: st.DataObject, raw: dict[str, Any], kind: PolicyKind
) -> None:
    container: Any = raw
    while True:
        keys = list(container) if isinstance(container, dict) else range(len(container))
        key = data.draw(st.sampled_from(list(keys)))
        inner = container[key]
        if isinstance(inner, dict | list) and inner and data.draw(st.booleans()):
            container = inner
            continue
        container[key] = data.draw(JSON)
        break
    parse_or_refuse(raw, kind)


@FUZZ
@given(st.one_of(st.text(max_size=60), make.documents().map(json.dumps)), st.data())
def test_any_text_parses_or_is_refused(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    parse_or_refuse(text[:start] + data.draw(st.text(max_size=3)) + text[end:], PolicyKind.ANY)
