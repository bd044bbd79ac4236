"""Every resource that Terraform could create is overridden, with any variables."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.terraform.plan import Plan
from planproof.terraform.provenance import Tracer
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.overrides import Instance, Overrides, hcl
from planproof.terraform.source_index import SourceIndex, scan_text
from tests.builders.evaluated import entry
from tests.builders.project import PLAN

MODULE = """
variable "on" {}
resource "aws_sqs_queue" "w" {}
resource "aws_sns_topic" "maybe" {
  count = var.on ? 1 : 0
}
"""


def sources(root: str, **modules: str) -> Configuration:
    texts = {"": root, **modules}
    index = SourceIndex({module: scan_text(text, "main.tf") for module, text in texts.items()})
    return Configuration.of_sources(index)


def overrides(configuration: Configuration, *addresses: str) -> Overrides:
    items = [entry(address) for address in addresses]
    return Overrides.of(
        [Instance(i["address"], i["mode"], i["type"]) for i in items], configuration
    )


def test_each_instance_has_its_own_identity() -> None:
    text = 'resource "aws_sqs_queue" "q" {\n  for_each = var.k\n}\n'
    found = overrides(sources(text), 'aws_sqs_queue.q["a"]', 'aws_sqs_queue.q["b"]')
    assert list(found.tokens) == ['aws_sqs_queue.q["a"]', 'aws_sqs_queue.q["b"]', "aws_sqs_queue.q"]
    one, two, all_ = (tokens["arn"] for tokens in found.tokens.values())
    assert len({one, two, all_}) == 3
    assert found.identities.is_undecided(all_)
    assert not found.identities.is_undecided(one)
    assert found.tokens_of('aws_sqs_queue.q["a"]') == found.tokens['aws_sqs_queue.q["a"]']
    assert found.tokens_of('aws_sqs_queue.q["new"]') == found.tokens["aws_sqs_queue.q"]
    assert found.tokens_of("aws_sqs_queue.other") is None


def test_a_resource_without_a_key_is_overridden_once() -> None:
    found = overrides(sources('resource "aws_sqs_queue" "q" {}'), "aws_sqs_queue.q")
    assert list(found.tokens) == ["aws_sqs_queue.q"]


def test_a_resource_without_planned_instances_is_overridden() -> None:
    text = 'resource "aws_sqs_queue" "q" {\n  count = var.n\n}\n'
    found = overrides(sources(text))
    assert list(found.tokens) == ["aws_sqs_queue.q[0]", "aws_sqs_queue.q"]
    assert not found.identities.is_undecided(found.tokens["aws_sqs_queue.q[0]"]["arn"])


def test_resources_in_modules() -> None:
    text = 'module "m" {\n  source = "./m"\n  for_each = var.k\n  on = var.on\n}\n'
    found = overrides(sources(text, m=MODULE), 'module.m["a.b"].aws_sqs_queue.w')
    assert list(found.tokens) == [
        'module.m["a.b"].aws_sqs_queue.w',
        'module.m["a.b"].aws_sns_topic.maybe[0]',
        'module.m["a.b"].aws_sns_topic.maybe',
    ]
    assert not found.unseen


def test_a_module_without_keys_and_planned_instances_is_overridden() -> None:
    text = 'module "m" {\n  source = "./m"\n}\n'
    found = overrides(sources(text, m='resource "aws_x" "y" {\n  for_each = var.k\n}\n'))
    assert list(found.tokens) == ["module.m.aws_x.y"]


def test_data_sources_that_send_requests_are_overridden() -> None:
    found = overrides(
        sources(""),
        "data.aws_ami.a",
        "data.http.h",
        "data.aws_iam_policy_document.d",
        "data.archive_file.z",
    )
    assert list(found.tokens) == ["data.aws_ami.a", "data.http.h"]
    assert found.data == {"data.aws_ami.a", "data.http.h"}


@pytest.mark.parametrize(
    ("call", "changed", "module"),
    [
        ("for_each = var.keys", "keys", "module.m"),
        ("for_each = var.keys", "region", ""),
        ("for_each = local.keys", "keys", "module.m"),
        ("for_each = toset([for k in var.keys : k])", "keys", "module.m"),
        ("count = local.missing", "region", "module.m"),  # cannot be traced
        ("count = 2", "keys", ""),
        ("on = var.keys", "keys", ""),  # a module without keys is covered
    ],
)
def test_modules_whose_instances_depend_on_variables(call: str, changed: str, module: str) -> None:
    text = f'module "m" {{\n  source = "./m"\n  {call}\n}}\nlocals {{\n  keys = var.keys\n}}\n'
    configuration = sources(text, m=MODULE)
    found = overrides(configuration, 'module.m["a"].aws_sqs_queue.w')
    assert found.not_covered(frozenset({changed}), Tracer(configuration)) == module
    assert found.not_covered(frozenset(), Tracer(configuration)) in ("", module)


def test_instances_in_a_module_without_planned_instances_are_not_covered() -> None:
    text = 'module "m" {\n  source = "./m"\n  count = 1\n  on = var.on\n}\n'
    only = MODULE.replace('resource "aws_sqs_queue" "w" {}', "")
    configuration = sources(text, m=only)
    found = overrides(configuration)
    assert found.unseen == {"module.m.aws_sns_topic.maybe"}
    assert found.not_covered(frozenset({"on"}), Tracer(configuration)) == "module.m"
    assert found.not_covered(frozenset({"region"}), Tracer(configuration)) == ""


# The generated files -------------------------------------------------------------------------


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


def test_the_test_file() -> None:
    found = overrides(sources(""), "aws_sqs_queue.q", "data.aws_ami.a")
    blocks = scan_text(found.test_file([{}, {"suffix": "${x}", "n": 3}]), "x.tftest.hcl")
    kinds = [(b.kind, b.labels, b.attributes.get("target")) for b in blocks]
    assert [(kind, labels, target and target.text) for kind, labels, target in kinds] == [
        ("override_resource", (), "aws_sqs_queue.q"),
        ("override_data", (), "data.aws_ami.a"),
        ("run", ("v0",), None),
        ("run", ("v1",), None),
    ]
    assert not blocks[2].blocks
    (variables,) = blocks[3].blocks
    assert {k: v.text for k, v in variables.attributes.items()} == {"suffix": '"$${x}"', "n": "3"}


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
  tags = aws_lambda_function.f["b"].tags_all
}
"""


