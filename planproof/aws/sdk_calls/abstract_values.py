"""What may a value be, as far as objects of boto3 are concerned?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from planproof.aws.sdk_calls.boto3_objects import Thing
from planproof.aws.sdk_calls.sdk import SESSION_MAKERS


class Atom(NamedTuple):
    """One thing that a value may be.

    Attributes:
        kind: ``sdk`` (a Thing), ``member`` (of a Thing, by name), ``maker`` (of a client or of a
            resource), ``Session`` (the class), ``session``, ``external`` (a dotted name outside
            of the package), ``module``, ``def``, ``bound`` (a method of an instance), ``class``,
            ``instance``, ``text``, ``box`` (a container of an atom), ``opened`` (a method of it),
            ``variable`` (of the environment, by name), ``segment`` (a text that holds another
            value between separators), ``absent`` (None), ``pager`` (a paginator or a waiter, by
            the call that made it), ``data`` (anything else that is no object of boto3) or
            ``unknown``.
        of: what names the resource that an ``sdk`` or a ``member`` of it is about, which may be
            ``pending``; for a ``variable``, what it is where it is not set.
    """

    kind: str
    what: Any = None
    name: str = ""
    of: Any = None


Atoms = frozenset[Atom]
NONE: Atoms = frozenset()
DATA: Atoms = frozenset({Atom("data")})
UNKNOWN: Atoms = frozenset({Atom("unknown")})
SESSION: Atoms = frozenset({Atom("session")})
ABSENT: Atoms = frozenset({Atom("absent")})

PENDING = Atom("pending")
"""Names a resource whose name has not arrived yet; when it has, the resource is found anew."""
NOBODY_KNOWS = Atom("data")
"""Names a resource of which nothing is known."""

NAMES = ("text", "variable", "segment")
"""What may name a resource."""

DEFS = ("def", "bound")


def union(many: Iterable[Atoms]) -> Atoms:
    """What may be any of several values."""
    return NONE.union(*many)


def box(atoms: Iterable[Atom]) -> Atoms:
    """A container of values; nothing is known of a box in a box, nor of its order or its keys."""
    return frozenset(_boxed(one) for one in atoms)


def _boxed(atom: Atom) -> Atom:
    if atom.kind in ("box", "data", "unknown"):
        return atom
    return Atom("data") if atom.kind == "absent" else Atom("box", atom)


def things(found: Iterable[Thing], of: Atom | None = None) -> Atoms:
    """Objects of boto3, about what ``of`` names."""
    return frozenset(Atom("sdk", one, of=of) for one in found)


def are_names(atoms: Atoms) -> bool:
    """Whether a value is one of known strings and variables, and nothing else but None."""
    return any(one.kind in NAMES for one in atoms) and all(
        one.kind in NAMES or one.kind == "absent" for one in atoms
    )


def texts(atoms: Atoms) -> list[str]:
    """The strings among values."""
    return [one.what for one in atoms if one.kind == "text"]


def all_texts(atoms: Atoms) -> bool:
    """Whether a value is one of known strings, and nothing else."""
    return bool(atoms) and all(one.kind == "text" for one in atoms)


def external(name: str) -> Atoms:
    """What a dotted name from outside of the package means."""
    if name in SESSION_MAKERS:
        return frozenset({Atom("Session")})
    if name in ("boto3.client", "boto3.resource"):
        return frozenset({Atom("maker", name.removeprefix("boto3."))})
    if name == "boto3.DEFAULT_SESSION":
        return SESSION
    return frozenset({Atom("external", name)}) if name.count(".") < _DEEPEST else UNKNOWN


_DEEPEST = 6
"""Dots of a name outside of the package, beyond which nothing is known by name."""
