"""File and line of every block and attribute: see planproof/terraform/source_index.py."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planproof.terraform.source_index import SourceBlock, SourceIndex, scan_text
from tests.builders.operations import calls_made_by


def scan(text: str, file: str = "main.tf") -> tuple[SourceBlock, ...]:
    return scan_text(dedent(text), file)


def only(text: str, file: str = "main.tf") -> SourceBlock:
    (block,) = scan(text, file)
    return block


def outline(blocks: tuple[SourceBlock, ...]) -> list[tuple[object, ...]]:
    return [(" ".join((b.kind, *b.labels)), b.line, b.end_line) for b in blocks]


BUCKET = """\
    resource "aws_s3_bucket" "input" {
      bucket        = "video-${var.suffix}"
      force_destroy = true
      tags          = { Name = "x", Team = "media" }
    }
"""


class TestBlocks:
    def test_labels_lines_and_attributes(self) -> None:
        block = only(BUCKET)
        assert (block.kind, block.labels) == ("resource", ("aws_s3_bucket", "input"))
        assert (block.file, block.line, block.end_line) == ("main.tf", 1, 5)
        assert {n: (a.line, a.end_line, a.text) for n, a in block.attributes.items()} == {
            "bucket": (2, 2, '"video-${var.suffix}"'),
            "force_destroy": (3, 3, "true"),
            "tags": (4, 4, '{ Name = "x", Team = "media" }'),
        }

    def test_every_kind_of_block(self) -> None:
        text = """\
            terraform {
              required_version = ">= 1.6"
              required_providers {
                aws = { source = "hashicorp/aws" }
              }
            }

            provider "aws" { region = var.aws_region }
            variable "aws_region" {}
            locals {
              a = 1
            }
            module "m" { source = "./m" }
            data "aws_caller_identity" "current" {}
            output "id" { value = 1 }
        """
        found = scan(text)
        assert outline(found) == [
            ("terraform", 1, 6),
            ("provider aws", 8, 8),
            ("variable aws_region", 9, 9),
            ("locals", 10, 12),
            ("module m", 13, 13),
            ("data aws_caller_identity current", 14, 14),
            ("output id", 15, 15),
        ]
        assert outline(found[0].blocks) == [("required_providers", 3, 5)]
        assert found[0].blocks[0].attributes["aws"].line == 4

    def test_nested_blocks_keep_their_order_and_their_own_attributes(self) -> None:
        block = only("""\
            data "aws_iam_policy_document" "d" {
              statement {
                sid = "A"
                condition { test = "StringEquals" }
              }
              version = "2012-10-17"
              statement {
                sid = "B"
              }
            }
        """)
        assert outline(block.blocks) == [("statement", 2, 5), ("statement", 7, 9)]
        assert outline(block.blocks[0].blocks) == [("condition", 4, 4)]
        assert list(block.attributes) == ["version"]
        assert [b.attributes["sid"].text for b in block.blocks] == ['"A"', '"B"']

    def test_attributes_cannot_be_changed(self) -> None:
        with pytest.raises(TypeError):
            only(BUCKET).attributes["bucket"] = None  # type: ignore[index]

    def test_labels_without_quotes_with_escapes_and_with_comments_between(self) -> None:
        found = scan('resource a b {}\na "x\\"y" /* "no" */ "" "z" {}\n"quoted" = 1\n')
        assert [(b.kind, b.labels) for b in found] == [
            ("resource", ("a", "b")),
            ("a", ('x"y', "", "z")),
        ]

    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_byte_order_mark_and_line_ends(self, newline: str) -> None:
        text = "\ufeff" + dedent(BUCKET).replace("\n", newline)
        (block,) = scan_text(text, "main.tf")
        assert (block.line, block.end_line) == (1, 5)
        assert block.attributes["force_destroy"].text == "true"

    def test_comparison_is_not_an_attribute(self) -> None:
        assert list(only("a {\n b == 1\n c = 2 == 3\n}").attributes) == ["c"]


class TestExpressions:
    """After each expression the next attribute is found, at line `after`."""

    @pytest.mark.parametrize(
        ("expression", "after"),
        [
            pytest.param('"a } b"', 3, id="brace in a string"),
            pytest.param(r'"a \" } \\"', 3, id="escaped quote"),
            pytest.param('"${"}"}"', 3, id="string in a template in a string"),
            pytest.param('"${f("${g("}")}", {a = "}"})}"', 3, id="templates nested twice"),
            pytest.param('"%{ if x }}%{ else }{%{ endif }"', 3, id="directives"),
            pytest.param('"$${ %%{ $x 5% $"', 3, id="escaped templates"),
            pytest.param('"$$${x}"', 3, id="dollar and escaped template"),
            pytest.param('"${\n  x\n}"', 5, id="newline in a template"),
            pytest.param('{\n  a = "}" # }\n  b = [1, {}]\n}', 6, id="object"),
            pytest.param("[\n  1,\n  2,\n]", 6, id="tuple"),
            pytest.param('f(\n  "x", // )\n  /* ) */ 2\n)', 6, id="call"),
            pytest.param("1 # { [ (", 3, id="hash comment"),
            pytest.param('1 // " {', 3, id="slash comment"),
            pytest.param('1 /* " {\n */', 4, id="block comment"),
            pytest.param("4 / 2 < 3", 3, id="operators that look like beginnings"),
            pytest.param("<<EOF\n}\n}} \" ' # /*\nEOF", 6, id="heredoc"),
            pytest.param("<<-EOF\n    }\n    EOF", 5, id="indented heredoc"),
            pytest.param("<<EOF\n NOT EOF\nEOFS\n  EOF  ", 6, id="only a whole line ends it"),
            pytest.param("<<EOF\n${f(\nEOF\n)}\nEOF", 7, id="no end inside of a template"),
            pytest.param("<<A\n${<<B\n}\nA\nB\n}\nA", 9, id="heredoc in a heredoc"),
            pytest.param("<<EOF\n$${ %%{ {\nEOF", 5, id="escaped template in a heredoc"),
            pytest.param('f(<<EOF\n)\nEOF\n, "x")', 6, id="heredoc in a call"),
            pytest.param('<<EOF\n%{ for a in ["}"] }\n}\n%{ endfor }\nEOF', 7, id="directive"),
        ],
    )
    def test_end(self, expression: str, after: int) -> None:
        text = f"resource x y {{\n  first = {expression}\n  second = 2\n}}\nlocals {{}}\n"
        block, locals_ = scan_text(text, "main.tf")
        assert list(block.attributes) == ["first", "second"]
        assert block.attributes["second"].line == after
        assert (block.end_line, locals_.line) == (after + 1, after + 2)
        assert block.attributes["first"].end_line == after - 1
        assert expression.strip().startswith(block.attributes["first"].text)

    def test_comment_at_the_end_of_a_line_is_not_in_the_expression(self) -> None:
        block = only("a {\n b = true # yes\n c = [ # no\n 1]\n d = x // y\n}")
        assert [a.text for a in block.attributes.values()] == ["true", "[ # no\n 1]", "x"]

    def test_comments_hide_blocks(self) -> None:
        found = scan("# a {}\n// b {}\n/* c {}\nd {} */ e {}\nf {}")
        assert outline(found) == [("e", 4, 4), ("f", 5, 5)]

    def test_heredoc_hides_blocks(self) -> None:
        found = scan_text("a {\n x = <<E\nb {\n}\nE\n}\nc {}\n", "main.tf")
        assert outline(found) == [("a", 1, 6), ("c", 7, 7)]
        assert found[0].blocks == ()


class TestMalformed:
    def test_unclosed_block_ends_where_the_next_resource_begins(self) -> None:
        found = scan_text(
            'resource "a" "b" {\n  c = 1\n  d {\n\nresource "e" "f" {\n}\n', "main.tf"
        )
        assert outline(found) == [("resource a b", 1, 3), ("resource e f", 5, 6)]

    def test_unclosed_bracket_ends_where_the_next_resource_begins(self) -> None:
        found = scan_text('resource "a" "b" {\n  c = [f("${x(",\n}\nvariable "v" {\n}\n', "main.tf")
        assert outline(found)[1:] == [("variable v", 4, 5)]
        assert found[0].attributes["c"].line == 2

    def test_data_block_of_a_check_is_nested_with_any_indentation(self) -> None:
        text = 'check "c" {\ndata "a" "b" {\n}\n}\ncheck "d" {\nresource "e" "f" {}\n'
        assert outline(scan_text(text, "main.tf")) == [
            ("check c", 1, 4),
            ("check d", 5, 5),
            ("resource e f", 6, 6),
        ]

    def test_nothing_with_a_label_is_an_attribute(self) -> None:
        assert list(only("a {\n b c = 1\n d = 1\n}").attributes) == ["d"]

    def test_key_in_an_unclosed_object_is_found(self) -> None:
        assert only("a {\n b = {\n  c =").line_of("b.c") == 3

    def test_string_ends_with_its_line(self) -> None:
        block = only('a {\n b = "open\n c = 1\n}')
        assert block.attributes["c"].line == 3

    @pytest.mark.parametrize(
        "junk", ["= 1", "}", "][", '"x"', "a b c", "a b = 1", "?", "1 = 2", "<<E\n}\nE", "{ x\n}"]
    )
    def test_blocks_after_junk_are_found(self, junk: str) -> None:
        line = junk.count("\n") + 2
        assert outline(scan_text(f"{junk}\nlocals {{}}", "x.tf")) == [("locals", line, line)]

    @pytest.mark.parametrize(
        ("text", "ends"),
        [
            *((text, []) for text in ("", "a", "a =", 'a "b', "{")),
            *((text, [2]) for text in ("a {", "a { b = <<E\n", "a {/*")),
        ],
    )
    def test_cut_off(self, text: str, ends: list[int]) -> None:
        found = scan_text(f"locals {{}}\n{text}", "main.tf")
        assert outline(found)[0] == ("locals", 1, 1)
        assert [block.end_line for block in found[1:]] == ends


POLICY = """\
    resource "aws_lambda_function" "f" {
      role = aws_iam_role.f.arn

      environment {
        variables = {
          INPUT_BUCKET      = aws_s3_bucket.in["a"].id # the input
          "OUTPUT_BUCKET" = "x"
          # MEDIACONVERT_ROLE = "not this"
          MEDIACONVERT_ROLE = merge({
            a = 1
          })
          (var.key) = 1
        }
      }
      rule {
        id = "a"
      }
      rule {
        apply {
          key = 1
        }
      }
      dynamic "extra" {
        for_each = []
        content {
          name = extra.value
          deep { x = 1 }
        }
      }
      policy = jsonencode({
        Version = "2012-10-17"
        Statement = [
          {
            Sid    = "First"
            Action = ["s3:GetObject",
              "s3:PutObject"]
          },
          # the second
          {
            Sid : "Second", Effect : "Allow",
            Resource = var.list[0]
          },
        ]
      })
      tags = merge(local.tags, {
        A = 1
      }, {
        "kubernetes.io/name" = 2
        A = 3
      })
      joined = concat([
        "zero"], [
        "one",
      ])
      picked = [
        { a = 1 }][0]
      ingress = {
        port = 1
      }
      each = { for k, v in var.x :
        k => v
      }
      tail = var.names[
        0
      ]
    }
