"""Who is let in by a resource's own policies: written, made of permissions and grants, or AWS's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from planproof.iam import Effect, Policies, PolicyKind, Request, evaluate
from planproof.identities import Place
from planproof.policies import HeldPolicies, bucket_policies
from planproof.resource_policies import RESOURCE_POLICY_TYPES, resource_policies
from planproof.stack import Stack
from planproof.values import UNKNOWN
from tests.engine.conftest import Ask
from tests.made_stack import ACCOUNT, REGION, Made, made, role, role_arn, stack, trust

OTHER = "111122223333"
S3 = "s3.amazonaws.com"


def arn(service: str, name: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{name}"


def let(action: str, **elements: Any) -> str:
    """A policy that lets S3 in."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": S3},
        "Action": action,
        "Resource": "*",
        **elements,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def decide(
    found: Stack,
    address: str,
    action: str,
    caller: str = S3,
    context: Mapping[str, Any] | None = None,
    arn_: str = "",
) -> Effect:
    """Whether a caller without identity policies may do something with a resource."""
    resource = found[address]
    policies = resource_policies(found, resource)
    request = Request(
        action,
        arn_ or str(resource.get("arn")),
        caller,
        ACCOUNT,
        context=context or {},
        complete=True,
    )
    documents = [policy.document for policy in policies]
    return evaluate(request, Policies(resource=documents or None)).effect


@dataclass(frozen=True)
class Kind:
    """A type whose one policy another resource writes."""

    type: str
    action: str
    writer: str
    names: str
    own: Mapping[str, str]
    other: Mapping[str, str]
    by: tuple[str, ...] = ("arn",)
    attribute: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)

    def resource(self, name: str = "r", **values: Any) -> Made:
        identity = self.own if name == "r" else self.other
        return made(f"{self.type}.{name}", **{**identity, **values})

    def written(self, **values: Any) -> Made:
        named = {self.names: self.own[self.by[0]], "policy": let(self.action)}
        return made(f"{self.writer}.w", **{**named, **values})


def queue_of(name: str) -> dict[str, str]:
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    return {"name": name, "arn": arn("sqs", name), "id": url, "url": url}


def key_of(name: str) -> dict[str, str]:
    return {"arn": arn("kms", f"key/{name}"), "id": name, "key_id": name}


def bucket_of(name: str) -> dict[str, str]:
    return {"bucket": name, "id": name, "arn": f"arn:aws:s3:::{name}"}


def plain(service: str, prefix: str, name: str) -> dict[str, str]:
    own = arn(service, prefix + name)
    return {"name": name, "arn": own, "id": own if service != "dynamodb" else name}


KINDS = {
    "bucket": Kind(
        "aws_s3_bucket",
        "s3:ListBucket",
        "aws_s3_bucket_policy",
        "bucket",
        bucket_of("r"),
        bucket_of("other"),
        ("id", "arn"),
    ),
    "queue": Kind(
        "aws_sqs_queue",
        "sqs:SendMessage",
        "aws_sqs_queue_policy",
        "queue_url",
        queue_of("r"),
        queue_of("other"),
        ("url",),
    ),
    "topic": Kind(
        "aws_sns_topic",
        "sns:Publish",
        "aws_sns_topic_policy",
        "arn",
        plain("sns", "", "r"),
        plain("sns", "", "other"),
    ),
    "secret": Kind(
        "aws_secretsmanager_secret",
        "secretsmanager:GetSecretValue",
        "aws_secretsmanager_secret_policy",
        "secret_arn",
        plain("secretsmanager", "secret:", "r"),
        plain("secretsmanager", "secret:", "other"),
    ),
    "table": Kind(
        "aws_dynamodb_table",
        "dynamodb:GetItem",
        "aws_dynamodb_resource_policy",
        "resource_arn",
        plain("dynamodb", "table/", "r"),
        plain("dynamodb", "table/", "other"),
        attribute=False,
    ),
    "event bus": Kind(
        "aws_cloudwatch_event_bus",
        "events:PutEvents",
        "aws_cloudwatch_event_bus_policy",
        "event_bus_name",
        plain("events", "event-bus/", "r"),
        plain("events", "event-bus/", "other"),
        ("name", "arn"),
        attribute=False,
    ),
    **{
        type_: Kind(
            type_,
            "kms:Decrypt",
            "aws_kms_key_policy",
            "key_id",
            key_of("r"),
            key_of("other"),
            ("key_id", "arn"),
        )
        for type_ in (
            "aws_kms_key",
            "aws_kms_replica_key",
            "aws_kms_external_key",
            "aws_kms_replica_external_key",
        )
    },
}
WITH_ATTRIBUTE = [name for name, kind in KINDS.items() if kind.attribute]


@pytest.mark.parametrize("name", KINDS)
def test_a_policy_lets_in_to_the_resource_it_names_and_to_no_other(name: str) -> None:
    kind = KINDS[name]
    for by in kind.by:
        found = stack(
            kind.resource(), kind.resource("other"), kind.written(**{kind.names: kind.own[by]})
        )
        assert decide(found, f"{kind.type}.r", kind.action) is Effect.ALLOWED
        assert decide(found, f"{kind.type}.other", kind.action) is Effect.IMPLICITLY_DENIED
        (policy, *_) = resource_policies(found, found[f"{kind.type}.r"])
        assert policy.source.address == policy.attachment.address == f"{kind.writer}.w"


