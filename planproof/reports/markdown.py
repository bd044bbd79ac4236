"""Text within GitHub's Markdown that stays text, whatever it says."""

from __future__ import annotations

import re

from planproof.reports.text import clip, one_line

LINE, VALUE = 300, 400  # characters of a title or sentence, of a value

# Markdown, HTML and table borders wherever they are, lists and headings at the start, @ and #
# before a word, which GitHub makes links and notifications of.
_MARKUP = re.compile(
    r"(?P<mention>[@#](?=\w))|[&<>|\\`*\[\]~$]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[#+\-=]|^\d+[.)]"
)
_SIMPLE_CODE = re.compile(r"[^`|\\]+")


def escaped(text: str, limit: int = LINE) -> str:
    """Text on one line in which nothing is Markdown, HTML, a table's border or a mention.

    Entities rather than backslashes: they hold in a table, in HTML and at the start of a line.
    """
    return _MARKUP.sub(_entity, clip(one_line(text), limit))


def code(text: str, limit: int = VALUE) -> str:
    """The text as code on one line, or "" for nothing; right within a table, too."""
    text = clip(one_line(text), limit)
    if not text:
        return ""
    return f"`{text}`" if _SIMPLE_CODE.fullmatch(text) else f"<code>{_all_escaped(text)}</code>"


def _entity(match: re.Match[str]) -> str:
    if match["mention"]:  # an entity would not do: GitHub looks for them in the rendered text
        return f"{match[0]}<!-- -->"
    return f"{match[0][:-1]}&#{ord(match[0][-1])};"


def _all_escaped(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9 \u0080-\U0010ffff]", lambda m: f"&#{ord(m[0])};", text)
