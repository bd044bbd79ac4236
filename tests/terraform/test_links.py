"""Whether an attribute identifies a resource: by known values, else by references."""

from __future__ import annotations

import pytest

from planproof.terraform.links import configured, expression_at, linked, links, references
from planproof.values import UNKNOWN
from tests.builders.stacks import declare, stack

QUEUE = declare("aws_sqs_queue.q", name="q", arn="arn:aws:sqs:us-east-1:123456789012:q")
OTHER = declare("aws_sqs_queue.other", name="other", arn="arn:aws:sqs:us-east-1:123456789012:other")
HIDDEN = declare("aws_sqs_queue.q", name="q", arn=UNKNOWN)


def target(value: object, references: list[str] | None = None, queue=QUEUE, *others):
    refers = {"arn": references} if references else None
    found = stack(declare("aws_x.t", arn=value, refers=refers), queue, *others)
    return links(found, found["aws_x.t"], "arn", found[queue.resource.address], ("arn",))


def test_known_values_decide() -> None:
    assert target("arn:aws:sqs:us-east-1:123456789012:q") is True
    assert target("arn:aws:sqs:us-east-1:123456789012:q2") is False


def test_known_values_override_references() -> None:
    assert target("arn:aws:sqs:us-east-1:123456789012:q2", ["aws_sqs_queue.q.arn"]) is False


def test_null_and_empty_values_identify_nothing() -> None:
    assert target(None, ["aws_sqs_queue.q.arn"]) is False
    assert target([], ["aws_sqs_queue.q.arn"]) is False


def test_one_of_a_list_is_enough() -> None:
    assert target(["x", "arn:aws:sqs:us-east-1:123456789012:q"]) is True
    assert target(["x", "y"]) is False


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        (["aws_sqs_queue.q.arn", "aws_sqs_queue.q"], True),
        (["aws_sqs_queue.other.arn", "aws_sqs_queue.other"], False),
        (["aws_sqs_queue.q.arn", "aws_sqs_queue.other.arn"], None),
        (["aws_sqs_queue.q.arn", "var.x"], None),
        (["local.arn"], None),
        (["module.m.arn"], None),
        (["each.value"], None),
        (["aws_sns_topic.t.arn"], None),
        (None, None),
    ],
)
def test_direct_references_decide_unknown_values(references, expected) -> None:
    assert target(UNKNOWN, references, HIDDEN, OTHER) is expected


def test_a_known_value_with_an_unknown_identity_is_undecided() -> None:
    assert target("arn:aws:sqs:us-east-1:123456789012:q", None, HIDDEN) is None
    assert target("text", ["aws_sqs_queue.q.arn"], HIDDEN) is True


def test_a_known_value_from_a_known_attribute_is_not_the_unknown_one() -> None:
    queue = declare(
        "aws_sqs_queue.q", name="q", arn="arn:aws:sqs:us-east-1:123456789012:q", id=UNKNOWN
    )

    def named(value: str, *referred: str) -> bool | None:
        text = declare("aws_x.t", text=value, refers={"text": list(referred)})
        found = stack(text, queue)
        return links(found, found["aws_x.t"], "text", found["aws_sqs_queue.q"], ("arn", "id"))

    arn = queue.resource.get("arn")
    assert named(f"{arn}", "aws_sqs_queue.q.arn", "aws_sqs_queue.q") is True
    assert named(f"{arn}-old", "aws_sqs_queue.q.arn", "aws_sqs_queue.q") is False
    assert named("text", "aws_sqs_queue.q.id", "aws_sqs_queue.q") is True
    assert named("text", "aws_sqs_queue.q") is True


def test_a_reference_to_one_of_several_instances_is_undecided() -> None:
    first = declare('aws_sqs_queue.q["a"]', arn=UNKNOWN)
    second = declare('aws_sqs_queue.q["b"]', arn=UNKNOWN)
    assert target(UNKNOWN, ["aws_sqs_queue.q"], first, second) is None


def test_references_stay_in_their_module() -> None:
    inner = declare("module.m.aws_sqs_queue.q", arn=UNKNOWN)
    refers = {"arn": ["aws_sqs_queue.q.arn"]}
    outer = stack(declare("aws_x.t", arn=UNKNOWN, refers=refers), inner)
    assert links(outer, outer["aws_x.t"], "arn", outer[inner.resource.address]) is False
    same = stack(declare("module.m.aws_x.t", arn=UNKNOWN, refers=refers), inner)
    assert links(same, same["module.m.aws_x.t"], "arn", same[inner.resource.address]) is True


def test_an_attribute_of_a_block() -> None:
    block = [
        {"id": {"references": ["var.x"]}, "queue_arn": {"references": ["aws_sqs_queue.q.arn"]}}
    ]
    item = declare("aws_n.n", queue=[{"id": "x", "queue_arn": UNKNOWN}], refers={"queue": block})
    found = stack(item, HIDDEN)
    resource = found["aws_n.n"]
    assert links(found, resource, "queue.0.queue_arn", found["aws_sqs_queue.q"], ("arn",)) is True
    assert references(found, resource, "queue.0.id") == frozenset()
    assert expression_at(found, resource, "queue.0.id") == {"references": ["var.x"]}
    assert expression_at(found, resource, "queue.0.events") is None


def test_linked_returns_whether_there_may_be_one() -> None:
    found = stack(declare("aws_x.t", arn=UNKNOWN), HIDDEN, OTHER)
    assert linked(found, found["aws_x.t"], "arn", found.managed("aws_sqs_queue")) == ((), True)
    sure = stack(declare("aws_x.t", arn="other"), QUEUE, OTHER)
    named, more = linked(sure, sure["aws_x.t"], "arn", sure.managed("aws_sqs_queue"))
    assert [str(r) for r in named] == ["aws_sqs_queue.other"]
    assert more is False


def test_configured_by_the_plan_or_by_the_sources() -> None:
    text = 'resource "aws_x" "t" {\n  dynamic "rule" {\n    content {}\n  }\n  step {}\n}\n'
    found = stack(declare("aws_x.t", name="n", arn=UNKNOWN), sources=text)
    resource = found["aws_x.t"]
    names = ("name", "rule", "step", "arn", "other")
    assert [n for n in names if configured(found, resource, n)] == ["name", "rule", "step"]
