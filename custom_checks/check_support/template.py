"""Strings of the Terraform language: quoted text and heredocs, split into literal text and
interpolations.

https://developer.hashicorp.com/terraform/language/expressions/strings
"""

from __future__ import annotations

import re
from textwrap import dedent

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")


def quoted_text(token: str) -> str:
    """The text between the quotes, still escaped."""
    return token[1:-1]


def heredoc_text(token: str) -> str:
    """The lines between the markers, without common indentation for ``<<-``."""
    first, *lines, _ = token.split("\n")
    text = "".join(f"{line}\n" for line in lines)
    return dedent(text) if first.startswith("<<-") else text


def unescape(text: str) -> str:
    """Quoted text with its backslash escapes replaced."""

    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        return chr(int(code[1:], 16)) if len(code) > 1 else _ESCAPES.get(code, code)

    return _ESCAPE.sub(replace, text)


def split_interpolations(text: str) -> list[tuple[str, bool]]:
    """Splits text into pieces ``(piece, is_code)``: literal text, and the content of ``${…}`` and
    ``%{…}``.

    ``$${`` and ``%%{`` are literal. Pieces of ``%{…}`` begin with ``%``, unlike any expression.
    """
    pieces: list[tuple[str, bool]] = []
    literal = ""
    position = 0
    while position < len(text):
        opening = text[position : position + 3]
        if opening in ("$${", "%%{"):
            literal, position = literal + opening[1:], position + 3
        elif opening[:2] in ("${", "%{"):
            end = _end_of_code(text, position + 2)
            if literal:
                pieces.append((literal, False))
            sign = "%" if opening[0] == "%" else ""
            pieces.append((sign + text[position + 2 : end].strip("~ \n"), True))
            literal, position = "", end + 1
        else:
            literal, position = literal + text[position], position + 1
    if literal:
        pieces.append((literal, False))
    return pieces


def _end_of_code(text: str, position: int) -> int:
    """The position of the brace that closes the code starting at ``position``, or the end of the
    text.
    """
    depth = 0
    while position < len(text):
        character = text[position]
        if character == '"':
            position = _end_of_quotes(text, position + 1)
        elif character == "{":
            depth += 1
        elif character == "}":
            if depth == 0:
                return position
            depth -= 1
        position += 1
    return len(text)


def _end_of_quotes(text: str, position: int) -> int:
    """The position of the quote that closes the string starting at ``position``, or the end of the
    text.
    """
    while position < len(text) and text[position] != '"':
        if text[position] == "\\":
            position += 1
        elif text.startswith("${", position) and not text.startswith("$${", position - 1):
            position = _end_of_code(text, position + 2)
        position += 1
    return min(position, len(text))
