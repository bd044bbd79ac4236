"""Any text as literal text in GitHub's Markdown."""

from __future__ import annotations

import re

from planproof.reports.text import clip, one_line

LINE, VALUE = 300, 400  # characters of a title or sentence, of a value

# Markdown, HTML and table borders anywhere, lists and headings at the start, and @ and # before a
# word, which GitHub turns into mentions and links.
_MARKUP = re.compile(
    r"(?P<mention>[@#](?=\w))|[&<>|\\`*\[\]~$]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[#+\-=]|^\d+[.)]"
)
_SIMPLE_CODE = re.compile(r"[^`|\\]+")


def escaped(text: str, limit: int = LINE) -> str:
    """Text on one line in which nothing is Markdown, HTML, a table border or a mention.

    Entities rather than backslashes, since they work in tables, in HTML and at a line's start.
    """
    return _MARKUP.sub(_entity, clip(one_line(text), limit))


def code(text: str, limit: int = VALUE) -> str:
    """The text as code on one line, also within a table; "" for no text."""
    text = clip(one_line(text), limit)
    if not text:
        return ""
    return f"`{text}`" if _SIMPLE_CODE.fullmatch(text) else f"<code>{_all_escaped(text)}</code>"


def _entity(match: re.Match[str]) -> str:
    if match["mention"]:  # not an entity: GitHub looks for mentions in the rendered text
        return f"{match[0]}<!-- -->"
    return f"{match[0][:-1]}&#{ord(match[0][-1])};"


def _all_escaped(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9 \u0080-\U0010ffff]", lambda m: f"&#{ord(m[0])};", text)
