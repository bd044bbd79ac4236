"""A plugin of pytest: scenarios judge the mutants whose changes they read, then all others.

It writes both results to the file that ``BOTH_WAYS`` names: for each mutant its id, its status and
the requirements that detected it.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from planproof.mutation.explanations import Explanation
from planproof.mutation.stack.model import Mutant
from planproof.mutation.stack.tracing import Reads
from planproof.mutation_results import Trial
from planproof.session.mutant_trials import MutantTrials

_run = MutantTrials.run


def pytest_configure() -> None:
    pytest.MonkeyPatch().setattr(MutantTrials, "run", _run_both_ways)


def _run_both_ways(trials: MutantTrials, equivalents: Sequence[Explanation]) -> tuple[Trial, ...]:
    mutants = tuple(trials.mutants)
    affected, asked = trials._affected, itertools.count()

    def in_turn(mutant: Mutant, reads: Mapping[str, Reads | None]) -> tuple[str, ...]:
        reading = affected(mutant, reads)
        if next(asked) < len(mutants):
            return reading
        return tuple(item.nodeid for item in trials.items if item.nodeid not in reading)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trials, "mutants", mutants * 2)
        patch.setattr(trials, "_affected", in_turn)
        patch.setattr(trials, "own", frozenset())  # no trial is left out
        found = _run(trials, equivalents)
    halves = found[: len(mutants)], found[len(mutants) :]
    content = [[_facts(trial) for trial in half] for half in halves]
    Path(os.environ["BOTH_WAYS"]).write_text(json.dumps(content), "utf-8")
    return halves[0]


def _facts(trial: Trial) -> tuple[str, str, list[str]]:
    return trial.id, trial.status.value, sorted(kill.requirement for kill in trial.kills)
