"""Those who ask IAM, each with its own way to put a question.

- a step: the sentence of a feature, with a table of what a service sends;
- the role of a step: what the steps about MediaConvert and iam:PassRole ask;
- the data path: a need of a role, an edge that is drawn for a service, an attempt from outside;
- the account: a call, a delivery, a role that is passed or assumed, decided by its own policies;
- the trust policy: may MediaConvert assume the role?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from moto.backends import get_backend
from moto.dynamodb.models.table import ResourcePolicy
from moto.kms.models import Grant

from planproof.aws.datapath import Authority, Need
from planproof.aws.datapath.deliveries import deliveries
from planproof.aws.datapath.outsiders import external_access
from planproof.emulation.account.decisions import LiveDecisions
from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.decisions.call_checks import checks_of
from planproof.emulation.account.decisions.checks import CheckedCall
from planproof.emulation.account.model import ACCOUNT_ID, ApiCall, Caller, Denial
from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import Truth, Verdict, any_of, negate
from steps.support.access import Access
from steps.support.pipeline import Pipeline
from steps.support.trust import may_assume
from tests.builders.parts import (
    KEY_ID,
    arn,
    bucket,
    function,
    inline_policy,
    key,
    queue,
    resource_policy,
    role,
    role_arn,
    rule,
    table,
    topic,
)
from tests.builders.policies import ALARMS, EVENTS, S3, SNS, document, statement, trust
from tests.builders.resolved_stacks import policy_evidence, verdict
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare, stack
from tests.emulation.account.decisions.policy_account import FakeAccount, client
from tests.iam.questions import (
    ANYBODY,
    ASSUMED,
    FOREIGN,
    KEY,
    MEDIACONVERT,
    ROLE,
    TARGET,
    Question,
)
from tests.steps.permission_steps import ask as ask_step

BOUNDARY: Final = arn("iam", "policy/limit", region="")
STAGE: Final = {"stage": "dev"}
TEAM: Final = {"team": "media"}
ANSWERS: Final = {Verdict.PASSED: True, Verdict.FAILED: False, Verdict.UNDETERMINED: None}


# The stack -----------------------------------------------------------------------------------


def stack_of(question: Question) -> Stack:
    """The stack of a question, with what its services act for."""
    more = {"permissions_boundary": BOUNDARY} if question.boundary is not None else {}
    parts = [role(ROLE, tags_all=TEAM, **more)]
    if question.identity:
        parts.append(inline_policy(*question.identity, role=ROLE, name="grants"))
    if question.boundary is not None:
        text = document(*question.boundary)
        parts.append(declare("aws_iam_policy.limit", arn=BOUNDARY, id=BOUNDARY, policy=text))
    named = {part.address: part for part in (*parts, *_resources(question), *_sources(question))}
    return stack(*named.values())


def _resources(question: Question) -> Iterator[DeclaredResource]:
    target, statements = question.target, (*question.target.base, *question.resource)
    made: Mapping[str, Callable[[], DeclaredResource]] = {
        "aws_sqs_queue.work": lambda: queue(tags_all=STAGE),
        "aws_sns_topic.news": topic,
        "aws_s3_bucket.films": bucket,
        "aws_dynamodb_table.assets": table,
        "aws_kms_key.k": lambda: key(policy=document(*statements)),
        "aws_lambda_function.job": function,
        f"aws_iam_role.{TARGET}": lambda: role(
            TARGET,
            assume_role_policy=document(*statements) if statements else trust(MEDIACONVERT),
        ),
    }
    if not target.address:
        return
    part = made[target.address]()
    yield part
    if part.resource.type == "aws_dynamodb_table" and statements:
        text = document(*statements)
        yield declare("aws_dynamodb_resource_policy.p", resource_arn=target.arn, policy=text)
    elif part.resource.type in ("aws_sqs_queue", "aws_sns_topic", "aws_s3_bucket") and statements:
        yield resource_policy(part, *statements)
    for i, (operation, context) in enumerate(question.grants):
        limits = {"encryption_context_equals": None, "encryption_context_subset": context}
        yield declare(
            f"aws_kms_grant.g{i}",
            key_id=KEY_ID,
            grantee_principal=role_arn(ROLE),
            operations=[operation],
            constraints=[limits] if context else [],
        )


def _sources(question: Question) -> Iterator[DeclaredResource]:
    """What makes a service deliver to the resource."""
    to = question.target.arn
    if question.who == S3:
        kind = question.target.address.rpartition(".")[0].rpartition("_")[2]
        yield bucket()
        blocks = [{f"{kind}_arn": to}]
        yield declare("aws_s3_bucket_notification.n", bucket="films", **{kind: blocks})
    elif question.who == EVENTS:
        yield rule()
        yield declare("aws_cloudwatch_event_target.t", rule="done", arn=to)
    elif question.who == SNS:
        yield topic()
        yield declare(
            "aws_sns_topic_subscription.s",
            topic_arn=question.source,
            protocol="sqs",
            endpoint=to,
        )
    elif question.who == ALARMS:
        yield declare(
            "aws_cloudwatch_metric_alarm.late",
            alarm_name="late",
            arn=question.source,
            alarm_actions=[to],
            ok_actions=[],
            insufficient_data_actions=[],
        )


# Those who have a plan -----------------------------------------------------------------------


def ask_a_step(question: Question, found: Stack) -> Truth:
    """The sentence of a permission step."""
    who = f"aws_iam_role.{ROLE}" if question.who == ROLE else question.who
    foreign = who in FOREIGN
    verb = "is not allowed" if foreign else "is allowed"
    step = f'"{who}" {verb} to "{question.action}"'
    if question.arn != "*":
        step += f' on "{_named(question)}"'
    rows = dict(question.given)
    if question.source:
        rows |= {"aws:SourceArn": question.source, "aws:SourceAccount": ACCOUNT}
        rows["aws:SourceOwner"] = ACCOUNT if who == ALARMS else None
    lines = [f"{name} | {'(absent)' if value is None else value}" for name, value in rows.items()]
    head = ("context key | value", *lines) if lines else ()
    answer = ANSWERS[verdict(ask_step(step + (" when:" if lines else ""), found, *head))]
    return negate(answer) if foreign else answer


def _named(question: Question) -> str:
    if question.target.address:
        return f"{question.target.address}{question.target.below}"
    return question.arn


def ask_for_the_role(question: Question, found: Stack) -> Truth:
    """The steps about what a role of the pipeline may do."""
    evidence = policy_evidence(found, Recorder())
    access = Access(Pipeline(found), found[f"aws_iam_role.{ROLE}"], evidence)
    context = {name.replace(":", "_"): str(value) for name, value in question.given.items()}
    return access.decide(question.action, question.arn, **context).allowed


def ask_the_data_path(question: Question, found: Stack) -> Truth:
    """A need of a role or of the edge of a delivery; or the attempts from outside."""
    authority = Authority(found)
    if question.who == ROLE:
        part = found[question.target.address] if question.target.address else None
        given = question.given
        need = Need(question.action, found[f"aws_iam_role.{ROLE}"], question.arn, part, given)
        return authority.decide(need).allowed
    if question.who not in FOREIGN:
        (edge,) = deliveries(found)
        (decided,) = authority.judge(edge).decided_needs
        assert (decided.need.action, decided.need.resource) == (question.action, question.arn)
        return decided.allowed
    attempts = external_access(authority, found[question.target.address])
    return any_of(
        negate(attempt.holds)
        for attempt in attempts
        if (attempt.caller == ANYBODY) is (question.who == ANYBODY)
    )


def ask_the_trust(question: Question, found: Stack) -> Truth:
    """The trust policy of a role of the pipeline, for a service."""
    return may_assume(Authority(found), found[question.target.address], question.who)


# The account ---------------------------------------------------------------------------------

CALLS: Final[Mapping[str, tuple[str, str, Mapping[str, Any]]]] = {
    "sqs:SendMessage": (
        "sqs",
        "SendMessage",
        {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/work"},
    ),
    "s3:GetObject": ("s3", "GetObject", {"Bucket": "films", "Key": "a"}),
    "kms:Decrypt": ("kms", "Decrypt", {"KeyId": KEY.arn, "CiphertextBlob": b""}),
    "sns:Publish": ("sns", "Publish", {"TopicArn": arn("sns", "news")}),
    "dynamodb:PutItem": (
        "dynamodb",
        "PutItem",
        {"TableName": "assets", "Item": {"id": {"S": "1"}}},
    ),
    "lambda:InvokeFunction": ("lambda", "Invoke", {"FunctionName": "job"}),
    "mediaconvert:CreateJob": ("mediaconvert", "CreateJob", {}),
    "cloudwatch:PutMetricData": ("cloudwatch", "PutMetricData", {"Namespace": "films"}),
    "sts:AssumeRole": ("sts", "AssumeRole", {"RoleArn": role_arn(TARGET), "RoleSessionName": "s"}),
}
"""The API call that needs an action: botocore's service, operation and parameters."""


