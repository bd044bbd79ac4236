"""Runs each check on the mutants of its example, many in one run of Checkov."""

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

from planproof.checkov_runner import CheckConclusion, run_check
from planproof.errors import PlanproofError
from planproof.mutation.checks.edits import SourceMutant
from planproof.mutation.checks.examples import Example
from planproof.mutation.checks.generate import sources

Outcome = Literal["killed", "kept", "survived", "crashed"]
"""The outcome of a mutant.

- killed: the check passes the unchanged block and does not pass the mutant;
- kept: the check fails the unchanged block and does not pass the mutant either;
- survived: the check passes the mutant, or reports that it does not apply;
- crashed: the check gives no result, or Checkov cannot read the mutant.
"""

_BATCH = 100
_INSTANCE = re.compile(r"\[[^]]*\]")
_UNNOTICED = ("passed", "not applicable")


@dataclass(frozen=True, slots=True)
class JudgedMutant:
    """A mutant with the conclusion of its check and the outcome."""

    mutant: SourceMutant
    outcome: Outcome
    conclusion: str
    detail: str


@dataclass(frozen=True, slots=True)
class _Batch:
    """Mutants of one example for one run of Checkov, each in a folder named by its number."""

    check: str
    files: Mapping[str, str]
    mutants: Mapping[int, SourceMutant]


Answers = dict[int, tuple[list[CheckConclusion], list[str]]]
"""Number of the folder → results for its resources, and files that cannot be read."""


def judge(
    checks: Path,
    examples: Mapping[str, Example],
    mutants: Sequence[SourceMutant],
    *,
    workers: int,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[JudgedMutant]:
    """Judge every mutant, in the given order.

    Args:
        checks: the folder of the custom checks.
        examples: the example of each check, by its name.
        workers: number of parallel processes.
        progress: called with the number of judged mutants and the number of all.

    Raises:
        PlanproofError: a check cannot be loaded.
    """
    judged: dict[int, JudgedMutant] = {}
    with ProcessPoolExecutor(max(workers, 1), mp_context=_context()) as pool:
        jobs = [pool.submit(_work, checks, batch) for batch in _batches(examples, mutants)]
        for job in as_completed(jobs):
            answers, problem = job.result()
            if problem is not None:
                pool.shutdown(cancel_futures=True)
                raise PlanproofError(*problem)
            for number, (results, unread) in answers.items():
                judged[number] = judge_one(mutants[number], results, unread)
            progress(len(judged), len(mutants))
    return [judged[number] for number in range(len(mutants))]


def judge_one(
    mutant: SourceMutant, results: Sequence[CheckConclusion], unread: Sequence[str]
) -> JudgedMutant:
    """Judge a mutant by the results on its subjects.

    On the pass side one subject that does not pass kills it; on the fail side no subject may pass.
    """
    if unread:
        return JudgedMutant(mutant, "crashed", "unreadable", f"Checkov cannot read {unread[0]}")
    by_subject = [_of_subject(address, results) for address in mutant.subjects]
    for found in by_subject:
        if found is None or found.conclusion == "crashed":
            detail = found.detail if found else "the check gives no result"
            detail = detail or "the check raises an exception"
            return JudgedMutant(mutant, "crashed", "crashed", detail)
    found_all = [found for found in by_subject if found is not None]
    detecting = next((found for found in found_all if found.conclusion not in _UNNOTICED), None)
    passing = next((found for found in found_all if found.conclusion in _UNNOTICED), None)
    if mutant.side == "pass" and detecting is not None:
        return JudgedMutant(mutant, "killed", detecting.conclusion, detecting.detail)
    if passing is not None:
        return JudgedMutant(mutant, "survived", passing.conclusion, passing.detail)
    first = found_all[0]
    return JudgedMutant(mutant, "kept", first.conclusion, first.detail)


def _of_subject(address: str, results: Sequence[CheckConclusion]) -> CheckConclusion | None:
    """The worst result for the instances of a block or the resources of a module."""
    order = ("crashed", "failed", "undetermined", "passed", "not applicable")
    beginning = f"{address.removeprefix('data.')}."  # Checkov names data sources without "data."
    found = [r for r in results if f"{_INSTANCE.sub('', r.resource)}.".startswith(beginning)]
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
    """Fork where possible, so that Checkov is imported once; the checks are loaded only in the
    forks, so that this process stays unchanged."""
    if "fork" not in multiprocessing.get_all_start_methods() or sys.platform == "darwin":
        return multiprocessing.get_context("spawn")
    importlib.import_module("checkov.terraform.runner")
    importlib.import_module("checkov.terraform.checks.resource.registry")
    return multiprocessing.get_context("fork")


def _work(checks: Path, batch: _Batch) -> tuple[Answers, tuple[str, str] | None]:
    """Judge a batch in a worker process; an error is returned as its two clauses."""
    os.environ["CHECKOV_PARALLELIZATION_TYPE"] = "none"  # this module starts the processes
    logging.disable(logging.CRITICAL)  # a crash is an outcome here, not a log line
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
            results, unread = run_check(checks, batch.check, root)
        except PlanproofError as problem:
            return {}, (problem.what, problem.todo)
    for one in results:
        answers[int(one.file.split("/", 1)[0])][0].append(one)
    for path in unread:
        inside = path.resolve().relative_to(root)
        answers[int(inside.parts[0])][1].append(inside.name)
    return answers, None
