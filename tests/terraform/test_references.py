"""References through variables, outputs, locals and modules."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.terraform.plan import Plan
from planproof.terraform.references import (
    Configuration,
    enclosing,
    module_of,
    prefix_of,
    reference_parts,
    references_in,
    references_of,
)
from planproof.terraform.source_index import SourceIndex, scan_text
from tests.builders.project import PLAN


def resource(address: str, **entry: Any) -> dict[str, Any]:
    return {"address": address, "mode": "managed", "expressions": {}, **entry}


def refers(*references: str) -> dict[str, list[str]]:
    return {"references": list(references)}


def configuration(root: dict[str, Any], sources: dict[str, str] | None = None) -> Configuration:
    plan = Plan.of({**PLAN, "configuration": {"root_module": root}})
    index = None
    if sources is not None:
        index = SourceIndex(
            {module: scan_text(text, "main.tf") for module, text in sources.items()}
        )
    return Configuration.of(plan, index)


def test_listed_prefixes_are_left_out() -> None:
    listed = ["aws_x.y[0].arn", "aws_x.y[0]", "aws_x.y", "var.z", "module.m.out", "module.m"]
    assert list(references_of(refers(*listed))) == ["aws_x.y[0].arn", "var.z", "module.m.out"]


def test_a_whole_resource_beside_its_attribute_is_a_reference() -> None:
    listed = ["aws_x.y.arn", "aws_x.y", "aws_x.y"]
    assert list(references_of(refers(*listed))) == ["aws_x.y.arn", "aws_x.y"]


def test_references_at_any_depth_but_not_in_constants() -> None:
    expression = [{"a": [{"b": refers("var.x")}], "c": {"constant_value": refers("var.no")}}]
    assert list(references_of(expression)) == ["var.x"]


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("aws_x.y.arn", ["aws_x", "y", "arn"]),
        ('aws_x.y["a.b[0]"].arn', ["aws_x", "y", "arn"]),
        ("aws_x.y[*].arn", ["aws_x", "y", "arn"]),
        ("aws_x.y.0.arn", ["aws_x", "y", "arn"]),
        ("aws_x.y.*.arn", ["aws_x", "y", "arn"]),
        ('module.m["k"].out', ["module", "m", "out"]),
    ],
)
def test_parts_of_a_reference(reference: str, parts: list[str]) -> None:
    assert reference_parts(reference) == parts


def test_references_in_source() -> None:
    text = 'merge(local.a, { B = aws_x.y[0].arn, C = "${module.m.out}/${each.value.id}" }, var.d)'
    assert references_in(text) == [
        "local.a",
        "aws_x.y[0].arn",
        "module.m.out",
        "each.value.id",
        "var.d",
    ]
    assert references_in("jsonencode(true)") == []


@pytest.mark.parametrize(
    ("address", "module"),
    [
        ("aws_x.y", ""),
        ("data.aws_x.y", ""),
        ("module.a.aws_x.y", "a"),
        ("module.a.module.b.data.aws_x.y", "a.b"),
        ("module.module.aws_x.y", "module"),
    ],
)
def test_the_module_of_an_address(address: str, module: str) -> None:
    assert module_of(address) == module
    assert address.startswith(prefix_of(module))


def test_dependencies_are_transitive() -> None:
    found = configuration(
        {
            "resources": [
                resource("aws_a.a", depends_on=["aws_b.b"]),
                resource("aws_b.b", expressions={"x": refers("aws_c.c.arn", "aws_c.c")}),
                resource("aws_c.c", for_each_expression=refers("data.aws_d.d.id", "data.aws_d.d")),
                resource("data.aws_d.d"),
            ]
        }
    )
    assert found.dependencies("aws_a.a") == (
        frozenset({"aws_b.b", "aws_c.c", "data.aws_d.d"}),
        True,
    )
    assert found.dependencies("data.aws_d.d") == (frozenset(), True)


def module(*, call: dict[str, Any] | None = None) -> dict[str, Any]:
    """aws_a.a refers to one output of a module with two queues."""
    queues = [
        resource("aws_sqs_queue.given", expressions={"kms": refers("var.key")}),
        resource("aws_sqs_queue_policy.other"),
    ]
    outputs = {"arn": {"expression": refers("aws_sqs_queue.given.arn", "aws_sqs_queue.given")}}
    inner = {"resources": queues, "outputs": outputs, "variables": {"key": {}}}
    return {
        "resources": [
            resource("aws_a.a", expressions={"arn": refers("module.m.arn", "module.m")}),
            resource("aws_b.b", depends_on=["module.m"]),
            resource("aws_kms_key.k"),
            resource("aws_first.f"),
        ],
        "module_calls": {
            "m": {
                "module": inner,
                "expressions": {"key": refers("aws_kms_key.k.arn", "aws_kms_key.k")},
                **(call or {}),
            }
        },
    }


def test_an_output_leads_only_to_its_own_references() -> None:
    reached, complete = configuration(module()).dependencies("aws_a.a")
    assert reached == {"module.m.aws_sqs_queue.given", "aws_kms_key.k"}
    assert complete


def test_depending_on_a_module_means_all_its_resources() -> None:
    reached, _ = configuration(module()).dependencies("aws_b.b")
    assert "module.m.aws_sqs_queue_policy.other" in reached


@pytest.mark.parametrize(
    "call",
    [
        {"depends_on": ["aws_first.f"]},
        {"for_each_expression": refers("aws_first.f.id", "aws_first.f")},
        {"count_expression": refers("aws_first.f.id", "aws_first.f")},
    ],
)
def test_resources_depend_on_the_arguments_of_their_module_call(call: dict[str, Any]) -> None:
    reached, _ = configuration(module(call=call)).dependencies(
        "module.m.aws_sqs_queue_policy.other"
    )
    assert reached == {"aws_first.f"}


LOCAL = {
    "resources": [
        resource("aws_a.a", expressions={"x": refers("local.arn")}),
        resource("aws_sqs_queue.q"),
    ]
}


def test_locals_are_followed_in_the_sources() -> None:
    found = configuration(
        LOCAL, {"": "locals {\n  arn = local.b\n  b = aws_sqs_queue.q[0].arn\n}\n"}
    )
    assert found.dependencies("aws_a.a") == (frozenset({"aws_sqs_queue.q"}), True)


def test_a_local_has_the_value_of_the_override_file() -> None:
    text = "locals {\n  arn = aws_old.o.arn\n}\nlocals {\n  arn = aws_sqs_queue.q.arn\n}\n"
    found = configuration(LOCAL, {"": text}).dependencies("aws_a.a")
    assert found == (frozenset({"aws_sqs_queue.q"}), True)


@pytest.mark.parametrize("path", ["", "a", "a.b.c"])
def test_the_modules_around_a_module(path: str) -> None:
    around = [("a.b.c", "a.b"), ("a.b", "a"), ("a", "")]
    assert list(enclosing(path)) == around[len(around) - len(path.split(".") if path else ()) :]


@pytest.mark.parametrize("sources", [None, {"": "locals {\n  other = 1\n}\n"}])
def test_dependencies_are_incomplete_with_an_unknown_local(
    sources: dict[str, str] | None,
) -> None:
    assert configuration(LOCAL, sources).dependencies("aws_a.a") == (frozenset(), False)


def test_cyclic_locals_terminate() -> None:
    text = "locals {\n  arn = local.b\n  b = local.arn\n}\n"
    assert configuration(LOCAL, {"": text}).dependencies("aws_a.a") == (frozenset(), True)


def test_the_provider_of_a_resource() -> None:
    found = configuration({"resources": [resource("aws_a.a", provider_config_key="aws.west")]})
    assert found.provider_of("aws_a.a") == "aws.west"
    assert found.provider_of("aws_missing.x") == "aws"


SOURCES = {
    "": """