@pytest.mark.parametrize("name", KINDS)
def test_a_policy_of_which_the_text_or_the_resource_is_unknown_leaves_it_open(name: str) -> None:
    kind = KINDS[name]
    for values, problem in (
        ({"policy": UNKNOWN}, "its text is not known"),
        ({kind.names: UNKNOWN}, f"whether it is the policy of {kind.type}.r is not known"),
        ({"policy": "{"}, "is not JSON"),
    ):
        found = stack(kind.resource(), kind.written(**values))
        assert decide(found, f"{kind.type}.r", kind.action) is Effect.UNDETERMINED
        (policy,) = resource_policies(found, found[f"{kind.type}.r"])
        assert problem in policy.problem


@pytest.mark.parametrize("name", WITH_ATTRIBUTE)
def test_a_policy_of_its_own_attribute_lets_in(name: str) -> None:
    kind = KINDS[name]
    address = f"{kind.type}.r"
    known = stack(kind.resource(policy=let(kind.action)))
    assert decide(known, address, kind.action) is Effect.ALLOWED
    unknown = stack(kind.resource(policy=UNKNOWN))
    assert decide(unknown, address, kind.action) is Effect.UNDETERMINED


@pytest.mark.parametrize("name", WITH_ATTRIBUTE)
def test_what_aws_fills_in_itself_is_no_policy(name: str) -> None:
    kind = KINDS[name]
    address = f"{kind.type}.r"
    filled = made(address, computed=("policy",), **kind.own, policy=UNKNOWN)
    nothing = [
        filled,
        kind.resource(policy=None),
        kind.resource(policy=""),
        # set to null, by a variable
        made(
            address, computed=("policy",), **kind.own, policy=UNKNOWN, refers={"policy": ["var.p"]}
        ),
        made(address, computed=("policy",), **kind.own, policy=UNKNOWN, refers={"policy": {}}),
    ]
    for one in nothing:
        assert decide(stack(one), address, kind.action) is Effect.IMPLICITLY_DENIED
    for reference in ("aws_sqs_queue.q.arn", "local.lost", "data.aws_iam_policy_document.d.json"):
        refers = {"policy": [reference]}
        one = made(address, computed=("policy",), **kind.own, policy=UNKNOWN, refers=refers)
        others = [made("aws_sqs_queue.q"), made("data.aws_iam_policy_document.d")]
        assert decide(stack(one, *others), address, kind.action) is Effect.UNDETERMINED


def test_a_policy_text_that_differs_from_run_to_run_is_not_taken_for_none() -> None:
    sources = 'resource "aws_sqs_queue" "r" {\n  policy = "${var.p}${timestamp()}"\n}\n'
    queue = made(
        "aws_sqs_queue.r",
        computed=("policy",),
        **queue_of("r"),
        policy=UNKNOWN,
        refers={"policy": ["var.p"]},
    )
    assert decide(stack(queue, sources=sources), "aws_sqs_queue.r", "sqs:SendMessage") is (
        Effect.UNDETERMINED
    )


@pytest.mark.parametrize("name", KINDS)
def test_of_two_policies_nobody_knows_which_one_lasts(name: str) -> None:
    kind = KINDS[name]
    address = f"{kind.type}.r"
    second = made(f"{kind.writer}.v", **{kind.names: kind.own[kind.by[0]], "policy": let("a:B")})
    found = stack(kind.resource(), kind.written(), second)
    assert decide(found, address, kind.action) is Effect.UNDETERMINED
    problems = {policy.problem for policy in resource_policies(found, found[address])}
    assert problems == {f"the policy of {address} is set more than once, and AWS keeps the last"}
    twin = made(f"{kind.writer}.v", **dict(kind.written().resource.values))
    assert decide(stack(kind.resource(), kind.written(), twin), address, kind.action) is (
        Effect.ALLOWED
    )


@pytest.mark.parametrize("name", KINDS)
def test_a_resource_that_is_looked_up_may_have_any_policy(name: str) -> None:
    kind = KINDS[name]
    address = f"data.{kind.type}.r"
    looked_up = made(address, **kind.own)
    found = stack(looked_up)
    (policy,) = resource_policies(found, found[address])
    assert policy.problem == f"the policies of {address} are not part of this stack"
    assert decide(found, address, kind.action) is Effect.UNDETERMINED
    assert decide(stack(looked_up, kind.written()), address, kind.action) is Effect.ALLOWED


def test_the_policy_that_a_data_source_found_is_read() -> None:
    kind = KINDS["secret"]
    address = f"data.{kind.type}.r"
    read = made(address, computed=("policy",), **kind.own, policy=let(kind.action))
    assert decide(stack(read), address, kind.action) is Effect.ALLOWED
    assert decide(stack(read), address, "secretsmanager:PutSecretValue") is Effect.IMPLICITLY_DENIED


