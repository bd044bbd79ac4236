"""The questions that every caller of the IAM evaluation is asked, with the answers of AWS.

They are combined from tables: actions and their resources, who asks, conditions, the policy that
has the condition, and forms of statements. An answer is what the sources say:

Sources: IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic",
"Permissions boundaries for IAM entities", "AWS global condition context keys", "IAM JSON policy
elements: Condition operators" (IfExists, Null, negated operators, ForAllValues without the key);
AWS KMS Developer Guide, "Key policies", "Grants", "AWS KMS condition keys"; S3 User Guide, "Bucket
policy examples using condition keys".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from planproof.values import Truth, negate
from tests.builders.parts import KEY_ARN, TO_ACCOUNT, arn, role_arn
from tests.builders.policies import ALARMS, EVENTS, S3, SNS, statement
from tests.builders.stacks import ACCOUNT, REGION, SECOND_ACCOUNT

Statement = dict[str, Any]
ROLE: Final = "worker"
"""The role that asks; its tag ``team`` is ``media``."""
TARGET: Final = "target"
"""The role that is passed or assumed."""
MEDIACONVERT: Final = "mediaconvert.amazonaws.com"
ANOTHER_ACCOUNT: Final = "another account"
ANYBODY: Final = "an unauthenticated caller"
FOREIGN: Final = (ANOTHER_ACCOUNT, ANYBODY)
OTHER_REGION: Final = "eu-west-1"
BY_ROLE: Final = {"AWS": role_arn(ROLE)}


@dataclass(frozen=True)
class Target:
    """The resource of a question.

    Attributes:
        address: in the stack; "" for one that is in no stack.
        below: what of it is requested, after its ARN.
        governed: whether it can have a resource-based policy.
        base: the statements of that policy in every question.
    """

    arn: str
    address: str = ""
    below: str = ""
    governed: bool = True
    base: tuple[Statement, ...] = ()


QUEUE = Target(arn("sqs", "work"), "aws_sqs_queue.work")
TOPIC = Target(arn("sns", "news"), "aws_sns_topic.news")
BUCKET = Target("arn:aws:s3:::films", "aws_s3_bucket.films", "/a")
TABLE = Target(arn("dynamodb", "table/assets"), "aws_dynamodb_table.assets")
KEY = Target(KEY_ARN, "aws_kms_key.k", base=(TO_ACCOUNT,))
FUNCTION = Target(arn("lambda", "function:job"), "aws_lambda_function.job", governed=False)
JOBS = Target(arn("mediaconvert", "queues/Default"), governed=False)
PASSED = Target(role_arn(TARGET), f"aws_iam_role.{TARGET}", governed=False)
ASSUMED = replace(PASSED, governed=True)
ALL = Target("*", governed=False)

ACTIONS: Final[Mapping[str, Target]] = {
    "sqs:SendMessage": QUEUE,
    "s3:GetObject": BUCKET,
    "kms:Decrypt": KEY,
    "sns:Publish": TOPIC,
    "dynamodb:PutItem": TABLE,
    "lambda:InvokeFunction": FUNCTION,
    "mediaconvert:CreateJob": JOBS,
    "cloudwatch:PutMetricData": ALL,
}
"""What the role asks for, besides passing and assuming a role."""


@dataclass(frozen=True)
class Question:
    """May a principal perform an action on a resource?

    Attributes:
        who: :data:`ROLE`, a service principal, or one of :data:`FOREIGN`.
        identity, boundary: statements of the role; no boundary if None.
        resource: statements of the resource's policy, besides those that it always has.
        source: the ARN that a service acts for.
        given: what the one who asks knows besides; None for a key that is not in the request.
        grants: of a key: operation and encryption context.
        answer: True for allowed, False for denied, None for undetermined.
    """

    name: str
    who: str
    action: str
    target: Target
    answer: Truth
    identity: tuple[Statement, ...] = ()
    resource: tuple[Statement, ...] = ()
    boundary: tuple[Statement, ...] | None = None
    source: str = ""
    given: Mapping[str, str | None] = field(default_factory=dict)
    grants: tuple[tuple[str, Mapping[str, str]], ...] = ()

    @property
    def arn(self) -> str:
        """The requested ARN."""
        return f"{self.target.arn}{self.target.below}"

    def __str__(self) -> str:
        return f"{self.who}, {self.action}: {self.name}"


def deny(action: Any, resource: Any = "*", **elements: Any) -> Statement:
    return statement(action, resource, **{**elements, "Effect": "Deny"})


# Conditions ----------------------------------------------------------------------------------

Condition = tuple[str, str, Any, Truth]
"""Operator, key, value, and whether it holds."""

OF_EVERYBODY: Final[tuple[Condition, ...]] = (
    ("Bool", "aws:SecureTransport", "true", True),
    ("Bool", "aws:SecureTransport", "false", False),
    ("Null", "aws:CurrentTime", "false", True),
    ("IpAddress", "aws:SourceIp", "10.0.0.0/8", None),
    ("StringEqualsIfExists", "aws:SourceVpce", "vpce-1", None),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["stage"], None),
)
OF_REGIONS: Final[tuple[Condition, ...]] = (
    ("StringEquals", "aws:RequestedRegion", REGION, True),
    ("StringEquals", "aws:RequestedRegion", OTHER_REGION, False),
    ("StringNotEquals", "aws:RequestedRegion", REGION, False),
    ("StringLike", "aws:RequestedRegion", "us-*", True),
    ("StringEqualsIfExists", "aws:RequestedRegion", OTHER_REGION, False),
    ("ForAnyValue:StringEquals", "aws:RequestedRegion", [OTHER_REGION, REGION], True),
    ("Null", "aws:RequestedRegion", "true", False),
)
OF_IDENTITIES: Final[tuple[Condition, ...]] = (
    ("Bool", "aws:PrincipalIsAWSService", "false", True),
    ("Null", "aws:PrincipalServiceName", "true", True),
    ("ForAllValues:StringEquals", "aws:PrincipalServiceNamesList", [S3], True),
    ("ForAnyValue:StringEquals", "aws:PrincipalServiceNamesList", [S3], False),
    ("Null", "aws:SourceArn", "true", True),
    ("ArnLike", "aws:SourceArn", "arn:aws:s3:::films", False),
    ("ArnLikeIfExists", "aws:SourceArn", "arn:aws:s3:::films", True),
    ("ArnNotLike", "aws:SourceArn", "arn:aws:s3:::films", True),
    ("StringEquals", "aws:SourceAccount", ACCOUNT, False),
    ("StringEqualsIfExists", "aws:SourceAccount", SECOND_ACCOUNT, True),
    ("Null", "aws:SourceOrgID", "true", True),
    ("Null", "aws:SourceOrgPaths", "false", False),
    ("Null", "aws:username", "true", True),
)
OF_ROLE: Final[tuple[Condition, ...]] = (
    ("ArnEquals", "aws:PrincipalArn", role_arn(ROLE), True),
    ("ArnLike", "aws:PrincipalArn", role_arn("other*"), False),
    ("ArnNotEquals", "aws:PrincipalArn", role_arn(ROLE), False),
    ("StringEquals", "aws:PrincipalAccount", ACCOUNT, True),
    ("StringEquals", "aws:PrincipalAccount", SECOND_ACCOUNT, False),
    ("StringEquals", "aws:PrincipalType", "AssumedRole", True),
    ("StringEquals", "aws:PrincipalTag/team", "media", True),
    ("StringEquals", "aws:PrincipalTag/team", "news", False),
    ("Null", "aws:PrincipalTag/stage", "true", True),
    ("Null", "aws:SourceOwner", "true", True),
    ("StringEquals", "aws:PrincipalOrgID", "o-1234567890", None),
    ("StringNotEquals", "aws:PrincipalOrgID", "o-1234567890", None),
    ("Null", "aws:PrincipalOrgID", "true", None),
    *OF_IDENTITIES,
)
OF_RESOURCES: Final[tuple[Condition, ...]] = (
    ("StringEquals", "aws:ResourceAccount", ACCOUNT, True),
    ("StringNotEquals", "aws:ResourceAccount", ACCOUNT, False),
)
OF_ONE_SERVICE: Final[Mapping[str, tuple[Condition, ...]]] = {
    "kms:Decrypt": (
        ("StringEquals", "kms:CallerAccount", ACCOUNT, True),
        ("StringEquals", "kms:CallerAccount", SECOND_ACCOUNT, False),
        ("Null", "kms:CallerAccount", "true", False),
    ),
    "s3:GetObject": (
        ("StringEquals", "s3:ResourceAccount", ACCOUNT, True),
        ("StringEquals", "s3:ResourceAccount", SECOND_ACCOUNT, False),
        ("StringEquals", "s3:ExistingObjectTag/kind", "film", None),
        ("Null", "kms:CallerAccount", "true", True),
    ),
    "sqs:SendMessage": (
        ("StringEquals", "aws:ResourceTag/stage", "dev", True),
        ("StringEquals", "aws:ResourceTag/stage", "live", False),
        ("Null", "aws:ResourceTag/team", "true", True),
    ),
}


def conditions_of(action: str, target: Target) -> Iterator[Condition]:
    """The conditions on a request of the role."""
    yield from (*OF_EVERYBODY, *OF_REGIONS, *OF_ROLE)
    yield from () if target is ALL else OF_RESOURCES
    yield from OF_ONE_SERVICE.get(action, ())


def asked_by_role(action: str, target: Target, condition: Condition) -> tuple[Question, ...]:
    """A condition in every policy that can have it."""
    operator, key, value, holds = condition
    only = {"Condition": {operator: {key: value}}}
    grant = statement(action, "*")
    shown = f"{operator} {key} {value}"

    def ask(where: str, answer: Truth, **policies: Any) -> Question:
        return Question(f"{shown} in {where}", ROLE, action, target, answer, **policies)

    found = (
        ask("its policy", holds, identity=(statement(action, "*", **only),)),
        ask("a denial", negate(holds), identity=(grant, deny(action, "*", **only))),
        ask("its boundary", holds, identity=(grant,), boundary=(statement("*", "*", **only),)),
    )
    if not target.governed:
        return found
    allowed = statement(action, "*", Principal=BY_ROLE, **only)
    denied = deny(action, "*", Principal="*", **only)
    return (
        *found,
        ask("the resource's policy", holds, resource=(allowed,)),
        ask("a denial of the resource", negate(holds), identity=(grant,), resource=(denied,)),
    )


def about_conditions() -> Iterator[Question]:
    """Every condition in every policy for a queue; in one of the policies for other resources."""
    for number, (action, target) in enumerate(ACTIONS.items()):
        for i, condition in enumerate(conditions_of(action, target)):
            asked = asked_by_role(action, target, condition)
            yield from asked if target is QUEUE else (asked[(i + number) % len(asked)],)


# Forms of statements -------------------------------------------------------------------------


def about_statements() -> Iterator[Question]:
    """Elements of statements, denials and boundaries, without conditions."""
    for action, target in ACTIONS.items():
        service = action.partition(":")[0]
        own = "*" if target is ALL else f"{target.arn}{target.below}"
        other = "arn:aws:sqs:*:*:other"
        grant = statement(action, own)
        some = statement(["iam:GetRole", action.upper()], [other, own])
        all_but = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
        none = {"Effect": "Allow", "NotAction": [action], "Resource": "*"}
        rest = {"Effect": "Deny", "NotAction": f"{service}:*", "Resource": "*"}
        closed = {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}
        rows: list[tuple[str, Truth, tuple[Statement, ...], tuple[Statement, ...] | None]] = [
            ("no statement", False, (), None),
            ("its action and resource", True, (grant,), None),
            ("lists, in capitals", True, (some,), None),
            ("a pattern", True, (statement(f"{service}:*"),), None),
            ("another service", False, (statement("iam:*"),), None),
            ("NotAction of another service", True, (all_but,), None),
            ("NotAction of it", False, (none,), None),
            ("a denial of it", False, (grant, deny(action)), None),
            ("a denial of others by NotAction", True, (grant, rest), None),
            ("a denial by NotAction", False, (grant, closed), None),
            ("a boundary that allows it", True, (grant,), (statement(f"{service}:*"),)),
            ("a boundary without it", False, (grant,), (statement("iam:*"),)),
            ("a boundary that denies it", False, (grant,), (statement("*"), deny(action))),
            ("a boundary alone", False, (), (statement("*"),)),
        ]
        if target is not ALL:
            outside = {"Effect": "Allow", "Action": action, "NotResource": own}
            inside = {"Effect": "Allow", "Action": action, "NotResource": other}
            spared = {"Effect": "Deny", "Action": action, "NotResource": own}
            denied = {"Effect": "Deny", "Action": action, "NotResource": other}
            rows += [
                ("another resource", False, (statement(action, other),), None),
                ("NotResource of it", False, (outside,), None),
                ("NotResource of another", True, (inside,), None),
                ("a denial that spares it", True, (grant, spared), None),
                ("a denial of all but another", False, (grant, denied), None),
            ]
        for name, answer, identity, boundary in rows:
            yield Question(name, ROLE, action, target, answer, identity, boundary=boundary)


def about_resource_policies() -> Iterator[Question]:
    """Principals in the policy of a resource."""
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    foreign = {"AWS": f"arn:aws:iam::{SECOND_ACCOUNT}:root"}
    for action, target in ACTIONS.items():
        if not target.governed:
            continue
        own, grant = f"{target.arn}{target.below}", statement(action)
        limit = (statement("iam:*"),)

        def policy(principal: Any, _own: str = own, _action: str = action) -> Statement:
            return statement(_action, _own, Principal=principal)

        refusal = deny(action, own, Principal=BY_ROLE)
        refused = deny(action, own, Principal={"AWS": role_arn("other")})
        rows: list[tuple[str, Truth, tuple[Statement, ...], tuple[Statement, ...], Any]] = [
            ("its own, to the role", True, (), (policy(BY_ROLE),), None),
            ("its own, to everybody", True, (), (policy("*"),), None),
            ("its own, to the account", False, (), (policy(root),), None),
            ("to the account, and an identity policy", True, (grant,), (policy(root),), None),
            ("to another account", False, (), (policy(foreign),), None),
            ("to another role", False, (), (policy({"AWS": role_arn("other")}),), None),
            ("to a service", False, (), (policy({"Service": S3}),), None),
            ("to the role, beyond its boundary", False, (), (policy(BY_ROLE),), limit),
            ("a denial to the role", False, (grant,), (refusal,), None),
            ("a denial to another role", True, (grant,), (refused,), None),
            ("a denial by the role", False, (deny(action),), (policy(BY_ROLE),), None),
        ]
        for name, answer, identity, resource, boundary in rows:
            yield Question(name, ROLE, action, target, answer, identity, resource, boundary)


def about_keys() -> Iterator[Question]:
    """Key policies that do not trust the account, and grants."""
    closed = replace(KEY, base=(deny("kms:Decrypt", Principal={"AWS": role_arn("other")}),))
    every = statement("kms:*")
    named = statement("kms:Decrypt", Principal=BY_ROLE)
    context = {"kms:EncryptionContext:film": "a", "kms:EncryptionContextKeys": "film"}
    other = {"kms:EncryptionContext:film": "b", "kms:EncryptionContextKeys": "film"}
    via = {"StringEquals": {"kms:ViaService": f"sqs.{REGION}.amazonaws.com"}}
    limited = statement("kms:Decrypt", Condition=via)
    directly: dict[str, str | None] = {"kms:ViaService": None}

    def ask(name: str, answer: Truth, target: Target = closed, **more: Any) -> Question:
        return Question(name, ROLE, "kms:Decrypt", target, answer, **more)

    yield ask("an identity policy that the key does not trust", False, identity=(every,))
    yield ask("the key's policy alone", True, resource=(named,))
    yield ask("a grant", True, grants=(("Decrypt", {}),))
    yield ask("a grant for something else", False, grants=(("Encrypt", {}),))
    yield ask(
        "a denial beside a grant", False, identity=(deny("kms:*"),), grants=(("Decrypt", {}),)
    )
    constrained = (("Decrypt", {"film": "a"}),)
    yield ask("a grant for the encryption context", True, grants=constrained, given=context)
    yield ask("a grant for another context", False, grants=constrained, given=other)
    yield ask("only through SQS, directly", False, KEY, identity=(limited,), given=directly)


def about_roles() -> Iterator[Question]:
    """iam:PassRole, and sts:AssumeRole by the role."""
    to_service = {"StringEquals": {"iam:PassedToService": MEDIACONVERT}}
    to_services = {"ForAllValues:StringLike": {"iam:PassedToService": ["media*"]}}
    unset = {"Null": {"iam:PassedToService": "true"}}
    here = {"StringEquals": {"aws:RequestedRegion": REGION}}
    action = "iam:PassRole"
    rows: list[tuple[str, Truth, tuple[Statement, ...], str]] = [
        ("to the service", True, (statement(action, Condition=to_service),), MEDIACONVERT),
        ("to another service", False, (statement(action, Condition=to_service),), EVENTS),
        (
            "to services by a pattern",
            True,
            (statement(action, Condition=to_services),),
            MEDIACONVERT,
        ),
        ("to no service", False, (statement(action, Condition=unset),), MEDIACONVERT),
        ("another role", False, (statement(action, role_arn("other")),), MEDIACONVERT),
        ("roles by a pattern", True, (statement("iam:Pass*", role_arn("t*")),), MEDIACONVERT),
        ("a denial", False, (statement(action), deny("iam:*")), MEDIACONVERT),
        # The service that gets the role checks it, in a region that AWS does not document.
        ("in a region", None, (statement(action, Condition=here),), MEDIACONVERT),
    ]
    for name, answer, identity, service in rows:
        given = {"iam:PassedToService": service}
        yield Question(name, ROLE, action, PASSED, answer, identity, given=given)
    action, root = "sts:AssumeRole", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    may = statement(action)
    trusts: list[tuple[str, Truth, tuple[Statement, ...], Any]] = [
        ("trusted by name", True, (), BY_ROLE),
        ("trusted with its account", True, (may,), root),
        ("trusted with its account, without a policy", False, (), root),
        ("not trusted", False, (may,), {"Service": MEDIACONVERT}),
        ("trusted by name, and denied", False, (deny(action),), BY_ROLE),
    ]
    for name, answer, identity, principal in trusts:
        trust = {"Effect": "Allow", "Action": action, "Principal": principal}
        yield Question(name, ROLE, action, ASSUMED, answer, identity, (trust,))


# Services ------------------------------------------------------------------------------------

DELIVERIES: Final = (
    (S3, "sqs:SendMessage", QUEUE, "arn:aws:s3:::films"),
    (S3, "sns:Publish", TOPIC, "arn:aws:s3:::films"),
    (EVENTS, "sqs:SendMessage", QUEUE, arn("events", "rule/done")),
    (SNS, "sqs:SendMessage", QUEUE, arn("sns", "news")),
    (ALARMS, "sns:Publish", TOPIC, arn("cloudwatch", "alarm:late")),
    (MEDIACONVERT, "sts:AssumeRole", ASSUMED, JOBS.arn),
)
"""Service, action, resource and the source that it acts for."""


def about_services() -> Iterator[Question]:
    """Conditions and principals in the policies that let services in."""
    for service, action, target, source in DELIVERIES:
        owner = service == ALARMS
        of_service: tuple[Condition, ...] = (
            ("ArnEquals", "aws:SourceArn", source, True),
            ("ArnLike", "aws:SourceArn", "arn:aws:*:*:*:other*", False),
            ("ArnLikeIfExists", "aws:SourceArn", "arn:aws:*:*:*:other*", False),
            ("Null", "aws:SourceArn", "false", True),
            ("StringEquals", "aws:SourceAccount", ACCOUNT, True),
            ("StringEquals", "aws:SourceAccount", SECOND_ACCOUNT, False),
            ("StringNotEquals", "aws:SourceAccount", ACCOUNT, False),
            ("StringEquals", "aws:SourceOrgID", "o-1234567890", None),
            ("Bool", "aws:PrincipalIsAWSService", "true", True),
            ("StringEquals", "aws:PrincipalServiceName", service, True),
            ("StringEquals", "aws:PrincipalServiceName", "ec2.amazonaws.com", False),
            ("Null", "aws:username", "true", True),
            ("Null", "aws:PrincipalOrgID", "true", True),
            *OF_EVERYBODY,
            *OF_RESOURCES,
        )
        if action != "sts:AssumeRole":
            of_service += OF_REGIONS
        if action == "sns:Publish":
            of_service += (("StringEquals", "aws:SourceOwner", ACCOUNT, owner),)
            of_service += (("Null", "aws:SourceOwner", "true", not owner),)
        allowed = {"Principal": {"Service": service}}
        everywhere: dict[str, Any] = {} if target is ASSUMED else {"Resource": "*"}
        grant = {"Effect": "Allow", "Action": action, **everywhere}

        def ask(name: str, answer: Truth, *policy: Statement, _row: Any = None) -> Question:
            who, what, on, by = _row
            return Question(name, who, what, on, answer, resource=policy, source=by)

        row = (service, action, target, source)
        for i, (operator, key, value, holds) in enumerate(of_service):
            only = {"Condition": {operator: {key: value}}}
            name = f"{operator} {key} {value}"
            if i % 2 or holds is True:
                yield ask(name, holds, {**grant, **allowed, **only}, _row=row)
            if i % 2 == 0 or holds is True:
                denial = {**grant, "Effect": "Deny", "Principal": "*", **only}
                yield ask(f"denied: {name}", negate(holds), {**grant, **allowed}, denial, _row=row)
        yield ask("trusted", True, {**grant, **allowed}, _row=row)
        nobody = {"Principal": {"Service": "ec2.amazonaws.com"}}
        yield ask("another service", False, {**grant, **nobody}, _row=row)
        account = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
        yield ask("its account", False, {**grant, **account}, _row=row)
        yield ask("no statement for it", False, {**grant, **nobody, "Effect": "Deny"}, _row=row)


# Outside -------------------------------------------------------------------------------------


def about_outsiders() -> Iterator[Question]:
    """Another account, in which everything is allowed, and requests without credentials."""
    of_all: tuple[Condition, ...] = (
        *((o, k, v, h) for o, k, v, h in OF_EVERYBODY if k != "aws:TagKeys"),
        *OF_REGIONS,
        *OF_RESOURCES,
        ("ArnLike", "aws:SourceArn", "arn:aws:s3:::films", False),
        ("StringEquals", "aws:SourceAccount", ACCOUNT, False),
        ("StringEquals", "aws:PrincipalAccount", ACCOUNT, False),
        ("ArnLike", "aws:PrincipalArn", role_arn("*"), False),
        ("Null", "aws:SourceArn", "true", True),
    )
    for action in ("sqs:SendMessage", "s3:GetObject", "kms:Decrypt", "sns:Publish"):
        target = ACTIONS[action]
        own = f"{target.arn}{target.below}"
        mine = ("StringEquals", "kms:CallerAccount", ACCOUNT, False)
        conditions = (*of_all, mine) if target is KEY else of_all
        for i, (operator, key, value, holds) in enumerate(conditions):
            open_ = statement(action, own, Principal="*", Condition={operator: {key: value}})
            who = FOREIGN[i % 2]
            yield Question(f"{operator} {key} {value}", who, action, target, holds, (), (open_,))
        for who in FOREIGN:
            foreign = who == ANOTHER_ACCOUNT
            to_account = {"AWS": "arn:aws:iam::210987654321:root"}
            rows: list[tuple[str, Truth, tuple[Statement, ...]]] = [
                ("to everybody", True, (statement(action, own, Principal="*"),)),
                ("to its account", foreign, (statement(action, own, Principal=to_account),)),
                (
                    "to the own account",
                    False,
                    (statement(action, own, Principal=TO_ACCOUNT["Principal"]),),
                ),
                (
                    "to everybody, and denied",
                    False,
                    (
                        statement(action, own, Principal="*"),
                        deny(action, own, Principal="*"),
                    ),
                ),
            ]
            for name, answer, resource in rows:
                yield Question(name, who, action, target, answer, (), resource)


def questions() -> tuple[Question, ...]:
    """Every question."""
    return (
        *about_conditions(),
        *about_statements(),
        *about_resource_policies(),
        *about_keys(),
        *about_roles(),
        *about_services(),
        *about_outsiders(),
    )
