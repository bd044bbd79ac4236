"""The steps on the data path, on the shipped stack whole and with one thing changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.datapath import Authority, DataPath, draw
from planproof.function_calls import Calls, calls_of
from planproof.recorder import Recorder, UndeterminedError
from planproof.results import Verdict
from planproof.stack import Stack
from planproof.values import UNKNOWN
from steps import data_path as steps
from steps import least_privilege, strangers
from steps._jobs import job_edges
from steps.pipeline import Pipeline
from tests.made_inquiry import MadeInquiry, verdict
from tests.made_stack import made
from tests.shipped import shipped, shipped_package, with_document, with_values

QUEUE = "aws_sqs_queue_policy.processing"
FUNCTION = "aws_iam_policy.function"
TABLE = [
    ["from", "to"],
    ["the input bucket", "the processing queue"],
    ["the processing queue", "the function"],
]


class Scene:
    """One stack, and what the steps say of it."""

    def __init__(self, stack: Stack, calls: Calls | None = None) -> None:
        read = calls if calls is not None else calls_of(shipped_package())
        self.stack, self.pipeline = stack, Pipeline(stack)
        drawn = draw(stack, lambda _: read, handled=frozenset({"mediaconvert"}))
        self.path: DataPath = drawn.with_edges(job_edges(self.pipeline, read))
        self.authority = Authority(stack)
        self.evidence = Recorder(stack.locate)
        self.inquiry: Any = MadeInquiry(stack)

    def edges(self, table: list[list[str]]) -> Recorder:
        steps.edges_are_proven(
            self.pipeline, self.path, self.authority, self.inquiry, self.evidence, table
        )
        return self.evidence

    def every_edge(self) -> Recorder:
        steps.every_edge_is_proven(self.path, self.authority, self.inquiry, self.evidence)
        return self.evidence

    def grants(self) -> Recorder:
        least_privilege.every_grant_is_needed(
            self.stack, self.path, self.authority, self.inquiry, self.evidence
        )
        return self.evidence

    def asked(self, step: Any, *arguments: Any) -> Recorder:
        step(*arguments, self.inquiry, self.evidence)
        return self.evidence

    def strangers(self) -> dict[str, Verdict]:
        """Verdict by step."""
        found = {}
        for step, arguments in (
            (strangers.no_other_account, (self.authority,)),
            (strangers.nobody, (self.authority,)),
            (strangers.no_confused_deputy, (self.authority, self.path)),
            (strangers.no_needless_service, (self.authority, self.path)),
        ):
            self.evidence = Recorder(self.stack.locate)
            found[step.__name__] = verdict(self.asked(step, *arguments))
        return found


def first_statement(**elements: Any) -> Any:
    """Changes elements of a document's first statement; None takes one away."""

    def edit(document: dict[str, Any]) -> None:
        statement = document["Statement"][0]
        statement.update(elements)
        for name in [n for n, value in elements.items() if value is None]:
            del statement[name]

    return edit


def added(**statement: Any) -> Any:
    return lambda document: document["Statement"].append({"Effect": "Allow", **statement})


def failures(evidence: Recorder) -> list[str]:
    return [e.found for e in evidence.evidence if e.holds is False]


# Edges ---------------------------------------------------------------------------------------


def test_the_edges_of_the_shipped_stack_are_proven() -> None:
    evidence = Scene(shipped()).edges(TABLE)
    assert verdict(evidence) is Verdict.PASSED
    assert [edge.state for edge in evidence.edges] == ["proven", "proven"]


def test_an_end_may_be_named_by_its_address() -> None:
    table = [["from", "to"], ["aws_sqs_queue.status", "aws_lambda_function.processor"]]
    assert verdict(Scene(shipped()).edges(table)) is Verdict.PASSED


def test_a_lost_grant_fails_its_edge_and_is_named() -> None:
    stack = with_document(shipped(), QUEUE, first_statement(Action="sqs:ReceiveMessage"))
    evidence = Scene(stack).edges(TABLE)
    assert verdict(evidence) is Verdict.FAILED
    broken, kept = evidence.edges
    assert (broken.state, kept.state) == ("broken", "proven")
    assert broken.missing == ("sqs:SendMessage on aws_sqs_queue.processing for s3.amazonaws.com",)


def test_an_unknown_policy_leaves_its_edge_open() -> None:
    evidence = Scene(with_values(shipped(), QUEUE, policy=UNKNOWN)).edges(TABLE)
    assert verdict(evidence) is Verdict.UNDETERMINED
    # It might deny the function as well.
    assert [edge.state for edge in evidence.edges] == ["undetermined", "undetermined"]