def test_policies_are_found_through_modules_and_for_each() -> None:
    queues = [
        made(f'module.m["{m}"].aws_sqs_queue.q["{q}"]', **queue_of(f"{m}-{q}"))
        for m in "ab"
        for q in "xy"
    ]
    url = queue_of("b-x")["url"]
    policy = made('aws_sqs_queue_policy.p["b"]', queue_url=url, policy=let("sqs:SendMessage"))
    found = stack(*queues, policy)
    verdicts = [decide(found, q.resource.address, "sqs:SendMessage") for q in queues]
    denied = Effect.IMPLICITLY_DENIED
    assert verdicts == [denied, denied, Effect.ALLOWED, denied]


def test_a_plan_alone_follows_plain_references_and_no_others() -> None:
    unknown = dict.fromkeys(("id", "url"), UNKNOWN)
    refers = {"queue_url": ["aws_sqs_queue.q.id", "aws_sqs_queue.q"]}
    send = let("sqs:SendMessage")
    policy = made("aws_sqs_queue_policy.p", queue_url=UNKNOWN, policy=send, refers=refers)
    one = made("aws_sqs_queue.q", arn=arn("sqs", "q"), **unknown)
    two = [made(f"aws_sqs_queue.q[{i}]", arn=arn("sqs", "q"), **unknown) for i in (0, 1)]
    other = made("aws_sqs_queue.other", arn=arn("sqs", "other"), **unknown)
    alone = stack(one, other, policy, region=None)
    assert decide(alone, "aws_sqs_queue.q", "sqs:SendMessage") is Effect.ALLOWED
    assert decide(alone, "aws_sqs_queue.other", "sqs:SendMessage") is Effect.IMPLICITLY_DENIED
    counted = stack(*two, policy, region=None)
    assert decide(counted, "aws_sqs_queue.q[1]", "sqs:SendMessage") is Effect.UNDETERMINED


def test_the_policy_of_a_stream_is_not_that_of_its_table() -> None:
    table = made("aws_dynamodb_table.r", **plain("dynamodb", "table/", "r"), stream_arn=UNKNOWN)
    refers = ["aws_dynamodb_table.r.stream_arn", "aws_dynamodb_table.r"]
    policy = made(
        "aws_dynamodb_resource_policy.p",
        resource_arn=UNKNOWN,
        policy=let("dynamodb:GetRecords"),
        refers={"resource_arn": refers},
    )
    found = stack(table, policy)
    assert resource_policies(found, found["aws_dynamodb_table.r"]) == []


def test_an_empty_object_takes_the_policy_of_a_secret_away() -> None:
    kind = KINDS["secret"]
    found = stack(kind.resource(policy="{}"))
    assert resource_policies(found, found[f"{kind.type}.r"]) == []


# What AWS gives ------------------------------------------------------------------------------


def test_a_topic_without_a_policy_serves_its_own_account() -> None:
    topic = made("aws_sns_topic.t", **plain("sns", "", "t"))
    found = stack(topic)

    def publish(owner: str) -> Effect:
        alarms, context = "cloudwatch.amazonaws.com", {"aws:SourceOwner": owner}
        return decide(found, "aws_sns_topic.t", "sns:Publish", alarms, context)

    assert publish(ACCOUNT) is Effect.ALLOWED
    assert publish(OTHER) is Effect.IMPLICITLY_DENIED
    nowhere = stack(topic, region=None)
    assert decide(nowhere, "aws_sns_topic.t", "sns:Publish") is Effect.UNDETERMINED
    (policy,) = resource_policies(nowhere, nowhere["aws_sns_topic.t"])
    assert policy.problem == (
        "the account of the topic, which its default policy names, is not known"
    )
    written = stack(
        topic,
        made("aws_sns_topic_policy.p", arn=topic.resource.get("arn"), policy=let("sns:Subscribe")),
    )
    assert (
        decide(written, "aws_sns_topic.t", "sns:Publish", context={"aws:SourceOwner": ACCOUNT})
        is Effect.IMPLICITLY_DENIED
    )


def test_a_key_without_a_policy_hands_over_to_the_policies_of_its_account() -> None:
    key = made("aws_kms_key.k", **key_of("k"))
    grant = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key.resource.get("arn")}
    identity = json.dumps({"Version": "2012-10-17", "Statement": grant})
    items = [role("r"), made("aws_iam_role_policy.p", role="r", name="p", policy=identity), key]
    request = Request("kms:Decrypt", key.resource.get("arn"), role_arn("r"))

    def may(found: Stack) -> Effect:
        held = HeldPolicies.of(found, found["aws_iam_role.r"], found["aws_kms_key.k"])
        return evaluate(request, held.policies).effect

    assert may(stack(*items)) is Effect.ALLOWED
    assert may(stack(*items, region=None)) is Effect.UNDETERMINED
    assert decide(stack(key), "aws_kms_key.k", "kms:Decrypt") is Effect.IMPLICITLY_DENIED
    closed = made("aws_kms_key_policy.p", key_id="k", policy=let("kms:Decrypt"))
    assert may(stack(*items, closed)) is Effect.IMPLICITLY_DENIED


# Grants --------------------------------------------------------------------------------------

WORKER = role_arn("worker")
KEY = made("aws_kms_key.k", **key_of("k"), policy=let("kms:Decrypt"))