module "m" {
  source   = "./m"
  for_each = toset(var.keys)
  arn      = aws_sqs_queue.q.arn
}
resource "aws_sqs_queue" "q" {
  count = var.size
  name  = "x-${local.name}"
  dynamic "rule" {
    for_each = var.rules
    content {}
  }
  redrive {
    arn = aws_sqs_queue.dead.arn
  }
  lifecycle {
    ignore_changes = [tags]
  }
}
data "aws_x" "d" {
  version = var.version
  source  = var.source
}
""",
    "m": 'output "o" {\n  value = var.arn\n}\nresource "aws_y" "z" {}\n',
}


def test_references_from_the_sources_alone() -> None:
    index = SourceIndex({module: scan_text(text, "main.tf") for module, text in SOURCES.items()})
    found = Configuration.of_sources(index)
    assert set(found.resources) == {"aws_sqs_queue.q", "data.aws_x.d", "module.m.aws_y.z"}
    queue = found.resources["aws_sqs_queue.q"]
    assert queue["count_expression"] == refers("var.size")
    assert queue["expressions"] == {
        "name": refers("local.name"),
        "redrive": [{"arn": refers("aws_sqs_queue.dead.arn")}],
    }
    # Meta-arguments of a module call only; elsewhere ordinary arguments.
    assert set(found.resources["data.aws_x.d"]["expressions"]) == {"version", "source"}
    call = found.modules["m"]
    assert call["for_each_expression"] == refers("var.keys")
    assert call["expressions"] == {"arn": refers("aws_sqs_queue.q.arn")}
    assert call["module"]["outputs"] == {"o": {"expression": refers("var.arn")}}


def test_an_override_file_replaces_the_arguments_that_it_sets() -> None:
    text = 'resource "aws_a" "a" {\n  x = var.x\n  y = var.y\n}\n'
    override = 'resource "aws_a" "a" {\n  y = var.z\n}\n'
    index = SourceIndex({"": (*scan_text(text, "main.tf"), *scan_text(override, "o_override.tf"))})
    expressions = Configuration.of_sources(index).resources["aws_a.a"]["expressions"]
    assert expressions == {"x": refers("var.x"), "y": refers("var.z")}
