"""Each operator makes its change, and leaves valid Terraform sources."""

from __future__ import annotations

import hcl2
import pytest

from planproof.mutation.checks.edits import SourceMutant
from planproof.mutation.checks.generate import mutants
from tests.mutation.checks.example_builders import BUCKETS, example, of_operator

# Operator: a block, and the changed lines of each mutant.
CASES = {
    "drop-attribute": ("a = 1", [""]),
    "drop-block": ("rule {\n  days = 1\n}", [""]),
    "drop-entry": (
        "tags = { a = x.y.z, b = true }",
        ["tags = {  b = true }", "tags = { a = x.y.z }"],
    ),
    "drop-item": ("a = [x.y.z, f(1)]", ["a = [ f(1)]", "a = [x.y.z]"]),
    "flip-boolean": ('a = [true, "false"]', ['a = [false, "false"]', 'a = [true, "true"]']),
    "raise-number": ('a = [7, "7"]', ['a = [8, "7"]', 'a = [7, "8"]']),
    "lower-number": ('a = [7, "7"]', ['a = [6, "7"]', 'a = [7, "6"]']),
    "empty-string": ('a = f("x")', ['a = f("")']),
    "empty-list": ("a = [1]", ["a = []"]),
    "empty-object": ("a = { b = 1 }", ["a = {}"]),
    "fill-list": ("a = []", ['a = ["other"]']),
    "swap-string": ('a = "x-${var.y}"', ['a = "other"']),
    "swap-attribute": (
        'a = aws_kms_key.media.id\nb = "${aws_sns_topic.done.arn}/*"',
        [
            "a = aws_kms_key.media.arn",
            'b = "${aws_sns_topic.done.id}/*"',
            'b = "${aws_sns_topic.done.name}/*"',
        ],
    ),
    "another-resource": (
        "a = aws_s3_bucket.pass_b.id\nb = aws_x.one.id",
        [
            "a = aws_s3_bucket.pass.id",
            'b = aws_x.another.id\nresource "aws_x" "another" {}',
        ],
    ),
    "literal": ('a = var.x\nb = "${var.y}-z"', ['a = "other"', 'b = "other-z"']),
    "literal-region": (
        'a = var.x\nb = "arn:${data.aws_region.now.name}:z"\nc = aws_x.y.z',
        ['a = "eu-central-1"', 'b = "arn:eu-central-1:z"'],
    ),
    "literal-account": (
        "a = data.aws_caller_identity.me.account_id",
        ['a = "123456789012"'],
    ),
    "drop-interpolation": (
        'a = "x-${var.y}-${f("}")}"',
        ['a = "x--${f("}")}"', 'a = "x-${var.y}-"'],
    ),
    "drop-depends-on": ("depends_on = [aws_x.y, aws_x.z]", [""]),
    "drop-depends-on-entry": (
        "depends_on = [aws_x.y, aws_x.z]",
        ["depends_on = [ aws_x.z]", "depends_on = [aws_x.y]"],
    ),
}

STATEMENT = """\
policy = jsonencode({
  Statement = [
    {
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.jobs.arn
      Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } }
    },
  ]
})"""
JSON_STATEMENT = """\
policy = <<-EOT
  {
    "Statement": [{
      "Effect": "Deny",
      "NotAction": ["sqs:*"],
      "Resource": "${aws_sqs_queue.jobs.arn}",
      "Condition": {"Bool": {"aws:SecureTransport": "false"}}
    }]
  }
EOT"""
POLICY_CASES = {
    "drop-statement": [(STATEMENT, "")],
    "swap-effect": [(STATEMENT, 'Effect    = "Deny"'), (JSON_STATEMENT, '"Effect": "Allow",')],
    "widen-action": [(STATEMENT, 'Action    = "*"')],
    "widen-resource": [(STATEMENT, 'Resource  = "*"'), (JSON_STATEMENT, '"Resource": "*",')],
    "widen-principal": [(STATEMENT, 'Principal = "*"')],
    "weaken-condition": [
        (
            STATEMENT,
            'Condition = { StringEqualsIfExists = { "aws:SourceAccount" = "111122223333" } }',
        ),
        (JSON_STATEMENT, '"Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}'),
    ],
    "negate-condition": [
        (STATEMENT, 'Condition = { StringNotEquals = { "aws:SourceAccount" = "111122223333" } }')
    ],
    "widen-condition": [
        (STATEMENT, 'Condition = { StringEquals = { "aws:SourceAccount" = "*" } }'),
        (JSON_STATEMENT, '"Condition": {"Bool": {"aws:SecureTransport": "*"}}'),
    ],
}
BLOCKS = """\
statement {
  actions   = ["sqs:SendMessage"]
  resources = ["arn"]

  principals {
    type        = "Service"
    identifiers = ["s3.amazonaws.com"]
  }

  condition {
    test     = "ArnLike"
    variable = "aws:SourceArn"
    values   = ["arn"]
  }
}"""
BLOCK_CASES = {
    "drop-statement": [""],
    "drop-condition": [""],
    "swap-effect": ['statement {\neffect = "Deny"'],
    "widen-action": ['actions   = ["*"]'],
    "widen-resource": ['resources = ["*"]'],
    "widen-principal": ['identifiers = ["*"]'],
    "widen-condition": ['values   = ["*"]'],
    "negate-condition": ['test     = "ArnNotLike"'],
    "weaken-condition": ['test     = "ArnLikeIfExists"'],
    "negate-element": [
        'not_actions   = ["sqs:SendMessage"]',
        'not_resources = ["arn"]',
        "not_principals {",
    ],
}


