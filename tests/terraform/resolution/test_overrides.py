"""Every resource that Terraform could create is overridden, with any variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from planproof.stand_ins import is_assigned, is_unknown_text
from planproof.terraform.expressions import hcl
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.plan import Plan
from planproof.terraform.provenance import Tracer
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.overrides import (
    Overrides,
    evaluation_file,
    is_overridden,
    planning_file,
)
from planproof.terraform.source_index import SourceBlock, SourceIndex, scan_text
from planproof.values import UNKNOWN
from tests.builders.evaluated import BOTH, COMPUTED, HOME, OPTIONAL, Evaluated, entry
from tests.builders.project import PLAN

SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "aws_sqs_queue": {"arn": COMPUTED, "id": COMPUTED, "name": BOTH, "seconds": OPTIONAL},
    "aws_sns_topic": {"arn": COMPUTED, "name": BOTH, "region": BOTH},
    "aws_vpc": {"id": COMPUTED, "list": {"type": ["list", "string"], "computed": True}},
    "aws_lambda_function": {
        "arn": COMPUTED,
        "timeout": {"type": "number", "optional": True},
        "memory": {"type": "number", "optional": True},
        "tags_all": {"type": ["map", "string"], "optional": True},
        "other": {"type": "number", "optional": True, "computed": True},
        "layers": {"type": ["list", "string"], "optional": True},
    },
    "aws_ami": {"id": COMPUTED},
    "http": {"body": COMPUTED},
    "aws_iam_policy_document": {"json": COMPUTED},
    "terraform_data": {"output": COMPUTED},
}


def case(sources: str) -> Evaluated:
    return Evaluated(sources, SCHEMAS)


# What is overridden ---------------------------------------------------------------------------


def test_each_instance_has_its_own_values() -> None:
    made = case('resource "aws_sqs_queue" "q" {\n  for_each = var.k\n  name = each.key\n}\n')
    for key in "ab":
        made.planned(f'aws_sqs_queue.q["{key}"]', {"name": key}, {"arn": True})
    found = made.overrides()
    assert {address: given.values["arn"] for address, given in found.given.items()} == {
        'aws_sqs_queue.q["a"]': "arn:aws:sqs:us-east-1:123456789012:a",
        'aws_sqs_queue.q["b"]': "arn:aws:sqs:us-east-1:123456789012:b",
    }
    assert found.whole == {
        "aws_sqs_queue.q": {"arn": None, "id": None, "name": None}
    }  # an instance that the plan does not have is not created either


def test_a_resource_without_a_key_is_overridden_once() -> None:
    made = case('resource "aws_sqs_queue" "q" {}')
    made.planned("aws_sqs_queue.q", {"name": "q"}, {"arn": True})
    found = made.overrides()
    assert list(found.given) == ["aws_sqs_queue.q"]
    assert not found.whole


def test_a_resource_without_planned_instances_is_overridden() -> None:
    found = case('resource "aws_vpc" "v" {\n  count = var.n\n}\n').overrides()
    assert not found.given
    assert found.whole == {"aws_vpc.v": {"id": None, "list": []}}


@pytest.mark.parametrize(
    ("address", "unknown", "overridden"),
    [
        ("aws_sqs_queue.q", {}, True),
        ("terraform_data.d", {"output": True}, False),
        ("data.aws_ami.a", {"id": True}, True),
        ("data.aws_ami.a", {}, False),
        ("data.http.h", {"body": True}, True),
        ("data.aws_iam_policy_document.d", {"json": True}, False),
        ("data.aws_region.r", {"id": True}, False),
        ("data.archive_file.z", {"id": True}, False),
    ],
)
def test_what_terraform_cannot_evaluate_is_overridden(
    address: str, unknown: dict[str, bool], overridden: bool
) -> None:
    made = case("")
    made.planned(address, {}, unknown)
    plan = made.plan()
    assert is_overridden(plan.resources[address]) is overridden
    assert (address in made.overrides().given) is overridden
    assert (address in made.overrides().data) is (overridden and address.startswith("data."))


MODULE = """
resource "aws_sqs_queue" "w" {}
resource "aws_sns_topic" "maybe" {
  count = var.on ? 1 : 0
}
resource "terraform_data" "d" {}
data "aws_ami" "a" {}
"""


def in_module(call: str, *planned: str) -> Overrides:
    """The overrides of a stack with a module."""
    root = f'module "m" {{\n  source = "./m"\n  {call}\n}}\n'
    texts = {"": scan_text(root, "main.tf"), "m": scan_text(MODULE, "m.tf")}
    tracer = Tracer(Configuration.of_sources(SourceIndex(texts)))
    changes = []
    for address in planned:
        module, _, rest = address.rpartition("].")
        found = {**entry(rest), "address": address, "module_address": f"{module}]"}
        change = {"actions": ["create"], "after": {}, "after_unknown": {"arn": True}}
        changes.append({**found, "change": change})
    plan = Plan.of({**PLAN, "resource_changes": changes})
    return Overrides.of(plan, tracer, case("").schemas, {"aws": HOME}, {})


def test_resources_in_an_instance_of_a_module_are_overridden_there() -> None:
    found = in_module("for_each = var.k", 'module.m["a.b"].aws_sqs_queue.w')
    assert list(found.given) == ['module.m["a.b"].aws_sqs_queue.w']
    assert list(found.whole) == ['module.m["a.b"].aws_sns_topic.maybe']


@pytest.mark.parametrize(
    ("call", "whole"),
    [
        ("", ["module.m.aws_sqs_queue.w", "module.m.aws_sns_topic.maybe"]),
        ("for_each = var.k", []),  # it has no instance that could have resources
        ("count = var.n", []),
    ],
)
def test_a_module_without_planned_instances(call: str, whole: list[str]) -> None:
    assert list(in_module(call).whole) == whole


# The values -----------------------------------------------------------------------------------


def test_what_no_expression_refers_to_is_null() -> None:
    text = 'resource "aws_vpc" "v" {}\nresource "aws_sqs_queue" "q" {\n  name = aws_vpc.v.id\n}\n'
    made = case(text)
    made.planned("aws_vpc.v", {}, {"id": True, "list": True})
    values = made.overrides().given["aws_vpc.v"].values
    assert values["list"] == []
    assert is_assigned(str(values["id"]))


@pytest.mark.parametrize(
    "reference",
    [
        "aws_vpc.v.list",
        "aws_vpc.v",
        "local.all",
        "[for x in local.all : x]",
        "length(local.all) > 0 ? 1 : 0",
    ],
)
def test_what_an_expression_refers_to_has_a_value(reference: str) -> None:
    text = (
        f'resource "aws_vpc" "v" {{}}\nlocals {{\n  all = aws_vpc.v.list\n  x = {reference}\n}}\n'
    )
    made = case(text)
    made.planned("aws_vpc.v", {}, {"id": True, "list": True})
    (one,) = made.overrides().given["aws_vpc.v"].values["list"]
    assert is_unknown_text(one)


def test_what_a_dynamic_block_refers_to_has_a_value() -> None:
    made = case(
        'resource "aws_vpc" "v" {}\nresource "aws_sqs_queue" "q" {\n  dynamic "rule" {\n'
        "    for_each = aws_vpc.v.list\n    content {}\n  }\n}\n"
    )
    made.planned("aws_vpc.v", {}, {"list": True})
    assert made.overrides().given["aws_vpc.v"].values["list"]


def test_an_argument_that_an_evaluation_taught_is_used() -> None:
    made = case('resource "aws_sqs_queue" "q" {\n  name = aws_vpc.v.id\n}\n')
    made.planned("aws_sqs_queue.q", {}, {"name": True, "arn": True})
    first = made.overrides().given["aws_sqs_queue.q"]
    assert first.known["arn"] is UNKNOWN
    taught = made.overrides({"aws_sqs_queue.q": {"name": "learnt"}}).given["aws_sqs_queue.q"]
    assert taught.known["arn"] == "arn:aws:sqs:us-east-1:123456789012:learnt"


def test_a_planned_argument_is_not_replaced_by_what_was_taught() -> None:
    made = case('resource "aws_sqs_queue" "q" {\n  name = "q"\n}\n')
    made.planned("aws_sqs_queue.q", {"name": "q"}, {"arn": True})
    found = made.overrides({"aws_sqs_queue.q": {"name": "other"}}).given["aws_sqs_queue.q"]
    assert found.known["arn"] == "arn:aws:sqs:us-east-1:123456789012:q"


def test_a_name_that_the_sources_leave_unset_is_generated() -> None:
    """A plan says that it is unknown, as for a name that derives from another resource."""
    made = case('resource "aws_sqs_queue" "q" {}\n')
    made.planned("aws_sqs_queue.q", {}, {"name": True, "arn": True})
    known = made.overrides().given["aws_sqs_queue.q"].known
    assert is_assigned(str(known["name"]))
    assert str(known["arn"]).endswith(f":{known['name']}")


def test_a_resource_may_have_a_region_of_its_own() -> None:
    made = case('resource "aws_sns_topic" "t" {\n  name = "t"\n  region = "eu-west-1"\n}\n')
    made.planned("aws_sns_topic.t", {"name": "t", "region": "eu-west-1"}, {"arn": True})
    arn = made.overrides().given["aws_sns_topic.t"].known["arn"]
    assert arn == "arn:aws:sns:eu-west-1:123456789012:t"


def test_each_provider_configuration_has_its_location() -> None:
    made = case('resource "aws_sns_topic" "t" {\n  name = "t"\n}\n')
    made.locations = {**made.locations, "aws.cn": ProviderLocation("aws-cn", "cn-north-1", "1")}
    made.planned("aws_sns_topic.t", {"name": "t"}, {"arn": True})
    made.made_by("aws_sns_topic.t", "aws.cn")
    assert made.overrides().given["aws_sns_topic.t"].known["arn"] == "arn:aws-cn:sns:cn-north-1:1:t"


# Whether to evaluate again --------------------------------------------------------------------

CHAIN = """
resource "aws_sqs_queue" "q" {
  name = "x"
}
resource "aws_sns_topic" "t" {
  name = REFERENCE
}
"""


@pytest.mark.parametrize(
    ("reference", "alike"),
    [
        ("aws_sqs_queue.q.arn", False),
        ("values(aws_sqs_queue.q)[0]", False),
        ("aws_sqs_queue.q.seconds", True),
        ('"t"', True),
    ],
)
def test_only_a_value_that_others_refer_to_is_evaluated_again(reference: str, alike: bool) -> None:
    made = case(CHAIN.replace("REFERENCE", reference))
    made.planned("aws_sqs_queue.q", {}, {"name": True, "arn": True})
    before, after = made.overrides(), made.overrides({"aws_sqs_queue.q": {"name": "x"}})
    assert before.given != after.given
    assert after.evaluate_alike(before) is alike
    assert after.evaluate_alike(after)


# The generated files --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'),
        ("${x} %{y} $${z}", '"$${x} %%{y} $$${z}"'),
        ('quo"te\\', '"quo\\"te\\\\"'),
        (["a", 1, True, None], '["a", 1, true, null]'),
        ({"k": "ä"}, '{"k": "ä"}'),
    ],
)
def test_values_are_written_as_expressions(value: Any, text: str) -> None:
    assert hcl(value) == text


def test_the_file_for_planning_has_a_run_for_each_set_of_variables() -> None:
    blocks = scan_text(planning_file([{}, {"suffix": "${x}", "n": 3}]), "x.tftest.hcl")
    assert [(block.kind, block.labels) for block in blocks] == [("run", ("v0",)), ("run", ("v1",))]
    assert all(block.attributes["command"].text == "plan" for block in blocks)
    assert not blocks[0].blocks
    (variables,) = blocks[1].blocks
    assert {k: v.text for k, v in variables.attributes.items()} == {"suffix": '"$${x}"', "n": "3"}


def targets(blocks: tuple[SourceBlock, ...]) -> list[tuple[str, str]]:
    return [(block.kind, block.attributes["target"].text) for block in blocks]


def test_the_file_for_evaluation_repeats_only_what_differs() -> None:
    made = case('resource "aws_sqs_queue" "q" {\n  count = 2\n}\ndata "aws_ami" "a" {}\n')
    for index in range(2):
        made.planned(f"aws_sqs_queue.q[{index}]", {"name": f"q{index}"}, {"arn": True})
    made.planned("data.aws_ami.a", {}, {"id": True})
    other = case('resource "aws_sqs_queue" "q" {\n  count = 3\n}\ndata "aws_ami" "a" {}\n')
    for index, name in enumerate(("q0", "changed", "more")):
        other.planned(f"aws_sqs_queue.q[{index}]", {"name": name}, {"arn": True})
    other.planned("data.aws_ami.a", {}, {"id": True})
    text = evaluation_file([(made.overrides(), {}), (other.overrides(), {"n": 3})])
    blocks = scan_text(text, "x.tftest.hcl")
    first = tuple(block for block in blocks if block.kind != "run")
    assert targets(first) == [
        ("override_resource", "aws_sqs_queue.q[0]"),
        ("override_resource", "aws_sqs_queue.q[1]"),
        ("override_data", "data.aws_ami.a"),
        ("override_resource", "aws_sqs_queue.q"),
    ]
    assert all(block.attributes["override_during"].text == "plan" for block in first)
    one, two = (block for block in blocks if block.kind == "run")
    assert one.attributes["command"].text == two.attributes["command"].text == "apply"
    assert not one.blocks
    assert targets(tuple(b for b in two.blocks if b.kind != "variables")) == [
        ("override_resource", "aws_sqs_queue.q[1]"),
        ("override_resource", "aws_sqs_queue.q[2]"),
    ]


# Defaults of the provider ---------------------------------------------------------------------

USER = """
resource "aws_lambda_function" "f" {
  for_each = var.k
  memory   = 128
}
resource "aws_sqs_queue" "q" {
  name = "${aws_lambda_function.f["a"].timeout} ${aws_lambda_function.f["a"].memory}"
  seconds = local.tags
}
locals {
  tags  = aws_lambda_function.f["b"].tags_all
  more  = aws_lambda_function.f["b"].layers
  other = aws_lambda_function.f["b"].other
}
"""


def with_defaults(*timeouts: Any, sources: str = USER, **more: Any) -> Overrides:
    """Overrides of functions a, b, … with the planned timeouts."""
    made = case(sources)
    for key, timeout in zip("abc", timeouts, strict=False):
        after = {"timeout": timeout, "memory": 128, "tags_all": {"x": "y"}, "other": 5, **more}
        made.planned(f'aws_lambda_function.f["{key}"]', after, {"arn": True})
    return made.overrides()


def test_planned_defaults_that_are_referred_to_are_set() -> None:
    """Not ``memory``, which is configured, nor ``other``, which the provider computes."""
    found = with_defaults(3, 3)
    known = {"timeout": 3, "tags_all": {"x": "y"}}
    assert found.defaults == {"aws_lambda_function.f": known}
    (block,) = scan_text(found.default_files()[""], "x_override.tf")
    assert block.labels == ("aws_lambda_function", "f")
    assert {name: one.text for name, one in block.attributes.items()} == {
        "timeout": "3",
        "tags_all": '{"x": "y"}',
    }


@pytest.mark.parametrize("timeouts", [(3, 5), (3, 5, 3)])
def test_different_instances_have_no_default(timeouts: tuple[int, ...]) -> None:
    assert with_defaults(*timeouts).default_files() == {}


@pytest.mark.parametrize("value", [None, [], [{"a": 1}], {"a": [1]}])
def test_null_and_blocks_are_no_defaults(value: Any) -> None:
    found = with_defaults(None, layers=value)
    assert found.defaults == {"aws_lambda_function.f": {"tags_all": {"x": "y"}}}


def test_nothing_is_set_without_a_reference() -> None:
    sources = 'resource "aws_lambda_function" "f" {\n  for_each = var.k\n}\n'
    assert with_defaults(3, 3, sources=sources).defaults == {}
