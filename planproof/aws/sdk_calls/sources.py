"""The Python modules of a package, and the reasons why its calls may be incomplete."""

from __future__ import annotations

import ast
import io
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from planproof.aws.lambda_package import Package
from planproof.aws.sdk_calls.outside_names import AVAILABLE_MODULES, SDK, SDK_DEPENDENCIES
from planproof.aws.sdk_calls.scopes import LexicalScope, Module

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


class Sources:
    """The modules of a package.

    Attributes:
        modules: those whose values are followed, by dotted name.
        folders: dotted names of the folders that contain modules.
        scopes: of all nodes of the modules.
        unread: the reasons why calls may be missing.
        without_boto3: modules of installed distributions that do not use boto3.
    """

    def __init__(self, package: Package) -> None:
        self.modules: dict[str, Module] = {}
        self.folders: set[str] = set()
        self.scopes: dict[ast.AST, LexicalScope] = {}
        self.without_boto3: list[Module] = []
        self.unread = Unread()
        with zipfile.ZipFile(io.BytesIO(package.data)) as opened:
            vendored = frozenset(_vendored(opened, package.files))
            skipped = SDK | (SDK_DEPENDENCIES & vendored)
            files = [file for file in package.files if _top(file) not in skipped]
            texts = {file: self._text(opened, file) for file in files if file.endswith(".py")}
        for file in files:
            path = PurePosixPath(file)
            if path.suffix in _NON_PYTHON_SUFFIXES and "__pycache__" not in path.parts:
                self.unread.add("a file that is not Python source is not analyzed", file)
            elif file == "bootstrap":
                self.unread.add("a custom runtime is not analyzed", file)
        using_boto3 = {_top(file) for file, text in texts.items() if b"boto" in text}
        for file, text in texts.items():
            self._parse(file, text, _top(file) in vendored, _top(file) in vendored - using_boto3)
        self._top_names_without_boto3 = {_top(one.file) for one in self.without_boto3}

    def _text(self, opened: zipfile.ZipFile, file: str) -> bytes:
        try:
            return opened.read(file)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError):
            self.unread.add("a file in the package is damaged", file)
            return b""

    def _parse(self, file: str, text: bytes, is_vendored: bool, is_without_boto3: bool) -> None:
        name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        try:
            module = Module(name, file, ast.parse(text, file), is_vendored)
        except (SyntaxError, ValueError, RecursionError) as problem:
            what = str(problem).partition(" (")[0]
            self.unread.add(f"a file cannot be parsed as Python ({what})", file)
            return
        self.scopes |= module.nodes
        if is_without_boto3:
            self.without_boto3.append(module)
            return
        self.modules[name] = module
        parts = name.split(".")
        self.folders.update(".".join(parts[:size]) for size in range(1, len(parts)))

    def has(self, name: str) -> bool:
        """Whether an imported module is in the package, followed or not."""
        top = name.partition(".")[0]
        return top in self._top_names_without_boto3 or bool(self.locate(name) or self.locate(top))

    def locate(self, name: str) -> str | None:
        """The full name of a module, which may be in a folder that the code adds to the path."""
        if name in self.modules or name in self.folders:
            return name
        if name.partition(".")[0] in AVAILABLE_MODULES:
            return None
        return next((one for one in self.modules if one.endswith(f".{name}")), None)


def _top(file: str) -> str:
    return file.partition("/")[0].removesuffix(".py")


def _vendored(opened: zipfile.ZipFile, files: Iterable[str]) -> Iterator[str]:
    """The top-level modules of installed distributions.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    for file in files:
        if file.count("/") == 1 and file.endswith(".dist-info/RECORD"):
            for line in opened.read(file).decode(errors="replace").splitlines():
                yield _top(line.partition(",")[0])


_NON_PYTHON_SUFFIXES = frozenset(
    f".{one}"
    for one in (
        *("js", "mjs", "cjs", "ts", "node", "jar", "class", "war", "rb", "go", "sh", "wasm"),
        *("so", "dll", "exe", "pyd", "pyc", "dylib", "zip", "whl", "egg"),
    )
)
