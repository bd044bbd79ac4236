"""The policies of users and groups, and of principals that are data sources."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from planproof.aws.policies.principal import identity_policies, permissions_boundaries
from planproof.iam import Effect, Request, evaluate
from planproof.terraform.source_index import SourceIndex, scan_text
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN
from tests.aws.policies.applicable_policies import applicable_policies
from tests.builders.parts import role
from tests.builders.policies import allow
from tests.builders.stacks import ACCOUNT, DeclaredResource, declare, stack

GET = allow("s3:GetObject", "arn:aws:s3:::films/*")
PUT = allow("s3:PutObject", "arn:aws:s3:::films/*")
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/read"
MANAGED = declare("aws_iam_policy.read", name="read", arn=POLICY_ARN, id=POLICY_ARN, policy=GET)
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def user(name: str, **values: Any) -> DeclaredResource:
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return declare(f"aws_iam_user.{name}", **{"name": name, "id": name, "arn": arn, **values})


def group(name: str, **values: Any) -> DeclaredResource:
    arn = f"arn:aws:iam::{ACCOUNT}:group/{name}"
    return declare(f"aws_iam_group.{name}", **{"name": name, "id": name, "arn": arn, **values})


def may_get(found: Stack, name: str = "u", of: str = "aws_iam_user") -> Effect:
    """Whether a user may get an object, by its own policies or by those of a group."""
    policies = applicable_policies(found, found[f"{of}.{name}"])
    caller = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    request = Request("s3:GetObject", "arn:aws:s3:::films/a.mp4", caller, ACCOUNT)
    return evaluate(request, policies).effect


def forms(word: str, one: DeclaredResource) -> dict[str, list[DeclaredResource]]:
    """The forms in which a user or a group gets a policy."""
    name = one.resource.name
    inline = declare(f"aws_iam_{word}_policy.p", name="p", policy=GET, **{word: name})
    attached = declare(f"aws_iam_{word}_policy_attachment.a", policy_arn=POLICY_ARN, **{word: name})
    several = declare(
        "aws_iam_policy_attachment.a", policy_arn=POLICY_ARN, **{f"{word}s": ["x", name]}
    )
    arns = declare(
        f"aws_iam_{word}_policy_attachments_exclusive.e",
        policy_arns=[POLICY_ARN],
        **{f"{word}_name": name},
    )
    names = declare(
        f"aws_iam_{word}_policies_exclusive.e", policy_names=["p"], **{f"{word}_name": name}
    )
    return {
        "inline": [one, inline],
        "attached": [one, MANAGED, attached],
        "attached to several": [one, MANAGED, several],
        "attached exclusively": [one, MANAGED, arns],
        "attached, and in an exclusive list": [one, MANAGED, attached, arns],
        "inline, and in an exclusive list": [one, inline, names],
    }


CASES = [
    *(("aws_iam_user", form, items) for form, items in forms("user", user("u")).items()),
    *(("aws_iam_group", form, items) for form, items in forms("group", group("g")).items()),
]
IDS = [f"{of}: {form}" for of, form, _ in CASES]


@pytest.mark.parametrize(("of", "form", "items"), CASES, ids=IDS)
def test_each_form_grants(of: str, form: str, items: list[DeclaredResource]) -> None:
    assert may_get(stack(*items), items[0].resource.name, of) is Effect.ALLOWED


@pytest.mark.parametrize(("of", "form", "items"), CASES, ids=IDS)
def test_each_form_grants_nothing_to_another(
    of: str, form: str, items: list[DeclaredResource]
) -> None:
    other = declare(f"{of}.other", name="other", id="other")
    assert may_get(stack(*items, other), "other", of) is Effect.IMPLICITLY_DENIED


def test_a_role_and_a_user_may_have_the_same_name() -> None:
    items = [user("same"), role("same"), *forms("user", user("same"))["inline"][1:]]
    found = stack(*items)
    assert may_get(found, "same") is Effect.ALLOWED
    assert identity_policies(found, found["aws_iam_role.same"]) == []


MEMBER = declare("aws_iam_user_group_membership.m", user="u", groups=["g", "h"])
MEMBERS = declare("aws_iam_group_membership.m", name="m", users=["t", "u"], group="g")
OF_GROUP = declare("aws_iam_group_policy.p", name="p", group="g", policy=GET)


@pytest.mark.parametrize("member", [MEMBER, MEMBERS])
def test_a_user_has_the_policies_of_its_groups(member: DeclaredResource) -> None:
    items = [user("u"), user("other"), group("g"), group("h"), OF_GROUP, member]
    found = stack(*items)
    assert may_get(found) is Effect.ALLOWED
    assert may_get(found, "other") is Effect.IMPLICITLY_DENIED
    without = stack(*(item for item in items if item is not member))
    assert may_get(without) is Effect.IMPLICITLY_DENIED


def test_a_group_that_a_user_is_in_twice_counts_once() -> None:
    found = stack(user("u"), group("g"), group("h"), OF_GROUP, MEMBER, MEMBERS)
    assert len(identity_policies(found, found["aws_iam_user.u"])) == 1


def test_a_membership_of_a_whole_module_is_followed() -> None:
    found = stack(
        declare('module.m["a"].aws_iam_user.u', name="a-u", id="a-u"),
        declare('module.m["b"].aws_iam_user.u', name="b-u", id="b-u"),
        group("g"),
        OF_GROUP,
        declare('aws_iam_user_group_membership.m["a"]', user="a-u", groups=["g"]),
    )
    counts = [
        len(identity_policies(found, found[f'module.m["{key}"].aws_iam_user.u'])) for key in "ab"
    ]
    assert counts == [1, 0]


def member(**values: Any) -> DeclaredResource:
    return declare("aws_iam_user_group_membership.m", **{"user": "u", "groups": ["g"], **values})


UNDECIDED: dict[str, tuple[list[DeclaredResource], str]] = {
    "text unknown": (
        [declare("aws_iam_user_policy.p", user="u", name="p", policy=UNKNOWN)],
        "text",
    ),
    "user unknown": (
        [declare("aws_iam_user_policy.p", user=UNKNOWN, name="p", policy=GET)],
        "attached to aws_iam_user.u",
    ),
    "user of an AWS-managed policy unknown": (
        [declare("aws_iam_user_policy_attachment.a", user=UNKNOWN, policy_arn=ADMIN)],
        "attached to aws_iam_user.u",
    ),
    "removed by an exclusive list of names": (
        [
            declare("aws_iam_user_policy.p", user="u", name="p", policy=GET),
            declare("aws_iam_user_policies_exclusive.e", user_name="u", policy_names=["q"]),
        ],
        "aws_iam_user_policies_exclusive",
    ),
    "removed by an exclusive list of attachments": (
        [
            declare("aws_iam_user_policy_attachment.a", user="u", policy_arn=ADMIN),
            declare("aws_iam_user_policy_attachments_exclusive.e", user_name="u", policy_arns=[]),
        ],
        "aws_iam_user_policy_attachments_exclusive",
    ),
    "member unknown": (
        [group("g"), OF_GROUP, member(user=UNKNOWN)],
        "aws_iam_user.u is in aws_iam_group.g",
    ),
    "groups unknown": (
        [group("g"), OF_GROUP, member(groups=UNKNOWN)],
        "aws_iam_user.u is in aws_iam_group.g",
    ),
    "unknown group outside of the stack": (
        [member(groups=[UNKNOWN])],
        "which group it names",
    ),
    "group outside of the stack": (
        [member(groups=["admins"])],
        "the group admins is not part of this stack",
    ),
}


@pytest.mark.parametrize("case", UNDECIDED)
def test_unknown_parts_leave_the_decision_undetermined(case: str) -> None:
    items, problem = UNDECIDED[case]
    found = stack(user("u"), *items)
    (policy,) = identity_policies(found, found["aws_iam_user.u"])
    assert problem in policy.problem
    assert may_get(found) is Effect.UNDETERMINED


def test_an_unknown_membership_of_a_group_without_policies_is_ignored() -> None:
    found = stack(user("u"), group("g"), member(groups=UNKNOWN))
    assert identity_policies(found, found["aws_iam_user.u"]) == []


def test_a_permissions_boundary_limits_a_user() -> None:
    inline = declare("aws_iam_user_policy.p", user="u", name="p", policy=GET)
    limit = declare("aws_iam_policy.limit", arn=f"{POLICY_ARN}-limit", policy=PUT, name="limit")
    limited = user("u", permissions_boundary=f"{POLICY_ARN}-limit")
    assert may_get(stack(limited, inline, limit)) is Effect.IMPLICITLY_DENIED
    assert may_get(stack(limited, inline)) is Effect.UNDETERMINED
    wide = user("u", permissions_boundary=POLICY_ARN)
    assert may_get(stack(wide, inline, MANAGED)) is Effect.ALLOWED


@pytest.mark.parametrize("type_", ["aws_iam_role", "aws_iam_user"])
def test_a_principal_data_source_has_unknown_policies(type_: str) -> None:
    found = stack(declare(f"data.{type_}.p", name="p", id="p", permissions_boundary=UNKNOWN))
    (policy,) = identity_policies(found, found[f"data.{type_}.p"])
    assert f"this {type_.removeprefix('aws_iam_')} are not part of this stack" in policy.problem
    (boundary,) = permissions_boundaries(found, found[f"data.{type_}.p"])
    assert "permissions boundary is not part of this stack" in boundary.problem
    assert may_get(found, "p", f"data.{type_}") is Effect.UNDETERMINED


def test_policies_that_the_stack_attaches_to_a_data_source_apply() -> None:
    deny = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"},
        }
    )
    found = stack(
        declare("data.aws_iam_user.u", user_name="u", id="AIDA1", permissions_boundary=""),
        declare("aws_iam_user_policy.p", user="u", name="p", policy=deny),
    )
    assert permissions_boundaries(found, found["data.aws_iam_user.u"]) == []
    assert may_get(found, "u", "data.aws_iam_user") is Effect.EXPLICITLY_DENIED


def test_other_resources_have_no_identity_policies() -> None:
    found = stack(declare("aws_sqs_queue.q", name="q", permissions_boundary="x"))
    queue = found["aws_sqs_queue.q"]
    assert identity_policies(found, queue) == []
    assert permissions_boundaries(found, queue) == []


SOURCES = """resource "aws_iam_user_policy" "p" {
  user   = "u"
  policy = data.aws_iam_policy_document.whole.json
}