def grant(**values: Any) -> Made:
    given = {"key_id": "k", "grantee_principal": WORKER, "operations": ["Decrypt", "DescribeKey"]}
    return made("aws_kms_grant.g", **{**given, **values})


def constrained(**pairs: Any) -> Made:
    return grant(constraints=[pairs])


def use(found: Stack, action: str = "kms:Decrypt", **pairs: str) -> Effect:
    context: dict[str, Any] = {f"kms:EncryptionContext:{k}": v for k, v in pairs.items()}
    context["kms:EncryptionContextKeys"] = list(pairs) or None
    return decide(found, "aws_kms_key.k", action, WORKER, context)


def test_a_grant_lets_its_grantee_use_the_key_it_names() -> None:
    other = made("aws_kms_key.other", **key_of("other"), policy=let("kms:Decrypt"))
    for named in ("k", key_of("k")["arn"]):
        found = stack(KEY, other, grant(key_id=named))
        assert use(found) is Effect.ALLOWED
        assert use(found, "kms:Encrypt") is Effect.IMPLICITLY_DENIED
        assert decide(found, "aws_kms_key.k", "kms:Decrypt", role_arn("x")) is (
            Effect.IMPLICITLY_DENIED
        )
        assert decide(found, "aws_kms_key.other", "kms:Decrypt", WORKER) is (
            Effect.IMPLICITLY_DENIED
        )
    by_service = stack(KEY, grant(grantee_principal="rds.amazonaws.com"))
    assert decide(by_service, "aws_kms_key.k", "kms:Decrypt", "rds.amazonaws.com") is Effect.ALLOWED


def test_a_grant_comes_on_top_of_the_key_policy() -> None:
    found = stack(made("aws_kms_key.k", **key_of("k")), grant())
    labels = [policy.document.name for policy in resource_policies(found, found["aws_kms_key.k"])]
    assert labels == ["aws_kms_key.k (default key policy)", "aws_kms_grant.g (grant)"]


def test_a_grant_is_bound_to_its_encryption_context() -> None:
    subset = stack(KEY, constrained(encryption_context_subset={"app": "films"}))
    assert use(subset, app="films") is Effect.ALLOWED
    assert use(subset, app="films", more="yes") is Effect.ALLOWED
    assert use(subset, app="songs") is Effect.IMPLICITLY_DENIED
    assert use(subset) is Effect.IMPLICITLY_DENIED
    assert use(subset, "kms:DescribeKey") is Effect.ALLOWED  # has no encryption context
    equal = stack(KEY, constrained(encryption_context_equals={"app": "films"}))
    assert use(equal, app="films") is Effect.ALLOWED
    assert use(equal, APP="films") is Effect.ALLOWED
    assert use(equal, app="films", more="yes") is Effect.IMPLICITLY_DENIED
    assert use(equal) is Effect.IMPLICITLY_DENIED


@pytest.mark.parametrize(
    ("one", "problem"),
    [
        (grant(key_id=UNKNOWN), "whether it is for aws_kms_key.k is not known"),
        (grant(grantee_principal=UNKNOWN), "nobody knows its grantee_principal"),
        (grant(operations=UNKNOWN), "nobody knows its operations"),
        (grant(operations=[UNKNOWN]), "nobody knows its operations"),
        (grant(constraints=UNKNOWN), "nobody knows its constraints"),
        (constrained(encryption_context_equals=UNKNOWN), "nobody knows its constraints"),
        (
            constrained(encryption_context_subset={"app": UNKNOWN}),
            "nobody knows its constraints",
        ),
        (
            grant(grantee_principal="arn:aws:s3:::b"),
            "aws_kms_grant.g (grant): Statement[0].Principal.AWS is 'arn:aws:s3:::b', "
            "which is no principal",
        ),
    ],
)
def test_what_is_not_known_of_a_grant_leaves_it_open(one: Made, problem: str) -> None:
    found = stack(KEY, one)
    assert use(found, app="films") is Effect.UNDETERMINED
    assert resource_policies(found, found["aws_kms_key.k"])[1].problem == problem


def test_constraints_may_not_apply_to_operations_that_nobody_knows() -> None:
    limits = [{"encryption_context_subset": {"app": "films"}}]
    found = stack(KEY, grant(operations=UNKNOWN, constraints=limits))
    assert use(found, "kms:DescribeKey") is Effect.UNDETERMINED


# Functions -----------------------------------------------------------------------------------

FUNCTION_ARN = arn("lambda", "function:f")
FUNCTION = made("aws_lambda_function.f", function_name="f", id="f", arn=FUNCTION_ARN)
LIVE = f"{FUNCTION_ARN}:live"
BUCKET = {"aws:SourceArn": "arn:aws:s3:::films", "aws:SourceAccount": ACCOUNT}


def permission(**values: Any) -> Made:
    given = {
        "statement_id": "AllowS3",
        "function_name": "f",
        "principal": S3,
        "action": "lambda:InvokeFunction",
    }
    return made("aws_lambda_permission.p", **{**given, **values})


