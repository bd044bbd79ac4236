"""What functions from outside of the package do with the objects that are passed to them."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RETURNS_FIRST_ARGUMENT = _words(
    """copy.copy copy.deepcopy contextlib.closing functools.cache functools.lru_cache
    contextlib.contextmanager builtins.staticmethod builtins.classmethod"""
)

CONTAINER_BUILDERS = _words(
    """builtins.list builtins.tuple builtins.set builtins.frozenset builtins.dict builtins.sorted
    builtins.reversed builtins.iter builtins.enumerate builtins.zip builtins.filter builtins.map
    builtins.min builtins.max itertools.chain itertools.islice collections.deque"""
)
"""Functions that put the elements of their arguments into a container, and call functions among
the arguments with them."""

RETURNS_DATA = _words(
    """builtins.print builtins.isinstance builtins.issubclass builtins.len builtins.repr
    builtins.str builtins.bool builtins.id builtins.type builtins.hasattr builtins.callable
    builtins.int builtins.any builtins.all builtins.sum builtins.hash"""
)
"""Functions that store none of their arguments, and return no object of boto3."""

IMPORTERS = _words("importlib.import_module builtins.__import__")

STORES_NOTHING = (
    RETURNS_FIRST_ARGUMENT
    | RETURNS_DATA
    | _words("builtins.next builtins.getattr builtins.super typing.cast")
)
"""Functions whose arguments reach nothing but their result."""

INSERTING_METHODS = _words("append add insert extend update setdefault appendleft put")
"""Methods that put their arguments into a container."""

TRANSPARENT_DECORATORS = _words(
    """cache lru_cache cached_property property setter getter deleter wraps staticmethod
    classmethod contextmanager asynccontextmanager abstractmethod dataclass overload final override
    total_ordering runtime_checkable"""
)
"""Decorators that do not change the value of a call or of an attribute."""