def block(body: str) -> str:
    indented = "\n".join(f"  {line}" for line in body.splitlines())
    return f'{BUCKETS}\nresource "aws_s3_bucket" "pass_b" {{\n{indented}\n}}\n'


def changes(found: list[SourceMutant]) -> list[str]:
    """The changed lines of each mutant of the block, without indentation."""
    return [
        "\n".join(line.strip() for line in m.after.splitlines())
        for m in found
        if m.block == "aws_s3_bucket.pass_b"
    ]


@pytest.mark.parametrize("operator", CASES)
def test_operator_makes_its_change(operator: str) -> None:
    body, after = CASES[operator]

    assert changes(of_operator(block(body), operator)) == after


@pytest.mark.parametrize("operator", POLICY_CASES)
def test_operator_on_a_statement_in_json(operator: str) -> None:
    for body, after in POLICY_CASES[operator]:
        assert changes(of_operator(block(body), operator)) == [after]


@pytest.mark.parametrize("operator", BLOCK_CASES)
def test_operator_on_a_statement_in_blocks(operator: str) -> None:
    assert changes(of_operator(block(BLOCKS), operator)) == BLOCK_CASES[operator]


def test_a_condition_is_dropped_whole_and_in_parts() -> None:
    assert changes(of_operator(block(STATEMENT), "drop-condition")) == [
        "",
        "Condition = {  }",
        "Condition = { StringEquals = {  } }",
    ]


def test_json_stays_valid_when_its_last_item_is_dropped() -> None:
    whole, *_ = of_operator(block(JSON_STATEMENT), "drop-condition")

    assert '"${aws_sqs_queue.jobs.arn}"\n      }]' in whole.text


def test_element_is_negated_by_its_name() -> None:
    assert changes(of_operator(block(STATEMENT), "negate-element")) == [
        'NotPrincipal = { Service = "s3.amazonaws.com" }',
        'NotAction    = "sqs:SendMessage"',
        "NotResource  = aws_sqs_queue.jobs.arn",
    ]


def test_attributes_of_failing_blocks_are_copied_into_passing_ones() -> None:
    text = BUCKETS.replace("force_destroy = false", "rule {\n    days = 0\n  }\n  keep = 1")

    (attribute,) = of_operator(text, "graft-attribute")
    (nested,) = of_operator(text, "graft-block")

    assert "keep = 1" in attribute.after
    assert "days = 0" in nested.after
    assert attribute.id == "check/pass/aws_s3_bucket.pass/graft-attribute/keep=fail"


def test_a_block_gets_a_type_that_only_failing_blocks_have() -> None:
    text = BUCKETS.replace('"aws_s3_bucket" "fail"', '"aws_vpc" "fail"')

    (swapped,) = of_operator(text, "swap-type")

    assert swapped.after == 'resource "aws_vpc" "pass" {'
    assert swapped.subjects == ("aws_vpc.pass",)


@pytest.mark.parametrize(
    "body", [*(body for body, _ in CASES.values()), STATEMENT, JSON_STATEMENT, BLOCKS]
)
def test_every_mutant_is_valid_hcl(body: str) -> None:
    found = mutants(example(block(body)))

    assert found
    for mutant in found:
        assert hcl2.loads(mutant.text), mutant.id


def test_ids_are_stable_and_unique() -> None:
    found = mutants(example(block(STATEMENT)))

    assert [m.id for m in found] == [m.id for m in mutants(example(block(STATEMENT)))]
    assert len({m.id for m in found}) == len(found)
    moved = mutants(example("# a line more\n" + block(STATEMENT)))
    assert [m.id for m in moved] == [m.id for m in found]
    assert moved[0].line == found[0].line + 1


@pytest.mark.parametrize("body", [STATEMENT, JSON_STATEMENT, BLOCKS])
def test_ids_do_not_depend_on_line_ends_and_letters_before(body: str) -> None:
    found = mutants(example(block(body)))
    windows = f"\ufeff# ä 🎬\n{block(body)}".replace("\n", "\r\n")

    assert [m.id for m in mutants(example(windows))] == [m.id for m in found]


@pytest.mark.parametrize(
    "body",
    [
        f"a = {'[' * 400}aws_kms_key.media.id{']' * 400}",
        "rule {\n" * 400 + "a = aws_kms_key.media.id\n" + "}\n" * 400,
    ],
    ids=["lists", "blocks"],
)
def test_nesting_has_no_limit(body: str) -> None:
    assert len(of_operator(block(body), "swap-attribute")) == 1


def test_an_index_is_no_item_of_a_list() -> None:
    found = mutants(example(block('a = { b = "x" }["b"]\nc = f(1)[0]')))

    assert "drop-item" not in {m.operator for m in found}


def test_the_source_of_a_module_is_not_changed() -> None:
    text = BUCKETS + 'module "pass" {\n  source = "./m"\n  name   = "x"\n}\n'

    paths = {m.id.rsplit("/", 1)[1] for m in mutants(example(text)) if m.block == "module.pass"}

    assert paths == {"name"}
