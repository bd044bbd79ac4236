"""Tests custom checks with mutants of their examples.

Every example is changed in its Terraform source in many ways, and its check judges each change.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from planproof.errors import PlanproofError
from planproof.mutation.checks import screen
from planproof.mutation.checks.edits import SourceMutant
from planproof.mutation.checks.examples import Example
from planproof.mutation.checks.generate import mutants, unchanged
from planproof.mutation.checks.judge import JudgedMutant, judge
from planproof.mutation.checks.score import Score, reasons
from planproof.mutation.explanations import Explanation, read_explanations, reason_for

REPORT = "check-mutants.json"

GOOD = 0
NOT_GOOD = 1
UNUSABLE = 2


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
        prog="planproof mutants --checks", description=(__doc__ or "").split("\n", 1)[0]
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
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes"
    )
    return parser


def _run(options: argparse.Namespace) -> int:
    examples = read_examples(options.checks, options.examples)
    explanations = read_explanations(
        options.explained, table="survivor", key="mutants", option="--explained"
    )
    if options.mutant:
        return _one(options.checks, examples, options.mutant, explanations)
    began = time.monotonic()
    score = measure(
        options.checks, examples, explanations, workers=options.workers, progress=_progress()
    )
    print("\n".join(screen.score_lines(score)))
    print(f"in {time.monotonic() - began:.0f} s")
    if options.report_dir:
        path = options.report_dir / REPORT
        try:
            options.report_dir.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(score.as_json(), indent=1) + "\n", "utf-8")
        except OSError as problem:
            raise PlanproofError(
                f"{path} cannot be written, {problem.strerror}", "name another --report-dir"
            ) from None
    return GOOD if score.good else NOT_GOOD


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
    examples: dict[str, Example],
    explanations: Sequence[Explanation],
    *,
    workers: int,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Score:
    """Judge every mutant of every example.

    Raises:
        PlanproofError: a check cannot be loaded, or does not pass and fail the blocks of its
            unchanged example according to their names.
    """
    found = [mutant for example in examples.values() for mutant in mutants(example)]
    plain = [mutant for example in examples.values() for mutant in unchanged(example)]
    judged = judge(checks, examples, plain + found, workers=workers, progress=progress)
    _require_expected_conclusions(judged[: len(plain)])
    judged = judged[len(plain) :]
    known, problems = reasons(explanations, judged)
    return Score(judged, known, problems)


def _require_expected_conclusions(judged: Sequence[JudgedMutant]) -> None:
    for item in judged:
        side = item.mutant.side
        if item.conclusion != {"pass": "passed", "fail": "failed"}[side]:
            raise PlanproofError(
                f"{item.mutant.check} does not {side} {item.mutant.block} of its unchanged example "
                f"({item.conclusion}: {item.detail})",
                "fix the check, or rename the block",
            )


def _one(
    checks: Path, examples: dict[str, Example], wanted: str, explanations: Sequence[Explanation]
) -> int:
    mutant = _mutant(examples, wanted)
    (judged,) = judge(checks, examples, [mutant], workers=1)
    reason = reason_for(wanted, explanations)
    print("\n".join(screen.mutant_lines(judged, judged.outcome.upper())))
    if judged.outcome == "survived" and reason:
        print(f"  explained: {reason}")
        return GOOD
    return GOOD if judged.outcome in ("killed", "kept") else NOT_GOOD


def _mutant(examples: dict[str, Example], wanted: str) -> SourceMutant:
    example = examples.get(wanted.split("/", 1)[0])
    for mutant in mutants(example) if example else ():
        if mutant.id == wanted:
            return mutant
    raise PlanproofError(
        f"there is no mutant {wanted}", f"copy an id from the output or from {REPORT}"
    )


def _progress() -> Callable[[int, int], None]:
    shown = -1

    def show(done: int, of: int) -> None:
        nonlocal shown
        tenth = 10 * done // of
        if tenth > shown:
            shown = tenth
            print(f"{done} of {of} mutants judged", file=sys.stderr, flush=True)

    return show
