"""Permissions within a resource: objects, log streams, and unknown ARNs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.values import UNKNOWN, Verdict
from tests.builders.parts import role
from tests.builders.policies import statement
from tests.builders.stacks import DeclaredResource, declare
from tests.steps.permission_steps import (
    GROUP_ARN,
    TABLE_ARN,
    ask,
    both,
    pipeline_of,
    said,
    worker_policy,
)

GOOD, BAD, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.UNDETERMINED
UPDATE = '"the function" IS to "dynamodb:UpdateItem" on "the assets table"'


READ = '"the MediaConvert role" IS to "s3:GetObject" on "WHAT"'
ANY, FILM = READ.replace("WHAT", "the input bucket"), READ.replace("WHAT", "the input bucket/in/a")
BELOW = READ.replace("WHAT", "the input bucket/in/*")


def reads(*resources: str, **more: Any) -> DeclaredResource:
    named = [f"arn:aws:s3:::{text}" for text in resources]
    name = more.get("Effect", "Allow")
    return worker_policy(statement("s3:GetObject", named, **more), role="converter", name=name)


@pytest.mark.parametrize(
    ("items", "any_", "film", "below"),
    [
        ([], (BAD, GOOD), (BAD, GOOD), (BAD, GOOD)),
        ([reads("films/*")], (GOOD, BAD), (GOOD, BAD), (GOOD, BAD)),
        ([reads("films")], (BAD, GOOD), (BAD, GOOD), (BAD, GOOD)),
        ([reads("films/in/*")], (BAD, BAD), (GOOD, BAD), (GOOD, BAD)),
        ([reads("films/in/b*")], (BAD, BAD), (BAD, GOOD), (BAD, BAD)),
        ([reads("films/*.mp4")], (BAD, BAD), (BAD, GOOD), (BAD, BAD)),
        ([reads("films/in/b.mp4")], (BAD, BAD), (BAD, GOOD), (BAD, BAD)),
        ([reads("f*/in/?")], (BAD, BAD), (GOOD, BAD), (BAD, BAD)),
        ([reads("*")], (GOOD, BAD), (GOOD, BAD), (GOOD, BAD)),
        (
            [reads("films/*"), reads("films/in/*", Effect="Deny")],
            (BAD, BAD),
            (BAD, GOOD),
            (BAD, GOOD),
        ),
        (
            [reads("films/*"), reads("secret", "films/in/b/*", Effect="Deny")],
            (BAD, BAD),
            (GOOD, BAD),
            (BAD, BAD),
        ),
    ],
)
def test_objects_that_policies_treat_differently(
    items: list[DeclaredResource], any_: Any, film: Any, below: Any
) -> None:
    assert both(ANY, *items) == any_
    assert both(FILM, *items) == film
    assert both(BELOW, *items) == below


def test_an_object_between_two_policies_is_found() -> None:
    """The boundary allows films below any folder, the policy any file of one folder."""
    limit = "arn:aws:iam::123456789012:policy/limit"
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [statement("s3:*", "arn:aws:s3:::*/*.mp4")]}
    )
    items = [
        reads("films/in/*"),
        declare("aws_iam_policy.limit", name="limit", arn=limit, policy=document),
        role("converter", "mediaconvert.amazonaws.com", permissions_boundary=limit),
    ]
    assert both(ANY, *items) == (BAD, BAD)
    assert both(FILM, *items) == (BAD, GOOD)
    none_left = [reads("films/in/*.mov"), *items[1:]]
    assert both(BELOW, *none_left) == (BAD, GOOD)


def test_all_but_some_objects() -> None:
    but = {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::films/in/*"}
    item = worker_policy(but, role="converter")
    assert both(ANY, item) == (BAD, BAD)
    assert both(FILM, item) == (BAD, GOOD)


def test_objects_named_by_a_policy_variable() -> None:
    own = "arn:aws:s3:::films/${aws:PrincipalTag/team}/*"
    assert both(ANY, worker_policy(statement("s3:GetObject", own), role="converter")) == (BAD, OPEN)
    tagged = role("converter", "mediaconvert.amazonaws.com", tags_all={"team": "a"})
    item = worker_policy(statement("s3:GetObject", own), role="converter")
    assert both(ANY, item, tagged)[1] is OPEN
    assert both(READ.replace("WHAT", "the input bucket/a/x"), item, tagged) == (GOOD, BAD)
    assert both(READ.replace("WHAT", "the input bucket/b/x"), item, tagged) == (BAD, GOOD)
    everything = worker_policy(statement("s3:*"), role="converter", name="all")
    assert both(ANY, item, everything, tagged) == (GOOD, BAD)


def test_the_evidence_names_any_object_and_the_deciding_one() -> None:
    evidence = ask(ANY.replace("IS", "is not allowed"), pipeline_of(reads("films/in/*")))
    one = evidence.evidence[0]
    assert one.expected == "s3:GetObject not allowed on any object of aws_s3_bucket.films"
    assert "on arn:aws:s3:::films/in/planproof)" in one.found


def test_log_streams() -> None:
    step = '"the function" IS to "logs:PutLogEvents" on "the log group of the function"'
    assert both(step, worker_policy(statement("logs:PutLogEvents", f"{GROUP_ARN}:*"))) == (
        GOOD,
        BAD,
    )
    assert both(step, worker_policy(statement("logs:PutLogEvents", GROUP_ARN))) == (BAD, GOOD)
    one = worker_policy(statement("logs:PutLogEvents", f"{GROUP_ARN}:log-stream:a"))
    assert both(step, one) == (BAD, BAD)
    named = step.replace(
        "the log group of the function", "the log group of the function:log-stream:a"
    )
    assert both(named, one) == (GOOD, BAD)
    group = '"the function" IS to "logs:FilterLogEvents" on "the log group of the function"'
    assert both(group, worker_policy(statement("logs:FilterLogEvents", GROUP_ARN))) == (GOOD, BAD)


def test_a_resource_with_an_unknown_arn_is_decided_where_possible() -> None:
    table = declare("aws_dynamodb_table.assets", name="assets", id="assets", arn=UNKNOWN)
    assert both(UPDATE, table, worker_policy(statement("dynamodb:*", TABLE_ARN))) == (OPEN, OPEN)
    found = said('"the function" IS to "sqs:SendMessage" on "the assets table"', table)
    assert "not for aws_dynamodb_table.assets" in found
    films = declare("aws_s3_bucket.films", bucket="films", id="films", arn=UNKNOWN)
    assert both(ANY, films)[1] is not BAD
    assert (
        both(ANY, films, worker_policy(statement("s3:GetObject"), role="converter"))[1] is not GOOD
    )
