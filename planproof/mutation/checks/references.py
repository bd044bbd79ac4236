"""Operators on references: another attribute, another resource, a literal, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from planproof.mutation.checks.edits import Edit
from planproof.mutation.checks.locations import SourceLocation
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
_NOT_RESOURCES = {"var", "local", "module", "each", "count", "path", "terraform", "self"}
_INPUTS = {"var", "data"}

Another = Callable[[str, str], str | None]
"""Type (`data.…` for a data source) and name → the name of another block of that type."""


@dataclass(frozen=True, slots=True)
class _Replacement:
    """A replacement: an expression, or literal text for a whole interpolation."""

    operator: str
    text: str
    is_text: bool = False
    variant: str = ""
    appended: str = ""


def reference_edits(location: SourceLocation, another: Another) -> Iterator[Edit]:
    """The edits of the references of one expression."""
    slot = location.slot
    for number, term in enumerate(slot.terms):
        if term.kind != "reference":
            continue
        alone = slot.only is not None
        path = location.path if alone else f"{location.path}~{number}"
        is_dependency = location.path.split(".", 1)[0] == "depends_on"
        for new in _replacements(term.text, another, only_blocks=is_dependency):
            start, end, text = term.start, term.end, new.text
            if new.is_text and location.holder == "string" and alone:
                start, end = slot.start, slot.end
            elif new.is_text:
                text = f'"{text}"'
            yield Edit(new.operator, path, start, end, text, new.variant, new.appended)
    if location.holder == "string":
        where = f"{location.path}~{location.name}"
        yield Edit("drop-interpolation", where, slot.start, slot.end, "")


def _replacements(text: str, another: Another, *, only_blocks: bool) -> Iterator[_Replacement]:
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return
    if match["type"] not in _NOT_RESOURCES:
        yield from _to_another(match, another)
    if only_blocks:
        return
    before, dot, attribute = text.rpartition(".")
    for other in _ATTRIBUTES.get(attribute, ()):
        yield _Replacement("swap-attribute", f"{before}{dot}{other}", variant=other)
    yield _Replacement("literal", OTHER, is_text=True)
    if match["type"] in _INPUTS or match["data"]:
        yield _Replacement("literal-region", REGION, is_text=True)
        yield _Replacement("literal-account", ACCOUNT, is_text=True)


def _to_another(match: re.Match[str], another: Another) -> Iterator[_Replacement]:
    data = match["data"] or ""
    name = another(data + match["type"], match["name"])
    appended = ""
    if name is None:
        name = "another"
        kind = "data" if data else "resource"
        appended = f'\n{kind} "{match["type"]}" "{name}" {{}}\n'
    text = f"{data}{match['type']}.{name}{match['key'] or ''}{match['rest']}"
    yield _Replacement("another-resource", text, variant=name, appended=appended)