def invoke(
    *items: Made,
    caller: str = S3,
    on: str = FUNCTION_ARN,
    action: str = "lambda:InvokeFunction",
    **context: Any,
) -> Effect:
    keys = BUCKET | {key.replace("_", ":"): value for key, value in context.items()}
    found = stack(FUNCTION, *items)
    return decide(found, "aws_lambda_function.f", action, caller, keys, on)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("f", True),
        (FUNCTION_ARN, True),
        (f"{ACCOUNT}:function:f", True),
        ("function:f", True),
        ("g", False),
        ("ff", False),
        (arn("lambda", "function:g"), False),
        (arn("lambda", "function:f", region="eu-west-1"), False),
        (arn("lambda", "function:f", account=OTHER), False),
        (f"{OTHER}:function:f", False),
        ("no name of a function", False),
    ],
)
def test_a_permission_lets_in_to_the_function_it_names(written: str, named: bool) -> None:
    expected = Effect.ALLOWED if named else Effect.IMPLICITLY_DENIED
    assert invoke(permission(function_name=written)) is expected


def test_a_permission_of_a_version_or_alias_lets_in_to_nothing_else() -> None:
    alias = made(
        "aws_lambda_alias.live", name="live", function_name="f", arn="arn:aws:x:::live", id="x"
    )
    of_alias = permission(function_name=alias.resource.get("arn"))
    for items in (
        [permission(qualifier="live")],
        [permission(function_name="f:live")],
        [permission(function_name=LIVE)],
        [alias, of_alias],
    ):
        assert invoke(*items, on=LIVE) is Effect.ALLOWED
        assert invoke(*items) is Effect.IMPLICITLY_DENIED
    assert invoke(permission(), on=LIVE) is Effect.IMPLICITLY_DENIED
    refers = ["aws_lambda_function.f.qualified_arn", "aws_lambda_function.f"]
    version = permission(function_name=UNKNOWN, refers={"function_name": refers})
    assert invoke(version, on=f"{FUNCTION_ARN}:1") is Effect.UNDETERMINED


def test_a_permission_is_for_its_principal() -> None:
    worker, elsewhere = role_arn("w"), f"arn:aws:iam::{OTHER}:role/w"
    assert invoke(permission(), caller="sns.amazonaws.com") is Effect.IMPLICITLY_DENIED
    everyone = permission(principal="*")
    assert invoke(everyone, caller="sns.amazonaws.com") is Effect.ALLOWED
    assert invoke(permission(principal=worker), caller=worker) is Effect.ALLOWED
    assert invoke(permission(principal=worker), caller=role_arn("v")) is Effect.IMPLICITLY_DENIED
    account = permission(principal=OTHER)
    found = stack(FUNCTION, account)
    (policy,) = resource_policies(found, found["aws_lambda_function.f"])
    request = Request("lambda:InvokeFunction", FUNCTION_ARN, elsewhere)
    identity = [json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})]
    policies = Policies(identity=identity, resource=policy.document)
    assert evaluate(request, policies).effect is Effect.ALLOWED
    assert evaluate(request, Policies(identity=identity)).effect is Effect.IMPLICITLY_DENIED


@pytest.mark.parametrize(
    ("values", "fitting", "other"),
    [
        (
            {"source_arn": "arn:aws:s3:::films"},
            {"aws_SourceArn": "arn:aws:s3:::films"},
            {"aws_SourceArn": "arn:aws:s3:::songs"},
        ),
        (
            {"source_arn": "arn:aws:s3:::f*"},
            {"aws_SourceArn": "arn:aws:s3:::films"},
            {"aws_SourceArn": "arn:aws:s3:::songs"},
        ),
        (
            {"source_account": ACCOUNT},
            {"aws_SourceAccount": ACCOUNT},
            {"aws_SourceAccount": OTHER},
        ),
        (
            {"principal_org_id": "o-123"},
            {"aws_PrincipalOrgID": "o-123"},
            {"aws_PrincipalOrgID": "o-456"},
        ),
        (
            {"function_url_auth_type": "NONE"},
            {"lambda_FunctionUrlAuthType": "NONE"},
            {"lambda_FunctionUrlAuthType": "AWS_IAM"},
        ),
        (
            {"event_source_token": "t"},
            {"lambda_EventSourceToken": "t"},
            {"lambda_EventSourceToken": "u"},
        ),
    ],
)
def test_each_limit_of_a_permission_is_a_condition(
    values: dict[str, Any], fitting: dict[str, Any], other: dict[str, Any]
) -> None:
    assert invoke(permission(**values), **fitting) is Effect.ALLOWED
    assert invoke(permission(**values), **other) is Effect.IMPLICITLY_DENIED
    (attribute,) = values
    assert invoke(permission(**{attribute: UNKNOWN}), **fitting) is Effect.UNDETERMINED


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"function_name": UNKNOWN}, "whether it is for aws_lambda_function.f is not known"),
        ({"principal": UNKNOWN}, "nobody knows its principal"),
        ({"action": UNKNOWN, "source_arn": UNKNOWN}, "nobody knows its action and source_arn"),
        (
            {"qualifier": UNKNOWN},
            "nobody knows the ARN of the version, alias or function that it is for",
        ),
        (
            {"source_arn": "films"},
            "aws_lambda_permission.p: Statement[0].Condition.ArnLike.AWS:SourceArn is 'films', "
            "which ArnLike cannot compare",
        ),
    ],
)
def test_what_is_not_known_of_a_permission_leaves_it_open(
    values: dict[str, Any], problem: str
) -> None:
    one = permission(**values)
    assert invoke(one) is Effect.UNDETERMINED
    found = stack(FUNCTION, one)
    (policy,) = resource_policies(found, found["aws_lambda_function.f"])
    assert policy.problem == problem


