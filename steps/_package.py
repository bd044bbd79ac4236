"""Where is the function's package, and which source did a failure come from?"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from planproof.function_run import Failure
from planproof.inquiry import Inquiry
from planproof.packages import Package, archive_of, package_of
from planproof.stack import Resource, Stack

ROLE: Final = "MEDIACONVERT_ROLE"


def package_at(inquiry: Inquiry, stack: Stack, function: Resource) -> Package:
    """The package of a function, from wherever the run has it."""
    root = inquiry.workspace.root if inquiry.workspace is not None else None
    return package_of(
        stack,
        function,
        root=root,
        directory=inquiry.question.terraform_dir,
        same_sources=inquiry.recorded is not None,
    )


def source_of(
    inquiry: Inquiry, stack: Stack, function: Resource, failure: Failure
) -> tuple[str, int] | None:
    """File and line of the source in which the function failed, where it is known."""
    archive = archive_of(stack, function)
    folder = archive.get("source_dir") if archive is not None else None
    if not failure.where or not isinstance(folder, str) or Path(folder).is_absolute():
        return None
    file, _, line = failure.where.rpartition(":")
    return inquiry.source_path(f"{folder}/{file}"), int(line)