"""


class TestLineOf:
    @pytest.mark.parametrize(
        ("path", "line"),
        [
            ("role", 2),
            ("environment", 4),
            ("environment.0", 4),
            ("environment.variables", 5),
            ("environment.variables.INPUT_BUCKET", 6),
            ("environment.0.variables.OUTPUT_BUCKET", 7),
            ("environment[0].variables.MEDIACONVERT_ROLE", 9),
            ("environment.variables.MEDIACONVERT_ROLE.a", 10),
            ("rule", 15),
            ("rule.0.id", 16),
            ("rule.1", 18),
            ("rule.1.apply.0.key", 20),
            ("extra", 23),
            ("extra.0", 23),
            ("extra.3.name", 26),
            ("extra.0.deep.0.x", 27),
            ("policy", 30),
            ("policy.Version", 31),
            ("policy.Statement", 32),
            ("policy.Statement.0", 33),
            ("policy.Statement.0.Action", 35),
            ("policy.Statement.0.Action.1", 36),
            ("policy.Statement.1", 39),
            ("policy.Statement.1.Sid", 40),
            ("policy.Statement.1.Resource", 41),
            ("policy.Statement.Sid", 34),
            ("tags.A", 49),
            ("tags.kubernetes.io/name", 48),
            ('tags["kubernetes.io/name"]', 48),
            ("joined.0", 52),
            ("joined.1", 53),
            ("picked.0.a", 56),
            ("ingress.0.port", 58),
        ],
    )
    def test_found(self, path: str, line: int) -> None:
        assert only(POLICY).line_of(path) == line

    @pytest.mark.parametrize(
        ("path", "line"),
        [
            ("", 1),
            ("vpc_config", 1),
            ("vpc_config.0.subnet_ids", 1),
            ("role.x", 2),
            ("environment.variables.NOPE", 5),
            ("environment.nope.INPUT_BUCKET", 4),
            ("rule.2.id", 1),
            ("rule.1.id", 18),
            ("rule.99999999999999999999", 15),
            ("extra.0.nope", 23),
            ("policy.Statement.2", 32),
            ("policy.Statement.1.Nope.0.x", 39),
            ("joined.7", 51),
            ("each.k", 60),
            ("policy.Statement.Nope", 32),
            ("tail.0", 63),
        ],
    )
    def test_falls_back_to_the_deepest_ancestor(self, path: str, line: int) -> None:
        assert only(POLICY).line_of(path) == line

    def test_static_blocks_before_a_dynamic_one_have_their_own_index(self) -> None:
        block = only('a {\n r {\n }\n dynamic "r" {\n  content {\n  }\n }\n}')
        assert [block.line_of(f"r.{index}") for index in range(3)] == [2, 4, 4]

    def test_element_of_a_tuple_on_several_lines(self) -> None:
        block = only("a {\n b = [x\n ? 1\n : 2,\n 3]\n}")
        assert [block.line_of("b.0"), block.line_of("b.1")] == [2, 5]

    def test_object_in_a_string_is_not_the_value(self) -> None:
        block = only('a {\n b = "x-${f({\n  c = 1\n })}"\n}')
        assert block.line_of("b.c") == 2

    def test_lines_count_from_the_file_and_not_from_the_block(self) -> None:
        (_, block) = scan(f"locals {{}}\n\n{dedent(BUCKET)}")
        assert (block.line, block.line_of("tags.Team"), block.line_of_text("true")) == (3, 6, 5)

    def test_line_of_text(self) -> None:
        block = only(POLICY)
        assert block.line_of_text('"Second"') == 40
        assert block.line_of_text("aws_lambda_function") == 1
        assert block.line_of_text("Third") is None

    def test_line_of_text_stays_inside_the_block(self) -> None:
        first, second = scan('a {\n x = "one"\n}\nb {\n x = "two"\n}')
        assert (first.line_of_text("two"), second.line_of_text("one")) == (None, None)
        assert second.line_of_text("two") == 5


JSON = """\
    {
      "//": {"comment": true},
      "resource": {
        "aws_s3_bucket": {
          "input": {
            "//": "a comment",
            "bucket": "video-${lookup(x, \\"a\\")}",
            "lifecycle_rule":
              [
                {"id": "a"},
                {"id": "b",
                 "expiration": {"days": 1}}
              ]
          },
          "output": [{"bucket": "}"}]
        }
      },
      "data": [{"aws_region": {"r": {}}}],
      "variable": {"v": {"default": {"a": {}}}},
      "locals": [{"a": 1}, {"b": 2}],
      "terraform": {"required_version": ">= 1.6"}
    }
