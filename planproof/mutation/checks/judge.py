"""Asks each check about the mutants of its example, many in one run of Checkov."""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import multiprocessing.context
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from planproof.checkov_runner import Said, run_check
from planproof.errors import PlanproofError
from planproof.mutation.checks.edits import SourceMutant
from planproof.mutation.checks.examples import Example
from planproof.mutation.checks.generate import sources

Outcome = Literal["killed", "kept", "survived", "crashed"]
"""What became of a mutant.

- killed: the check passed the example and does not pass the mutant;
- kept: the check failed the example and does not pass the mutant either;
- survived: it passes the mutant, or says that its promise is not about it;
- crashed: it says nothing of the mutant, or Checkov cannot read it.
"""

_BATCH = 100
_INSTANCE = re.compile(r"\[[^]]*\]")
_SILENT = ("passed", "not applicable")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check said of a mutant, and what became of the mutant by that."""

    mutant: SourceMutant
    outcome: Outcome
    said: str
    detail: str


@dataclass(frozen=True, slots=True)
class _Batch:
    """Mutants of one example to be read in one run, each in a folder called by its number."""

    check: str
    files: Mapping[str, str]
    mutants: Mapping[int, SourceMutant]


Answers = dict[int, tuple[list[Said], list[str]]]
"""Number of the folder → what was said of its resources, and its files that cannot be read."""


def judge(
    checks: Path,
    examples: Mapping[str, Example],
    mutants: Sequence[SourceMutant],
    *,
    workers: int,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Verdict]:
    """The verdict on every mutant, in the order given.

    Args:
        checks: the folder of the custom checks.
        examples: the example of each check, by its name.
        workers: how many processes work at the same time.
        progress: told how many mutants of how many are judged.

    Raises:
        PlanproofError: a check cannot be loaded.
    """
    verdicts: dict[int, Verdict] = {}
    with ProcessPoolExecutor(max(workers, 1), mp_context=_context()) as pool:
        jobs = [pool.submit(_work, checks, batch) for batch in _batches(examples, mutants)]
        for job in as_completed(jobs):
            answers, problem = job.result()
            if problem is not None:
                pool.shutdown(cancel_futures=True)
                raise PlanproofError(*problem)
            for number, (said, unread) in answers.items():
                verdicts[number] = verdict_on(mutants[number], said, unread)
            progress(len(verdicts), len(mutants))
    return [verdicts[number] for number in range(len(mutants))]


def verdict_on(mutant: SourceMutant, said: Sequence[Said], unread: Sequence[str]) -> Verdict:
    """The verdict by what was said of the subjects; one that changes is enough on the pass side,
    on the fail side none may."""
    if unread:
        return Verdict(mutant, "crashed", "unreadable", f"Checkov cannot read {unread[0]}")
    of_subjects = [_of_subject(address, said) for address in mutant.subjects]
    for found in of_subjects:
        if found is None or found.conclusion == "crashed":
            detail = found.detail if found else "the check gives no result"
            return Verdict(mutant, "crashed", "crashed", detail or "the check ends in an error")
    found_all = [found for found in of_subjects if found is not None]
    loud = next((found for found in found_all if found.conclusion not in _SILENT), None)
    silent = next((found for found in found_all if found.conclusion in _SILENT), None)
    if mutant.side == "pass" and loud is not None:
        return Verdict(mutant, "killed", loud.conclusion, loud.detail)
    if silent is not None:
        return Verdict(mutant, "survived", silent.conclusion, silent.detail)
    first = found_all[0]
    return Verdict(mutant, "kept", first.conclusion, first.detail)


def _of_subject(address: str, said: Sequence[Said]) -> Said | None:
    """What decides among the instances of a block, or the resources of a module."""
    order = ("crashed", "failed", "undetermined", "passed", "not applicable")
    beginning = f"{address.removeprefix('data.')}."  # Checkov names data sources without "data."
    found = [one for one in said if f"{_INSTANCE.sub('', one.resource)}.".startswith(beginning)]
    return min(found, key=lambda one: order.index(one.conclusion), default=None)


def _batches(examples: Mapping[str, Example], mutants: Sequence[SourceMutant]) -> Iterator[_Batch]:
    by_check: dict[str, dict[int, SourceMutant]] = {}
    for number, mutant in enumerate(mutants):
        by_check.setdefault(mutant.check, {})[number] = mutant
    for check, found in by_check.items():
        numbers = list(found)
        for begin in range(0, len(numbers), _BATCH):
            part = {n: found[n] for n in numbers[begin : begin + _BATCH]}
            yield _Batch(check, examples[check].files, part)


def _context() -> multiprocessing.context.BaseContext:
    """Where a process can be copied, Checkov is imported once, before the copies are made; the
    checks are loaded in the copies alone, so that a run leaves nothing behind."""
    if "fork" not in multiprocessing.get_all_start_methods() or sys.platform == "darwin":
        return multiprocessing.get_context("spawn")
    importlib.import_module("checkov.terraform.runner")
    importlib.import_module("checkov.terraform.checks.resource.registry")
    return multiprocessing.get_context("fork")


def _work(checks: Path, batch: _Batch) -> tuple[Answers, tuple[str, str] | None]:
    """Runs in a process of its own; a problem comes back as its two clauses."""
    os.environ["CHECKOV_PARALLELIZATION_TYPE"] = "none"  # the processes are ours
    logging.disable(logging.CRITICAL)  # a crash is a verdict here, and no line on the screen
    answers: Answers = {number: ([], []) for number in batch.mutants}
    with tempfile.TemporaryDirectory(prefix="planproof-") as name:
        root = Path(name).resolve()
        example = Example(batch.check, batch.files)
        for number, mutant in batch.mutants.items():
            for file, text in sources(example, mutant).items():
                path = root / f"{number:05}" / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
        try:
            said, unread = run_check(checks, batch.check, root)
        except PlanproofError as problem:
            return {}, (problem.what, problem.todo)
    for one in said:
        answers[int(one.file.split("/", 1)[0])][0].append(one)
    for path in unread:
        inside = path.resolve().relative_to(root)
        answers[int(inside.parts[0])][1].append(inside.name)
    return answers, None
