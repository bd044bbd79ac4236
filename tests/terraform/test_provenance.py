"""References are followed to attributes that are not configured."""

from __future__ import annotations

import pytest

from planproof.terraform.provenance import Change, Origin, Place, Tracer, change_of, plain_templates
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


def leaves(origin: Origin) -> set[tuple[str, str]]:
    """The leaves, whatever happened to them."""
    return {(address, path) for address, path, _ in origin.leaves}


def changes(origin: Origin) -> set[Change]:
    return {change for _, _, change in origin.leaves}


def tracer(root: str, **modules: str) -> Tracer:
    texts = {"": LAMBDA + root, **{path.replace("__", "."): text for path, text in modules.items()}}
    index = SourceIndex({module: scan_text(text, "main.tf") for module, text in texts.items()})
    return Tracer(Configuration.of_sources(index))


def attribute(expression: str, rest: str = "", **modules: str) -> Origin:
    text = f'resource "aws_sqs_queue" "q" {{\n  name = {expression}\n}}\n{rest}'
    return tracer(text, **modules).attribute("aws_sqs_queue.q", "name")


@pytest.mark.parametrize(
    ("expression", "expected"),
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
def test_leaves(expression: str, expected: set[tuple[str, str]]) -> None:
    rest = "locals {\n  one = local.two\n  two = aws_lambda_function.g.size\n}\n"
    origin = attribute(expression, rest)
    assert leaves(origin) == expected
    assert origin.complete


def test_variables_of_the_root_module() -> None:
    assert attribute("aws_lambda_function.g.timeout + var.more").variables == {"timeout", "more"}


def test_a_missing_local_leaves_the_origin_incomplete() -> None:
    assert not attribute("local.missing").complete


def test_origin_through_a_module() -> None:
    call = 'module "m" {\n  source = "./m"\n  size = aws_lambda_function.g.size\n}\n'
    inner = 'variable "size" {}\noutput "o" {\n  value = "x${var.size}"\n}\n'
    origin = attribute("module.m.o", call, m=inner)
    assert leaves(origin) == {("aws_lambda_function.g", "size")}
    assert changes(origin) == {Change.NONE}
    assert changes(attribute("upper(module.m.o)", call, m=inner)) == {Change.ALTERED}
    inside = inner.replace('"x${var.size}"', "md5(var.size)")
    assert changes(attribute("module.m.o", call, m=inside)) == {Change.ALTERED}
    argument = call.replace("aws_lambda_function.g.size", "try(aws_lambda_function.g.size)")
    assert changes(attribute("module.m.o", argument, m=inner)) == {Change.CHOSEN}


def test_an_argument_of_a_module_is_that_of_its_own_call() -> None:
    call = (
        'module "m" {\n  source = "./m"\n  size = aws_lambda_function.g.size\n}\n'
        'module "n" {\n  source = "./m"\n  size = md5(aws_lambda_function.g.size)\n}\n'
    )
    inner = 'variable "size" {}\noutput "o" {\n  value = var.size\n}\n'
    assert changes(attribute("module.m.o", call, m=inner, n=inner)) == {Change.NONE}
    assert changes(attribute("module.n.o", call, m=inner, n=inner)) == {Change.ALTERED}


def test_each_value_has_the_origin_of_for_each() -> None:
    text = (
        'resource "aws_sqs_queue" "q" {\n  for_each = aws_lambda_function.g.tags_all\n'
        "  name = each.value\n  key = each.key\n}\n"
    )
    found = tracer(text)
    over = {("aws_lambda_function.g", "tags_all")}
    assert leaves(found.attribute("aws_sqs_queue.q", "name")) == over
    assert not found.attribute("aws_sqs_queue.q", "key").leaves
    assert leaves(found.resource_instances("aws_sqs_queue.q")) == over


def test_each_value_of_a_map_of_instances_is_one_of_them() -> None:
    text = (
        'resource "aws_sqs_queue" "q" {\n  for_each = aws_lambda_function.g\n'
        "  name = each.value.arn\n}\n"
    )
    found = tracer(text).attribute("aws_sqs_queue.q", "name")
    assert found.leaves == {("aws_lambda_function.g", "arn", Change.NONE)}
    changed = text.replace("= aws_lambda_function.g\n", "= merge(aws_lambda_function.g, {})\n")
    assert leaves(tracer(changed).attribute("aws_sqs_queue.q", "name")) == {
        ("aws_lambda_function.g", "")
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


@pytest.mark.parametrize(
    ("key", "change"),
    [("json", Change.NONE), ("minified_json", Change.NONE), ("id", Change.ALTERED)],
)
def test_a_document_shows_all_its_arguments_and_its_hash_does_not(key: str, change: Change) -> None:
    origin = attribute(f"data.aws_iam_policy_document.d.{key}", DOCUMENT)
    document = ("data.aws_iam_policy_document.d", key)
    function = "aws_lambda_function.g"
    assert leaves(origin) == {document, (function, "arn"), (function, "size")}
    assert {one for address, _, one in origin.leaves if address == function} == {change}
    assert origin.variables == {"more"}


def test_an_argument_of_a_data_source_is_what_is_written() -> None:
    text = 'data "aws_ami" "a" {\n  owner = aws_lambda_function.g.arn\n}\n'
    assert leaves(attribute("data.aws_ami.a.owner", text)) == {("aws_lambda_function.g", "arn")}


def test_the_output_of_terraform_data_is_its_input() -> None:
    text = 'resource "terraform_data" "d" {\n  input = aws_lambda_function.g.arn\n}\n'
    origin = attribute("terraform_data.d.output", text)
    assert ("aws_lambda_function.g", "arn", Change.NONE) in origin.leaves
    other = attribute("terraform_data.d.id", text)
    assert other.leaves == {("terraform_data.d", "id", Change.NONE)}


RULES = """
resource "aws_sqs_queue" "q" {
  dynamic "rule" {
    for_each = var.rules
    content {
      id = CONTENT
    }
  }
}
resource "aws_sqs_queue" "r" {
  name = aws_sqs_queue.q.rule[0].id
}
"""


def test_origin_of_dynamic_blocks() -> None:
    found = tracer(RULES.replace("CONTENT", "aws_lambda_function.g.size"))
    size = {("aws_lambda_function.g", "size", Change.NONE)}
    assert found.dynamic("aws_sqs_queue.q", "rule").leaves == size
    assert found.dynamic("aws_sqs_queue.q").variables == {"rules"}
    assert found.dynamic("aws_sqs_queue.q", "other").leaves == set()
    assert found.attribute("aws_sqs_queue.r", "name").leaves >= size


def test_a_block_may_be_one_of_several_dynamic_blocks() -> None:
    block = RULES[RULES.index("  dynamic") : RULES.index('}\nresource "aws_sqs_queue" "r"')]
    two = RULES.replace(block, block + block.replace("CONTENT", "aws_lambda_function.g.arn"))
    found = tracer(two.replace("CONTENT", "aws_lambda_function.g.size"))
    both = {("aws_lambda_function.g", "size"), ("aws_lambda_function.g", "arn")}
    assert leaves(found.attribute("aws_sqs_queue.r", "name")) >= both
    assert leaves(found.dynamic("aws_sqs_queue.q")) == both


def test_what_happens_to_the_iterator_happens_to_what_a_dynamic_block_runs_over() -> None:
    over = RULES.replace("var.rules", "aws_lambda_function.g.tags")
    for content, change in (
        ("rule.value", Change.NONE),
        ("upper(rule.value)", Change.ALTERED),
        ("try(rule.value)", Change.CHOSEN),
    ):
        origin = tracer(over.replace("CONTENT", content)).dynamic("aws_sqs_queue.q", "rule")
        assert origin.leaves == {("aws_lambda_function.g", "tags", change)}, content
    named = over.replace("content {", "iterator = it\n    content {")
    origin = tracer(named.replace("CONTENT", "md5(it.value)")).dynamic("aws_sqs_queue.q", "rule")
    assert origin.leaves == {("aws_lambda_function.g", "tags", Change.ALTERED)}


def test_cyclic_references_terminate() -> None:
    rest = "locals {\n  a = local.b\n  b = local.a\n}\n"
    assert attribute("local.a", rest).complete


# What expressions do to a value ---------------------------------------------------------------

X = "aws_x.y.z"


@pytest.mark.parametrize(
    "text",
    [
        "sha256(X)",
        "upper(X)",
        "substr(X, 0, 8)",
        "split(X)[0]",
        'split("-", X)[0]',
        'split("a", X)',
        'split("${X}", "a")',
        "split(var.by, X)",
        'replace(X, "/[0-9]+/", "")',
        'replace(X, "/:/", "")',
        'replace(X, "vpc-", "")',
        'trimprefix(X, "sg-0")',
        'trimsuffix(X, "0")',
        'trim(X, "/")',
        'templatefile("x", { a = X })',
        "provider::aws::arn_parse(X)",
        "filebase64sha256 (X)",
        "base64encode(X)",
        "tolist(toset([X]))",
        "sort([X])",
        "setunion([X], [])",
        'format("%.3s", X)',
        'format("%-5.2s", X)',
        "startswith(X, var.a)",
        "[for x in [X] : upper(x)]",
        "{ for k, v in X : md5(v) => 1 }",
        "[for x in X : x if can(regex(x, var.b))]",
        '"%{ for x in X }${upper(x)}%{ endfor }"',
        '"%{ if X }a%{ endif }"',
        "<<-EOT\n  %{ if X }a%{ endif }\nEOT\n",
        "lower(try(X, 1))",
        '"a${md5("b${X}")}"',
        "jsonencode({ a = { b = [upper(X)] } })",
        'trimprefix(X, "/5")',
        'replace(X, ":5e", "")',
        'replace(X, "5/", "")',
        'split("a:key/", X)',
        "(md5 (X))",
        "true ? md5 (X) : 1",
    ],
)
def test_expressions_that_may_do_anything_to_a_text(text: str) -> None:
    assert change_of(text.replace("X", X), X) is Change.ALTERED


@pytest.mark.parametrize(
    "text",
    [
        'X == "y" ? "a" : "b"',
        "X != var.a",
        "X && true",
        "!X",
        "try(X, var.a)",
        "can(X)",
        "coalesce(X, var.a)",
        "contains([X], var.a)",
        "element([X], 0)",
        "length(X)",
        "lookup(var.a, X, 1)",
        "[for x in X : x if x != 1]",
        "{ for x in [X] : x => 1 if x == var.a }",
        'var.a ? X : "b"',
        "one([jsonencode(X)])",
        "X > 3",
        "var.all[X]",
        "[var.all[X]]",
    ],
)
def test_expressions_that_choose_by_a_value(text: str) -> None:
    assert change_of(text.replace("X", X), X) is Change.CHOSEN


@pytest.mark.parametrize(
    "text",
    [
        "X",
        "(X)",
        '"${X}/*"',
        "merge(a, { b = X })",
        "jsonencode({ a = X })",
        "[for k, v in X : v.arn]",
        "[for x in X : upper(var.a)]",
        "{ for k, v in X : k => v.arn }",
        "concat(a, [X])",
        'format("%s", X)',
        'format("%5s-%d", X, 3)',
        'join(",", [X])',
        'split(":", X)[5]',
        'split("/", X)[1]',
        'split(":role/", X)[1]',
        'replace(X, ":role/", "")',
        'trimprefix(X, "arn:aws:")',
        'trimsuffix(X, ".amazonaws.com")',
        "basename(X)",
        "jsondecode(X)",
        "X[*].arn",
        "[for x in (X) : x]",
        'trimprefix(X, ":123456789012:")',
        'split("arn:", X)',
        'split("/key", X)',
        '<<-EOT\n  {"a": "${X}"}\nEOT\n',
        "{ a = md5(var.a), b = X }",
    ],
)
def test_expressions_with_a_text_as_it_is(text: str) -> None:
    assert change_of(text.replace("X", X), X) is Change.NONE


def test_the_worst_of_several_uses_counts() -> None:
    assert change_of(f"[{X}, upper({X})]", X) is Change.ALTERED
    assert change_of(f"[{X}, try({X})]", X) is Change.CHOSEN
    assert change_of(f"[{X}, md5(aws_other.o.z)]", X) is Change.NONE


def test_an_expression_that_is_not_known_may_do_anything() -> None:
    assert change_of(None, X) is Change.ALTERED
    assert change_of("", X) is Change.ALTERED
    deep = "[" * 100 + X + "]" * 100
    assert change_of(deep, X) is Change.ALTERED


@pytest.mark.parametrize(
    ("template", "change"),
    [
        ("a ${x} b", Change.NONE),
        ("$${x} %%{y} ${x}", Change.NONE),
        ("${upper(x)}", Change.ALTERED),
        ("%{ if x }a%{ endif }", Change.ALTERED),
        ('${x == "a" ? 1 : 2}', Change.ALTERED),
    ],
)
def test_a_template_file_does_what_is_written_in_it(template: str, change: Change) -> None:
    plain = plain_templates({'"t.tftpl"': [template]})
    assert change_of(f'templatefile("t.tftpl", {{ x = {X} }})', X, plain) is change
    both = plain_templates({'"t.tftpl"': [template, "${md5(x)}"]})
    assert change_of(f'templatefile("t.tftpl", {{ x = {X} }})', X, both) is Change.ALTERED


@pytest.mark.parametrize(
    ("place", "expression"),
    [
        (Place("", "local", "one"), "local.one"),
        (Place("", "aws_lambda_function.g", "name"), "aws_lambda_function.g.name"),
        (Place("m", "output", "o"), "module.m.o"),
        (Place("m", "var", "size"), "module.m.o"),
    ],
)
def test_what_derives_from_a_replaced_expression_cannot_be_followed(
    place: Place, expression: str
) -> None:
    text = (
        f'resource "aws_sqs_queue" "q" {{\n  name = {expression}\n}}\n'
        'locals {\n  one = "a"\n}\nmodule "m" {\n  source = "./m"\n  size = 1\n}\n'
    )
    inner = 'variable "size" {}\noutput "o" {\n  value = var.size\n}\n'
    found = tracer(text, m=inner)
    assert found.attribute("aws_sqs_queue.q", "name").complete
    replaced = Tracer(found.configuration, frozenset({place}))
    assert not replaced.attribute("aws_sqs_queue.q", "name").complete


def test_the_text_of_an_argument() -> None:
    found = tracer('resource "aws_x" "y" {\n  env {\n    a = { b = 1 }\n  }\n}\n')
    assert found.written("aws_x.y", "env.a") == "{ b = 1 }"
    assert found.written("aws_x.y", "env.missing") == ""
    assert found.written("aws_x.missing", "env.a") == ""


def test_what_follows_an_index_is_read_from_the_sources() -> None:
    text = (
        'resource "aws_sqs_queue" "q" {\n  for_each = toset(["a"])\n}\n'
        'resource "aws_sqs_queue" "x" {\n  name = aws_sqs_queue.q["a"].arn\n'
        '  policy = [aws_sqs_queue.q["a"].arn, aws_sqs_queue.q]\n}\n'
    )
    found = tracer(text)
    listed = {"references": ["aws_sqs_queue.q"]}  # as a plan writes it
    name = found.expression("aws_sqs_queue.x", listed, 'aws_sqs_queue.q["a"].arn')
    assert name.leaves == {("aws_sqs_queue.q", "arn", Change.NONE)}
    both = '[aws_sqs_queue.q["a"].arn, aws_sqs_queue.q]'
    whole = found.expression("aws_sqs_queue.x", listed, both)
    assert whole.leaves == {("aws_sqs_queue.q", "", Change.NONE)}
    unread = found.expression("aws_sqs_queue.x", listed, None)
    assert unread.leaves == {("aws_sqs_queue.q", "", Change.ALTERED)}
