"""Runs each check on the mutants of its example, many in one run of Checkov."""

from __future__ import annotations

import importlib
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from planproof.checkov_runner import CheckConclusion, run_check
from planproof.errors import PlanproofError
from planproof.mutation.checks.edits import SourceMutant
from planproof.mutation.checks.examples import Example
from planproof.mutation.checks.generate import sources
from planproof.mutation.workers import TaskFailure, Workers
from planproof.mutation_results import Kill, MutantStatus, SourceTrial
from planproof.values import Verdict

LIMIT = 1_800.0
"""Seconds that one run of Checkov may take."""
_BATCH = 100
_INSTANCE = re.compile(r"\[[^]]*\]")
_ORDER = ("crashed", "failed", "undetermined", "passed", "not applicable")  # the worst first
_UNNOTICED = ("passed", "not applicable")

_Batch = tuple[str, tuple[int, ...]]
"""A check, and the numbers of mutants of its example for one run of Checkov."""
_Answers = dict[int, tuple[list[CheckConclusion], list[str]]]
"""Number of a mutant → the conclusions on its resources, and its files that cannot be read."""


def judge(
    checks: Path,
    examples: Mapping[str, Example],
    mutants: Sequence[SourceMutant],
    *,
    workers: int,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[SourceTrial]:
    """Judge every mutant; one trial for each, in their order. None is equivalent yet.

    Args:
        checks: the folder of the custom checks.
        examples: the example of each check, by its name.
        workers: number of parallel processes, 1 or more.
        progress: called with the number of judged mutants and the number of all.

    Raises:
        PlanproofError: a check cannot be loaded.
    """
    # Checkov is imported once, here. The checks are loaded only in the forks, so that this process
    # stays unchanged.
    importlib.import_module("checkov.terraform.runner")
    importlib.import_module("checkov.terraform.checks.resource.registry")
    trials: dict[int, SourceTrial] = {}
    with tempfile.TemporaryDirectory(prefix="planproof-") as folder:

        def do(batch: _Batch) -> _Answers | tuple[str, str]:
            example, part = examples[batch[0]], {number: mutants[number] for number in batch[1]}
            return _answers(checks, example, part, Path(folder).resolve())

        with Workers(do, workers, LIMIT) as pool:
            for (_, numbers), answers in pool.each(_batches(mutants)):
                if isinstance(answers, tuple):
                    raise PlanproofError(*answers)
                for number in numbers:
                    trials[number] = (
                        _trial(mutants[number], "crashed", answers.reason)
                        if isinstance(answers, TaskFailure)
                        else trial_of(mutants[number], *answers[number])
                    )
                progress(len(trials), len(mutants))
    return [trials[number] for number in range(len(mutants))]


def trial_of(
    mutant: SourceMutant, conclusions: Sequence[CheckConclusion], unread: Sequence[str]
) -> SourceTrial:
    """Judge a mutant by the conclusions on its subjects.

    On the pass side one subject that does not pass kills it; on the fail side no subject may pass.
    """
    if unread:
        return _trial(mutant, "unreadable", f"Checkov cannot read {unread[0]}")
    found = []
    for address in mutant.subjects:
        worst = _of_subject(address, conclusions)
        if worst is None or worst.conclusion == "crashed":
            detail = worst.detail if worst else "the check gives no result"
            return _trial(mutant, "crashed", detail or "the check raises an exception")
        found.append(worst)
    detecting = [one for one in found if one.conclusion not in _UNNOTICED]
    passing = [one for one in found if one.conclusion in _UNNOTICED]
    if mutant.side == "pass" and detecting:
        one = detecting[0]
        failed = one.conclusion == "failed"
        verdict = Verdict.FAILED if failed else Verdict.UNDETERMINED
        kill = Kill(mutant.check, verdict, one.resource, one.detail)
        return _trial(mutant, one.conclusion, one.detail, MutantStatus.KILLED, (kill,))
    if passing:
        return _trial(mutant, passing[0].conclusion, passing[0].detail, MutantStatus.SURVIVED)
    return _trial(mutant, found[0].conclusion, found[0].detail, MutantStatus.KILLED)


def _trial(
    mutant: SourceMutant,
    conclusion: str,
    detail: str,
    status: MutantStatus = MutantStatus.UNDECIDED,
    kills: tuple[Kill, ...] = (),
) -> SourceTrial:
    return SourceTrial(
        id=mutant.id,
        operator=mutant.operator,
        address=mutant.block,
        path=mutant.path,
        before=mutant.before,
        after=mutant.after,
        status=status,
        kills=kills,
        seen=(mutant.check,),
        reason=detail if status is MutantStatus.UNDECIDED else "",
        side=mutant.side,
        file=mutant.file,
        line=mutant.line,
        subjects=mutant.subjects,
        conclusion=conclusion,
        detail=detail,
    )


def _of_subject(address: str, conclusions: Sequence[CheckConclusion]) -> CheckConclusion | None:
    """The worst conclusion on the instances of a block or the resources of a module."""
    beginning = f"{address.removeprefix('data.')}."  # Checkov names data sources without "data."
    found = [c for c in conclusions if f"{_INSTANCE.sub('', c.resource)}.".startswith(beginning)]
    # Checkov's order of equally bad ones varies from run to run.
    return min(found, key=lambda c: (_ORDER.index(c.conclusion), c.resource), default=None)


def _batches(mutants: Sequence[SourceMutant]) -> Iterator[_Batch]:
    by_check: dict[str, list[int]] = {}
    for number, mutant in enumerate(mutants):
        by_check.setdefault(mutant.check, []).append(number)
    for check, numbers in by_check.items():
        for begin in range(0, len(numbers), _BATCH):
            yield check, tuple(numbers[begin : begin + _BATCH])


def _answers(
    checks: Path, example: Example, mutants: Mapping[int, SourceMutant], folder: Path
) -> _Answers | tuple[str, str]:
    """Run a check on mutants in a fork, each in a folder named by its number.

    Returns:
        the answers, or the two clauses of a PlanproofError.
    """
    os.environ["CHECKOV_PARALLELIZATION_TYPE"] = "none"  # the forks are the processes
    logging.disable(logging.CRITICAL)  # a crash is an outcome here, not a log line
    answers: _Answers = {number: ([], []) for number in mutants}
    with tempfile.TemporaryDirectory(dir=folder) as name:
        root = Path(name)
        for number, mutant in mutants.items():
            for file, text in sources(example, mutant).items():
                path = root / f"{number:05}" / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
        try:
            conclusions, unread = run_check(checks, example.name, root)
        except PlanproofError as problem:
            return problem.what, problem.todo
    for one in conclusions:
        answers[int(one.file.split("/", 1)[0])][0].append(one)
    for path in unread:
        inside = path.resolve().relative_to(root)
        answers[int(inside.parts[0])][1].append(inside.name)
    return answers
