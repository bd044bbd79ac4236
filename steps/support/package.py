"""The package of a function, and the source line of a failure."""

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
_CREATE_JOB: Final = re.compile("create_?job", re.IGNORECASE)  # in Python, JavaScript, any SDK
_LANGUAGES: Final = (".py", ".js", ".mjs", ".cjs", ".ts")


def package_at(stacks: ResolvedStacks, stack: Stack, function: Resource) -> Package:
    """The package of a function, from the workspace, the sources or a recording."""
    root = stacks.workspace.root if stacks.workspace is not None else None
    return package_of(
        stack,
        function,
        root=root,
        directory=stacks.request.terraform_dir,
        same_sources=stacks.plan is None,  # a recording of these sources
    )


def source_of(
    stacks: ResolvedStacks, stack: Stack, function: Resource, failure: Failure
) -> tuple[str, int] | None:
    """File and line of the source in which the function failed, if known."""
    archive = archive_of(stack, function)
    folder = archive.get("source_dir") if archive is not None else None
    if not failure.where or not isinstance(folder, str) or Path(folder).is_absolute():
        return None
    file, _, line = failure.where.rpartition(":")
    return stacks.source_path(f"{folder}/{file}"), int(line)


def record_missing_code(
    stacks: ResolvedStacks, function: Resource, problem: PackageError, evidence: Recorder
) -> None:
    """Record that there is no package to run. If the handler's source file is in the Terraform
    directory, also record that it makes no MediaConvert job."""
    directory = stacks.request.terraform_dir
    handler = _handler_without_jobs(function, directory) if directory is not None else None
    if handler is not None and directory is not None:
        file = stacks.source_path(handler.relative_to(directory).as_posix())
        found = f"{handler.name}, which is not packaged and calls no CreateJob"
        expected = "code that calls CreateJob"
        evidence.check(False, function, "handler", expected=expected, found=found, at=(file, 1))
    expected = "a package whose code can be run"
    evidence.check(False, function, "filename", expected=expected, found=problem.what)


def _handler_without_jobs(function: Resource, directory: Path) -> Path | None:
    """The one source file that the handler names, if no code in its folder calls CreateJob."""
    handler = function.get("handler")
    if not isinstance(handler, str):
        return None
    module = handler.rpartition(".")[0].replace(".", "/").rpartition("/")[2]
    files = [path for path in _source_files(directory) if path.stem == module]
    if len(files) != 1:
        return None
    texts = (path.read_text("utf-8", errors="replace") for path in _source_files(files[0].parent))
    return None if any(map(_CREATE_JOB.search, texts)) else files[0]


def _source_files(folder: Path) -> list[Path]:
    """Source files below a folder, without installed packages and caches."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in _LANGUAGES
        and path.is_file()
        and not any(
            p.startswith(".") or p == "node_modules" for p in path.relative_to(folder).parts
        )
    ]