data "aws_iam_policy_document" "whole" {
  source_policy_documents = [data.aws_iam_policy_document.part.json]
  statement {
    sid     = "Own"
    actions = ["s3:PutObject"]
  }
}

data "aws_iam_policy_document" "part" {
  statement {
    sid     = "Inherited"
    actions = ["s3:GetObject"]
  }
}

locals {
  other  = 1
  policy = {
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow" },
      { Effect = "Allow" },
    ]
  }
}

resource "aws_iam_user_policy" "q" {
  user   = "u"
  policy = jsonencode(local.policy)
}

resource "aws_iam_user_policy" "r" {
  user   = "u"
  policy = var.passed_in
}
"""


def statements(*sids: str | None) -> str:
    one = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    listed = [{**one, "Sid": sid} if sid else one for sid in sids]
    return json.dumps({"Version": "2012-10-17", "Statement": listed})


def test_locations_of_statements_in_composed_documents() -> None:
    document = "data.aws_iam_policy_document"
    whole = statements("Inherited", "Own")
    found = stack(
        user("u"),
        declare(
            "aws_iam_user_policy.p",
            user="u",
            policy=whole,
            refers={"policy": [f"{document}.whole.json", f"{document}.whole"]},
        ),
        declare(
            "aws_iam_user_policy.q",
            user="u",
            policy=statements(None, None),
            refers={"policy": ["local.policy"]},
        ),
        declare(
            "aws_iam_user_policy.r",
            user="u",
            policy=whole,
            refers={"policy": ["var.passed_in"]},
        ),
        declare(
            f"{document}.whole",
            json=whole,
            refers={"source_policy_documents": [f"{document}.part.json", f"{document}.part"]},
        ),
        declare(f"{document}.part", json=statements("Inherited")),
        sources=SOURCES,
    )
    places = [
        policy.locate(found, statement)[1]
        for policy in identity_policies(found, found["aws_iam_user.u"])
        for statement in policy.document.statements
    ]
    assert places == [16, 9, 26, 27, 16, 9]


OUTER = """module "m" {
  source = "./m"
  policy = local.policy
}

locals {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "*" },
      { Sid = "Named", Effect = "Allow", Action = "s3:GetObject", Resource = "*" },
    ]
  })
}
"""
INNER = """resource "aws_iam_user_policy" "p" {
  policy = var.policy
}
"""


@pytest.mark.parametrize(("sid", "lines"), [("Named", [10, 11]), ("Elsewhere", [10, 2])])
def test_locations_of_statements_in_module_arguments(sid: str, lines: list[int]) -> None:
    address = "module.m.aws_iam_user_policy.p"
    given = declare(
        address, user="u", policy=statements(None, sid), refers={"policy": ["var.policy"]}
    )
    sources = SourceIndex({"": scan_text(OUTER, "main.tf"), "m": scan_text(INNER, "m/main.tf")})
    found = replace(stack(user("u"), given), sources=sources)
    (policy,) = identity_policies(found, found["aws_iam_user.u"])
    places = [policy.locate(found, statement) for statement in policy.document.statements]
    assert places == [("main.tf" if line > 2 else "m/main.tf", line) for line in lines]
