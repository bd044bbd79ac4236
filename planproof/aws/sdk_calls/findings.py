"""Stores the values found so far, and schedules what has to be evaluated again."""

from __future__ import annotations

import ast
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator

from planproof.aws.sdk_calls.abstract_values import DATA, EMPTY, AbstractValue, AbstractValues

Key = tuple[object, str]
"""Where values are stored: a scope or a class, and a name in it.

With ``ANYTHING``, the attributes of that name of all objects.
"""

ANYTHING = None
RETURNED = "return"
"""The name of a function's result; a keyword, so that no parameter has it."""

_FAMILY = "class"
STARS = "*"
"""The modules whose names a module imports by ``*``."""
_ESCAPED = "del"

_MAX_TEXTS = 40
"""Texts that one name may have as values; further ones are unknown data."""


class Findings:
    """The values of names, attributes, parameters and results.

    Attributes:
        escaped: values passed to code that is not analyzed, with the first location of each;
            change it by :meth:`mark_escaped`.
        escaped_pagers: paginators and waiters passed to such code.
    """

    def __init__(self) -> None:
        self.escaped: dict[AbstractValue, str] = {}
        self.escaped_pagers: set[AbstractValue] = set()
        self._values: dict[Key, set[AbstractValue]] = defaultdict(set)
        self._families: dict[ast.AST, set[ast.AST]] = {}
        self._readers: dict[Key, set[int]] = defaultdict(set)
        self._read: set[Key] = set()
        self._queue: OrderedDict[int, None] = OrderedDict()

    def worklist(self, numbers: Iterable[int]) -> Iterator[int]:
        """Yield each number, and again each whose reads have changed since its turn."""
        self._queue.update(dict.fromkeys(numbers))
        while self._queue:
            number, _ = self._queue.popitem(last=False)
            self._read = set()
            yield number
            for key in self._read:
                self._readers[key].add(number)

    def _enqueue_readers(self, key: Key) -> None:
        """Schedule every number that has read a key and is not scheduled."""
        self._queue.update(dict.fromkeys(self._readers.get(key, ())))

    def get(self, owner: object, name: str) -> AbstractValues:
        """The values of a name or an attribute; empty if none has arrived yet."""
        key = (owner, name)
        self._read.add(key)
        return frozenset(self._values[key]) if key in self._values else EMPTY

    def add(self, owner: object, name: str, values: Iterable[AbstractValue]) -> None:
        """Add values to a name or an attribute."""
        known = self._values[owner, name]
        new = [one for one in values if one not in known]
        if new and sum(one.kind == "text" for one in known) > _MAX_TEXTS:
            new = [one for one in {*new, *DATA} if one.kind != "text" and one not in known]
        if new:
            known.update(new)
            self._enqueue_readers((owner, name))

    def mark_escaped(self, value: AbstractValue, location: str) -> bool:
        """Record that a value escapes; whether that was not known before."""
        if value in self.escaped:
            return False
        if not self.escaped:
            self._enqueue_readers((None, _ESCAPED))
        self.escaped[value] = location
        self._enqueue_readers((value, _ESCAPED))
        return True

    def has_escaped(self, value: AbstractValue | None = None) -> bool:
        """Whether a value, or any value, escapes."""
        self._read.add((value, _ESCAPED))
        return bool(self.escaped) if value is None else value in self.escaped

    def family(self, definition: ast.AST) -> set[ast.AST]:
        """A class with all classes related to it by inheritance, in either direction."""
        self._read.add((definition, _FAMILY))
        return self._families.setdefault(definition, {definition})

    def unite(self, definition: ast.AST, base: ast.AST) -> None:
        """Merge the families of a class and of its base."""
        family = self._families.setdefault(definition, {definition})
        other = self._families.setdefault(base, {base})
        if other is family:
            return
        family |= other
        self._families.update(dict.fromkeys(other, family))
        for member in family:
            self._enqueue_readers((member, _FAMILY))