def test_two_ends_without_an_edge_fail() -> None:
    evidence = Scene(shipped()).edges([["from", "to"], ["the status queue", "the input bucket"]])
    assert failures(evidence) == ["none"]


def test_an_edge_that_code_may_make_is_open_while_the_code_is() -> None:
    calls = Calls((), ("main.py:3 makes a client at run time",))
    evidence = Scene(shipped(), calls).edges([["from", "to"], ["the function", "the assets table"]])
    assert verdict(evidence) is Verdict.UNDETERMINED
    assert "main.py:3 makes a client at run time" in evidence.evidence[0].found


def test_a_part_that_is_not_there_fails_its_row_alone() -> None:
    pattern = json.dumps({"source": ["aws.s3"]})
    stack = with_values(shipped(), "aws_cloudwatch_event_rule.job_state", event_pattern=pattern)
    evidence = Scene(stack).edges([*TABLE, ["MediaConvert", "the rule for job states"]])
    (found,) = failures(evidence)
    assert "the stack has no EventBridge rule for MediaConvert job state changes" in found
    assert len(evidence.edges) == 2


def test_the_edge_of_a_missing_part_is_broken() -> None:
    pattern = json.dumps({"source": ["aws.s3"]})
    stack = with_values(shipped(), "aws_cloudwatch_event_rule.job_state", event_pattern=pattern)
    evidence = Scene(stack).every_edge()
    assert [e.kind for e in evidence.edges if e.state == "broken"] == ["tells job states to"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([["source", "target"], ["a", "b"]], "from | to"),
        ([["from", "to"]], "nothing below"),
        ([], "from | to"),
        ([["from", "to"], ["the queue of uploads", "the function"]], "no end called"),
    ],
)
def test_a_mistake_in_the_table_is_said(table: list[list[str]], said: str) -> None:
    with pytest.raises(UndeterminedError, match=said.replace("|", r"\|")):
        Scene(shipped()).edges(table)


def test_a_misspelt_end_gets_the_nearest() -> None:
    with pytest.raises(UndeterminedError, match="the nearest is the processing queue"):
        Scene(shipped()).edges([["from", "to"], ["the procesing queue", "the function"]])


def test_every_edge_is_looked_at() -> None:
    scene = Scene(shipped())
    evidence = scene.every_edge()
    assert verdict(evidence) is Verdict.PASSED
    assert len(evidence.edges) == len(scene.path.edges) >= 16


def test_an_edge_that_no_table_names_fails_too() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["Statement"] = [s for s in document["Statement"] if s["Sid"] != "SendTraces"]

    evidence = Scene(with_document(shipped(), FUNCTION, edit)).every_edge()
    assert verdict(evidence) is Verdict.FAILED
    assert [e.target for e in evidence.edges if e.state == "broken"] == ["X-Ray"]


def test_a_topic_from_outside_is_a_warning() -> None:
    alarm = 'aws_cloudwatch_metric_alarm.queue_age["status"]'
    topic = "arn:aws:sns:us-east-1:111122223333:on-call"
    evidence = Scene(with_values(shipped(), alarm, alarm_actions=[topic])).every_edge()
    assert verdict(evidence) is Verdict.PASSED
    (warning,) = evidence.warnings
    assert topic in warning
    assert [e.outside for e in evidence.edges if e.target == topic] == [True]


def test_a_topic_from_outside_that_the_role_may_not_reach_is_no_warning() -> None:
    topic = "arn:aws:sns:us-east-1:111122223333:failures"
    stack = with_values(
        shipped(), "aws_lambda_function.processor", dead_letter_config=[{"target_arn": topic}]
    )
    evidence = Scene(stack).every_edge()
    assert verdict(evidence) is Verdict.FAILED
    assert not evidence.warnings
    (edge,) = [e for e in evidence.edges if e.target == topic]
    assert edge.missing == (f"sns:Publish on {topic} for aws_iam_role.function",)


def test_a_refused_delivery_to_outside_is_no_warning() -> None:
    made_by = "aws_cloudwatch_event_target.status_queue"
    role = shipped()["aws_iam_role.function"].get("arn")
    queue = "arn:aws:sqs:us-east-1:111122223333:states"
    stack = with_values(shipped(), made_by, arn=queue, role_arn=role)
    evidence = Scene(stack).every_edge()
    assert verdict(evidence) is Verdict.FAILED
    (edge,) = [e for e in evidence.edges if e.target == queue]
    assert (edge.outside, edge.state) == (True, "broken")


def test_a_part_whose_edges_are_not_drawn_is_told_of() -> None:
    pipe = made("aws_pipes_pipe.p", name="p").resource
    evidence = Scene(shipped().with_resources([pipe])).every_edge()
    assert verdict(evidence) is Verdict.PASSED
    assert evidence.warnings == [
        "no edges of aws_pipes_pipe.p are drawn, so what it needs was not looked at"
    ]


