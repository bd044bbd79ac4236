"""Operators on references: another attribute, another resource, a literal, or nothing at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from planproof.mutation.checks.edits import Edit
from planproof.mutation.checks.places import Place
from planproof.mutation.checks.values import OTHER

REGION = "eu-central-1"
ACCOUNT = "123456789012"

_REFERENCE = re.compile(
    r"(?P<data>data\.)?(?P<type>[a-z]\w*)\.(?P<name>[\w-]+)(?P<key>\[[^]]*\])?(?P<rest>.*)",
    re.DOTALL,
)
_ATTRIBUTES = {
    "arn": ("id", "name"),
    "id": ("arn",),
    "key_id": ("arn",),
    "name": ("arn",),
    "url": ("arn",),
}
_NO_RESOURCE = {"var", "local", "module", "each", "count", "path", "terraform", "self"}
_GIVEN = {"var", "data"}

Another = Callable[[str, str], str | None]
"""Type (`data.…` for a data source) and name → the name of another block of that type."""


@dataclass(frozen=True, slots=True)
class _Written:
    """What to write: an expression, or text that takes the place of a whole interpolation."""

    operator: str
    text: str
    is_text: bool = False
    variant: str = ""
    appended: str = ""


def reference_edits(place: Place, source: str, another: Another) -> Iterator[Edit]:
    """What can be written in place of the references of one expression."""
    slot = place.slot
    for number, term in enumerate(slot.terms):
        if term.kind != "reference":
            continue
        alone = slot.only is not None
        path = place.path if alone else f"{place.path}~{number}"
        orders = place.path.split(".", 1)[0] == "depends_on"
        for written in _instead(source[term.start : term.end], another, only_blocks=orders):
            start, end, text = term.start, term.end, written.text
            if written.is_text and place.holder == "string" and alone:
                start, end = slot.start, slot.end
            elif written.is_text:
                text = f'"{text}"'
            yield Edit(written.operator, path, start, end, text, written.variant, written.appended)
    if place.holder == "string":
        where = f"{place.path}~{slot.key}"
        yield Edit("drop-interpolation", where, slot.start, slot.end, "")


def _instead(text: str, another: Another, *, only_blocks: bool) -> Iterator[_Written]:
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return
    if match["type"] not in _NO_RESOURCE:
        yield from _to_another(match, another)
    if only_blocks:
        return
    before, dot, attribute = text.rpartition(".")
    for other in _ATTRIBUTES.get(attribute, ()):
        yield _Written("swap-attribute", f"{before}{dot}{other}", variant=other)
    yield _Written("literal", OTHER, is_text=True)
    if match["type"] in _GIVEN or match["data"]:
        yield _Written("literal-region", REGION, is_text=True)
        yield _Written("literal-account", ACCOUNT, is_text=True)


def _to_another(match: re.Match[str], another: Another) -> Iterator[_Written]:
    data = match["data"] or ""
    name = another(data + match["type"], match["name"])
    appended = ""
    if name is None:
        name = "another"
        kind = "data" if data else "resource"
        appended = f'\n{kind} "{match["type"]}" "{name}" {{}}\n'
    text = f"{data}{match['type']}.{name}{match['key'] or ''}{match['rest']}"
    yield _Written("another-resource", text, variant=name, appended=appended)
