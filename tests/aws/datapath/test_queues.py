"""Dead-letter queues: redrive policies and redrive allow policies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.aws.datapath import JudgedEdge
from planproof.results import EdgeState
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import judged
from tests.builders.parts import arn, queue
from tests.builders.stacks import SECOND_ACCOUNT, DeclaredResource, declare, stack

DEAD = arn("sqs", "dead")
WORK_URL, DEAD_URL = (str(queue(name).resource.get("url")) for name in ("work", "dead"))


def redrive(target: Any = DEAD) -> str:
    return json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 3})


def by_attribute(text: Any, **more: Any) -> list[DeclaredResource]:
    return [queue(redrive_policy=text, **more)]


def by_resource(text: Any, url: Any = WORK_URL, **more: Any) -> list[DeclaredResource]:
    own = declare("aws_sqs_queue_redrive_policy.p", queue_url=url, redrive_policy=text, **more)
    return [queue(redrive_policy=UNKNOWN, computed=("redrive_policy",)), own]


FORMS = {"an attribute": by_attribute, "a resource": by_resource}
each_form = pytest.mark.parametrize("form", FORMS)


def the(*parts: DeclaredResource) -> JudgedEdge:
    (edge,) = judged(stack(*parts)).values()
    return edge


@each_form
def test_failed_messages_go_to_the_named_queue(form: str) -> None:
    edge = the(*FORMS[form](redrive()), queue("dead"))
    assert (edge.state, str(edge.edge.target)) == (EdgeState.PROVEN, "aws_sqs_queue.dead")
    assert edge.decided_needs == ()


@pytest.mark.parametrize("text", [None, "", UNKNOWN])
def test_without_a_policy_no_caller_can_use_a_resource(text: Any) -> None:
    plain = queue(redrive_policy=text, computed=("redrive_policy",))
    assert judged(stack(plain, queue("dead"))) == {}


@each_form
@pytest.mark.parametrize("account", [{}, {"account": SECOND_ACCOUNT}, {"region": "eu-west-1"}])
def test_a_queue_outside_the_stack_is_undetermined(form: str, account: dict[str, str]) -> None:
    edge = the(*FORMS[form](redrive(arn("sqs", "dead", **account))))
    # Of another account or region it can be none, whoever owns it.
    assert edge.state is (EdgeState.BROKEN if account else EdgeState.UNDETERMINED)
    assert edge.edge.outside


@each_form
def test_an_unknown_redrive_policy_is_undetermined(form: str) -> None:
    edge = the(*FORMS[form](UNKNOWN), queue("dead"))
    assert (edge.state, edge.edge.target) == (EdgeState.UNDETERMINED, "an unknown queue")
    assert not edge.edge.outside


@each_form
def test_an_unknown_policy_names_its_references(form: str) -> None:
    refers = {"redrive_policy": ["aws_sqs_queue.dead.arn", "aws_sqs_queue.dead"]}
    edge = the(*FORMS[form](UNKNOWN, refers=refers), queue("dead"), queue("other"))
    assert (edge.state, str(edge.edge.target)) == (EdgeState.PROVEN, "aws_sqs_queue.dead")


@each_form
@pytest.mark.parametrize("text", ["{", "[]", '"x"', "3", '{"maxReceiveCount": 3}', redrive(None)])
def test_a_policy_that_names_no_queue_breaks_the_edge(form: str, text: str) -> None:
    refers = {"redrive_policy": ["aws_sqs_queue.dead.arn", "aws_sqs_queue.dead"]}
    edge = the(*FORMS[form](text, refers=refers), queue("dead"))
    assert (edge.state, edge.missing) == (EdgeState.BROKEN, ("a queue of this stack",))


def test_a_policy_of_an_unknown_queue_is_undetermined() -> None:
    parts = by_resource(redrive(), UNKNOWN, refers={"queue_url": ["var.url"]})
    found = judged(stack(*parts, queue("dead"))).values()
    assert {edge.state for edge in found} == {EdgeState.UNDETERMINED}
    assert {str(edge.edge.source) for edge in found} >= {"aws_sqs_queue.work"}


@pytest.mark.parametrize(
    ("source", "target", "state"),
    [
        ({}, {}, EdgeState.PROVEN),
        ({"name": "work.fifo"}, {"name": "dead.fifo"}, EdgeState.PROVEN),
        ({"name": "work.fifo"}, {}, EdgeState.BROKEN),
        ({}, {"name": "dead.fifo"}, EdgeState.BROKEN),
        ({}, {"region": "eu-west-1"}, EdgeState.BROKEN),
        ({"region": "eu-west-1"}, {}, EdgeState.BROKEN),
        ({}, {"account": SECOND_ACCOUNT}, EdgeState.BROKEN),
    ],
)
def test_both_queues_have_one_type_account_and_region(
    source: dict[str, str], target: dict[str, str], state: EdgeState
) -> None:
    dead = queue(**{"name": "dead", **target})
    work = queue(**{"name": "work", **source, "redrive_policy": redrive(dead.resource.get("arn"))})
    assert the(work, dead).state is state


@pytest.mark.parametrize("unknown", ["work", "dead"])
def test_a_queue_of_unknown_arn_is_undetermined(unknown: str) -> None:
    refers = {"redrive_policy": ["aws_sqs_queue.dead.arn"]}
    text = UNKNOWN if unknown == "dead" else redrive()
    arns = {name: {"arn": UNKNOWN} if name == unknown else {} for name in ("work", "dead")}
    work = queue(redrive_policy=text, refers=refers, **arns["work"])
    edge = the(work, queue("dead", **arns["dead"]))
    assert (edge.state, str(edge.edge.target)) == (EdgeState.UNDETERMINED, "aws_sqs_queue.dead")


# Redrive allow policies -----------------------------------------------------------------------

WORK = arn("sqs", "work")
ALLOWED: list[tuple[Any, EdgeState]] = [
    ({"redrivePermission": "allowAll"}, EdgeState.PROVEN),
    ({}, EdgeState.PROVEN),
    ({"redrivePermission": "denyAll"}, EdgeState.BROKEN),
    ({"redrivePermission": "byQueue", "sourceQueueArns": [WORK]}, EdgeState.PROVEN),
    ({"redrivePermission": "byQueue", "sourceQueueArns": [DEAD, WORK]}, EdgeState.PROVEN),
    ({"redrivePermission": "byQueue", "sourceQueueArns": [f"{WORK}-2"]}, EdgeState.BROKEN),
    ({"redrivePermission": "byQueue", "sourceQueueArns": f"{WORK}-2"}, EdgeState.BROKEN),
    ({"redrivePermission": "byQueue", "sourceQueueArns": []}, EdgeState.BROKEN),
    ({"redrivePermission": "byQueue"}, EdgeState.BROKEN),
    ("{", EdgeState.BROKEN),
    (UNKNOWN, EdgeState.UNDETERMINED),
]


@pytest.mark.parametrize(("policy", "state"), ALLOWED)
@pytest.mark.parametrize("own", [False, True], ids=["by an attribute", "by a resource"])
def test_a_redrive_allow_policy_decides(policy: Any, state: EdgeState, own: bool) -> None:
    text = json.dumps(policy) if isinstance(policy, dict) else policy
    if own:
        type_ = "aws_sqs_queue_redrive_allow_policy"
        dead = [queue("dead"), declare(f"{type_}.a", queue_url=DEAD_URL, redrive_allow_policy=text)]
    else:
        dead = [queue("dead", redrive_allow_policy=text)]
    edge = the(*by_attribute(redrive()), *dead)
    assert edge.state is state
    assert bool(edge.missing) is (state is EdgeState.BROKEN)


def test_the_default_redrive_allow_policy_allows_every_queue() -> None:
    dead = queue("dead", redrive_allow_policy=UNKNOWN, computed=("redrive_allow_policy",))
    assert the(*by_attribute(redrive()), dead).state is EdgeState.PROVEN