def _backend(service: str, region: str = REGION) -> Any:
    return get_backend(service)[ACCOUNT_ID][region]  # type: ignore[call-overload]


class DeployedPolicies:
    """The resources of all questions in moto; create it within ``mock_aws``."""

    def __init__(self) -> None:
        self.decisions = LiveDecisions(FakeAccount())  # type: ignore[arg-type]
        iam = client("iam", REGION)
        for name in (ROLE, TARGET):
            iam.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=trust(MEDIACONVERT),
                Tags=[{"Key": name, "Value": value} for name, value in TEAM.items()],
            )
        iam.create_policy(PolicyName="limit", PolicyDocument=document(statement("*")))
        client("sqs", REGION).create_queue(QueueName="work", tags=STAGE)
        client("sns", REGION).create_topic(Name="news")
        (self._topic,) = _backend("sns").topics.values()
        self._topic_policy = self._topic.policy
        client("s3", REGION).create_bucket(Bucket="films")
        client("s3", REGION).put_object(Bucket="films", Key="a", Body=b"film")
        client("dynamodb", REGION).create_table(
            TableName="assets",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        made = client("kms", REGION).create_key()["KeyMetadata"]["KeyId"]
        self._key = _backend("kms").keys[KEY_ID] = _backend("kms").keys.pop(made)
        self._key.id, self._key.arn = KEY_ID, KEY.arn

    def put(self, question: Question) -> None:
        """Replace the policies of the role and of the resource."""
        iam, target = _backend("iam", "aws"), question.target
        worker = iam.get_role(ROLE)
        worker.policies = {"grants": document(*question.identity)} if question.identity else {}
        worker.permissions_boundary_arn = None
        if question.boundary is not None:
            worker.permissions_boundary_arn = BOUNDARY
            (version,) = iam.managed_policies[BOUNDARY].versions
            version.document = document(*question.boundary)
        statements = (*target.base, *question.resource)
        self._put_policy(target.address, document(*statements) if statements else "")
        if target.address == KEY.address:
            self._key.grants = dict(_grants(question))

    def _put_policy(self, address: str, text: str) -> None:
        kind = address.partition(".")[0]
        if kind == "aws_sqs_queue":
            _backend("sqs").queues["work"].policy = text
        elif kind == "aws_sns_topic":
            self._topic.policy = text or self._topic_policy
        elif kind == "aws_s3_bucket":
            _backend("s3", "aws").buckets["films"].policy = text.encode() or None
        elif kind == "aws_kms_key":
            self._key.policy = text
        elif kind == "aws_dynamodb_table":
            held = _backend("dynamodb").resource_policies
            held.clear()
            own = arn("dynamodb", "table/assets")
            held.update({own: ResourcePolicy(own, text)} if text else {})
        elif address == ASSUMED.address:
            iam = _backend("iam", "aws")
            iam.get_role(TARGET).assume_role_policy_document = text or trust(MEDIACONVERT)

    def ask(self, question: Question, _: Stack) -> Truth:
        """A call of a session of the role, or what a service does."""
        self.put(question)
        if question.who != ROLE:
            by, to = question.who, question.arn
            if question.target is ASSUMED:
                return _answer(self.decisions.check_assume(by, to, question.source))
            found = self.decisions.check_delivery(by, question.action, question.source, to)
            return _answer(found)
        session = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{ROLE}/session"
        caller = Caller(session, role_arn(ROLE))
        if question.action == "iam:PassRole":
            service = str(question.given["iam:PassedToService"])
            return _answer(self.decisions.check_pass(caller, question.arn, service))
        service, operation, parameters = CALLS[question.action]
        prefix = "kms:EncryptionContext:"
        pairs = {k.removeprefix(prefix): v for k, v in question.given.items() if prefix in k}
        more = {"EncryptionContext": pairs} if pairs else {}
        call = ApiCall(service, operation, {**parameters, **more}, REGION, caller)
        checks = checks_of(CheckedCall(call, AccountState(ACCOUNT_ID)))
        asked = [(check.action, check.resource) for check in checks]
        assert (question.action, question.arn) in asked
        return _answer(
            next(
                (
                    denial
                    for denial in self.decisions.denials(call)
                    if (denial.action, denial.resource) == (question.action, question.arn)
                ),
                None,
            )
        )


def _grants(question: Question) -> Iterator[tuple[str, Any]]:
    for operation, context in question.grants:
        limits = {"EncryptionContextSubset": dict(context)} if context else {}
        grant = Grant(KEY_ID, "", role_arn(ROLE), [operation], limits, "")
        yield grant.id, grant


def _answer(denial: Denial | None) -> Truth:
    if denial is None:
        return True
    return None if denial.undetermined else False


# Who can ask what ----------------------------------------------------------------------------

Asker = Callable[[Question, Stack], Truth]


def askers_of(question: Question, account: DeployedPolicies) -> Mapping[str, Asker]:
    """Those who can ask a question.

    - The role of a step is a role, and its steps state no key but that of iam:PassRole.
    - The account has no sessions from outside: only roles of the account call it.
    - The data path draws sts:AssumeRole from the code of a function, which no question has.
    - Only the trust policy of a role says who may assume it.
    """
    found: dict[str, Asker] = {"step": ask_a_step}
    if question.who == ROLE and set(question.given) <= {"iam:PassedToService"}:
        found["role of a step"] = ask_for_the_role
    if question.who != MEDIACONVERT:
        found["data path"] = ask_the_data_path
    if question.who not in FOREIGN:
        found["account"] = account.ask
    if question.who == MEDIACONVERT:
        found["trust"] = ask_the_trust
    return found
