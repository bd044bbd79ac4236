"""The parts of an expression and their offsets: see planproof/terraform/expressions.py."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planproof.terraform.expressions import Slot, Term
from planproof.terraform.source_index import scan_text


def terms(text: str) -> list[tuple[str, str]]:
    return [(term.kind, term.text) for term in Slot.of(text).terms]


def only(text: str) -> Term:
    term = Slot.of(text).only
    assert term is not None
    return term


def entries(text: str) -> list[tuple[str, str]]:
    return [(slot.key, slot.text) for slot in only(text).slots]


class TestTerms:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("7", "number"),
            ("1.5e-3", "number"),
            ("true", "boolean"),
            ("null", "null"),
            ("string", "word"),
            ("größe", "word"),
            ("var.x", "reference"),
            ("aws_x.y[0].z", "reference"),
            ('aws_x.y["a]b"].z', "reference"),
            ("aws_x.y.*.arn", "reference"),
            ("aws_x.y[*].arn", "reference"),
            ("module.m[var.k[0]].out", "reference"),
            ('""', "string"),
            ('"a \\" } ${f("}")} %{ if x }]%{ endif } $${"', "string"),
            ("<<E\n}]\nE", "heredoc"),
            ("<<-E\n  ${f(\n  E\n  )}\n  E", "heredoc"),
            ('f("(", [1])', "call"),
            ("[1, 2]", "list"),
            ("{ a = 1 }", "object"),
            ("(1 + 2)", "group"),
            ("[for x in y : x]", "for"),
            ("{ # each\n  for k, v in y : k => v... if v }", "for"),
            ("[forest]", "list"),
            ("{ for-each = 1 }", "object"),
        ],
    )
    def test_kind(self, text: str, kind: str) -> None:
        assert terms(text) == [(kind, text)]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("a.b == 1 ? [2] : f(3)", ["a.b", "1", "[2]", "f(3)"]),
            ('!x.y && -1 < 2 /* "no" */', ["x.y", "1", "2"]),
            ("1 # 2\n + 3 // 4", ["1", "3"]),
            ("provider::aws::f(1)", ["provider", "aws", "f(1)"]),
            ("a.b.c...", ["a.b.c"]),
            ("", []),
            ("?", []),
        ],
    )
    def test_operators_and_comments_are_skipped(self, text: str, found: list[str]) -> None:
        assert [term.text for term in Slot.of(text).terms] == found

    def test_an_index_after_a_term_is_no_list(self) -> None:
        assert terms('f(x)["a"] + [1][0] + [2]') == [
            ("call", "f(x)"),
            ("index", '["a"]'),
            ("list", "[1]"),
            ("index", "[0]"),
            ("list", "[2]"),
        ]

    def test_only_is_the_term_that_is_everything(self) -> None:
        assert Slot.of(" [1] ").only == Slot.of(" [1] ").terms[0]
        assert Slot.of("-1").only is None
        assert Slot.of("1 + 1").only is None
        assert Slot.of("").only is None

    def test_a_text_is_one_slot_without_the_space_around_it(self) -> None:
        slot = Slot.of("\ufeff f(1) \n")
        assert (slot.start, slot.end, slot.text) == (2, 6, "f(1)")


class TestSlots:
    def test_entries_of_an_object(self) -> None:
        text = '{\n  a = 1 # one\n  "b c" : 2, d-e={x = 1},\n  "f\\"g" = [\n 1],\n\n  7 = h }'
        assert entries(text) == [
            ("a", "1"),
            ("b c", "2"),
            ("d-e", "{x = 1}"),
            ('f\\"g', "[\n 1]"),
            ("7", "h"),
        ]

    def test_a_key_that_is_an_expression_has_no_name(self) -> None:
        assert entries('{ (var.x) = 1, "${f("a")}-b" = 2, x.y : 3 }') == [
            ("", "1"),
            ("", "2"),
            ("", "3"),
        ]

    def test_a_comparison_is_no_key(self) -> None:
        assert entries("{ a = b == c, d == e }") == [("a", "b == c"), ("", "d == e")]

    @pytest.mark.parametrize(
        ("text", "items"),
        [
            ("[]", []),
            ("[1, # one, two\n f(2, 3) /* , */,]", ["1", "f(2, 3)"]),
            ("f(a, [b, c]...)", ["a", "[b, c]"]),
            ("(\n a\n + b\n)", ["a\n + b"]),
            ("[-1, !x.y]", ["-1", "!x.y"]),
            ("[<<E\n, \nE\n, 2]", ["<<E\n, \nE", "2"]),
        ],
    )
    def test_items_and_arguments(self, text: str, items: list[str]) -> None:
        assert [slot.text for slot in only(text).slots] == items

    def test_interpolations_of_a_string(self) -> None:
        text = '"ä-${var.x}-$${no}-%{ if a.b }${f("${c.d}")}%{ endif }"'
        slots = only(text).slots
        assert [text[s.start : s.end] for s in slots] == [
            "${var.x}",
            "%{ if a.b }",
            '${f("${c.d}")}',
            "%{ endif }",
        ]
        assert [s.text for s in slots] == ["var.x", "if a.b", 'f("${c.d}")', "endif"]
        (argument,) = slots[2].terms[0].slots
        assert [s.text for s in argument.terms[0].slots] == ["c.d"]

    def test_json_document_of_a_heredoc(self) -> None:
        text = '<<-E\r\n  {\r\n    "a": ["${b.c}"]\r\n  }\r\n  E'
        (document,) = only(text).slots
        ((key, value),) = [(s.key, s.text) for s in document.terms[0].slots]
        assert (key, value) == ("a", '["${b.c}"]')

    def test_an_empty_interpolation(self) -> None:
        (slot,) = only('"a${}"').slots
        assert (slot.end - slot.start, slot.text) == (3, "")

    def test_a_heredoc_ends_with_its_word(self) -> None:
        (item, other) = only("[<<E\na\n E \t\n, 2]").slots
        assert (item.terms[0].text, other.text) == ("<<E\na\n E", "2")

    def test_a_heredoc_of_text_has_no_document(self) -> None:
        assert only("<<E\nplain ${x.y}\nE").slots == ()

    def test_for_expression_is_one_slot(self) -> None:
        (inside,) = only("{ for k, v in a.b : k => [v, 1] if v != null }").slots
        assert [t.text for t in inside.terms if t.kind in ("reference", "list")] == [
            "a.b",
            "[v, 1]",
        ]

    def test_an_entry_is_offset_from_key_to_value(self) -> None:
        text = '{ "ключ" = "значение" /* x */ }'
        (slot,) = only(text).slots
        assert text[slot.start : slot.end] == '"ключ" = "значение"'
        assert text[slot.value : slot.end_of_value] == '"значение"'

    def test_strings_of_json_have_no_templates(self) -> None:
        text = '{"a": "${f(\\"}\\")}",\n"b":\n{"c": [1,\n2]}}'
        (term,) = Slot.of(text, is_json=True).terms
        a, b = term.slots
        assert (a.text, a.terms[0].slots) == ('"${f(\\"}\\")}"', ())
        assert [s.text for s in b.terms[0].slots[0].terms[0].slots] == ["1", "2"]


class TestCode:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("f(1, # ä\n 2) // b", "f(1, \n 2) "),
            ("[1, /* a\n\n */ 2]", "[1, \n\n 2]"),
            ('"# ${f("//a", "/*")}" + "#"', '"# ${f("//a", "/*")}" + "#"'),
            ("{ a = <<E\n# ${b}\nE\n} # c", "{ a = <<E\n# ${b}\nE\n} "),
            ('a["#"] / b', 'a["#"] / b'),
            ('"open # a\n# b', '"open # a\n'),
        ],
    )
    def test_comments_are_left_out(self, text: str, code: str) -> None:
        assert Slot.of(text).code == code

    def test_json_has_none(self) -> None:
        text = '{"a": "${f(\\"//b\\")} # c"}'
        assert Slot.of(text, is_json=True).code == text


class TestMalformed:
    def test_what_is_open_ends_before_the_next_top_level_block(self) -> None:
        text = '[1, f("${x(\n}\nvariable "v" {\n}\n'
        (term,) = Slot.of(text[: text.index("\nvariable")]).terms
        assert Slot.of(text).terms[0].text == term.text == '[1, f("${x(\n}'

    @pytest.mark.parametrize("text", ["[1, 2", "f(1, 2", "{ a = 1\n b = 2", "(1, 2"])
    def test_items_of_an_open_bracket(self, text: str) -> None:
        (term,) = Slot.of(text).terms
        assert [slot.text for slot in term.slots] == ["1", "2"]

    def test_string_ends_with_its_line(self) -> None:
        assert terms('"open\n[1]') == [("string", '"open'), ("list", "[1]")]


class TestDepth:
    @pytest.mark.parametrize(
        ("opened", "closed"),
        [("[", "]"), ("{ a = ", " }"), ("f(", ")"), ("(", ")"), ('"${', '}"'), ("[for x in ", "]")],
    )
    def test_any_depth_is_followed(self, opened: str, closed: str) -> None:
        depth = 400  # more than Python's limit of recursion allows at three calls each
        slot = Slot.of(opened * depth + "x.y" + closed * depth)
        for _ in range(depth):
            (slot,) = slot.terms[-1].slots
        assert (slot.terms[-1].kind, slot.terms[-1].text) == ("reference", "x.y")


# Expressions as a tree, each with its text and what has to be found in it.


@dataclass(frozen=True)
class Expected:
    """A term: its kind, its text, and for each slot its key and its term."""

    kind: str
    text: str
    slots: tuple[tuple[str, Expected], ...] = ()


_space = st.sampled_from(["", " ", "\n", "\r\n", " /* ] } ä */ ", '\n# , " ) ${\n  ', "// <<E\n"])
_blank = st.sampled_from(["", " ", "\t", " /* { ü */ "])
_leaves = st.sampled_from(
    [
        Expected("number", "12"),
        Expected("boolean", "true"),
        Expected("null", "null"),
        Expected("reference", 'aws_x.größe["]"].arn'),
        Expected("string", '"ä # } \\" $${ [ 🎬"'),
        Expected("string", '""'),
        Expected("heredoc", '<<E\n ] } ñ ${"E"}\nE'),
        Expected("heredoc", "<<-EOT\r\n  , )\r\n  EOT"),
        Expected("word", "Ωmega"),
    ]
)


@st.composite
def _brackets(draw: st.DrawFn, inner: st.SearchStrategy[Expected]) -> Expected:
    kind = draw(st.sampled_from(["list", "call", "group", "object"]))
    items = draw(st.lists(inner, max_size=3 if kind != "group" else 1))
    begin, end = {"list": "[]", "call": ("é_f(", ")"), "group": "()", "object": "{}"}[kind]
    parts, slots = [], []
    for number, item in enumerate(items):
        key = f"schlüssel-{number}" if kind == "object" else ""
        gap = draw(_space)
        head = f'"{key}"{draw(_blank)}={draw(_blank)}' if key else ""
        # A heredoc's end is a line of its own.
        after = "\n" if item.text.startswith("<<") else ""
        parts.append(f"{gap}{head}{item.text}{after}{draw(_blank)}")
        slots.append((key, item))
    text = begin + ",".join(parts) + draw(_space if slots else _blank) + end
    return Expected(kind, text, tuple(slots))


@st.composite
def _templates(draw: st.DrawFn, inner: st.SearchStrategy[Expected]) -> Expected:
    items = draw(st.lists(inner.filter(lambda one: not one.text.startswith("<<")), max_size=2))
    pieces = [f"ü${{ {item.text} }}-$${{" for item in items]
    return Expected("string", '"' + "".join(pieces) + '"', tuple(("", item) for item in items))


_trees = st.recursive(
    _leaves, lambda inner: st.one_of(_brackets(inner), _templates(inner)), max_leaves=8
)


def _compare(slot: Slot, expected: Expected) -> None:
    (term,) = slot.terms
    assert (term.kind, term.text) == (expected.kind, expected.text)
    assert slot.source[slot.value : slot.end_of_value] == expected.text
    if expected.kind != "heredoc":
        assert [inside.key for inside in term.slots] == [key for key, _ in expected.slots]
        for inside, (_, one) in zip(term.slots, expected.slots, strict=True):
            _compare(inside, one)


def _all(slot: Slot) -> list[Slot]:
    found, pending = [], [slot]
    while pending:
        found.append(pending.pop())
        pending += [inside for term in found[-1].terms for inside in term.slots]
    return found


_FRAGMENTS = [
    *'{}[]()"\\\n=,:#0é\x00\u2028', "//", "/*", "*/", "${", "%{", "$${", "a ", "a.b", "\r\n",
    "for ", "<<E\n", "\nE\n", ' "b" ', 'resource "a" "b" {\n', '"k":', "\ufeff", "🎬",
]  # fmt: skip


class TestProperties:
    @given(_trees)
    @settings(max_examples=300)
    def test_every_part_is_found_with_its_text(self, tree: Expected) -> None:
        _compare(Slot.of(tree.text), tree)

    @given(_trees, st.sampled_from(["", "\ufeff", "# ümlaut 🎬\r\n", 'locals {\n ä = "ß"\n}\n']))
    @settings(max_examples=200)
    def test_offsets_are_those_of_the_file(self, tree: Expected, before: str) -> None:
        text = f'{before}resource "a" "b" {{\n  x = {tree.text}\n  y = 2\n}}\n'
        block = scan_text(text, "main.tf")[-1]
        assert list(block.attributes) == ["x", "y"]
        attribute = block.attributes["x"]
        begin = text.index("x = ", text.index("resource"))
        assert (attribute.start, attribute.value) == (begin, begin + 4)
        assert attribute.text == tree.text
        assert attribute.line == text.count("\n", 0, begin) + 1
        assert attribute.end_line == attribute.line + tree.text.count("\n")
        _compare(attribute, tree)

    @given(
        st.one_of(st.text(), st.lists(st.sampled_from(_FRAGMENTS), max_size=40).map("".join)),
        st.booleans(),
    )
    @settings(max_examples=500)
    def test_parts_of_any_text_are_in_order_and_inside(self, text: str, is_json: bool) -> None:
        for slot in _all(Slot.of(text, is_json)):
            assert 0 <= slot.start <= slot.value <= slot.end_of_value <= slot.end <= len(text)
            at = slot.value
            for term in slot.terms:
                assert at <= term.start < term.end <= slot.end_of_value
                at = term.start
                for inside in term.slots:
                    assert at <= inside.start <= inside.end <= term.end
                    at = inside.end
                at = term.end
