"""References are followed to attributes that are not configured."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.terraform.provenance import Tracer, obscures
from planproof.terraform.references import Configuration
from planproof.terraform.source_index import SourceIndex, scan_text

LAMBDA = """
resource "aws_lambda_function" "g" {
  name    = "g"
  timeout = var.timeout
  vpc_config {
    subnet_ids = var.subnets
  }
}
"""


def tracer(root: str, **modules: str) -> Tracer:
    texts = {"": LAMBDA + root, **{path.replace("__", "."): text for path, text in modules.items()}}
    index = SourceIndex({module: scan_text(text, "main.tf") for module, text in texts.items()})
    return Tracer(Configuration.of_sources(index))


def attribute(expression: str, rest: str = "", **modules: str) -> Any:
    text = f'resource "aws_sqs_queue" "q" {{\n  name = {expression}\n}}\n{rest}'
    return tracer(text, **modules).attribute("aws_sqs_queue.q", "name")


@pytest.mark.parametrize(
    ("expression", "leaves"),
    [
        ('"plain"', set()),
        ("aws_lambda_function.g.arn", {("aws_lambda_function.g", "arn")}),
        ("aws_lambda_function.g.name", set()),
        ("aws_lambda_function.g.timeout", set()),
        ("aws_lambda_function.g", {("aws_lambda_function.g", "")}),
        (
            "aws_lambda_function.g.vpc_config[0].vpc_id",
            {("aws_lambda_function.g", "vpc_config.vpc_id")},
        ),
        ("aws_lambda_function.g.vpc_config[0].subnet_ids", set()),
        ('"${aws_lambda_function.g.arn}/*"', {("aws_lambda_function.g", "arn")}),
        ("local.one", {("aws_lambda_function.g", "size")}),
        ("path.module", set()),
        ("aws_missing.x.arn", set()),
    ],
)
def test_leaves(expression: str, leaves: set[tuple[str, str]]) -> None:
    rest = "locals {\n  one = local.two\n  two = aws_lambda_function.g.size\n}\n"
    origin = attribute(expression, rest)
    assert origin.leaves == leaves
    assert origin.complete


def test_variables_of_the_root_module() -> None:
    assert attribute("aws_lambda_function.g.timeout + var.more").variables == {"timeout", "more"}


def test_a_missing_local_leaves_the_origin_incomplete() -> None:
    assert not attribute("local.missing").complete


def test_origin_through_a_module() -> None:
    call = 'module "m" {\n  source = "./m"\n  size = aws_lambda_function.g.size\n}\n'
    inner = 'variable "size" {}\noutput "o" {\n  value = "x${var.size}"\n}\n'
    origin = attribute("module.m.o", call, m=inner)
    assert origin.leaves == {("aws_lambda_function.g", "size")}
    assert not origin.obscured
    assert attribute("upper(module.m.o)", call, m=inner).obscured


def test_each_value_has_the_origin_of_for_each() -> None:
    text = (
        'resource "aws_sqs_queue" "q" {\n  for_each = aws_lambda_function.g.tags_all\n'
        "  name = each.value\n  key = each.key\n}\n"
    )
    found = tracer(text)
    assert found.attribute("aws_sqs_queue.q", "name").leaves == {
        ("aws_lambda_function.g", "tags_all")
    }
    assert not found.attribute("aws_sqs_queue.q", "key").leaves
    assert found.resource_instances("aws_sqs_queue.q").leaves == {
        ("aws_lambda_function.g", "tags_all")
    }


def test_each_value_in_a_module_call_has_the_origin_of_its_for_each() -> None:
    call = (
        'module "m" {\n  source = "./m"\n  for_each = var.sizes\n  size = each.value\n}\n'
        'module "n" {\n  source = "./m"\n  count = var.count\n  size = 1\n}\n'
    )
    inner = 'resource "aws_sqs_queue" "w" {\n  delay = var.size\n}\n'
    found = tracer(call, m=inner, n=inner)
    assert found.attribute("module.m.aws_sqs_queue.w", "delay").variables == {"sizes"}
    assert found.attribute("module.n.aws_sqs_queue.w", "delay").variables == set()
    assert found.module_instances("m").variables == {"sizes"}
    assert found.module_instances("n").variables == {"count"}


def test_module_instances_depend_on_the_parents_too() -> None:
    outer = 'module "a" {\n  source = "./a"\n  for_each = var.outer\n  keys = var.keys\n}\n'
    inner = 'module "b" {\n  source = "./b"\n  for_each = var.keys\n}\n'
    found = tracer(outer, a=inner, a__b='resource "aws_x" "y" {}\n')
    assert found.module_instances("a.b").variables == {"outer", "keys"}


DOCUMENT = """
data "aws_iam_policy_document" "d" {
  statement {
    resources = [aws_lambda_function.g.arn]
  }
  dynamic "statement" {
    for_each = var.more
    content {
      resources = [aws_lambda_function.g.size]
    }
  }
}
"""


def test_origin_of_a_document_has_all_its_arguments() -> None:
    origin = attribute("data.aws_iam_policy_document.d.json", DOCUMENT)
    assert ("aws_lambda_function.g", "arn") in origin.leaves
    assert ("aws_lambda_function.g", "size") in origin.leaves  # though in a dynamic block
    assert not origin.obscured
    assert attribute("data.aws_iam_policy_document.d.id", DOCUMENT).obscured  # a hash, perhaps


def test_origin_of_dynamic_blocks() -> None:
    text = (
        'resource "aws_sqs_queue" "q" {\n  dynamic "rule" {\n    for_each = var.rules\n'
        "    content {\n      id = aws_lambda_function.g.size\n    }\n  }\n}\n"
    )
    found = tracer(text)
    assert found.dynamic("aws_sqs_queue.q", "rule").leaves == {("aws_lambda_function.g", "size")}
    assert found.dynamic("aws_sqs_queue.q", "other").leaves == set()


def test_cyclic_references_terminate() -> None:
    rest = "locals {\n  a = local.b\n  b = local.a\n}\n"
    assert attribute("local.a", rest).complete


@pytest.mark.parametrize(
    "text",
    [
        "sha256(x)",
        "upper(x)",
        'x == "y" ? "a" : "b"',
        "substr(x, 0, 8)",
        "split(x)[0]",
        'templatefile("x", {})',
        "provider::aws::arn_parse(x)",
        "filebase64sha256 (x)",
        "x && y",
        "base64encode(x)",
        "%{ if x }a%{ endif }",
    ],
)
def test_expressions_that_obscure_their_input(text: str) -> None:
    assert obscures(text)


@pytest.mark.parametrize(
    "text",
    ["x", '"${x}/*"', "merge(a, { b = c })", "jsonencode({ a = x })", "[for k, v in x : v.arn]",
     "{ for k, v in x : k => v.arn }", "concat(a, [b])", "toset([x])", "format(\"%s\", x)"],
)  # fmt: skip
def test_expressions_that_show_their_input(text: str) -> None:
    assert not obscures(text)


def test_the_text_of_an_argument() -> None:
    found = tracer('resource "aws_x" "y" {\n  env {\n    a = { b = 1 }\n  }\n}\n')
    assert found.written("aws_x.y", "env.a") == "{ b = 1 }"
    assert found.written("aws_x.y", "env.missing") == ""
    assert found.written("aws_x.missing", "env.a") == ""
