"""The command that tests custom checks with mutants of their examples.

Every example is changed in its Terraform source in many ways, and its check judges each change.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from planproof.errors import PlanproofError
from planproof.mutation.checks.examples import Example
from planproof.mutation.checks.generate import mutants, unchanged
from planproof.mutation.checks.judge import judge
from planproof.mutation.explanations import Explanation, read_explanations, reason_for, unused
from planproof.mutation.results_json import document
from planproof.mutation.workers import require_forks
from planproof.mutation_results import MutantStatus, MutationResult, SourceTrial
from planproof.reports.mutation_terminal import mutation_lines
from planproof.reports.terminal import supports_unicode

REPORT = "check-mutants.json"

GOOD = 0
NOT_GOOD = 1
UNUSABLE = 2
_WIDTH = 120  # columns


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if every mutant is detected or explained and every check detects at least one, 1 if not,
        2 if the checks, the examples or an option cannot be used.
    """
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except PlanproofError as problem:
        print(f"ERROR: {problem}", file=sys.stderr)
        return UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="planproof mutants --checks",
        description="Tests custom checks with mutants of their examples.",
    )
    parser.add_argument(
        "--checks", type=Path, required=True, metavar="DIR", help="the custom Checkov checks"
    )
    parser.add_argument(
        "--examples",
        type=Path,
        required=True,
        metavar="DIR",
        help="one folder for each check, with resources named pass… and fail…",
    )
    parser.add_argument("--explained", type=Path, metavar="FILE", help="reasons for survivors")
    parser.add_argument("--mutant", metavar="ID", help="judge only this mutant")
    parser.add_argument("--report-dir", type=Path, metavar="DIR", help=f"write {REPORT} there")
    parser.add_argument(
        "--workers", type=_number, default=os.cpu_count() or 1, metavar="N", help="processes"
    )
    return parser


def _number(text: str) -> int:
    """A number of processes."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes: give 1 or more")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    require_forks("planproof mutants --checks")
    examples = read_examples(options.checks, options.examples)
    explanations = read_explanations(options.explained, "--explained")
    result = measure(
        options.checks,
        examples,
        explanations,
        workers=options.workers,
        wanted=options.mutant or "",
        progress=_progress(),
    )
    paths = {"--checks": options.checks, "--examples": options.examples}
    paths |= {"--explained": options.explained} if options.explained else {}
    result = replace(result, arguments=tuple(str(t) for pair in paths.items() for t in pair))
    found = problems(result, explanations)
    for line in mutation_lines(result, unicode=supports_unicode(sys.stdout), width=_WIDTH):
        print(line)
    for problem in found:
        print(f"PROBLEM  {problem}")
    passed = result.passed and not found
    if options.report_dir:
        content = {"passed": passed, "problems": found, "mutation": document(result)}
        path = options.report_dir / REPORT
        try:
            options.report_dir.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
        except OSError as problem:
            raise PlanproofError(
                f"{path} cannot be written, {problem.strerror}", "name another --report-dir"
            ) from None
    return GOOD if passed else NOT_GOOD


def read_examples(checks: Path, folder: Path) -> dict[str, Example]:
    """Name of a check → its example.

    Raises:
        PlanproofError: a check has no example, an example has no check, or there is no check.
    """
    for path, what in ((checks, "custom checks"), (folder, "examples of checks")):
        if not path.is_dir():
            raise PlanproofError(f"there is no folder {path}", f"name the folder of the {what}")
    names = sorted(path.stem for path in checks.glob("*.py") if path.stem != "__init__")
    if not names:
        raise PlanproofError(f"there is no check in {checks}", "name the folder of custom checks")
    found = {path.name for path in folder.iterdir() if path.is_dir()}
    for name in sorted(found ^ set(names)):
        kind = "an example without a check" if name in found else "a check without an example"
        raise PlanproofError(
            f"{name} is {kind}",
            f"{checks.name}/NAME.py and {folder.name}/NAME/ belong together: add what is missing",
        )
    examples = {name: Example.read(folder / name) for name in names}
    for name, example in examples.items():
        for side in ("pass", "fail"):
            if not example.subjects(side):
                raise PlanproofError(
                    f"the example of {name} has no block named {side}", "add one to its main.tf"
                )
    return examples


def measure(
    checks: Path,
    examples: Mapping[str, Example],
    explanations: Sequence[Explanation],
    *,
    workers: int,
    wanted: str = "",
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> MutationResult:
    """Judge every mutant of every example, or only the wanted one.

    Raises:
        PlanproofError: a check cannot be loaded, or does not pass and fail the blocks of its
            unchanged example according to their names; or there is no such mutant.
    """
    started = time.monotonic()
    made = [mutant for example in examples.values() for mutant in mutants(example)]
    plain = [mutant for example in examples.values() for mutant in unchanged(example)]
    if wanted:
        plain, chosen = [], [mutant for mutant in made if mutant.id == wanted]
        if not chosen:
            raise PlanproofError(
                f"there is no mutant {wanted}", f"copy an id from the output or from {REPORT}"
            )
    else:
        chosen = made
    trials = judge(checks, examples, plain + chosen, workers=workers, progress=progress)
    for trial in trials[: len(plain)]:
        _require_expected_conclusion(trial)
    return MutationResult(
        trials=tuple(_explained(trial, explanations) for trial in trials[len(plain) :]),
        requirements=tuple(examples),
        made=len(made),
        seconds=time.monotonic() - started,
        workers=workers,
    )


def _require_expected_conclusion(trial: SourceTrial) -> None:
    if trial.conclusion != {"pass": "passed", "fail": "failed"}[trial.side]:
        raise PlanproofError(
            f"{trial.seen[0]} does not {trial.side} {trial.address} of its unchanged example "
            f"({trial.conclusion}: {trial.detail})",
            "fix the check, or rename the block",
        )


def _explained(trial: SourceTrial, explanations: Sequence[Explanation]) -> SourceTrial:
    reason = reason_for(trial.id, explanations)
    if trial.status is MutantStatus.SURVIVED and reason:
        return replace(trial, status=MutantStatus.EQUIVALENT, reason=reason)
    return trial


def problems(result: MutationResult, explanations: Sequence[Explanation]) -> list[str]:
    """What is wrong beside the mutants: a check that detects none, and an explanation that matches
    no survivor, or also a mutant that the check kills, for which the reason cannot be true.

    Always empty for a part of the mutants.
    """
    if len(result.trials) < result.made:
        return []
    found = [
        f"{check} detects none of the mutants of its example" for check in result.without_kills
    ]
    stale = unused(explanations, result.trials)
    for entry in explanations:
        if entry in stale:
            found.append(f'"{entry.mutant}" explains no survivor: remove it')
        if killed := next((t.id for t in result.trials if t.kills and entry.covers(t.id)), ""):
            found.append(f'"{entry.mutant}" also matches {killed}, which is killed: narrow it')
    return found


def _progress() -> Callable[[int, int], None]:
    shown = -1

    def show(done: int, of: int) -> None:
        nonlocal shown
        tenth = 10 * done // of
        if tenth > shown:
            shown = tenth
            print(f"{done} of {of} mutants judged", file=sys.stderr, flush=True)

    return show