def repeating(*timeouts: Any) -> Overrides:
    """Overrides that repeat the planned timeouts of functions a, b, …"""
    index = SourceIndex({"": scan_text(USER, "main.tf")})
    configuration = Configuration.of_sources(index)
    changes = []
    for key, timeout in zip("abc", timeouts, strict=False):
        after = {"timeout": timeout, "memory": 128, "tags_all": {"x": "y"}, "other": 5}
        change = {"actions": ["create"], "after": after, "after_unknown": {"arn": True}}
        changes.append({**entry(f'aws_lambda_function.f["{key}"]'), "change": change})
    root = {
        "root_module": {
            "resources": [{"address": a, **e} for a, e in configuration.resources.items()]
        }
    }
    plan = Plan.of({**PLAN, "resource_changes": changes, "configuration": root})
    tracer = Tracer(Configuration.of(plan, index))
    return overrides(configuration, *plan.resources).repeating(plan, tracer)


def test_known_planned_values_that_are_referred_to_are_repeated() -> None:
    found = repeating(3, 3)
    known = {"timeout": 3, "tags_all": {"x": "y"}}
    assert found.repeated == {f'aws_lambda_function.f["{key}"]': known for key in "ab"}
    assert "timeout = 3" in found.test_file([{}])
    (block,) = scan_text(found.defaults()[""], "x_override.tf")
    assert block.labels == ("aws_lambda_function", "f")
    assert block.attributes["timeout"].text == "3"


def test_different_instances_have_no_default() -> None:
    assert repeating(3, 5).defaults() == {}
    assert repeating(3, 5, 3).defaults() == {}


@pytest.mark.parametrize("value", [None, [], [{"a": 1}], {"a": [1]}])
def test_null_and_blocks_are_not_repeated(value: Any) -> None:
    found = repeating(value)
    assert found.repeated == {'aws_lambda_function.f["a"]': {"tags_all": {"x": "y"}}}


def test_nothing_is_repeated_without_a_reference() -> None:
    configuration = sources('resource "aws_sqs_queue" "q" {}')
    plan = Plan.of(PLAN)
    tracer = Tracer(Configuration.of(plan, None))
    assert not overrides(configuration, "aws_sqs_queue.q").repeating(plan, tracer).repeated
