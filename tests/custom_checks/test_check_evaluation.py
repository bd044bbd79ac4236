"""Expressions are evaluated as far as the source decides, and no further."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from check_support.evaluation import Frame, evaluate
from check_support.scope import ModuleScope, Sources
from check_support.syntax import parse_expression
from check_support.values import Choice, Reference, Template, Unknown, literals, references, shown

SOURCE = """
variable "suffix" {}
variable "topics" { default = [] }

locals {
  name  = "videos-${var.suffix}"
  key   = aws_kms_key.media
  sizes = { small = 1, large = [1, 2] }
  loop  = "${local.loop}"
}

module "queue" {
  source = "./queue"
  name   = local.name
}

module "remote" {
  source = "example/queue/aws"
}
"""

MODULE = """
variable "name" {}
variable "delay" { default = 5 }

output "name" { value = "${var.name}-queue" }
output "delay" { value = var.delay }
output "arn" { value = aws_sqs_queue.this.arn }
"""


@pytest.fixture
def scope(tmp_path: Path) -> ModuleScope:
    files = {tmp_path / "main.tf": SOURCE, tmp_path / "queue" / "main.tf": MODULE}
    for file, text in files.items():
        file.parent.mkdir(exist_ok=True)
        # python-hcl2 requires the end of a block on its own line.
        file.write_text(
            text.replace("{ default", "{\n default")
            .replace("{ value", "{\n value")
            .replace(" }\n", "\n}\n")
        )
    (tmp_path / "rule.json").write_text('{"Action": "${action}"}')
    return ModuleScope(Sources.of(files), tmp_path)


def value(text: str, scope: ModuleScope, **bindings: Any) -> Any:
    tree = parse_expression(text)
    assert tree is not None, text
    bound = {name.replace("_", ".", 1): item for name, item in bindings.items()}
    return evaluate(tree, Frame(scope, bound))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"plain"', "plain"),
        ("7", 7),
        ("-7", -7),
        ("0.5", 0.5),
        ("true", True),
        ("!true", False),
        ("null", None),
        ('["a", 1, [true]]', ["a", 1, [True]]),
        ('{ a = 1, "b c" = 2, (7) = 3 }', {"a": 1, "b c": 2, "7": 3}),
        ('"${"inner"}-${7}-${true}"', "inner-7-true"),
        ('"line\\nbreak \\"quoted\\" $${literal} \\u00e9"', 'line\nbreak "quoted" ${literal} é'),
        ("<<EOT\n  one\n  two\nEOT\n", "  one\n  two\n"),
        ("<<-EOT\n    one\n      two\n    EOT\n", "one\n  two\n"),
        ('jsonencode({ a = jsondecode("b") })', {"a": "b"}),
        ('concat(["a"], ["b"])', ["a", "b"]),
        ("merge({ a = 1 }, { a = 2, b = 3 })", {"a": 2, "b": 3}),
        ('flatten([["a"], [["b"]]])', ["a", "b"]),
        ('compact(["a", "", null])', ["a"]),
        ('distinct(["a", "b", "a"])', ["a", "b"]),
        ('toset(["a", "a"])', ["a"]),
        ("keys({ b = 1, a = 2 })", ["a", "b"]),
        ("values({ b = 1, a = 2 })", [2, 1]),
        ('join("-", ["a", "b"])', "a-b"),
        ('true ? "yes" : "no"', "yes"),
        ('each.key == "in" ? "yes" : "no"', "yes"),
        ('each.key != "in" ? "yes" : "no"', "no"),
        ('"1" == 1', False),
        ("count.index == 2", True),
        ('[for name in ["b", "a"] : "${name}-${each.key}"]', ["b-in", "a-in"]),
        ("[for size in local.sizes.large : size if size != 1]", [2]),
        ("[for key, value in { b = 1, a = 2 } : [key, value]]", [["a", 2], ["b", 1]]),
        (
            "{ for name in keys(local.sizes) : name => local.sizes[name] }",
            {"small": 1, "large": [1, 2]},
        ),
        ('file("${path.module}/rule.json")', '{"Action": "${action}"}'),
        ('templatefile("rule.json", { action = "sqs:*" })', '{"Action": "sqs:*"}'),
        ("local.sizes.small", 1),
        ('local.sizes["large"][1]', 2),
        ("module.queue.delay", 5),
        ("each.key", "in"),
        ("each.value.days", 3),
        ("count.index", 2),
    ],
)
def test_decided_by_the_source(text: str, expected: object, scope: ModuleScope) -> None:
    assert value(text, scope, each_key="in", each_value={"days": 3}, count_index=2) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("var.suffix", "var.suffix"),
        ("aws_kms_key.media.arn", "aws_kms_key.media.arn"),
        ("aws_kms_key.media[0].arn", "aws_kms_key.media[0].arn"),
        ('aws_s3_bucket.b["in"].arn', 'aws_s3_bucket.b["in"].arn'),
        ("local.key.arn", "aws_kms_key.media.arn"),
        ("data.aws_region.current.name", "data.aws_region.current.name"),
        ("module.remote.arn", "module.remote.arn"),
        ("module.queue.arn", "aws_sqs_queue.this.arn"),
        ("path.module", "path.module"),
        ("(aws_kms_key.media.arn)", "aws_kms_key.media.arn"),
    ],
)
def test_reference_to_a_value_outside_the_source(
    text: str, expected: str, scope: ModuleScope
) -> None:
    found = value(text, scope)

    assert isinstance(found, Reference)
    assert str(found) == expected


def test_a_reference_in_a_module_has_the_scope_of_the_module(scope: ModuleScope) -> None:
    found = value("module.queue.arn", scope)

    assert found.scope == scope.child("queue", None)
    assert found.scope != scope


def test_a_template_keeps_the_literal_text(scope: ModuleScope) -> None:
    found = value('"in-${local.name}-${aws_kms_key.media.id}"', scope)

    assert isinstance(found, Template)
    assert found.beginning == "in-"
    assert str(found) == "in-videos-${var.suffix}-${aws_kms_key.media.id}"


def test_a_module_argument_is_evaluated(scope: ModuleScope) -> None:
    assert str(value("module.queue.name", scope)) == "videos-${var.suffix}-queue"


@pytest.mark.parametrize(
    "text",
    [
        'var.suffix == "prod" ? aws_kms_key.media.arn : null',
        'var.suffix == "a" && true ? aws_kms_key.media.arn : null',
        "var.suffix ? aws_kms_key.media.arn : null",
        '(var.suffix == "prod" ? aws_kms_key.media.arn : null)',
    ],
)
def test_an_undecided_conditional_is_a_choice(text: str, scope: ModuleScope) -> None:
    found = value(text, scope)

    assert isinstance(found, Choice)
    assert [shown(option) for option in found.options] == ["aws_kms_key.media.arn", "null"]


@pytest.mark.parametrize(
    "text",
    [
        "[for topic in var.topics : topic.arn]",
        "{ for name, topic in var.topics : name => topic.arn if topic.on }",
        "var.topics[*].arn",
        "var.topics.*.arn",
        "lower(var.topics)",
        "merge({ a = 1 }, var.topics)",
        "[for name in [1, 2] : name if var.topics]",
        "{ for name in [1, 2] : var.topics => name }",
        "{ for name in [1, 2] : name => var.topics... }",
        "var.topics == 1",
        "1 == 1 && var.topics",
        "file(var.topics)",
        'templatefile("rule.json", var.topics)',
        'templatefile("no-such-file", { name = var.topics })',
        "1 + var.topics",
        "!var.topics",
    ],
)
def test_an_unevaluated_expression_keeps_its_references(text: str, scope: ModuleScope) -> None:
    found = value(text, scope)

    assert isinstance(found, Unknown)
    assert {str(reference) for reference in references(found)} == {"var.topics"}


def test_an_unevaluated_expression_keeps_its_text(scope: ModuleScope) -> None:
    found = value('[for n in setunion(["a"], var.topics) : "arn:aws:sqs:eu-west-1:${n}"]', scope)

    assert literals(found) == ["a", "arn:aws:sqs:eu-west-1:"]


def test_a_template_file_sees_only_its_own_variables(scope: ModuleScope) -> None:
    found = value('templatefile("rule.json", { other = 1 })', scope, action="sqs:*")

    assert isinstance(found, Template)
    assert isinstance(found.parts[1], Unknown)


def test_path_module_is_the_folder_of_the_module(scope: ModuleScope) -> None:
    (scope.path / "queue" / "rule.json").write_text("its own")
    child = scope.child("queue", None)

    assert child is not None
    assert value('file("${path.module}/rule.json")', child) == "its own"
    assert value('file("${path.root}/rule.json")', child) == '{"Action": "${action}"}'


def test_a_cyclic_local_is_unknown(scope: ModuleScope) -> None:
    assert value("local.loop", scope) == Unknown("local.loop")


def test_a_missing_key_is_unknown(scope: ModuleScope) -> None:
    assert isinstance(value("local.sizes.medium", scope), Unknown)
    assert isinstance(value("local.sizes.large[5]", scope), Unknown)


def test_a_template_directive_is_unknown(scope: ModuleScope) -> None:
    found = value('"%{ if var.suffix }a%{ endif }"', scope)

    assert isinstance(found, Template)
    assert any(isinstance(part, Unknown) for part in found.parts)
