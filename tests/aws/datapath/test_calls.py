"""Edges of the AWS calls in a function's code on the resources that its environment names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from planproof.aws.datapath import JudgedEdge
from planproof.aws.datapath.calls import named_in_environment
from planproof.aws.sdk_calls import SdkCalls
from planproof.results import EdgeState
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import calling, judged
from tests.builders.parts import (
    arn,
    bucket,
    function,
    inline_policy,
    queue,
    resource_policy,
    role,
    table,
    topic,
)
from tests.builders.policies import service_statement, statement
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare, stack

SECRET = arn("secretsmanager", "secret:films/api-AbCdEf")
BUS = arn("events", "event-bus/films")
OTHER_JOB = arn("lambda", "function:other")


def secret() -> DeclaredResource:
    return declare("aws_secretsmanager_secret.s", name="films/api", id=SECRET, arn=SECRET)


def bus() -> DeclaredResource:
    return declare("aws_cloudwatch_event_bus.b", name="films", id="films", arn=BUS)


URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/work"
# part, operation, what it takes, what the environment may say of it
NAMED: dict[str, tuple[DeclaredResource, str, Any, list[str]]] = {
    "table": (
        table(),
        "dynamodb.PutItem",
        statement("dynamodb:PutItem", arn("dynamodb", "table/assets")),
        ["assets", arn("dynamodb", "table/assets")],
    ),
    "bucket": (
        bucket(),
        "s3.GetObject",
        statement("s3:GetObject", "arn:aws:s3:::films/*"),
        ["films", "arn:aws:s3:::films", "arn:aws:s3:::films/in/*", "s3://films", "s3://films/in/"],
    ),
    "queue": (
        queue(),
        "sqs.SendMessage",
        statement("sqs:SendMessage", arn("sqs", "work")),
        ["work", arn("sqs", "work"), URL],
    ),
    "topic": (
        topic(),
        "sns.Publish",
        statement("sns:Publish", arn("sns", "news")),
        [arn("sns", "news")],
    ),
    "secret": (
        secret(),
        "secretsmanager.GetSecretValue",
        statement("secretsmanager:GetSecretValue", SECRET),
        ["films/api", SECRET],
    ),
    "function": (
        function("other", role=None),
        "lambda.Invoke",
        statement("lambda:InvokeFunction", OTHER_JOB),
        ["other", OTHER_JOB],
    ),
    "event bus": (bus(), "events.PutEvents", statement("events:PutEvents", BUS), ["films", BUS]),
}
FORMS = [(kind, text) for kind, (_, _, _, texts) in NAMED.items() for text in texts]


def job(*texts: Any, **more: Any) -> DeclaredResource:
    variables = {f"V{i}": text for i, text in enumerate(texts)}
    return function(environment=[{"variables": variables}], **more)


def made_calls(
    *parts: DeclaredResource, calls: SdkCalls, handled: frozenset[str] = frozenset()
) -> list[JudgedEdge]:
    found = judged(stack(role("r"), *parts), calls, handled)
    return [edge for edge in found.values() if edge.edge.kind == "calls"]


@pytest.mark.parametrize(("kind", "text"), FORMS)
def test_a_resource_is_found_by_each_form_of_its_name(kind: str, text: str) -> None:
    part, operation, grant, _ = NAMED[kind]
    (edge,) = made_calls(part, job(text), inline_policy(grant), calls=calling(operation))
    assert (edge.state, edge.edge.target) == (EdgeState.PROVEN, part.resource)


@pytest.mark.parametrize("kind", NAMED)
def test_without_the_grant_it_is_missing(kind: str) -> None:
    part, operation, grant, texts = NAMED[kind]
    # Without a policy of its own a topic has the one that AWS gives it.
    stmt = service_statement("ses.amazonaws.com", "sns:Publish")
    own = [resource_policy(part, stmt)] if kind == "topic" else []
    (edge,) = made_calls(part, *own, job(texts[0]), calls=calling(operation))
    assert edge.missing == (f"{grant['Action']} on {part.resource} for aws_iam_role.r",)
    beside = {**grant, "Resource": grant["Resource"].replace("films", "f").replace("work", "w")}
    beside["Resource"] = beside["Resource"].replace("assets", "a").replace("news", "n")
    beside["Resource"] = beside["Resource"].replace("other", "o")
    (edge,) = made_calls(part, *own, job(texts[0]), inline_policy(beside), calls=calling(operation))
    assert edge.state is EdgeState.BROKEN


@pytest.mark.parametrize("kind", NAMED)
def test_a_call_without_a_named_target_has_an_unknown_target(kind: str) -> None:
    part, operation, grant, _ = NAMED[kind]
    everywhere = inline_policy(statement(grant["Action"]))
    for text in ("films-2", "arn:aws:s3:::films-2/x", "s3://films-2", "", "x"):
        (edge,) = made_calls(part, job(text), everywhere, calls=calling(operation))
        assert (edge.state, edge.edge.target) == (EdgeState.UNDETERMINED, operation.split(".")[0])
    # Nor is it missing: who owns it may let the role in.
    (edge,) = made_calls(part, job(), calls=calling(operation))
    assert (edge.state, edge.missing) == (EdgeState.UNDETERMINED, ())


def test_a_call_without_a_resource_needs_the_wildcard() -> None:
    listing = calling("s3.ListBuckets")
    (edge,) = made_calls(
        bucket(), job("films"), inline_policy(statement("s3:ListAllMyBuckets")), calls=listing
    )
    assert (edge.state, edge.edge.target) == (EdgeState.PROVEN, "s3")
    narrow = inline_policy(statement("s3:ListAllMyBuckets", "arn:aws:s3:::films"))
    (edge,) = made_calls(bucket(), job("films"), narrow, calls=listing)
    assert edge.missing == ("s3:ListAllMyBuckets for aws_iam_role.r",)


def test_an_action_on_a_bucket_is_not_one_on_its_objects() -> None:
    calls = calling("s3.ListObjectsV2")
    for resource, state in (
        ("arn:aws:s3:::films", EdgeState.PROVEN),
        ("arn:aws:s3:::films/*", EdgeState.BROKEN),
    ):
        grant = inline_policy(statement("s3:ListBucket", resource))
        (edge,) = made_calls(bucket(), job("films"), grant, calls=calls)
        assert edge.state is state


@pytest.mark.parametrize(
    ("granted_on", "states"),
    [
        (["one", "two"], [EdgeState.PROVEN, EdgeState.PROVEN]),
        # The code does not tell which it is about: it may be the one that it may call.
        (["one"], [EdgeState.PROVEN, EdgeState.UNDETERMINED]),
        (["three"], [EdgeState.BROKEN, EdgeState.BROKEN]),
    ],
)
def test_every_named_resource_is_needed(granted_on: list[str], states: list[EdgeState]) -> None:
    parts = (table("one"), table("two"), job("one", "two"))
    tables = [arn("dynamodb", f"table/{name}") for name in granted_on]
    grant = inline_policy(statement("dynamodb:GetItem", tables))
    found = made_calls(*parts, grant, calls=calling("dynamodb.GetItem"))
    assert [(str(e.edge.target), e.state) for e in found] == list(
        zip(("aws_dynamodb_table.one", "aws_dynamodb_table.two"), states, strict=True)
    )


def test_a_named_resource_without_a_call_has_no_edge() -> None:
    assert made_calls(table(), queue(), job("assets", URL), calls=calling()) == []
    (edge,) = made_calls(table(), queue(), job("assets", URL), calls=calling("sqs.SendMessage"))
    assert str(edge.edge.target) == "aws_sqs_queue.work"


def test_code_that_could_not_be_analyzed_adds_an_undetermined_edge() -> None:
    calls = calling("dynamodb.GetItem", unread=("a.py:3 gets its client from elsewhere.",))
    grant = inline_policy(statement("dynamodb:GetItem", arn("dynamodb", "table/assets")))
    found = made_calls(table(), job("assets"), grant, calls=calls)
    assert [(str(e.edge.target), e.state) for e in found] == [
        ("aws_dynamodb_table.assets", EdgeState.PROVEN),
        ("other calls of its code", EdgeState.UNDETERMINED),
    ]
    assert found[1].edge.facts[0].found == "a.py:3 gets its client from elsewhere."


def test_handled_services_have_no_edges() -> None:
    calls = calling("dynamodb.GetItem", "sqs.SendMessage")
    parts = (table(), queue(), job("assets", URL))
    both = made_calls(*parts, calls=calls)
    left = made_calls(*parts, calls=calls, handled=frozenset({"sqs"}))
    assert [str(e.edge.target) for e in both] == ["aws_dynamodb_table.assets", "aws_sqs_queue.work"]
    assert [str(e.edge.target) for e in left] == ["aws_dynamodb_table.assets"]


def test_a_request_names_the_function_that_makes_it() -> None:
    for source, state in (
        (arn("lambda", "function:job"), EdgeState.PROVEN),
        (arn("lambda", "function:other"), EdgeState.BROKEN),
    ):
        only = {"Condition": {"ArnEquals": {"lambda:SourceFunctionArn": source}}}
        stmt = statement("dynamodb:GetItem", arn("dynamodb", "table/assets"), **only)
        (edge,) = made_calls(
            table(), job("assets"), inline_policy(stmt), calls=calling("dynamodb.GetItem")
        )
        assert edge.state is state


@pytest.mark.parametrize(
    "environment", [UNKNOWN, [{"variables": UNKNOWN}], [{"variables": {"T": UNKNOWN}}]]
)
def test_an_unknown_environment_names_its_references(environment: Any) -> None:
    refers = {"environment": [{"variables": {"references": ["aws_dynamodb_table.assets.name"]}}]}
    one = function(environment=environment, refers=refers)
    found = stack(table(), table("two"), one, role("r"))
    named = named_in_environment(found, found["aws_lambda_function.job"])
    assert [str(part) for part in named] == ["aws_dynamodb_table.assets"]


# Indexes of tables ----------------------------------------------------------------------------

ASSETS = arn("dynamodb", "table/assets")
BY_STATUS = f"{ASSETS}/index/Status"


def queries(*within: str) -> SdkCalls:
    found = calling(*["dynamodb.Query"] * len(within)).calls
    return SdkCalls(
        tuple(replace(one, arn_suffix=end) for one, end in zip(found, within, strict=True)), ()
    )


@pytest.mark.parametrize(
    ("within", "resources", "state"),
    [
        (["/index/Status"], [BY_STATUS], EdgeState.PROVEN),
        (["/index/Status"], [f"{ASSETS}/index/*"], EdgeState.PROVEN),
        (["/index/Status"], [ASSETS], EdgeState.BROKEN),
        (["/index/Status"], [f"{ASSETS}/index/Owner"], EdgeState.BROKEN),
        ([""], [BY_STATUS], EdgeState.BROKEN),
        (["", "/index/Status"], [ASSETS, BY_STATUS], EdgeState.PROVEN),
        (["", "/index/Status"], [ASSETS], EdgeState.BROKEN),
        (["", "/index/Status"], [BY_STATUS], EdgeState.BROKEN),
        (["/index/*"], [BY_STATUS], EdgeState.UNDETERMINED),
    ],
)
def test_an_index_is_a_resource_of_its_own(
    within: list[str], resources: list[str], state: EdgeState
) -> None:
    parts = (table(), job("assets"), inline_policy(statement("dynamodb:Query", resources)))
    (edge,) = made_calls(*parts, calls=queries(*within))
    assert edge.state is state
