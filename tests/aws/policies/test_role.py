"""The policies of a role, in each form, and the locations of their statements."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.aws.policies.attached import policy_of_statement
from planproof.aws.policies.managed import aws_managed_document
from planproof.aws.policies.principal import identity_policies
from planproof.aws.policies.resource import resource_policies
from planproof.iam import Effect, Request, evaluate
from planproof.values import UNKNOWN
from tests.aws.policies.applicable_policies import applicable_policies
from tests.builders.parts import role, role_arn
from tests.builders.policies import allow
from tests.builders.stacks import ACCOUNT, DeclaredResource, declare, stack

GET = allow("s3:GetObject", "arn:aws:s3:::films/*")
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/read"
MANAGED = declare("aws_iam_policy.read", name="read", arn=POLICY_ARN, id=POLICY_ARN, policy=GET)
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def attached(address: str, **values: Any) -> DeclaredResource:
    return declare(address, **{"policy_arn": POLICY_ARN, **values})


def inline(**values: Any) -> DeclaredResource:
    return declare("aws_iam_role_policy.p", **{"name": "p", "role": "r", "policy": GET, **values})


def may_get(found: Any, name: str = "r") -> Effect:
    policies = applicable_policies(found, found[f"aws_iam_role.{name}"])
    request = Request("s3:GetObject", "arn:aws:s3:::films/a.mp4", role_arn(name), ACCOUNT)
    return evaluate(request, policies).effect


FORMS = {
    "inline": [role("r"), inline()],
    "inline by id": [role("r"), inline(role="r", name=UNKNOWN)],
    "attached": [role("r"), MANAGED, attached("aws_iam_role_policy_attachment.a", role="r")],
    "attached to several": [
        role("r"),
        MANAGED,
        attached("aws_iam_policy_attachment.a", roles=["x", "r"]),
    ],
    "attached exclusively": [
        role("r"),
        MANAGED,
        declare(
            "aws_iam_role_policy_attachments_exclusive.e", role_name="r", policy_arns=[POLICY_ARN]
        ),
    ],
    "managed_policy_arns": [role("r", managed_policy_arns=[POLICY_ARN]), MANAGED],
    "inline_policy": [role("r", inline_policy=[{"name": "p", "policy": GET}])],
    "looked up": [
        role("r"),
        declare("data.aws_iam_policy.read", arn=POLICY_ARN, policy=GET),
        attached("aws_iam_role_policy_attachment.a", role="r"),
    ],
    "in an exclusive list": [
        role("r"),
        inline(),
        declare("aws_iam_role_policies_exclusive.e", role_name="r", policy_names=["p"]),
    ],
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_grants(form: str) -> None:
    assert may_get(stack(*FORMS[form])) is Effect.ALLOWED


@pytest.mark.parametrize("form", FORMS)
def test_each_form_grants_nothing_to_another_role(form: str) -> None:
    assert may_get(stack(*FORMS[form], role("other")), "other") is Effect.IMPLICITLY_DENIED


def test_a_role_without_policies_has_no_permissions() -> None:
    written = role("r", managed_policy_arns=UNKNOWN, inline_policy=UNKNOWN)
    computed = declare(
        "aws_iam_role.r",
        computed=("managed_policy_arns", "inline_policy"),
        name="r",
        arn=role_arn("r"),
        managed_policy_arns=UNKNOWN,
        inline_policy=UNKNOWN,
    )
    assert may_get(stack(computed)) is Effect.IMPLICITLY_DENIED
    assert may_get(stack(written)) is Effect.UNDETERMINED


# A list may contain more than its references, so they do not identify its items.
ONE_OF_THEM = {"managed_policy_arns": ["aws_iam_policy.read.arn", "aws_iam_policy.read"]}
UNDECIDED = {
    "text unknown": ([role("r"), inline(policy=UNKNOWN)], "text"),
    "text of an inline_policy unknown": (
        [role("r", inline_policy=[{"name": "p", "policy": UNKNOWN}])],
        "text",
    ),
    "inline_policy unknown": ([role("r", inline_policy=[UNKNOWN])], "text"),
    "role unknown": ([role("r"), inline(role=UNKNOWN)], "attached"),
    "policy unknown": (
        [role("r"), attached("aws_iam_role_policy_attachment.a", role="r", policy_arn=UNKNOWN)],
        "which policy it attaches",
    ),
    "policy outside of the stack": (
        [role("r"), attached("aws_iam_role_policy_attachment.a", role="r")],
        POLICY_ARN,
    ),
    "unknown AWS-managed policy": (
        [
            role("r"),
            attached(
                "aws_iam_role_policy_attachment.a",
                role="r",
                policy_arn="arn:aws:iam::aws:policy/NoSuchPolicy",
            ),
        ],
        "arn:aws:iam::aws:policy/NoSuchPolicy",
    ),
    "removed by an exclusive list": (
        [
            role("r"),
            inline(),
            declare("aws_iam_role_policies_exclusive.e", role_name="r", policy_names=["other"]),
        ],
        "aws_iam_role_policies_exclusive",
    ),
    "invalid policy": ([role("r"), inline(policy='{"Statement": 1}')], "Statement"),
    "list of policies unknown": (
        [role("r", managed_policy_arns=UNKNOWN, refers=ONE_OF_THEM), MANAGED],
        "which policies it attaches",
    ),
    "policy in a list unknown": (
        [role("r", managed_policy_arns=[UNKNOWN], refers=ONE_OF_THEM), MANAGED],
        "which policy it attaches",
    ),
}


def test_an_empty_inline_policy_is_ignored() -> None:
    found = stack(role("r", inline_policy=[{"name": None, "policy": None}]))
    assert identity_policies(found, found["aws_iam_role.r"]) == []


@pytest.mark.parametrize("case", UNDECIDED)
def test_unknown_parts_leave_the_decision_undetermined(case: str) -> None:
    items, problem = UNDECIDED[case]
    found = stack(*items)
    (policy,) = identity_policies(found, found["aws_iam_role.r"])
    assert problem in policy.problem
    assert may_get(found) is Effect.UNDETERMINED


def test_a_plan_alone_follows_plain_references() -> None:
    refers = {"policy_arn": ["aws_iam_policy.read.arn", "aws_iam_policy.read"]}
    link = declare("aws_iam_role_policy_attachment.a", role="r", policy_arn=UNKNOWN, refers=refers)
    known = declare("aws_iam_policy.read", name="read", arn=UNKNOWN, id=UNKNOWN, policy=GET)
    assert may_get(stack(role("r"), known, link, region=None)) is Effect.ALLOWED


def test_aws_managed_policies_are_known() -> None:
    link = attached("aws_iam_role_policy_attachment.a", role="r", policy_arn=BASIC)
    found = stack(role("r"), link)
    (policy,) = identity_policies(found, found["aws_iam_role.r"])
    assert policy.problem == ""
    assert str(policy.document.statements[0]).startswith(
        "aws_iam_role_policy_attachment.a (AWSLambdaBasicExecutionRole)"
    )
    assert may_get(found) is Effect.IMPLICITLY_DENIED
    every = "arn:aws:iam::aws:policy/AdministratorAccess"
    link = attached("aws_iam_role_policy_attachment.a", role="r", policy_arn=every)
    assert may_get(stack(role("r"), link)) is Effect.ALLOWED


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole",  # its path is missing
        "arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        f"arn:aws:iam::{ACCOUNT}:policy/service-role/AWSLambdaBasicExecutionRole",
        "arn:aws:iam::aws:policy/NoSuchPolicy",
        "AdministratorAccess",
    ],
)
def test_no_other_arn_is_taken_for_an_aws_managed_policy(arn: str) -> None:
    assert aws_managed_document(arn) is None


def test_a_permissions_boundary_limits() -> None:
    boundary = declare(
        "aws_iam_policy.limit", arn=f"{POLICY_ARN}-limit", policy=allow("sqs:*"), name="limit"
    )
    limited = role("r", permissions_boundary=f"{POLICY_ARN}-limit")
    assert may_get(stack(limited, inline(), boundary)) is Effect.IMPLICITLY_DENIED
    assert may_get(stack(role("r", permissions_boundary=POLICY_ARN), inline(), MANAGED)) is (
        Effect.ALLOWED
    )
    assert may_get(stack(limited, inline())) is Effect.UNDETERMINED
    assert may_get(stack(role("r", permissions_boundary=""), inline())) is Effect.ALLOWED


def test_a_bucket_policy_applies() -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    bucket = declare("aws_s3_bucket.films", bucket="films", id="films", arn="arn:aws:s3:::films")
    other = declare("aws_s3_bucket.other", bucket="other", id="other", arn="arn:aws:s3:::other")
    found = stack(
        role("r"),
        inline(),
        bucket,
        other,
        declare("aws_s3_bucket_policy.b", bucket="films", policy=text),
    )
    request = Request("s3:GetObject", "arn:aws:s3:::films/a.mp4", role_arn("r"), ACCOUNT)
    decisions = [
        evaluate(
            request, applicable_policies(found, found["aws_iam_role.r"], found[address])
        ).effect
        for address in ("aws_s3_bucket.films", "aws_s3_bucket.other")
    ]
    assert decisions == [Effect.EXPLICITLY_DENIED, Effect.ALLOWED]
    own = stack(declare("aws_s3_bucket.b", bucket="b", id="b", policy=text))
    assert len(resource_policies(own, own["aws_s3_bucket.b"])) == 1


SOURCES = """resource "aws_iam_role_policy" "p" {
  role = aws_iam_role.r.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
      },
      {
        Sid = "Read"
      },
    ]
  })
}

