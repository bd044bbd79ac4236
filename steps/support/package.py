"""Where is the function's package, and which source did a failure come from?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from planproof.aws.lambda_package import Package, PackageError, archive_of, package_of
from planproof.emulation.function.host import Failure
from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Resource, Stack

ROLE: Final = "MEDIACONVERT_ROLE"
_MAKES_JOBS: Final = re.compile("create_?job", re.IGNORECASE)  # in Python, JavaScript, any SDK
_LANGUAGES: Final = (".py", ".js", ".mjs", ".cjs", ".ts")


def package_at(resolved_stacks: ResolvedStacks, stack: Stack, function: Resource) -> Package:
    """The package of a function, from wherever the run has it."""
    root = resolved_stacks.workspace.root if resolved_stacks.workspace is not None else None
    return package_of(
        stack,
        function,
        root=root,
        directory=resolved_stacks.request.terraform_dir,
        same_sources=resolved_stacks.recorded is not None,
    )


def source_of(
    resolved_stacks: ResolvedStacks, stack: Stack, function: Resource, failure: Failure
) -> tuple[str, int] | None:
    """File and line of the source in which the function failed, where it is known."""
    archive = archive_of(stack, function)
    folder = archive.get("source_dir") if archive is not None else None
    if not failure.where or not isinstance(folder, str) or Path(folder).is_absolute():
        return None
    file, _, line = failure.where.rpartition(":")
    return resolved_stacks.source_path(f"{folder}/{file}"), int(line)


def no_code(
    resolved_stacks: ResolvedStacks, function: Resource, problem: PackageError, evidence: Recorder
) -> None:
    """Write down that there is no package to run; first, if the handler lies among the sources
    without being packed, that it would make no job either."""
    directory = resolved_stacks.request.terraform_dir
    handler = _placeholder(function, directory) if directory is not None else None
    if handler is not None and directory is not None:
        file = resolved_stacks.source_path(handler.relative_to(directory).as_posix())
        found = f"{handler.name}, which is not packed and makes none"
        expected = "code that makes a MediaConvert job"
        evidence.check(False, function, "handler", expected=expected, found=found, at=(file, 1))
    expected = "a package, to see what its code does"
    evidence.check(False, function, "filename", expected=expected, found=problem.what)


def _placeholder(function: Resource, directory: Path) -> Path | None:
    """The one file of the sources that the handler's name means, if no file of its folder and
    below makes jobs."""
    handler = function.get("handler")
    if not isinstance(handler, str):
        return None
    module = handler.rpartition(".")[0].replace(".", "/").rpartition("/")[2]
    files = [path for path in _code(directory) if path.stem == module]
    if len(files) != 1:
        return None
    texts = (path.read_text("utf-8", errors="replace") for path in _code(files[0].parent))
    return None if any(map(_MAKES_JOBS.search, texts)) else files[0]


def _code(folder: Path) -> list[Path]:
    """Files of code below a folder, without what was installed or cached there."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in _LANGUAGES
        and path.is_file()
        and not any(
            p.startswith(".") or p == "node_modules" for p in path.relative_to(folder).parts
        )
    ]
