"""What has been found so far, and what has to be followed again once more is found?"""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator

from planproof.aws.sdk_calls.abstract_values import DATA, NONE, Atom, Atoms
from planproof.aws.sdk_calls.scopes import Module

Key = tuple[object, str]
"""A place that holds values: the node of a scope or of a class with a name of it.

With ``ANYTHING``, the attributes of that name of whatever has one.
"""

ANYTHING = None
RETURNED = "return"
"""The name of what a function gives back; no parameter can be called so."""

_FAMILY = "class"
_STARS = "*"
_LOST = "del"
_ANY_LOST: Key = (ANYTHING, _LOST)

_TEXTS = 40
"""Texts that one name may be; of one that may be more, none is known."""


class Findings:
    """The values of names, attributes, parameters and results.

    Attributes:
        escaped: what went where it is not followed, with the first place of it; change it by
            :meth:`lose`.
        handed: paginators and waiters that went there.
    """

    def __init__(self) -> None:
        self.escaped: dict[Atom, str] = {}
        self.handed: set[Atom] = set()
        self._held: dict[Key, set[Atom]] = defaultdict(set)
        self._families: dict[ast.AST, set[ast.AST]] = {}
        self._readers: dict[Key, set[int]] = defaultdict(set)
        self._read: set[Key] = set()
        self._queue: deque[int] = deque()
        self._queued: set[int] = set()

    def rounds(self, numbers: Iterable[int]) -> Iterator[int]:
        """Each number, and again each that had asked for what has changed since its turn."""
        self._enqueue(numbers)
        while self._queue:
            number = self._queue.popleft()
            self._queued.remove(number)
            self._read = set()
            yield number
            for key in self._read:
                self._readers[key].add(number)

    def _enqueue(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            if number not in self._queued:
                self._queued.add(number)
                self._queue.append(number)

    def _renew(self, key: Key) -> None:
        """Let everything that read it be followed again."""
        if key in self._readers:
            self._enqueue(self._readers[key])

    def get(self, owner: object, name: str) -> Atoms:
        """What a name or an attribute may be; nothing where no value has arrived yet."""
        key = (owner, name)
        self._read.add(key)
        return frozenset(self._held[key]) if key in self._held else NONE

    def add(self, owner: object, name: str, atoms: Iterable[Atom]) -> None:
        """Let a name or an attribute be any of these, too."""
        held = self._held[owner, name]
        new = [one for one in atoms if one not in held]
        if new and sum(one.kind == "text" for one in held) > _TEXTS:
            new = [one for one in {*new, *DATA} if one.kind != "text" and one not in held]
        if new:
            held.update(new)
            self._renew((owner, name))

    def lose(self, atom: Atom, place: str) -> bool:
        """Take note that a value went where it is not followed; whether that is news."""
        if atom in self.escaped:
            return False
        if not self.escaped:
            self._renew(_ANY_LOST)
        self.escaped[atom] = place
        self._renew((atom, _LOST))
        return True

    def is_lost(self, atom: Atom) -> bool:
        """Whether a value went where it is not followed."""
        self._read.add((atom, _LOST))
        return atom in self.escaped

    def is_any_lost(self) -> bool:
        """Whether any value did."""
        self._read.add(_ANY_LOST)
        return bool(self.escaped)

    def family(self, definition: ast.AST) -> set[ast.AST]:
        """A class with all that inherit from it or that it inherits from, and so on."""
        self._read.add((definition, _FAMILY))
        return self._families.setdefault(definition, {definition})

    def unite(self, definition: ast.AST, base: ast.AST) -> None:
        """Make one family of a class and a base of it."""
        family = self._families.setdefault(definition, {definition})
        other = self._families.setdefault(base, {base})
        if other is family:
            return
        family |= other
        self._families.update(dict.fromkeys(other, family))
        for member in family:
            self._renew((member, _FAMILY))

    def stars(self, module: Module) -> set[str]:
        """Modules whose names a module imports by ``*``."""
        self._read.add((module, _STARS))
        return module.stars

    def add_star(self, module: Module, name: str) -> None:
        """Let a module import all names of another one."""
        if name not in module.stars:
            module.stars.add(name)
            self._renew((module, _STARS))