data "aws_iam_policy_document" "d" {
  statement {
    actions = ["s3:GetObject"]
  }
  statement {
    sid     = "Write"
    actions = ["s3:PutObject"]
  }
}

resource "aws_iam_role_policy" "q" {
  role   = aws_iam_role.r.id
  policy = data.aws_iam_policy_document.d.json
}
"""


def two_statements(sid: str) -> str:
    one: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [one, {**one, "Sid": sid}]})


def test_locations_of_statements() -> None:
    document = declare("data.aws_iam_policy_document.d", json=two_statements("Write"))
    refers = {"policy": ["data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d"]}
    found = stack(
        role("r"),
        inline(policy=two_statements("Read")),
        document,
        declare("aws_iam_role_policy.q", role="r", policy=two_statements("Write"), refers=refers),
        sources=SOURCES,
    )
    places = [
        policy.locate(found, statement)
        for policy in identity_policies(found, found["aws_iam_role.r"])
        for statement in policy.document.statements
    ]
    assert places == [("main.tf", 6), ("main.tf", 10), ("main.tf", 17), ("main.tf", 21)]
    bare = stack(role("r"), inline())
    (policy,) = identity_policies(bare, bare["aws_iam_role.r"])
    assert policy.locate(bare, policy.document.statements[0]) == ("", 0)


def test_the_policy_of_a_statement() -> None:
    found = stack(*FORMS["inline"])
    policies = identity_policies(found, found["aws_iam_role.r"])
    assert policy_of_statement(policies, policies[0].document.statements[0]) is policies[0]
    (other,) = identity_policies(found, found["aws_iam_role.r"])
    assert policy_of_statement(policies, other.document.statements[0]) is None
