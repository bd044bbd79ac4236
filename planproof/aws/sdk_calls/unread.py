"""The reasons why the calls of a package may be incomplete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

_MAX_LOCATIONS = 4
"""Locations that a sentence lists."""


class Unread:
    """Collects reasons with their locations."""

    def __init__(self) -> None:
        self._locations: dict[str, set[str]] = defaultdict(set)

    def add(self, reason: str, location: str) -> None:
        """Record a reason at a location: a file or ``file:line``."""
        self._locations[reason].add(location)

    def sentences(self) -> Iterator[str]:
        """Each reason once, with its first locations."""
        for reason, found in self._locations.items():
            first = sorted(found, key=_in_source_order)[:_MAX_LOCATIONS]
            more = len(found) - len(first)
            listed = ", ".join([*first, f"and {more} more"] if more else first)
            yield f"{reason}: {listed}."


def _in_source_order(location: str) -> tuple[str, int]:
    file, _, line = location.rpartition(":")
    return (file, int(line)) if line.isdecimal() else (location, 0)


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
