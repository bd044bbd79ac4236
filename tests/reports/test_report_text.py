"""Printable text is visible, and legal in XML, UTF-8 and a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.reports.text import clip, columns, fit, one_line, printable

ANY_TEXT = st.text(st.characters(codec=None))
XML_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("aws_iam_role.x", "aws_iam_role.x"),
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\r\x00", "\\x0d\\x00"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2066a\u2067b\u2068c\u2069", "\\u2066a\\u2067b\\u2068c\\u2069"),
        ("\ud800", "\\ud800"),
        ("\uffff", "\\uffff"),
        ("\U000e0041", "\\U000e0041"),
        ("é 漢字 👩‍💻", "é 漢字 👩‍💻"),
    ],
)
def test_invisible_characters_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY_TEXT)
def test_printable_text_fits_every_format(text: str) -> None:
    shown = printable(text)

    assert not XML_ILLEGAL.search(shown)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    shown.encode()


@given(ANY_TEXT)
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


def test_clip_counts_what_it_leaves_out() -> None:
    assert clip("abc", 3) == "abc"
    assert clip("x" * 51_000, 1_000) == "x" * 1_000 + "… (50,000 more characters)"


@given(st.text(st.characters(codec="utf-8")).map(one_line), st.integers(3, 60))
def test_fit_takes_exactly_its_width(text: str, width: int) -> None:
    assert columns(fit(text, width)) == width


def test_fit_counts_wide_characters_twice() -> None:
    assert columns("漢字") == 4
    assert fit("漢字漢字", 5) == "漢字…"
    assert fit("a", 3) == "a  "