def test_a_function_of_which_the_name_is_unknown_may_be_the_one() -> None:
    nameless = made("aws_lambda_function.f", function_name=UNKNOWN, id=UNKNOWN, arn=UNKNOWN)
    found = stack(nameless, permission())
    (policy,) = resource_policies(found, found["aws_lambda_function.f"])
    assert policy.problem == "whether it is for aws_lambda_function.f is not known"


def test_a_function_that_is_looked_up_may_let_in_more() -> None:
    looked_up = made("data.aws_lambda_function.f", function_name="f", id="f", arn=FUNCTION_ARN)
    found = stack(looked_up, permission())
    assert len(resource_policies(found, found["data.aws_lambda_function.f"])) == 2


# Log groups ----------------------------------------------------------------------------------

EVENTS = "events.amazonaws.com"
LOGS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": EVENTS},
            "Action": "logs:PutLogEvents",
            "Resource": f"{arn('logs', 'log-group:/films')}:*",
        },
    }
)
STREAM = f"{arn('logs', 'log-group:/films')}:log-stream:s"


def log_group(provider: str = "aws", place: str | None = REGION) -> Stack:
    """A log group with two policies, of which the second is another provider's."""
    group = made("aws_cloudwatch_log_group.g", name="/films", arn=arn("logs", "log-group:/films"))
    policy = made("aws_cloudwatch_log_resource_policy.p", policy_name="p", policy_document=LOGS)
    found = stack(group, policy)
    entry = found.configuration.resources["aws_cloudwatch_log_resource_policy.p"]
    entry["provider_config_key"] = provider  # type: ignore[index]
    if place:
        found.places["aws.other"] = Place("aws", place, ACCOUNT)  # type: ignore[index]
    return found


def test_a_log_group_has_the_policies_of_its_account_and_region() -> None:
    def put(found: Stack, arn_: str = STREAM) -> Effect:
        address = "aws_cloudwatch_log_group.g"
        return decide(found, address, "logs:PutLogEvents", EVENTS, arn_=arn_)

    assert put(log_group()) is Effect.ALLOWED
    other = f"{arn('logs', 'log-group:/songs')}:log-stream:s"
    assert put(log_group(), other) is Effect.IMPLICITLY_DENIED
    assert put(log_group("aws.other")) is Effect.ALLOWED
    assert put(log_group("aws.other", "eu-west-1")) is Effect.IMPLICITLY_DENIED
    unknown = log_group("aws.other", None)
    assert put(unknown) is Effect.UNDETERMINED
    (policy,) = resource_policies(unknown, unknown["aws_cloudwatch_log_group.g"])
    assert policy.problem == (
        "whether it is in the account and region of aws_cloudwatch_log_group.g is not known"
    )


# Event buses ---------------------------------------------------------------------------------

BUS = KINDS["event bus"].resource()
ELSEWHERE = f"arn:aws:iam::{OTHER}:role/w"


def bus_permission(**values: Any) -> Made:
    given = {"event_bus_name": "r", "principal": OTHER, "statement_id": "Other"}
    return made("aws_cloudwatch_event_permission.p", **{**given, **values})


def put_events(*items: Made, context: Mapping[str, Any] | None = None) -> Effect:
    found = stack(*items)
    address = items[0].resource.address
    own = [policy.document for policy in resource_policies(found, found[address])]
    identity = [json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})]
    request = Request(
        "events:PutEvents",
        found[address].get("arn"),
        ELSEWHERE,
        context=context or {},
        complete=True,
    )
    return evaluate(request, Policies(identity=identity, resource=own or None)).effect


def test_an_event_permission_lets_another_account_in() -> None:
    assert put_events(BUS, bus_permission()) is Effect.ALLOWED
    assert put_events(BUS, bus_permission(action="events:PutEvents")) is Effect.ALLOWED
    assert put_events(BUS, bus_permission(action="events:PutRule")) is Effect.IMPLICITLY_DENIED
    assert put_events(BUS, bus_permission(principal="444455556666")) is Effect.IMPLICITLY_DENIED
    assert put_events(BUS, bus_permission(event_bus_name="x")) is Effect.IMPLICITLY_DENIED
    assert put_events(BUS, bus_permission(event_bus_name=None)) is Effect.IMPLICITLY_DENIED
    assert put_events(BUS) is Effect.IMPLICITLY_DENIED


def test_an_event_permission_without_a_bus_is_for_the_default_bus() -> None:
    bus = made(
        "data.aws_cloudwatch_event_bus.d", name="default", arn=arn("events", "event-bus/default")
    )
    found = stack(bus, bus_permission(event_bus_name=None), bus_permission())
    first, second = resource_policies(
        stack(bus, bus_permission(event_bus_name=None)), found["data.aws_cloudwatch_event_bus.d"]
    )
    assert first.problem == ""
    assert second.problem.endswith("are not part of this stack")


