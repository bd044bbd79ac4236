"""The suggestions for a misspelt step name the right one, without regular expressions."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_bdd import parsers

from planproof.session.step_suggestions import forms_of, nearest

WHO = r'"(?P<who>.+)" is (?P<verb>allowed|not allowed)'
KIND = r"(?P<kind>[\w-]+(?: [\w-]+)*?)"
DEFINED = [
    SimpleNamespace(type=kind, parser=parser)
    for kind, parser in (
        ("then", parsers.re(WHO + r' to "(?P<action>[^"]*)"(?: on "(?P<what>.+)")?')),
        ("then", parsers.re(WHO + r' to "(?P<action>[^"]*)"(?: on "(?P<what>.+)")? when:')),
        ("then", parsers.re(WHO + r' on "(?P<what>.+)" to:')),
        ("then", parsers.re(rf"every {KIND} has (?P<attribute>[a-z.]+) set to (?P<value>.+)")),
        (
            "then",
            parsers.re(rf"every {KIND} has (?P<attribute>\w+) of at (?P<b>least|most) (?P<n>\d+)"),
        ),
        ("then", parsers.re(rf"no {KIND} sets (?P<attribute>[a-z.]+)")),
        ("then", parsers.string("no resource of these types exists:")),
        ("then", parsers.string("no role may manage permissions")),
        ("given", parsers.string("the function that uploads are queued for")),
        ("when", parsers.re(r'"(?P<file>[^"]+)" is uploaded to the input bucket')),
        ("when", parsers.parse("the job is reported as {status:w}")),
        ("then", parsers.cfparse("{count:Number} jobs are made", extra_types={"Number": int})),
    )
]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            '"the function" is permitted to "x" on "y"',
            'Then "WHO" is allowed to "ACTION" on "WHAT"',
        ),
        ('"the function" is allowd to "x" on "y"', 'Then "WHO" is allowed to "ACTION" on "WHAT"'),
        (
            '"the function" is not alowed to "x" on "y"',
            'Then "WHO" is not allowed to "ACTION" on "WHAT"',
        ),
        (
            '"the function" is not allowed to "x" on "y" when',
            'Then "WHO" is not allowed to "ACTION" on "WHAT" when:',
        ),
        ('"the function" is allowed on "y" to', 'Then "WHO" is allowed on "WHAT" to:'),
        ('the function is allowed to x on "y"', 'Then "WHO" is allowed to "ACTION" on "WHAT"'),
        ("every SQS queue have x set to 3", "Then every KIND has ATTRIBUTE set to VALUE"),
        ("every S3 bucket has x of at last 3", "Then every KIND has ATTRIBUTE of at least N"),
        ("every S3 bucket has x at most 3", "Then every KIND has ATTRIBUTE of at most N"),
        ("no S3 bucket set acl", "Then no KIND sets ATTRIBUTE"),
        ("no resource of these types exists", "Then no resource of these types exists:"),
        ("no resources of these type exist:", "Then no resource of these types exists:"),
        ("no role may mange permissions", "Then no role may manage permissions"),
        ("the funtion that uploads are queued for", "Given the function that uploads are queued f"),
        ('"film.mp4" is uploaded to input bucket', 'When "FILE" is uploaded to the input bucket'),
        ("the job is reprted as COMPLETE", "When the job is reported as STATUS"),
        ("3 job are made", "Then COUNT jobs are made"),
    ],
)
def test_the_intended_step_comes_first(written: str, meant: str) -> None:
    found = nearest(written, DEFINED)
    assert found[0].startswith(meant), found
    assert len(found) == len(set(found)) <= 3
    assert not any(re.search(r"\(\?|[\\+*{}]|\.\+", text) for text in found)


@pytest.mark.parametrize("written", ["", "the moon is full", '"x"', "zzzz"])
def test_a_text_unlike_any_step_has_no_suggestion(written: str) -> None:
    assert nearest(written, DEFINED) == []


@pytest.mark.parametrize(
    ("kind", "text", "forms"),
    [
        (parsers.string, "it (really) is", ("it (really) is",)),
        (parsers.parse, "{a} and {b:d} are {}", ("A and B are …",)),
        (parsers.re, "(?:a|b) c", ("a c", "b c")),
        (parsers.re, r"^it\.is (?P<n>\d{1,3})%$", ("it.is N%",)),
        (parsers.re, r"colou?r [^]x]+ \w*", ("color …", "colour … …", "colour …", "color … …")),
        (
            parsers.re,
            r"(?i)a (b|c)(?! d)(?P<e>f(?:g|h))? (?P=e)",
            ("a bfg …", "a cfh …", "a b …"),
        ),
        (parsers.re, r"(?i:a) (?P<x>\(.\)|[(]){0,2}z", ("a Xz", "a z")),
        (parsers.re, "", ("",)),
    ],
)
def test_the_forms_of_a_definition(
    kind: Callable[[str], Any], text: str, forms: tuple[str, ...]
) -> None:
    assert set(forms) <= set(forms_of(kind(text)))


def test_the_number_of_forms_is_limited() -> None:
    pattern = " ".join(["(?:a|b|c)"] * 12)
    assert 1 < len(forms_of(parsers.re(pattern))) <= 24
