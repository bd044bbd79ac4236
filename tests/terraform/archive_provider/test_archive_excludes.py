"""Patterns of `excludes` match as in doublestar, which the real provider uses."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.terraform.archive_provider.excludes import BadPatternError, Excludes

# The rules: https://github.com/bmatcuk/doublestar#patterns
MATCHES = [
    ("a.py", "a.py"),
    ("*", "a.py"),
    ("*", "."),
    ("*", ".hidden"),
    ("*.py", "a.py"),
    ("a/*/c", "a/b/c"),
    ("?.py", "a.py"),
    ("a?b", "a☺b"),
    ("**", "a/b/c"),
    ("**", "."),
    ("**/*.pyc", "a.pyc"),
    ("**/*.pyc", "x/y/a.pyc"),
    ("**/__pycache__", "x/__pycache__"),
    ("a/**", "a"),
    ("a/**", "a/b/c"),
    ("a/**/c", "a/c"),
    ("a/**/c", "a/x/y/c"),
    ("**/b/**/d", "a/b/c/d"),
    ("a**c", "abc"),
    ("[ab].py", "b.py"),
    ("[a-c]x", "bx"),
    ("[^a]x", "bx"),
    ("[!a]x", "bx"),
    ("[!a-c]x", "dx"),
    (r"[\]]", "]"),
    (r"[a\-z]", "-"),
    ("[z-a]x|[!z-a]", "x|y"),
    ("[{]", "{"),
    ("{a,b}.py", "b.py"),
    ("{a,b/**}", "b/c/d"),
    ("x{a,b{c,d}}y", "xbdy"),
    ("{,a}b", "b"),
    ("{a}", "a"),
    (r"\*", "*"),
    (r"\{a,b}", "{a,b}"),
    ("a}", "a}"),
    ("a.b(c)+$", "a.b(c)+$"),
]
MISSES = [
    ("a.py", "b.py"),
    ("a.py", "x/a.py"),
    ("*", "a/b"),
    ("*.py", "a.pyc"),
    ("a?b", "a/b"),
    ("a**c", "a/c"),
    ("**/c", "abc"),
    ("a/**/c", "a/b"),
    ("a/**/c", "c"),
    ("[ab]x", "cx"),
    ("[^a]x", "ax"),
    ("[a-c]x", "dx"),
    ("[z-a]", "m"),
    ("[!a]", "/"),
    (r"\*", "a"),
    ("{a,b}", "c"),
    ("{1..3}", "2"),
    ("a.b", "axb"),
    ("./a", "a"),
    ("a/", "a"),
    ("A", "a"),
    ("", "."),
]
MALFORMED = ["[", "[a", "[!", "[]", "[!]", "[]a]", "a\\", "[a\\", "{a", "{a,{b}", "x/[y", "{a,[}"]


@pytest.mark.parametrize(("pattern", "path"), MATCHES)
def test_matches(pattern: str, path: str) -> None:
    pattern, _, second = pattern.partition("|")
    path, _, second_path = path.partition("|")
    if second:
        assert Excludes([pattern]).match(path) is None
        assert Excludes([second]).match(second_path) == second
    else:
        assert Excludes([pattern]).match(path) == pattern


@pytest.mark.parametrize(("pattern", "path"), MISSES)
def test_does_not_match(pattern: str, path: str) -> None:
    assert Excludes([pattern]).match(path) is None


@pytest.mark.parametrize("pattern", MALFORMED)
def test_a_malformed_pattern_is_refused_for_any_path(pattern: str) -> None:
    with pytest.raises(BadPatternError, match=re.escape(pattern)):
        Excludes([pattern])


def test_match_returns_the_pattern() -> None:
    assert Excludes(["*.py", "b*"]).match("b.txt") == "b*"


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@given(PATHS)
def test_an_escaped_path_matches_only_itself(path: str) -> None:
    excludes = Excludes([re.sub(r"([*?\[\]{}\\!^,-])", r"\\\1", path)])
    assert excludes.match(path)
    assert not excludes.match(path + "x")
    assert not excludes.match(f"x/{path}")


@given(st.text("ab*?[]{}!^-,\\/.", max_size=12), PATHS)
def test_any_text_is_a_pattern_or_refused(pattern: str, path: str) -> None:
    try:
        excludes = Excludes([pattern])
    except BadPatternError:
        return
    assert excludes.match(path) in (pattern, None)


def test_many_double_stars_stay_fast() -> None:
    pattern = "**/a/" * 30 + "b"
    assert Excludes([pattern]).match("a/" * 60 + "c") is None
    assert Excludes([pattern]).match("a/" * 60 + "b") == pattern