def test_the_condition_of_an_event_permission_counts() -> None:
    block = {"type": "StringEquals", "key": "aws:PrincipalOrgID", "value": "o-123"}
    limited = bus_permission(principal="*", condition=[block])
    assert put_events(BUS, limited, context={"aws:PrincipalOrgID": "o-123"}) is Effect.ALLOWED
    assert put_events(BUS, limited, context={"aws:PrincipalOrgID": "o-4"}) is (
        Effect.IMPLICITLY_DENIED
    )


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"event_bus_name": UNKNOWN}, "whether it is for aws_cloudwatch_event_bus.r is not known"),
        ({"principal": UNKNOWN}, "nobody knows its principal"),
        ({"action": UNKNOWN}, "nobody knows its action"),
        ({"condition": UNKNOWN}, "nobody knows its condition"),
        (
            {"condition": [{"type": UNKNOWN, "key": "k", "value": "v"}]},
            "nobody knows its condition",
        ),
    ],
)
def test_what_is_not_known_of_an_event_permission_leaves_it_open(
    values: dict[str, Any], problem: str
) -> None:
    one = bus_permission(**values)
    assert put_events(BUS, one) is Effect.UNDETERMINED
    found = stack(BUS, one)
    (policy,) = resource_policies(found, found["aws_cloudwatch_event_bus.r"])
    assert policy.problem == problem


def test_a_bus_policy_overwrites_permissions() -> None:
    found = stack(BUS, KINDS["event bus"].written(), bus_permission())
    written, overwritten = resource_policies(found, found["aws_cloudwatch_event_bus.r"])
    assert written.problem == ""
    assert overwritten.problem == (
        "an aws_cloudwatch_event_bus_policy of the same bus overwrites it"
    )


# Roles ---------------------------------------------------------------------------------------


def test_a_role_is_assumed_by_whom_it_trusts() -> None:
    found = stack(
        role("r"), role("other", "sns.amazonaws.com"), role("open", assume_role_policy=UNKNOWN)
    )
    caller = "lambda.amazonaws.com"
    verdicts = [
        decide(found, f"aws_iam_role.{name}", "sts:AssumeRole", caller)
        for name in ("r", "other", "open")
    ]
    assert verdicts == [Effect.ALLOWED, Effect.IMPLICITLY_DENIED, Effect.UNDETERMINED]
    (policy,) = resource_policies(found, found["aws_iam_role.r"])
    assert policy.document.kind is PolicyKind.TRUST


def test_the_trust_of_a_role_that_is_looked_up_is_read() -> None:
    known = made("data.aws_iam_role.r", arn=role_arn("r"), assume_role_policy=trust(S3))
    assert decide(stack(known), "data.aws_iam_role.r", "sts:AssumeRole") is Effect.ALLOWED


# All of them ---------------------------------------------------------------------------------


def test_what_can_have_no_policy_has_none() -> None:
    assert "aws_cloudwatch_metric_alarm" not in RESOURCE_POLICY_TYPES
    found = stack(made("aws_cloudwatch_metric_alarm.a", policy=let("a:B")))
    assert resource_policies(found, found["aws_cloudwatch_metric_alarm.a"]) == []
    named = {kind.type for kind in KINDS.values()}
    more = {"aws_lambda_function", "aws_cloudwatch_log_group", "aws_iam_role"}
    assert named | more == RESOURCE_POLICY_TYPES


def test_bucket_policies_are_the_resource_policies_of_a_bucket() -> None:
    kind = KINDS["bucket"]
    found = stack(kind.resource(), kind.written())
    (policy,) = bucket_policies(found, found["aws_s3_bucket.r"])
    assert policy.source.address == "aws_s3_bucket_policy.w"


SOURCES = """resource "aws_kms_key" "k" {
}

resource "aws_kms_grant" "g" {
  key_id = aws_kms_key.k.id
}

resource "aws_sns_topic" "t" {
  name = "t"
}

resource "aws_lambda_permission" "p" {
  statement_id = "AllowS3"
}

resource "aws_cloudwatch_event_permission" "p" {
  statement_id = "Other"
}

resource "aws_sqs_queue_policy" "w" {
  queue_url = aws_sqs_queue.r.id
  policy = <<JSON
{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Send"}
  ]
}
JSON
}
"""


def test_each_statement_is_found_in_the_sources() -> None:
    kind = KINDS["queue"]
    found = stack(
        made("aws_kms_key.k", **key_of("k")),
        constrained(encryption_context_subset={"app": "films"}),
        made("aws_sns_topic.t", **plain("sns", "", "t")),
        FUNCTION,
        permission(),
        BUS,
        bus_permission(),
        kind.resource(),
        kind.written(policy=let("sqs:SendMessage", Sid="Send")),
        sources=SOURCES,
    )
    places = {
        (policy.source.address, policy.path(statement), *policy.locate(found, statement))
        for resource in found
        for policy in resource_policies(found, resource)
        for statement in policy.document.statements
    }
    assert places == {
        ("aws_kms_key.k", "", "main.tf", 1),
        ("aws_kms_grant.g", "", "main.tf", 4),
        ("aws_sns_topic.t", "", "main.tf", 8),
        ("aws_lambda_permission.p", "", "main.tf", 12),
        ("aws_cloudwatch_event_permission.p", "", "main.tf", 16),
        ("aws_sqs_queue_policy.w", "policy.Statement.0", "main.tf", 26),
    }


