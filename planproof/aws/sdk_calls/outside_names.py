"""Names from outside of the package: boto3's, and functions that pass their arguments on."""

from __future__ import annotations

import sys
from collections.abc import Iterator


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SDK = frozenset({"boto3", "botocore", "s3transfer"})
SDK_DEPENDENCIES = frozenset({"jmespath", "dateutil", "six", "urllib3"})
"""Dependencies of boto3, none of which calls AWS."""

AVAILABLE_MODULES = SDK | SDK_DEPENDENCIES | sys.stdlib_module_names
"""Modules that a function can import without packaging them."""

SESSION_MAKERS = _words(
    """boto3.Session boto3.session.Session boto3._get_default_session botocore.session.Session
    botocore.session.get_session"""
)
MAKERS = {"client": "client", "resource": "resource", "create_client": "client"}
"""Methods of a session, and the kind of the object that each makes."""

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

OWN_REQUEST = "requests made without a client are not analyzed"
HIDDEN_METHOD = "a method of a client is called by a name that is not a constant"

_UNREAD_BY_NAMES = {
    "code that is generated at run time is not analyzed": "builtins.exec builtins.eval",
    "a module loaded from a file is not analyzed": """runpy.run_path runpy.run_module
    importlib.util.spec_from_file_location importlib.machinery.SourceFileLoader""",
    "another program that the code starts is not analyzed": """os.system os.popen os.execv os.execve
    os.execvp os.execvpe os.execl os.execlp os.spawnl os.spawnlp os.spawnv os.spawnve os.spawnvp
    os.posix_spawn os.posix_spawnp subprocess.run subprocess.Popen subprocess.call
    subprocess.check_call subprocess.check_output subprocess.getoutput subprocess.getstatusoutput
    asyncio.create_subprocess_exec asyncio.create_subprocess_shell""",
    "native code that is loaded is not analyzed": """ctypes.CDLL ctypes.cdll ctypes.PyDLL
    ctypes.pydll""",
    OWN_REQUEST: """botocore.auth botocore.awsrequest botocore.endpoint botocore.httpsession
    botocore.signers botocore.crt botocore.client.ClientCreator""",
}
_REASONS = {name: reason for reason, names in _UNREAD_BY_NAMES.items() for name in names.split()}


def unread_outside(name: str) -> Iterator[str]:
    """The reasons why a dotted name from outside of the package is not analyzed."""
    parts = name.split(".")
    for size in range(1, len(parts) + 1):
        if reason := _REASONS.get(".".join(parts[:size])):
            yield reason