"""


class TestJson:
    def test_blocks(self) -> None:
        assert outline(scan(JSON, "main.tf.json")) == [
            ("resource aws_s3_bucket input", 5, 14),
            ("resource aws_s3_bucket output", 15, 15),
            ("data aws_region r", 18, 18),
            ("variable v", 19, 19),
            ("locals", 20, 20),
            ("locals", 20, 20),
            ("terraform", 21, 21),
        ]

    def test_attributes_and_paths(self) -> None:
        block = scan(JSON, "main.tf.json")[0]
        assert (block.file, list(block.attributes)) == (
            "main.tf.json",
            ["//", "bucket", "lifecycle_rule"],
        )
        assert block.attributes["bucket"].text == '"video-${lookup(x, \\"a\\")}"'
        rule = block.attributes["lifecycle_rule"]
        assert (rule.line, rule.end_line) == (8, 13)
        paths = (
            "bucket",
            "lifecycle_rule",
            "lifecycle_rule.1",
            "lifecycle_rule.1.expiration.0.days",
        )
        assert [block.line_of(path) for path in paths] == [7, 8, 11, 12]
        assert block.line_of("lifecycle_rule.1.nope") == 11
        assert block.line_of("nope") == 5
        assert block.line_of_text("days") == 12

    def test_the_same_text_is_not_json_in_a_tf_file(self) -> None:
        assert scan(JSON, "main.tf") == ()

    def test_value_on_a_line_of_its_own_and_quotes_in_a_template(self) -> None:
        text = '{"locals": {"a": {"k": "${f(\\"}\\")}",\n"y":\n{\n"z": 1}}}}'
        assert only(text, "x.tf.json").line_of("a.y.z") == 4

    def test_trailing_comma(self) -> None:
        block = only('{"locals": {"a": 1,}}', "x.tf.json")
        assert block.attributes["a"].text == "1"

    def test_cut_off_anywhere(self) -> None:
        text = dedent(JSON)
        whole = outline(scan_text(text, "x.tf.json"))
        counts = []
        for cut in range(len(text)):
            found = outline(scan_text(text[:cut], "x.tf.json"))
            assert [entry[:2] for entry in found] == [entry[:2] for entry in whole[: len(found)]]
            assert found[:-1] == whole[: max(len(found) - 1, 0)]  # only the last one is cut
            counts.append(len(found))
        assert counts == sorted(counts)
        assert (counts[0], counts[-1]) == (0, len(whole))


class TestIndex:
    @pytest.fixture
    def index(self, tmp_path: Path) -> SourceIndex:
        files = {
            "stack/main.tf": 'resource "a" "x" {\n  n = 1\n  m = 1\n}\nprovider "aws" {}\n',
            "stack/data.tf": '\ndata "a" "x" {}\ncheck "c" {\n  data "a" "checked" {\n  }\n}\n',
            "stack/aa_override.tf": '\n\nresource "a" "x" {\n  n = 2\n  b {}\n}\nprovider "aws" {}',
            "stack/override.tf.json": '{"resource": {"a": {"x": {\n"z": 1}}}}',
            "stack/z.tf.json": '{"resource": {"a": {"j": {}}}}',
            "stack/.hidden.tf": 'resource "a" "hidden" {}',
            "stack/notes.txt": 'resource "a" "notes" {}',
            "stack/deeper/main.tf": 'resource "a" "deeper" {}',
            "shared/main.tf": '\nresource "a" "x" {\n}\n',
            "stack/broken.tf": "resource \udcff {",
        }
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
        (tmp_path / "stack/folder.tf").mkdir()
        directories = {
            "": tmp_path / "stack",
            "m": tmp_path / "shared",
            "m.n": tmp_path / "shared",
            "gone": tmp_path / "gone",
        }
        return SourceIndex.read(directories, root=tmp_path / "stack")

    @pytest.mark.parametrize(
        ("module", "mode", "name", "expected"),
        [
            ("", "managed", "x", ("main.tf", 1)),
            ("", "data", "x", ("data.tf", 2)),
            ("", "data", "checked", ("data.tf", 4)),
            ("", "managed", "j", ("z.tf.json", 1)),
            ("m", "managed", "x", ("../shared/main.tf", 2)),
            ("m.n", "managed", "x", ("../shared/main.tf", 2)),
            ("m", "data", "x", None),
            ("gone", "managed", "x", None),
            ("nowhere", "managed", "x", None),
            ("", "managed", "hidden", None),
            ("", "managed", "notes", None),
            ("", "managed", "deeper", None),
            ("", "nonsense", "x", None),
        ],
    )
    def test_resource(
        self,
        index: SourceIndex,
        module: str,
        mode: str,
        name: str,
        expected: tuple[str, int] | None,
    ) -> None:
        block = index.resource(module, mode, "a", name)
        assert (block and (block.file, block.line)) == expected

    def test_override_files_come_last(self, index: SourceIndex) -> None:
        files = ["main.tf", "aa_override.tf", "override.tf.json"]
        assert [b.file for b in index.definitions("", "managed", "a", "x")] == files
        assert [(b.file, b.line) for b in index.blocks("", "provider")] == [
            ("main.tf", 5),
            ("aa_override.tf", 7),
        ]

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("n", ("aa_override.tf", 4)),
            ("b.0.c", ("aa_override.tf", 5)),
            ("m", ("main.tf", 3)),
            ("z", ("override.tf.json", 2)),
            ("absent", ("main.tf", 1)),
            ("", ("main.tf", 1)),
        ],
    )
    def test_locate_finds_the_effective_definition(
        self, index: SourceIndex, path: str, expected: tuple[str, int]
    ) -> None:
        assert index.locate("", "managed", "a", "x", path) == expected

    def test_missing_resources_have_no_position(self, index: SourceIndex) -> None:
        assert index.locate("", "managed", "a", "absent", "n") is None
        assert index.blocks("", "variable") == ()
        assert index.blocks("nowhere", "provider") == ()


# Configurations as pieces of text, each with its expected outline.
_names = st.from_regex(r"[a-z_][a-z0-9_-]{0,8}", fullmatch=True)
_values = st.sampled_from(
    [
        "1",
        "true",
        '""',
        '"a } { ${f("}", [1])} $${ \\" b"',
        "[1, [2], {}]",
        "[\n\n]",
        '{\n  k = "${x}" // }\n}',
        "f(\n  1,\n  # (\n)",
        "<<-EOT\n  } ${a["'"b"'"]} %{ if x }{%{ endif }\n  EOT",
        "<<X\nresource {\n\nX",
        "x ? 1 : 2 # { comment",
    ]
)  # fmt: skip
_gaps = st.sampled_from(["", "\n", "# } {\n", '// "\n', "/* {\n\n */\n", "  \t\n"])


_FRAGMENTS = [
    *'{}[]()"\\\n=,:#0é\x00\u2028', "//", "/*", "*/", "${", "%{", "$${", "a ", "\r\n",
    "<<E\n", "\nE\n", ' "b" ', 'resource "a" "b" {\n', '"k":',
]  # fmt: skip


@st.composite
def _bodies(draw: st.DrawFn, depth: int = 0) -> list[Any]:
    kinds = st.sampled_from(["gap", "attribute", "block"] if depth < 3 else ["gap", "attribute"])
    items: list[Any] = []
    for number, kind in enumerate(draw(st.lists(kinds, max_size=4))):
        if kind == "gap":
            items.append(draw(_gaps))
        elif kind == "attribute":
            items.append((f"{draw(_names)}-{number}", draw(_values)))
        else:
            labels = tuple(draw(st.lists(_names, max_size=2)))
            items.append((draw(_names), labels, draw(_bodies(depth + 1))))
    return items


def _write(items: list[Any], line: int, indent: str) -> tuple[str, int, list[Any]]:
    """The text of a body that starts at `line`, the line after it, and the expected outline."""
    text = ""
    found: list[Any] = []
    for item in items:
        piece = str(item)
        if isinstance(item, tuple) and len(item) == 2:
            piece = f"{indent}{item[0]} = {item[1]}\n"
            found.append((item[0], line, line + item[1].count("\n")))
        elif isinstance(item, tuple):
            kind, labels, body = item
            inner, end, nested = _write(body, line + 1, indent + "  ")
            header = " ".join((kind, *(f'"{label}"' for label in labels)))
            piece = f"{indent}{header} {{\n{inner}{indent}}}\n"
            found.append((kind, labels, line, end, nested))
        text += piece
        line += piece.count("\n")
    return text, line, found


def _read(block: SourceBlock) -> list[Any]:
    attributes = [(n, a.line, a.end_line) for n, a in block.attributes.items()]
    blocks = [(b.kind, b.labels, b.line, b.end_line, _read(b)) for b in block.blocks]
    return sorted([*attributes, *blocks], key=lambda entry: entry[-2 if len(entry) == 3 else 2])


class TestProperties:
    @given(_bodies())
    @settings(max_examples=200)
    def test_every_block_and_attribute_of_a_configuration_is_found(self, body: list[Any]) -> None:
        text, _, expected = _write([("root", (), body)], 1, "")
        (block,) = scan_text(text, "main.tf")
        assert [(block.kind, block.labels, block.line, block.end_line, _read(block))] == expected

    @given(
        st.one_of(
            st.text(),
            st.lists(
                st.sampled_from(_FRAGMENTS),
                max_size=60,
            ).map("".join),
        ),
        st.sampled_from(["main.tf", "main.tf.json"]),
    )
    @example("a {\n}" * 3, "main.tf")
    @settings(max_examples=500)
    def test_any_text_is_scanned(self, text: str, file: str) -> None:
        last = text.count("\n") + 1
        pending = list(scan_text(text, file))
        while pending:
            block = pending.pop()
            pending.extend(block.blocks)
            inside = [(a.line, a.end_line) for a in block.attributes.values()]
            inside += [(b.line, b.end_line) for b in block.blocks]
            assert 1 <= block.line <= block.end_line <= last
            assert all(block.line <= a <= b <= block.end_line for a, b in inside)
            for path in (*block.attributes, "a.0.k.b", "0"):
                assert block.line <= block.line_of(path) <= block.end_line
            assert block.line_of_text("no such text") is None


class TestSize:
    @pytest.mark.parametrize(
        "piece",
        [
            '\\"', "a{", "a=[{", 'a="${', "a=<<E\n${", '"\\"', "/*", "a /*", "a ", "<<", "}", "$${",
            'a "b', "a=<<E\n", "a=<<E\nE\n", 'resource "a" "b" {\n', 'a=[\nresource "a" "b" {\n',
            '"a":{', '{"resource":[{', "[", ",", '"k"    ',
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("file", ["main.tf", "main.tf.json"])
    def test_work_is_linear_at_any_depth(self, piece: str, file: str) -> None:
        def scan(length: int) -> None:
            for block in scan_text(piece * (length // len(piece)), file)[:1]:
                block.line_of("a.0.k")

        small, large = (calls_made_by(lambda n=n: scan(n)) for n in (2_000, 8_000))
        assert large < 5 * small  # quadratic work would be sixteen times as much
        scan(200_000)  # would take minutes if a single call took quadratic time

    def test_every_block_of_a_long_file_has_its_line(self) -> None:
        text = dedent(POLICY) * (500_000 // len(dedent(POLICY)))
        blocks = scan_text(text, "main.tf")
        lines = dedent(POLICY).count("\n")
        assert [b.line for b in blocks] == [1 + n * lines for n in range(len(blocks))]
        assert len(blocks) * lines == text.count("\n")
