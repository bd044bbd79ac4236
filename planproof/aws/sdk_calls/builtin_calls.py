"""What do functions outside of the package do with objects that they are given?"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FIRST = _words(
    """copy.copy copy.deepcopy contextlib.closing functools.cache functools.lru_cache
    contextlib.contextmanager builtins.staticmethod builtins.classmethod"""
)
"""What gives its first argument back."""

CONTAINERS = _words(
    """builtins.list builtins.tuple builtins.set builtins.frozenset builtins.dict builtins.sorted
    builtins.reversed builtins.iter builtins.enumerate builtins.zip builtins.filter builtins.map
    builtins.min builtins.max itertools.chain itertools.islice collections.deque"""
)
"""What puts the elements of its arguments into a container, and calls functions with them."""

HARMLESS = _words(
    """builtins.print builtins.isinstance builtins.issubclass builtins.len builtins.repr
    builtins.str builtins.bool builtins.id builtins.type builtins.hasattr builtins.callable
    builtins.int builtins.any builtins.all builtins.sum builtins.hash"""
)
"""What keeps nothing of its arguments, and gives no object of boto3."""

IMPORTERS = _words("importlib.import_module builtins.__import__")

KEEPS_NOTHING = (
    FIRST | HARMLESS | _words("builtins.next builtins.getattr builtins.super typing.cast")
)
"""What gives all that it keeps of its arguments back."""

FILLING = _words("append add insert extend update setdefault appendleft put")
"""Methods that put their arguments into a container."""

TRANSPARENT = _words(
    """cache lru_cache cached_property property setter getter deleter wraps staticmethod
    classmethod contextmanager asynccontextmanager abstractmethod dataclass overload final override
    total_ordering runtime_checkable"""
)
"""Decorators that leave the meaning of a call, or of an attribute, as it is."""