REAL = {
    "stack/main.tf": """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "us-east-1"
}
provider "aws" {
  alias  = "west"
  region = "eu-west-1"
}
variable "none" {
  type    = string
  default = null
}
locals {
  pair = toset(["a", "b"])
  log  = { Effect = "Allow", Principal = { Service = "s3.amazonaws.com" }, Action = "logs:*" }
}
data "aws_iam_policy_document" "queue" {
  for_each = local.pair
  statement {
    sid       = "Send"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.q[each.key].arn]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}
resource "aws_sqs_queue" "q" {
  for_each = local.pair
  name     = "q-${each.key}"
  policy   = var.none
}
resource "aws_sqs_queue_policy" "q" {
  for_each  = local.pair
  queue_url = aws_sqs_queue.q[each.key].url
  policy    = data.aws_iam_policy_document.queue[each.key].json
}
resource "aws_sqs_queue" "bare" {
  count  = 2
  name   = "bare-${count.index}"
  policy = var.none
}
module "m" {
  source   = "./m"
  for_each = local.pair
  name     = each.key
  policy   = jsonencode({
    Statement = [
      { Effect = "Allow", Principal = "*", Action = "sns:Publish", Resource = "*" },
    ]
  })
}
resource "aws_kms_external_key" "k" {}
resource "aws_kms_grant" "g" {
  key_id            = aws_kms_external_key.k.id
  grantee_principal = "arn:aws:iam::111122223333:role/r"
  operations        = ["Decrypt", "DescribeKey"]
  constraints {
    encryption_context_equals = { app = "films" }
  }
}
resource "aws_cloudwatch_log_group" "g" {
  name = "/films"
}
resource "aws_cloudwatch_log_resource_policy" "here" {
  policy_name     = "p"
  policy_document = jsonencode({ Statement = [merge(local.log, { Resource = "*" })] })
}
resource "aws_cloudwatch_log_resource_policy" "west" {
  provider        = aws.west
  policy_name     = "p"
  policy_document = jsonencode({ Statement = [merge(local.log, { Resource = "*" })] })
}
resource "aws_dynamodb_table" "t" {
  name             = "t"
  hash_key         = "id"
  billing_mode     = "PAY_PER_REQUEST"
  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_dynamodb_resource_policy" "stream" {
  resource_arn = aws_dynamodb_table.t.stream_arn
  policy       = jsonencode({
    Statement = [{ Effect = "Allow", Principal = "*", Action = "dynamodb:*", Resource = "*" }]
  })
}
""",
    "stack/m/main.tf": """
variable "name" {}
variable "policy" {}
resource "aws_sns_topic" "t" {
  name = var.name
}
resource "aws_sns_topic_policy" "t" {
  arn    = aws_sns_topic.t.arn
  policy = var.policy
}
resource "aws_sns_topic" "default" {
  name = "${var.name}-default"
}
""",
}


@pytest.mark.terraform
def test_policies_of_a_stack_that_terraform_evaluated(
    ask: Ask, write_stack: Callable[[Mapping[str, str]], Path]
) -> None:
    found = ask(write_stack(REAL)).stack()
    policies = {
        resource.address: [
            (policy.source.address, policy.problem, policy.locate(found, statement)[1])
            for policy in resource_policies(found, resource)
            for statement in policy.document.statements[:1]
        ]
        for resource in found.managed()
        if resource.type in RESOURCE_POLICY_TYPES
    }

    def line(text: str, file: str = "stack/main.tf") -> int:
        return REAL[file][: REAL[file].index(text)].count("\n") + 1

    key, topic, logs = (
        "aws_kms_external_key.k",
        "aws_sns_topic",
        "aws_cloudwatch_log_resource_policy",
    )
    sent, published = line('sid       = "Send"'), line('{ Effect = "Allow", Principal = "*"')
    default = line('resource "aws_sns_topic" "default"', "stack/m/main.tf")
    expected: dict[str, list[tuple[str, str, int]]] = {
        "aws_sqs_queue.bare[0]": [],
        "aws_sqs_queue.bare[1]": [],
        key: [
            (key, "", line('resource "aws_kms_external_key"')),
            ("aws_kms_grant.g", "", line('resource "aws_kms_grant"')),
        ],
        "aws_cloudwatch_log_group.g": [(f"{logs}.here", "", line("policy_document = jsonencode"))],
        "aws_dynamodb_table.t": [],
    }
    for each in ("a", "b"):
        module = f'module.m["{each}"]'
        expected |= {
            f'aws_sqs_queue.q["{each}"]': [(f'aws_sqs_queue_policy.q["{each}"]', "", sent)],
            f"{module}.{topic}.t": [(f"{module}.{topic}_policy.t", "", published)],
            f"{module}.{topic}.default": [(f"{module}.{topic}.default", "", default)],
        }
    assert policies == expected
    send = ("sqs:SendMessage", S3)
    assert decide(found, 'aws_sqs_queue.q["a"]', *send) is Effect.ALLOWED
    assert decide(found, "aws_sqs_queue.bare[0]", *send) is Effect.IMPLICITLY_DENIED
