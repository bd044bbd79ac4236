"""Why may the calls of a package be incomplete, and where?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

_PLACES = 4
"""Places that a sentence names."""


class Unread:
    """The reasons that have been found, with their places."""

    def __init__(self) -> None:
        self._places: dict[str, set[str]] = defaultdict(set)

    def say(self, what: str, where: str) -> None:
        """Take note of a reason at a place, which is a file or ``file:line``."""
        self._places[what].add(where)

    def sentences(self) -> Iterator[str]:
        """Each reason once, with its first places."""
        for what, found in self._places.items():
            first = sorted(found, key=_in_source_order)[:_PLACES]
            more = len(found) - len(first)
            where = ", ".join([*first, f"and {more} more"] if more else first)
            yield f"{what}: {where}."


def _in_source_order(where: str) -> tuple[str, int]:
    file, _, line = where.rpartition(":")
    return (file, int(line)) if line.isdecimal() else (where, 0)


OWN_REQUEST = "requests that are made without a client are not read"
HIDDEN_METHOD = "a method of a client is named by no constant"

_OUTSIDE = {
    "code that is made at run time is not read": "builtins.exec builtins.eval",
    "a module that is loaded by its file is not read": """runpy.run_path runpy.run_module
    importlib.util.spec_from_file_location importlib.machinery.SourceFileLoader""",
    "another program that is started is not read": """os.system os.popen os.execv os.execve
    os.execvp os.execvpe os.execl os.execlp os.spawnl os.spawnlp os.spawnv os.spawnve os.spawnvp
    os.posix_spawn os.posix_spawnp subprocess.run subprocess.Popen subprocess.call
    subprocess.check_call subprocess.check_output subprocess.getoutput subprocess.getstatusoutput
    asyncio.create_subprocess_exec asyncio.create_subprocess_shell""",
    "machine code that is loaded is not read": """ctypes.CDLL ctypes.cdll ctypes.PyDLL
    ctypes.pydll""",
    OWN_REQUEST: """botocore.auth botocore.awsrequest botocore.endpoint botocore.httpsession
    botocore.signers botocore.crt botocore.client.ClientCreator""",
}
_OUTSIDE_NAMES = {name: what for what, names in _OUTSIDE.items() for name in names.split()}


def unread_outside(name: str) -> Iterator[str]:
    """Why nothing is known of what a dotted name from outside of the package does."""
    parts = name.split(".")
    for size in range(1, len(parts) + 1):
        if what := _OUTSIDE_NAMES.get(".".join(parts[:size])):
            yield what