def test_code_that_cannot_be_read_leaves_the_path_open() -> None:
    calls = Calls(calls_of(shipped_package()).made, ("main.py:3 makes a client at run time",))
    evidence = Scene(shipped(), calls).every_edge()
    assert verdict(evidence) is Verdict.UNDETERMINED


# Grants --------------------------------------------------------------------------------------


def test_every_grant_of_the_shipped_stack_is_needed() -> None:
    assert verdict(Scene(shipped()).grants()) is Verdict.PASSED


def test_a_grant_without_a_need_is_named() -> None:
    arn = shipped()["aws_dynamodb_table.assets"].get("arn")
    stack = with_document(shipped(), FUNCTION, added(Action="dynamodb:DeleteItem", Resource=arn))
    assert failures(Scene(stack).grants()) == ["nothing needs dynamodb:DeleteItem"]


def test_a_grant_on_too_much_is_named() -> None:
    def edit(document: dict[str, Any]) -> None:
        (keep,) = [s for s in document["Statement"] if s["Sid"] == "KeepRecords"]
        keep["Resource"] = "*"

    found = failures(Scene(with_document(shipped(), FUNCTION, edit)).grants())
    assert len(found) == 3
    assert found[0] == "nothing needs dynamodb:GetItem on *"


def test_a_grant_is_open_while_the_code_is() -> None:
    arn = shipped()["aws_dynamodb_table.assets"].get("arn")
    stack = with_document(shipped(), FUNCTION, added(Action="dynamodb:DeleteItem", Resource=arn))
    calls = Calls(calls_of(shipped_package()).made, ("main.py:3 makes a client at run time",))
    assert verdict(Scene(stack, calls).grants()) is Verdict.UNDETERMINED


# Ways up -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actions", "way", "management"),
    [
        ([], Verdict.PASSED, Verdict.PASSED),
        (["iam:CreatePolicyVersion"], Verdict.FAILED, Verdict.FAILED),
        (["kms:PutKeyPolicy"], Verdict.PASSED, Verdict.FAILED),
        (["lambda:UpdateFunctionCode"], Verdict.FAILED, Verdict.PASSED),
        (["lambda:CreateFunction", "lambda:InvokeFunction"], Verdict.PASSED, Verdict.PASSED),
        (["iam:PassRole", "cloudformation:CreateStack"], Verdict.FAILED, Verdict.PASSED),
    ],
)
def test_a_way_up_is_seen(actions: list[str], way: Verdict, management: Verdict) -> None:
    stack = shipped()
    if actions:
        stack = with_document(stack, FUNCTION, added(Action=actions, Resource="*"))
    scene = Scene(stack)
    assert verdict(scene.asked(least_privilege.no_way_up, stack, scene.authority)) is way
    scene.evidence = Recorder()
    asked = scene.asked(least_privilege.no_management, stack, scene.authority)
    assert verdict(asked) is management


def test_an_unknown_policy_leaves_ways_open_in_one_piece() -> None:
    stack = with_values(shipped(), FUNCTION, policy=UNKNOWN)
    scene = Scene(stack)
    evidence = scene.asked(least_privilege.no_way_up, stack, scene.authority)
    assert verdict(evidence) is Verdict.UNDETERMINED
    assert len(evidence.evidence) == 2


def test_many_ways_are_counted_rather_than_listed() -> None:
    stack = with_document(shipped(), FUNCTION, added(Action="*", Resource="*"))
    scene = Scene(stack)
    evidence = scene.asked(least_privilege.no_management, stack, scene.authority)
    assert len(evidence.evidence) == 22
    assert failures(evidence)[-1].endswith(" more")


# Strangers -----------------------------------------------------------------------------------

ALL_KEPT = dict.fromkeys(
    ("no_other_account", "nobody", "no_confused_deputy", "no_needless_service"), Verdict.PASSED
)


def test_no_stranger_gets_into_the_shipped_stack() -> None:
    assert Scene(shipped()).strangers() == ALL_KEPT


