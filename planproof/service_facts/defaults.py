"""AWS's documented defaults of what the sources leave unset. ``defaults.toml`` has them; its head
says how they are written."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any, Final, final

from planproof.values import Value, dig, is_unknown

_FIELDS: Final = frozenset({"value", "when_unset", "set_by", "page"})
_OTHERWISE: Final = ("unset", "else")
_EMPTY: Final[tuple[Value, ...]] = (None, "", [], {}, ())


@final
class NoDefault:
    """The type of :data:`NO_DEFAULT`."""


NO_DEFAULT: Final = NoDefault()
"""Says that no default is documented, or that an argument that is not known decides it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """The documented default of an attribute.

    Attributes:
        page: the address of the documentation.
        value: the default itself; without a meaning where ``by`` is set.
        by: path of the attribute that it depends on, and the value that this one has by default;
            None for a default that depends on nothing.
        cases: value of that attribute → default; * stands for any text.
        when_unset: attributes that bring other values if they are set.
        set_by: resource type → its attribute that names the resource that it sets the value of.
    """

    page: str
    value: Value = None
    by: tuple[str, Value] | None = None
    cases: Mapping[str, Value]
    when_unset: tuple[str, ...]
    set_by: Mapping[str, str]

    def of(
        self, values: Mapping[str, Value], may_be_set_by: Callable[[str, str], bool]
    ) -> Value | NoDefault:
        """The default for a resource with these arguments."""
        others = [dig(values, path) for path in self.when_unset]
        if any(is_unknown(other) or other not in _EMPTY for other in others):
            return NO_DEFAULT
        if any(may_be_set_by(type_, attribute) for type_, attribute in self.set_by.items()):
            return NO_DEFAULT
        if self.by is None:
            return self.value
        path, otherwise = self.by
        found = dig(values, path)
        if is_unknown(found):
            return NO_DEFAULT
        found = otherwise if found in _EMPTY else found
        if found is None:
            return self.cases.get("unset", self.cases.get("else", NO_DEFAULT))
        text = str(found).lower() if isinstance(found, bool) else str(found)
        matching = (
            value
            for case, value in self.cases.items()
            if case not in _OTHERWISE and fnmatchcase(text, case)
        )
        return next(matching, self.cases.get("else", NO_DEFAULT))


_DEFAULTS: Final[dict[tuple[str, str], Default]] = {}  # by type and path


def add_defaults(text: str) -> None:
    """Add the defaults that a text in the form of ``defaults.toml`` describes.

    Raises:
        ValueError: an entry is not complete or has a wrong form.
    """
    for type_, section in tomllib.loads(text).items():
        page = section.pop("page", "")
        for path, entry in section.items():
            _DEFAULTS[type_, path] = _read(f"{type_}.{path}", page, entry)


def _read(name: str, page: str, entry: Any) -> Default:
    entry = entry if isinstance(entry, dict) else {"value": entry}
    by: str | None = entry.get("by")
    cases = {} if by is None else {k: v for k, v in entry.items() if k not in (*_FIELDS, "by")}
    wrong = sorted(entry.keys() - _FIELDS - {"by"} - cases.keys())
    if wrong:
        raise ValueError(f"{name}: {wrong[0]} is no field of a default")
    if ("value" in entry) == (by is not None) or (by is not None and not cases):
        raise ValueError(f'{name}: a default has either "value", or "by" and the values for it')
    page = entry.get("page", page)
    if not page.startswith("https://"):
        raise ValueError(f"{name}: no page documents this default")
    setters = [one.rpartition(".") for one in entry.get("set_by", ())]
    if not all(type_ and attribute for type_, _, attribute in setters):
        raise ValueError(f'{name}: "set_by" names no attribute of a type, as "aws_x_y.bucket" does')
    attribute, _, otherwise = (by or "").partition("|")
    return Default(
        page=page,
        value=entry.get("value"),
        by=None if by is None else (attribute, otherwise or None),
        cases=cases,
        when_unset=tuple(entry.get("when_unset", ())),
        set_by={type_: attribute for type_, _, attribute in setters},
    )


def documented_defaults() -> Mapping[tuple[str, str], Default]:
    """All documented defaults, by resource type and attribute path."""
    return _DEFAULTS


def default(
    type_: str,
    path: str,
    values: Mapping[str, Value],
    may_be_set_by: Callable[[str, str], bool] = lambda *_: True,
) -> Value | NoDefault:
    """AWS's documented default of an attribute that the sources leave unset.

    Args:
        path: names only: ``endpoint_configuration.types``.
        values: the arguments of the resource, with UNKNOWN among them; what the sources leave unset
            is None or not there.
        may_be_set_by: whether a resource of the given type may set the value instead; its given
            attribute names the resource that it is for.
    """
    found = _DEFAULTS.get((type_, path))
    return NO_DEFAULT if found is None else found.of(values, may_be_set_by)


add_defaults(files(__package__).joinpath("defaults.toml").read_text("utf-8"))