@pytest.mark.parametrize(
    ("address", "edit", "steps_that_fail"),
    [
        pytest.param(
            QUEUE, first_statement(Condition=None), ["no_confused_deputy"], id="any bucket"
        ),
        pytest.param(
            QUEUE,
            first_statement(Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}}),
            ["no_confused_deputy"],
            id="any bucket of the account",
        ),
        pytest.param(
            QUEUE,
            added(Principal={"Service": "sns.amazonaws.com"}, Action="sqs:SendMessage"),
            ["no_confused_deputy", "no_needless_service"],
            id="another service",
        ),
        pytest.param(
            QUEUE,
            added(Principal={"Service": "ses.amazonaws.com"}, Action="sqs:SendMessage"),
            ["no_needless_service"],
            id="a service with nothing to do here",
        ),
        pytest.param(
            "aws_kms_key.media",
            added(
                Principal={"Service": "s3.amazonaws.com"},
                Action=["kms:Decrypt", "kms:GenerateDataKey"],
                Resource="*",
            ),
            ["no_confused_deputy"],
            id="the key for any bucket",
        ),
    ],
)
def test_a_stranger_is_seen(address: str, edit: Any, steps_that_fail: list[str]) -> None:
    stack = with_document(shipped(), address, edit)
    failed = dict.fromkeys(steps_that_fail, Verdict.FAILED)
    assert Scene(stack).strangers() == ALL_KEPT | failed


@pytest.mark.parametrize(
    ("principal", "step"),
    [
        ({"AWS": "111122223333"}, "no_other_account"),
        ({"AWS": "arn:aws:iam::111122223333:role/partner"}, "no_other_account"),
    ],
)
def test_another_account_is_seen(principal: dict[str, str], step: str) -> None:
    arn = shipped()["aws_sqs_queue.processing"].get("arn")
    statement = added(Principal=principal, Action="sqs:ReceiveMessage", Resource=arn)
    found = Scene(with_document(shipped(), QUEUE, statement)).strangers()
    assert found == ALL_KEPT | {step: Verdict.FAILED}


def test_everybody_is_everybody() -> None:
    arn = shipped()["aws_sqs_queue.processing"].get("arn")
    statement = added(Principal="*", Action="sqs:SendMessage", Resource=arn)
    found = Scene(with_document(shipped(), QUEUE, statement)).strangers()
    assert found == {
        "no_other_account": Verdict.FAILED,
        "nobody": Verdict.FAILED,
        "no_confused_deputy": Verdict.FAILED,
        "no_needless_service": Verdict.FAILED,
    }


BUCKET = "aws_s3_bucket_policy.input"


@pytest.mark.parametrize(
    ("path", "principal", "condition", "steps_that_fail"),
    [
        (
            "/public/*",
            "*",
            None,
            ["no_other_account", "nobody", "no_needless_service"],
        ),
        ("/partners/*", {"AWS": "444455556666"}, None, ["no_other_account"]),
        (
            "/*",
            "*",
            {"StringEquals": {"aws:PrincipalOrgID": "o-films"}},
            ["no_other_account"],
        ),
        ("/*", "*", {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}, []),
    ],
)
def test_objects_for_strangers_are_seen(
    path: str, principal: Any, condition: Any, steps_that_fail: list[str]
) -> None:
    arn = shipped()["aws_s3_bucket.input"].get("arn")
    more = {"Condition": condition} if condition else {}
    statement = added(Principal=principal, Action="s3:GetObject", Resource=f"{arn}{path}", **more)
    scene = Scene(with_document(shipped(), BUCKET, statement))
    assert scene.strangers() == ALL_KEPT | dict.fromkeys(steps_that_fail, Verdict.FAILED)


def test_a_service_that_nobody_needs_is_named_without_actions() -> None:
    statement = added(Principal={"Service": "ec2.amazonaws.com"}, Action="sqs:SendMessage")
    scene = Scene(with_document(shipped(), QUEUE, statement))
    evidence = Recorder(scene.stack.locate)
    strangers.no_needless_service(scene.authority, scene.path, scene.inquiry, evidence)
    said = [e.expected for e in evidence.evidence if e.holds is False]
    assert said == ["ec2.amazonaws.com is refused"]


def test_the_name_of_the_bucket_can_be_taken_by_somebody_else() -> None:
    arn = shipped()["aws_s3_bucket.input"].get("arn")
    edit = first_statement(Condition={"ArnEquals": {"aws:SourceArn": arn}})
    scene = Scene(with_document(shipped(), QUEUE, edit))
    evidence = Recorder(scene.stack.locate)
    strangers.no_confused_deputy(scene.authority, scene.path, scene.inquiry, evidence)
    said = [e.expected for e in evidence.evidence if e.holds is False]
    assert said == [
        f"sqs:SendMessage refused to s3.amazonaws.com on behalf of {arn} of another account"
    ]


def test_a_condition_that_a_stranger_may_meet_leaves_it_open() -> None:
    arn = shipped()["aws_sqs_queue.processing"].get("arn")
    office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    statement = added(Principal="*", Action="sqs:SendMessage", Resource=arn, Condition=office)
    found = Scene(with_document(shipped(), QUEUE, statement)).strangers()
    assert found["no_other_account"] is found["nobody"] is Verdict.UNDETERMINED
